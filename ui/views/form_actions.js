/* What can be done with a document beside changing its fields: submit, cancel, amend, copy, rename, delete. */
import { html } from "../vendor/htm-preact.js";
import { ask, call, remove, update } from "../api.js";
import { askForm, confirm, note } from "../parts/dialog.js";
import { bare } from "../parts/edit.js";
import { useLoad } from "../parts/loading.js";
import { docHref, go, listHref } from "../parts/router.js";
import { hasColumn, isTable, may, mayAll, site } from "../parts/site.js";

/* Own documents may allow what the DocType as a whole does not. */
export const allowed = (doctype, right, doc) => mayAll(doctype, right) || (may(doctype, right) && (doc.owner === site.user || doc.name === site.user));

function rowCopy(row, meta) {
	const kept = (meta?.fields ?? []).filter((f) => hasColumn(f) && !f.no_copy && !f.is_standard).map((f) => f.fieldname);

	return Object.fromEntries(Object.entries(bare(row)).filter(([name]) => kept.includes(name)));
}

/* The fields of a new document that begins as doc; amends: it takes the place of that cancelled one. */
export function copyOf(meta, doc, amends) {
	const fields = meta.fields.filter((f) => (hasColumn(f) || isTable(f)) && !f.is_standard && !f.no_copy && f.fieldtype !== "Password" && f.fieldname !== "amended_from");
	const entries = fields.filter((f) => doc[f.fieldname] !== undefined && doc[f.fieldname] !== null)
		.map((f) => [f.fieldname, isTable(f) ? doc[f.fieldname].map((row) => rowCopy(row, meta.children?.[f.fieldname])) : doc[f.fieldname]]);

	return { ...Object.fromEntries(entries), ...(amends && { amended_from: doc.name }) };
}

export async function deleteDocument(doctype, doc, title, words) {
	const sure = await confirm({
		title: `Delete this ${doctype}?`, action: "Delete", keep: "Keep",
		body: html`<p><strong>${title}</strong> goes for good. ${words ?? "What still points to it keeps the server from deleting it."}</p>`,
	});

	if (!sure)
		return false;
	try {
		await remove(doctype, doc.name);
		note(`${doctype} ${doc.name} is deleted.`);
		await go(listHref(doctype), { replace: true, force: true });
		return true;
	} catch (error) {
		note(error.message, "bad");
		return false;
	}
}

/* Sets the document status, resting on the version that is seen. */
async function setStatus(doctype, doc, docstatus, words, reload) {
	try {
		await update(doctype, doc.name, { docstatus, modified: doc.modified });
		note(words);
	} catch (error) {
		note(error.kind === "TimestampMismatchError" ? "Someone else changed this in the meantime. It was read again: look at it first." : error.message, "bad");
	}
	reload();
}

async function submitDocument(doctype, doc, title, reload) {
	const sure = await confirm({
		title: `Submit this ${doctype}?`, action: "Submit", keep: "Keep as a draft", danger: false,
		body: html`<p><strong>${title}</strong> becomes final: most fields can no longer be changed, and it cannot be deleted. It can be cancelled later.</p>`,
	});

	if (sure)
		await setStatus(doctype, doc, 1, `${doctype} ${doc.name} is submitted.`, reload);
}

async function cancelDocument(doctype, doc, title, reload) {
	const sure = await confirm({
		title: `Cancel this ${doctype}?`, action: "Cancel document", keep: "Keep it submitted",
		body: html`<p><strong>${title}</strong> no longer counts, for good. A cancelled document can be amended: a new draft takes its place.</p>`,
	});

	if (sure)
		await setStatus(doctype, doc, 2, `${doctype} ${doc.name} is cancelled.`, reload);
}

/* Resolves to the new name; null: it was not wanted. */
export const renameDocument = (doctype, name) => askForm({
	title: `Rename ${name}`, action: "Rename", keep: "Keep the name",
	fields: html`<p>All links to it go along. Programs that ask for the old name no longer find it.</p>
		<div class="field"><label for="new-name">New name</label><input id="new-name" name="to" value=${name} required maxlength="140" autocomplete="off" data-first /></div>
		<label class="check"><input type="checkbox" name="merge" />Merge into the document that has this name</label>
		<p class="muted small">Merging moves all links to that other document and deletes <strong>${name}</strong>.</p>`,
	work: async ({ to, merge }) => call("frappe.client.rename_doc", { doctype, old_name: name, new_name: to, merge: merge === "on" ? 1 : 0 }),
});

/* A cancelled document is amended once; then its amendment is the way on. */
function Amend({ doctype, doc }) {
	const amended = useLoad(async () => (await ask("frappe.client.is_document_amended", { doctype, docname: doc.name })) ?? "", [doc.name, doc.modified]);

	if (amended.data === undefined)
		return null;
	if (amended.data)
		return html`<a class="button" href=${docHref(doctype, amended.data)}>Amended as ${amended.data}</a>`;
	return may(doctype, "create") && may(doctype, "amend") && html`<a class="button primary" href="${listHref(doctype)}/new?amend=${encodeURIComponent(doc.name)}">Amend</a>`;
}

/* dirty: what was typed is not saved, so that the stored document is not what is seen. */
export function Actions({ doctype, meta, doc, title, dirty, reload }) {
	const can = (right) => allowed(doctype, right, doc), first = dirty ? "Save first: there are changes that are not saved." : null;

	async function rename() {
		const to = await renameDocument(doctype, doc.name);

		if (to === null)
			return;
		note(`${doc.name} is now ${to}.`);
		await go(docHref(doctype, to), { replace: true, force: true });
		reload();
	}
	if (meta.issingle)
		return null;
	return html`
		${meta.is_submittable && doc.docstatus === 0 && can("submit") && can("write") &&
			html`<button disabled=${dirty} title=${first} onClick=${() => submitDocument(doctype, doc, title, reload)}>Submit</button>`}
		${meta.is_submittable && doc.docstatus === 1 && can("cancel") && can("write") &&
			html`<button class="danger" disabled=${dirty} title=${first} onClick=${() => cancelDocument(doctype, doc, title, reload)}>Cancel document</button>`}
		${meta.is_submittable && doc.docstatus === 2 && html`<${Amend} doctype=${doctype} doc=${doc} />`}
		${may(doctype, "create") && html`<a class="button" href="${listHref(doctype)}/new?copy=${encodeURIComponent(doc.name)}">Copy</a>`}
		${meta.allow_rename && can("write") && html`<button disabled=${dirty} title=${first} onClick=${rename}>Rename</button>`}
		${can("delete") && doc.docstatus !== 1 && html`<button class="danger" onClick=${() => deleteDocument(doctype, doc, title)}>Delete</button>`}`;
}
