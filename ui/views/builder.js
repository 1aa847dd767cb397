/* A DocType: what it is, its fields with the form that they make, names, lists. One that the program came with is customised instead. */
import { html, useMemo, useState } from "../vendor/htm-preact.js";
import { count, get, requests } from "../api.js";
import { Request } from "../parts/copy.js";
import { checkDoctype, pathOf, placeError } from "../parts/doctype_errors.js";
import { EditForm } from "../parts/edit.js";
import { withRules } from "../parts/expression.js";
import { Field } from "../parts/field.js";
import { FieldRows, Still, nameOf } from "../parts/fieldrows.js";
import { LABELS } from "../parts/fieldtypes.js";
import { ago, plural, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useId, useLater, useLoad } from "../parts/loading.js";
import { Naming } from "../parts/naming.js";
import { Preview } from "../parts/preview.js";
import { docHref, go, listHref } from "../parts/router.js";
import { hasColumn, isTable, may, metaOf, refreshSite } from "../parts/site.js";
import { kindOf } from "./doctypes.js";
import { Shipped } from "./doctype_shipped.js";
import { deleteDocument } from "./form_actions.js";

const TYPE = "DocType";
const SECTIONS = [
	["What it is", ["name", "module", "description"]],
	["Fields", ["fields"]],
	["Kind", ["istable", "issingle", "is_submittable", "track_changes"]],
	["Names", ["autoname", "allow_rename"]],
	["Lists and links", ["title_field", "show_title_field_in_link", "search_fields", "sort_field", "sort_order", "allow_import"]],
];
const WORDS = {
	istable: ["Child table", "Its documents are rows in others."], issingle: ["Single", "There is one document of it: settings."],
	is_submittable: ["Submittable", "Documents become final, and can be cancelled."], track_changes: ["Track changes", "Versions are kept of each change."],
	module: ["Module", "A group on the page Data."], description: ["Description", ""], allow_rename: ["Documents can be renamed", "Links to them go along."],
	title_field: ["Documents are shown as", "A field that names them better than the name."], show_title_field_in_link: ["Links show the title", ""],
	search_fields: ["Search fields", "Names of fields, with commas."], sort_field: ["Lists are sorted by", ""], sort_order: ["In the order", ""], allow_import: ["Documents can be imported", ""],
};
const INITIAL = {
	custom: 1, module: "Custom", istable: 0, issingle: 0, is_submittable: 0, track_changes: 0, autoname: "hash", naming_rule: "Random", allow_rename: 1, allow_import: 0,
	sort_field: "creation", sort_order: "DESC", fields: [], show_title_field_in_link: 0,
};
const RIGHTS = ["read", "write", "create", "delete", "report", "export", "share", "print", "email"], FINAL = ["submit", "cancel", "amend"];
/* Rights that are not named count as given. */
const managerRule = () => ({ role: "System Manager", permlevel: 0, ...Object.fromEntries(RIGHTS.map((r) => [r, 1])), ...Object.fromEntries(FINAL.map((r) => [r, 0])) });

/* Whoever may write may also end what he wrote; a DocType without that step knows no such right. */
const withFinal = (rules, on) => rules.map((r) => (!on || (Number(r.write) && !Number(r.permlevel) && r.role === "System Manager")
	? { ...r, ...Object.fromEntries(FINAL.map((right) => [right, on ? 1 : 0])) } : r));

const PAUSE_MS = 200, CHOSEN = ["title_field", "sort_field"], SORTS = [["creation", "When it was made"], ["modified", "When it was changed"], ["name", "Name"]];

/* The fields of DocType that are asked for, in words; those that name a field offer the fields there are. */
function metaFor(meta, isNew) {
	const name = { fieldname: "name", called: "Name", fieldtype: "Data", reqd: true, writable: isNew, length: 61 };
	const fields = meta.fields.filter((f) => f.fieldname !== "name").map((f) => ({
		...f, label: WORDS[f.fieldname]?.[0] ?? f.label, fieldtype: f.fieldname === "description" ? "Data" : f.fieldtype, length: f.fieldname === "description" ? 1000 : f.length,
		hidden: false,
	}));

	return { rules: withRules(meta).rules, fields: [...(isNew ? [name] : []), ...fields] };
}

/* One of some values, in words: [[value, words], ...]. */
function Words({ field, value, onChange, help, error, options }) {
	const id = useId(), now = value ?? "", known = options.some(([v]) => v === now);

	return html`<div class="field"><label for=${id}>${field.label}</label>
		<select id=${id} data-field=${field.fieldname} value=${now} aria-invalid=${error ? "true" : null} aria-describedby="${id}-help" onChange=${(e) => onChange(e.target.value)}>
			${[...options, ...(known ? [] : [[now, now]])].map(([v, words]) => html`<option key=${v} value=${v} selected=${v === now}>${words}</option>`)}</select>
		<p class=${error ? "error" : "help"} id="${id}-help">${error ?? help}</p></div>`;
}

/* The name of a field, of those there are. */
function FieldName(given) {
	const rows = (given.doc.fields ?? []).filter((r) => hasColumn(r) && r.fieldname).map((r) => [r.fieldname, r.label || r.fieldname]);

	return html`<${Still} of=${[given.value, given.error, JSON.stringify(rows)]} draw=${() => html`<${Words} ...${given}
		options=${[...(given.field.fieldname === "title_field" ? [["", "Their name"]] : SORTS), ...rows]} />`} />`;
}

