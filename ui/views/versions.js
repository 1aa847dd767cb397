/* What was changed of a document, by whom and when: its Versions, from the old value to the new one. */
import { html, useState } from "../vendor/htm-preact.js";
import { requests, send } from "../api.js";
import { Request } from "../parts/copy.js";
import { ago, when, wordsOf } from "../parts/format.js";
import { Failure, Loaded, useLoad } from "../parts/loading.js";
import { labelOf } from "../parts/site.js";

const SIZE = 20, LONGEST = 300;
const STATES = ["Draft", "Submitted", "Cancelled"];

const argsOf = (doctype, name, cursor) => ({
	fields: ["name", "owner", "creation", "data"], filters: [["ref_doctype", "=", doctype], ["docname", "=", name]],
	order_by: "creation desc", limit: SIZE, cursor,
});

function parsed(text) {
	try {
		return JSON.parse(text) ?? {};
	} catch {
		return {};
	}
}

function words(name, value) {
	if (value === null || value === undefined || value === "")
		return "(empty)";
	if (name === "docstatus")
		return STATES[value] ?? String(value);
	const text = wordsOf(typeof value === "object" ? JSON.stringify(value) : value);

	return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const fieldLabel = (meta, name) => (name === "docstatus" ? "Document status" : labelOf(meta?.fields.find((f) => f.fieldname === name) ?? { fieldname: name }));

function Change({ label, name, from, to }) {
	return html`<tr><th scope="row">${label}</th><td data-label="From" class="from">${words(name, from)}</td><td data-label="To">${words(name, to)}</td></tr>`;
}

/* A row that came or went: what it says. */
function rowWords(row) {
	return Object.entries(row).filter(([key, value]) => !/^(name|owner|creation|modified|modified_by|docstatus|idx|parent\w*|doctype)$/.test(key) && value !== null && value !== "" && value !== 0)
		.map(([, value]) => words("", value)).join(", ") || "an empty row";
}

function linesOf(meta, data) {
	const list = (key) => (Array.isArray(data[key]) ? data[key] : []);
	const childMeta = (table) => meta.children?.[table];
	const lines = list("changed").map(([name, from, to]) => ({ label: fieldLabel(meta, name), name, from, to }));

	for (const [table, row] of list("added"))
		lines.push({ label: `${fieldLabel(meta, table)}: row added`, from: "", to: rowWords(row ?? {}) });
	for (const [table, row] of list("removed"))
		lines.push({ label: `${fieldLabel(meta, table)}: row removed`, from: rowWords(row ?? {}), to: "" });
	for (const [table, at, , changes] of list("row_changed")) {
		for (const [name, from, to] of changes ?? [])
			lines.push({ label: `${fieldLabel(meta, table)}, row ${Number(at) + 1}: ${fieldLabel(childMeta(table), name)}`, name, from, to });
	}
	return lines;
}

function Version({ meta, version }) {
	const lines = linesOf(meta, parsed(version.data));

	return html`<li><h3 title=${when(version.creation)}>${version.owner}, ${ago(version.creation)} <span class="muted small">${when(version.creation)}</span></h3>
		${lines.length === 0 ? html`<p class="muted">Nothing that can be shown.</p>` : html`<div class="table-wrap"><table class="changes">
			<caption class="hidden">Changed by ${version.owner} on ${when(version.creation)}</caption>
			<thead><tr><th scope="col">Field</th><th scope="col">From</th><th scope="col">To</th></tr></thead>
			<tbody>${lines.map((line, i) => html`<${Change} key=${i} ...${line} />`)}</tbody></table></div>`}</li>`;
}

export function Versions({ doctype, name, meta, modified }) {
	const [older, setOlder] = useState({ rows: [], next: undefined, error: null });
	const loaded = useLoad(async () => {
		const answer = await send("GET", requests.page("Version", argsOf(doctype, name)).path);

		setOlder({ rows: [], next: answer.next, error: null });
		return answer.data;
	}, [doctype, name, modified]);

	async function more() {
		try {
			const answer = await send("GET", requests.page("Version", argsOf(doctype, name, older.next)).path);

			setOlder({ rows: [...older.rows, ...answer.data], next: answer.next, error: null });
		} catch (error) {
			setOlder({ ...older, error });
		}
	}
	return html`<${Loaded} of=${loaded}>${(rows) => html`
		${rows.length === 0 && html`<p class="muted">Nothing was changed since it was made, or changes were not yet kept then.</p>`}
		<ol class="versions">${[...rows, ...older.rows].map((v) => html`<${Version} key=${v.name} meta=${meta} version=${v} />`)}</ol>
		${older.error && html`<${Failure} error=${older.error} retry=${more} />`}
		${older.next && !older.error && html`<p><button type="button" onClick=${more}>Older</button></p>`}
		<${Request} of=${[requests.list("Version", argsOf(doctype, name))]} />`}<//>`;
}
