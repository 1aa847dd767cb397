/* One document of any DocType: its fields in their order, by type and right. */
import { html, useState } from "../vendor/htm-preact.js";
import { ask, get, requests } from "../api.js";
import { KEY_HELP, stateOf as keyState, placeOnKey, revokeKey, rotateKey, rowOf, showPair, useOf } from "../parts/apikey.js";
import { Request } from "../parts/copy.js";
import { note } from "../parts/dialog.js";
import { EditForm } from "../parts/edit.js";
import { withRules } from "../parts/expression.js";
import { defaultsOf } from "../parts/field.js";
import { ago, when, wordsOf } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, lazy, useLive, useLoad } from "../parts/loading.js";
import { docHref, go } from "../parts/router.js";
import { hasColumn, isTable, may, metaOf, site } from "../parts/site.js";
import { Badge } from "../parts/table.js";
import { Actions, allowed, copyOf } from "./form_actions.js";

const KEY = "API Key", OF_KEYS = { place: placeOnKey, help: KEY_HELP };
const KeyUse = lazy(() => import("./key_use.js"), "KeyUse");
const Versions = lazy(() => import("./versions.js"), "Versions");

/* Labels that were made from a section's name say nothing. */
const headOf = (field) => (/^(section break|sb|column break)\s*\d*$/i.test(field.label ?? "") ? "" : (field.label ?? "").replace(/ section$/i, ""));

/* Sections as the DocType has them; those without a field that is shown are left out. */
export function sectionsOf(meta) {
	const sections = [["", []]];

	for (const field of meta.fields) {
		if (field.fieldtype === "Tab Break" || field.fieldtype === "Section Break")
			sections.push([headOf(field), []]);
		else if ((hasColumn(field) || isTable(field)) && !field.is_standard && !field.hidden)
			sections.at(-1)[1].push(field.fieldname);
	}
	return sections.filter(([, names]) => names.length > 0);
}

function initialOf(meta, query) {
	const asked = meta.fields.filter((f) => hasColumn(f) && !f.is_standard && query.has(f.fieldname)).map((f) => [f.fieldname, query.get(f.fieldname)]);

	return { ...defaultsOf(meta), ...Object.fromEntries(asked) };
}

const STATES = ["Draft", "Submitted", "Cancelled"];

function stateOf(meta, doc) {
	const state = meta.is_submittable ? `${STATES[doc.docstatus]} · ` : "";

	return html`<span title=${when(doc.modified)}>${state}changed ${ago(doc.modified)} by ${doc.modified_by}</span>`;
}

/* Of what a new document begins as: nothing, a copy, or what is amended. */
async function originOf(doctype, meta, query) {
	const amends = query.get("amend"), from = amends ?? query.get("copy");

	return from ? copyOf(meta, await get(doctype, from), amends !== null) : initialOf(meta, query);
}

function Fresh({ doctype, meta }) {
	const [query] = useState(() => new URLSearchParams(location.search));
	const initial = useLoad(() => originOf(doctype, meta, query), []);
	const named = meta.autoname?.toLowerCase() === "prompt" && !query.get("amend");
	const withName = named ? { ...meta, fields: [{ fieldname: "name", label: "Name", fieldtype: "Data", reqd: true, writable: true }, ...meta.fields.filter((f) => f.fieldname !== "name")] } : meta;
	const sections = sectionsOf(meta);

	return html`<${Head} title=${query.get("amend") ? `Amend ${query.get("amend")}` : `New ${doctype}`}
			state=${query.get("copy") && `A copy of ${query.get("copy")}; nothing is stored before you save.`} />
		<${Loaded} of=${initial}>${(values) => html`<${EditForm} doctype=${doctype} meta=${withName} doc=${null} initial=${values} saveLabel="Save" ...${doctype === KEY ? OF_KEYS : {}}
			sections=${named ? [["", ["name"]], ...sections] : sections}
			onSaved=${async (doc) => {
				if (doctype === KEY)
					await showPair(doc.user, doc);
				go(docHref(doctype, doc.name), { replace: true, force: true });
			}} />`}<//>`;
}

function New({ doctype, meta }) {
	if (!may(doctype, "create"))
		return html`<${Empty} title="Not permitted"><p>You may not make a ${doctype}. A System Manager can give you the role for it.</p><//>`;
	return html`<${Fresh} doctype=${doctype} meta=${meta} />`;
}

const LIVE_MS = 10000;