const SortOrder = (given) => html`<${Words} ...${given} options=${[["DESC", "Newest or largest first"], ["ASC", "Oldest or smallest first"]]} />`;

function Submittable(given) {
	const { put, onChange } = given;

	return html`<${Field} ...${given} onChange=${(on) => {
		onChange(on);
		put("permissions", (rules) => withFinal(rules ?? [], on));
	}} />`;
}

const none = [];

/* The list beside the form that it makes, which follows a moment later: it may have hundreds of inputs. */
function FieldsControl(given) {
	const title = given.doc.name || "New DocType", rows = useLater(given.doc.fields ?? none, PAUSE_MS);

	return html`<div class="long builder-halves"><${FieldRows} ...${given} /><${Still} of=${[title, rows]} draw=${() => html`<${Preview} title=${title} rows=${rows} />`} /></div>`;
}

const CONTROLS = { fields: FieldsControl, autoname: Naming, is_submittable: Submittable, sort_order: SortOrder, ...Object.fromEntries(CHOSEN.map((name) => [name, FieldName])) };
const HELP = Object.fromEntries(Object.entries(WORDS).map(([name, [, help]]) => [name, help]));

/* "Options of Customer", of an error within the list. */
const calledIn = (rows) => (path) => {
	const [table, key, property] = path.split("/"), at = rows.findIndex((r) => pathOf(r, property) === path);

	return table === "fields" && key ? `${LABELS[property] ?? property} of ${at < 0 ? "a field" : nameOf(rows[at], at)}` : undefined;
};

function Form({ meta, doc, onSaved, onDirty }) {
	const isNew = doc === null, [initial] = useState(() => ({ ...INITIAL, permissions: [managerRule()] })), asked = useMemo(() => metaFor(meta, isNew), [meta, isNew]);
	let rows = doc?.fields ?? [];
	const check = (values) => {
		rows = values.fields ?? [];
		return checkDoctype(values);
	};

	return html`<${EditForm} doctype=${TYPE} meta=${asked} doc=${doc} initial=${initial} sections=${SECTIONS} help=${HELP} controls=${CONTROLS}
		check=${check} place=${placeError} called=${(path) => calledIn(rows)(path)} onSaved=${onSaved} onDirty=${onDirty} saveLabel=${isNew ? "Make DocType" : "Save"} />`;
}

function New({ meta }) {
	if (!may(TYPE, "create"))
		return html`<${Empty} title="Not permitted"><p>You may not make DocTypes. A System Manager can.</p><//>`;
	return html`<${Head} title="New DocType" state="System Managers may use it at once; other roles get their rights on the page Role permissions." />
		<${Form} meta=${meta} doc=${null} onSaved=${async (doc) => {
			await refreshSite();
			go(docHref(TYPE, doc.name), { replace: true, force: true });
		}} />`;
}

function stateOf(doc, held) {
	const fields = doc.fields.filter((f) => hasColumn(f) || isTable(f)).length;

	return html`<span title=${when(doc.modified)}>${doc.custom ? "Made here" : "Shipped"} · ${kindOf(doc)} · ${plural(fields, "field")}${held === null ? "" : ` · ${plural(held, "document")}`} · changed ${ago(doc.modified)} by ${doc.modified_by}</span>`;
}

function Existing({ name, meta }) {
	const heldBy = async (doc) => (doc.istable || doc.issingle ? null : count(name, {}).catch(() => null));
	const loaded = useLoad(async () => {
		const doc = await get(TYPE, name);

		return { doc, held: await heldBy(doc) };
	}, [name]);

	/* Counted again: documents may have come since the page was opened. */
	async function drop(doc) {
		const held = await heldBy(doc);
		const words = doc.istable ? "The rows of it go from all documents that have any." : held === null ? "What is stored in it goes, too." : `Its ${plural(held, "document")} ${held === 1 ? "goes" : "go"}, too.`;

		if (await deleteDocument(TYPE, doc, doc.name, `${words} Links of other DocTypes to it stay behind without a target.`))
			await refreshSite();
	}
	return html`<${Loaded} alone of=${loaded}>${({ doc, held }) => html`
		<${Head} title=${doc.name} state=${stateOf(doc, held)}>
			${!doc.istable && html`<a class="button" href=${listHref(doc.name)}>Open ${doc.issingle ? "document" : "documents"}</a>`}
			${!doc.istable && may("Custom DocPerm", "read") && html`<a class="button" href="/app/permission-manager?doctype=${encodeURIComponent(doc.name)}">Permissions</a>`}
			${doc.custom && may(TYPE, "delete") ? html`<button class="danger" onClick=${() => drop(doc)}>Delete</button>` : null}
		<//>
		${doc.custom ? html`<${Form} meta=${meta} doc=${doc} onSaved=${async () => {
			await refreshSite();
			await loaded.reload();
		}} />` : html`<${Shipped} doc=${doc} />`}
		<${Request} of=${[requests.get(TYPE, name)]} />`}<//>`;
}

export function Builder({ name }) {
	const meta = useLoad(() => metaOf(TYPE), []);

	return html`<${Loaded} alone of=${meta}>${(m) => (name === null ? html`<${New} meta=${m} />` : html`<${Existing} name=${name} meta=${m} />`)}<//>`;
}
