/* One document of any DocType: its fields in their order, by type and right. */
import { html, useState } from "../vendor/htm-preact.js";
import { get, remove, requests } from "../api.js";
import { revokeKey, rotateKey, showPair } from "../parts/apikey.js";
import { Request } from "../parts/copy.js";
import { confirm, note } from "../parts/dialog.js";
import { EditForm } from "../parts/edit.js";
import { ago, when, wordsOf } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useLoad } from "../parts/loading.js";
import { docHref, go, listHref } from "../parts/router.js";
import { hasColumn, isTable, may, mayAll, metaOf, site } from "../parts/site.js";

const KEY = "API Key";

/* Sections as the DocType has them; those without a field that is shown are left out. */
/* Labels that were made from a section's name say nothing. */
const headOf = (field) => (/^(section break|sb|column break)\s*\d*$/i.test(field.label ?? "") ? "" : (field.label ?? "").replace(/ section$/i, ""));

function sectionsOf(meta) {
	const sections = [["", []]];

	for (const field of meta.fields) {
		if (field.fieldtype === "Tab Break" || field.fieldtype === "Section Break")
			sections.push([headOf(field), []]);
		else if ((hasColumn(field) || isTable(field)) && !field.is_standard && !field.hidden)
			sections.at(-1)[1].push(field.fieldname);
	}
	return sections.filter(([, names]) => names.length > 0);
}

function defaultOf(field) {
	if (field.default === "Today")
		return new Date().toISOString().slice(0, 10);
	if (field.fieldtype === "Check")
		return Number(field.default ?? 0);
	/* Words such as __user and Now are filled in by the server. */
	return field.default && !/^(__|Now$|:)/.test(field.default) ? field.default : undefined;
}

function initialOf(meta, query) {
	const entries = meta.fields.filter((f) => hasColumn(f) && !f.is_standard)
		.map((f) => [f.fieldname, query.get(f.fieldname) ?? defaultOf(f)]).filter(([, value]) => value !== undefined);

	return Object.fromEntries(entries);
}

async function deleteDocument(doctype, doc, title) {
	const sure = await confirm({
		title: `Delete this ${doctype}?`, action: "Delete", keep: "Keep",
		body: html`<p><strong>${title}</strong> goes for good. What still points to it keeps the server from deleting it.</p>`,
	});

	if (!sure)
		return;
	try {
		await remove(doctype, doc.name);
		note(`${doctype} ${doc.name} is deleted.`);
		go(listHref(doctype), { replace: true, force: true });
	} catch (error) {
		note(error.message, "bad");
	}
}

/* Own documents may allow what the DocType as a whole does not. */
const allowed = (doctype, right, doc) => mayAll(doctype, right) || (may(doctype, right) && (doc.owner === site.user || doc.name === site.user));

const STATES = ["Draft", "Submitted", "Cancelled"];

function stateOf(meta, doc) {
	const state = meta.is_submittable ? `${STATES[doc.docstatus]} · ` : "";

	return html`<span title=${when(doc.modified)}>${state}changed ${ago(doc.modified)} by ${doc.modified_by}</span>`;
}

function New({ doctype, meta }) {
	const [initial] = useState(() => initialOf(meta, new URLSearchParams(location.search)));
	const named = meta.autoname?.toLowerCase() === "prompt";
	const withName = named ? { ...meta, fields: [{ fieldname: "name", label: "Name", fieldtype: "Data", reqd: true, writable: true }, ...meta.fields.filter((f) => f.fieldname !== "name")] } : meta;
	const sections = sectionsOf(meta);

	if (!may(doctype, "create"))
		return html`<${Empty} title="Not permitted"><p>You may not make a ${doctype}. A System Manager can give you the role for it.</p><//>`;
	return html`<${Head} title="New ${doctype}" />
		<${EditForm} doctype=${doctype} meta=${withName} doc=${null} initial=${initial} saveLabel="Save"
			sections=${named ? [["", ["name"]], ...sections] : sections}
			onSaved=${async (doc) => {
				if (doctype === KEY)
					await showPair(doc.user, doc);
				go(docHref(doctype, doc.name), { replace: true, force: true });
			}} />`;
}

/* What can be done with a key beside changing it. */
function KeyActions({ doc, reload }) {
	async function run(work, words) {
		if (!(await work(doc)))
			return;
		note(words);
		reload();
	}
	return html`<button type="button" onClick=${() => run(rotateKey, "The key has a new secret.")}>Rotate</button>
		<button type="button" class="danger" onClick=${() => run(revokeKey, "The key is revoked.")}>Revoke</button>`;
}

function Existing({ doctype, name, meta }) {
	const loaded = useLoad(() => get(doctype, name), [doctype, name]);

	return html`<${Loaded} alone of=${loaded}>${(doc) => {
		const title = wordsOf(doc[meta.title_field]) || String(doc.name ?? doctype);
		const fixed = !allowed(doctype, "write", doc) || doc.docstatus > 0 || Boolean(doc.revoked);
		const shown = fixed ? { ...meta, fields: meta.fields.map((f) => ({ ...f, writable: false })) } : meta;

		return html`
			<${Head} title=${title.length > 90 ? `${title.slice(0, 90)}…` : title} state=${doc.modified && stateOf(meta, doc)} />
			${fixed && html`<p class="notice">${doc.revoked ? `This key was revoked on ${when(doc.revoked_on)} by ${doc.revoked_by}${doc.revoke_reason ? `: ${doc.revoke_reason}` : ""}.` : doc.docstatus > 0 ? `This document is ${STATES[doc.docstatus].toLowerCase()}; it cannot be edited.` : "You may read this, not change it."}</p>`}
			<${EditForm} doctype=${doctype} meta=${shown} doc=${doc} sections=${sectionsOf(meta)} onSaved=${loaded.reload}
				extra=${html`${doctype === KEY && !fixed && html`<${KeyActions} doc=${doc} reload=${loaded.reload} />`}
					${!meta.issingle && allowed(doctype, "delete", doc) && doc.docstatus !== 1 &&
					html`<button type="button" class="danger" onClick=${() => deleteDocument(doctype, doc, title)}>Delete</button>`}`} />
			<${Request} of=${[requests.get(doctype, name)]} />`;
	}}<//>`;
}

export function Form({ doctype, name }) {
	const meta = useLoad(() => metaOf(doctype), [doctype]);

	return html`<${Loaded} alone of=${meta}>${(m) => (name === null
		? html`<${New} doctype=${doctype} meta=${m} />`
		: html`<${Existing} doctype=${doctype} name=${name} meta=${m} />`)}<//>`;
}