/* Whose a key is, whether it works, and its last use. Whether its owner is enabled a System Manager is told. */
function KeyState({ doc }) {
	const told = useLoad(async () => (site.is_system_manager ? (await ask("symbolon.keys.list", { user: doc.user })).find((k) => k.api_key === doc.name) : undefined), [doc.name, doc.modified]);
	const key = told.data ?? rowOf(doc), state = keyState(key);

	useLive(() => told.error || told.reload(), LIVE_MS);
	return html`<${Badge} kind=${state.kind}>${state.label}<//>${key.last_used && ` · ${useOf(key)}`}<br />Key of <a href="${docHref("User", doc.user)}?tab=settings">${doc.user}</a>, made ${when(doc.creation)} by ${doc.owner}`;
}

/* What can be done with a key beside changing it. */
function KeyActions({ doc, reload }) {
	async function run(work, words) {
		if (!(await work(doc)))
			return;
		note(words);
		reload();
	}
	return html`<button onClick=${() => run(rotateKey, "The key has a new secret.")}>Rotate</button>
		<button class="danger" onClick=${() => run(revokeKey, "The key is revoked.")}>Revoke</button>`;
}

/* The fields as they may be written now: none, or of a submitted document those that its DocType leaves open. */
function fixedMeta(meta, doc, readOnly) {
	const writable = (f) => Boolean(f.writable && !readOnly && (doc.docstatus !== 1 || f.allow_on_submit));
	const fix = (m) => ({ ...m, fields: m.fields.map((f) => ({ ...f, writable: writable(f) })) });
	const children = Object.entries(meta.children ?? {}).map(([name, child]) => [name, fix(child)]);

	return { ...fix(meta), children: Object.fromEntries(children) };
}

/* Why it, or most of it, cannot be changed; null: it can. */
function whyFixed(doc, readOnly, open) {
	if (doc.revoked)
		return `This key was revoked on ${when(doc.revoked_on)} by ${doc.revoked_by}${doc.revoke_reason ? `: ${doc.revoke_reason}` : ""}.`;
	if (doc.docstatus === 1)
		return open ? "This document is submitted: only what its DocType leaves open can be changed." : "This document is submitted; it cannot be edited.";
	if (doc.docstatus === 2)
		return "This document is cancelled; it cannot be edited.";
	return readOnly ? "You may read this, not change it." : null;
}

function History({ doctype, doc, meta }) {
	const [open, setOpen] = useState(false);

	return html`<details class="card history" onToggle=${(e) => setOpen(e.currentTarget.open)}><summary><h2>Versions</h2></summary>
		${open && html`<${Versions} alone=${false} ...${{ doctype, name: doc.name, meta, modified: doc.modified }} />`}</details>`;
}

function Existing({ doctype, name, meta }) {
	const loaded = useLoad(() => get(doctype, name), [doctype, name]), [dirty, setDirty] = useState(false);

	return html`<${Loaded} alone of=${loaded}>${(doc) => {
		const title = wordsOf(doc[meta.title_field]) || String(doc.name ?? doctype);
		const readOnly = !allowed(doctype, "write", doc) || doc.docstatus === 2 || Boolean(doc.revoked) || (doc.docstatus === 1 && !allowed(doctype, "submit", doc));
		const shown = fixedMeta(meta, doc, readOnly), open = shown.fields.some((f) => f.writable && !f.is_standard && !f.hidden);
		const why = whyFixed(doc, readOnly, open);

		return html`
			<${Head} title=${title.length > 90 ? `${title.slice(0, 90)}…` : title} state=${doctype === KEY ? html`<${KeyState} doc=${doc} />` : doc.modified && stateOf(meta, doc)}>
				${doctype === KEY && !readOnly && html`<${KeyActions} doc=${doc} reload=${loaded.reload} />`}
				<${Actions} ...${{ doctype, meta, doc, title, dirty, reload: loaded.reload }} />
			<//>
			${why && html`<p class="notice">${why}</p>`}
			<${EditForm} doctype=${doctype} meta=${shown} doc=${doc} sections=${sectionsOf(meta)} ...${doctype === KEY ? OF_KEYS : {}} onSaved=${loaded.reload} onDirty=${setDirty} />
			${doctype === KEY && html`<${KeyUse} alone=${false} doc=${doc} writable=${!readOnly} />`}
			${meta.track_changes && !meta.issingle && may("Version", "read") && html`<${History} ...${{ doctype, doc, meta }} />`}
			<${Request} of=${[requests.get(doctype, name)]} />`;
	}}<//>`;
}

export function Form({ doctype, name }) {
	const meta = useLoad(async () => withRules(await metaOf(doctype)), [doctype]);

	return html`<${Loaded} alone of=${meta}>${(m) => (name === null
		? html`<${New} doctype=${doctype} meta=${m} />`
		: html`<${Existing} doctype=${doctype} name=${name} meta=${m} />`)}<//>`;
}
