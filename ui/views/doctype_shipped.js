/* A DocType that the program came with: its fields, what the site changed of them, and the fields that the site added. */
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { create, list, remove, update } from "../api.js";
import { pathOf, placeError } from "../parts/doctype_errors.js";
import { Dialog, confirm, note, open } from "../parts/dialog.js";
import { leave } from "../parts/edit.js";
import { Field } from "../parts/field.js";
import { Properties, nameOf, sureToRemove, withType } from "../parts/fieldrows.js";
import { LABELS, factsOf, findTypes } from "../parts/fieldtypes.js";
import { plural } from "../parts/format.js";
import { Loaded, useLoad } from "../parts/loading.js";
import { Preview } from "../parts/preview.js";
import { may, refreshSite } from "../parts/site.js";
import { Badge } from "../parts/table.js";

const CUSTOM = "Custom Field", SETTER = "Property Setter";
/* Those that DocTypes are made of take no fields; those that say who may do what keep theirs as they are. */
const CLOSED = ["DocType", "DocField", "DocPerm", "Custom DocPerm", CUSTOM, SETTER, "DocType Action", "DocType Link", "DocType State"];
const GUARDED = ["User", "Role", "Has Role", "API Key", "User Permission", "DocShare"];
const SETTABLE = ["label", "options", "default", "description", "reqd", "unique", "non_negative", "set_only_once", "read_only", "allow_on_submit", "no_copy", "search_index", "length",
	"precision", "in_list_view", "in_standard_filter", "bold", "hidden", "permlevel", "depends_on", "mandatory_depends_on", "read_only_depends_on", "fetch_from", "fetch_if_empty", "ignore_user_permissions"];
const FLAG = /^[01]$/;

async function load(name) {
	const [customs, setters] = await Promise.all([
		list(CUSTOM, { filters: [["dt", "=", name]], fields: ["*"], limit: 0, order_by: "creation asc" }),
		list(SETTER, { filters: [["doc_type", "=", name], ["doctype_or_field", "=", "DocField"]], fields: ["name", "field_name", "property", "value"], limit: 0 }),
	]);

	return { customs, setters };
}

/* The fields as they are in force: where they come from, and what was changed of them. */
function merge(doc, { customs, setters }) {
	const rows = doc.fields.map((row) => ({ row, stored: row, from: "shipped" }));

	for (const custom of customs) {
		const at = rows.findIndex(({ row }) => row.fieldname === custom.insert_after);

		rows.splice(at < 0 ? rows.length : at + 1, 0, { row: custom, stored: custom, from: "custom" });
	}
	return rows.map((entry) => {
		const mine = setters.filter((s) => s.field_name === entry.row.fieldname);
		const set = mine.map((s) => [s.property, typeof entry.row[s.property] === "number" && FLAG.test(s.value) ? Number(s.value) : s.value]);

		return { ...entry, setters: mine, row: { ...entry.row, ...Object.fromEntries(set) } };
	});
}

function FieldDialog({ title, action, first, rows, custom, close, work }) {
	const [row, setRow] = useState(first), [errors, setErrors] = useState({}), [said, setSaid] = useState(""), [busy, setBusy] = useState(false);
	const fixed = (property) => (custom ? property === "fieldname" && Boolean(first.creation) : !SETTABLE.includes(property));
	const path = (property) => pathOf(row, property);
	const put = (changes) => {
		setRow((r) => ("fieldtype" in changes ? withType(r, changes.fieldtype) : { ...r, ...changes }));
		setErrors({});
	};
	const simple = (property, more) => html`<${Field} field=${{ fieldname: path(property), label: LABELS[property], fieldtype: "Data", writable: true, ...more }} value=${row[property]}
		error=${errors[path(property)]} onChange=${(v) => put({ [property]: v })} />`;

	useEffect(() => document.querySelector("#field-dialog input").focus(), []);
	async function save(event) {
		event.preventDefault();
		setBusy(true);
		try {
			close(await work(row));
		} catch (error) {
			const placed = placeError(error, { fields: [row] });

			setErrors(placed);
			setSaid(Object.keys(placed).length > 0 ? "" : error.message);
			setBusy(false);
		}
	}
	async function drop() {
		if (JSON.stringify(row) === JSON.stringify(first) || (await leave()))
			close(null);
	}
	return html`<${Dialog} title=${title} wide onClose=${drop} actions=${html`
			<button type="button" onClick=${drop}>Cancel</button><button class="primary" form="field-dialog" disabled=${busy}>${action}</button>`}>
		<form id="field-dialog" class="stack" noValidate onSubmit=${save}>
			<p class="notice bad" role="alert">${said}</p>
			<div class="form-grid">${simple("label", { reqd: true })}
				${custom && !first.creation ? simple("fieldtype", { fieldtype: "Link", options: "type", choices: findTypes, reqd: true }) : simple("fieldtype", { writable: false })}
				${custom && simple("insert_after", { fieldtype: "Select", options: rows.map((r) => r.row.fieldname).filter((n) => n !== first.fieldname).join("\n") })}</div>
			<${Properties} row=${row} errors=${errors} fixed=${fixed} without=${custom && !first.creation ? ["fieldname"] : []} onChange=${put} />
		</form>
	<//>`;
}

const ask = (given) => open((close) => html`<${FieldDialog} ...${given} close=${close} />`);
const bodyOf = (row) => Object.fromEntries(["label", "fieldtype", "insert_after", ...SETTABLE].filter((p) => row[p] !== undefined).map((p) => [p, row[p]]));

const addField = (doctype, rows) => ask({
	title: `New field of ${doctype}`, action: "Add field", custom: true, rows, first: { key: "new", fieldtype: "Data", insert_after: rows.at(-1)?.row.fieldname },
	work: (row) => create(CUSTOM, { dt: doctype, ...bodyOf(row) }),
});

const changeField = (rows, { stored }) => ask({
	title: `Change ${nameOf(stored, 0)}`, action: "Save", custom: true, rows, first: stored, work: (row) => update(CUSTOM, stored.name, { ...bodyOf(row), modified: stored.modified }),
});

/* One Property Setter for each property that is not what it was; the one of a property that is as shipped again goes. */
const customise = (doctype, rows, { row: before, stored, setters }) => ask({
	title: `Customise ${nameOf(stored, 0)}`, action: "Save", rows, first: before,
	work: async (row) => {
		const same = (a, b) => String(a ?? "") === String(b ?? ""), changed = SETTABLE.filter((p) => !same(row[p], before[p]));

		for (const property of changed) {
			const old = setters.find((s) => s.property === property);

			if (same(row[property], stored[property]) && old)
				await remove(SETTER, old.name);
			else
				await create(SETTER, { doctype_or_field: "DocField", doc_type: doctype, field_name: stored.fieldname, property, value: String(row[property] ?? "") });
		}
		return changed.length > 0 ? row : null;
	},
});

async function removeField(doctype, { row }) {
	const sure = await sureToRemove(doctype, row, "Remove", "It goes at once. The values stay in the database: a field of the same name and type brings them back.");

	return sure ? remove(CUSTOM, row.name) : null;
}

async function reset({ row, setters }) {
	const sure = await confirm({
		title: `Reset ${nameOf(row, 0)}?`, action: "Reset", keep: "Keep", body: html`<p>${plural(setters.length, "change")} of this site ${setters.length === 1 ? "goes" : "go"}: the field is as shipped again.</p>`,
	});

	for (const setter of sure ? setters : [])
		await remove(SETTER, setter.name);
	return sure || null;
}

function Item({ entry, open: mayAdd, guarded, run, rows, doctype }) {
	const { row, from, setters } = entry, name = nameOf(row, 0);

	return html`<li class="field-row shipped ${/Break$/.test(row.fieldtype) ? "break" : ""}">
		<p class="grow"><strong>${row.label || html`<span class="muted">no label</span>`}</strong> <span class="muted small">${row.fieldtype}</span>
			${from === "custom" && html` <${Badge} kind="good">Added here<//>`}${setters.length > 0 && html` <${Badge} kind="warn">Changed here<//>`}
			<br /><span class="muted small">${factsOf(row)}</span></p>
		<div class="row acts">
			${from === "custom" && mayAdd && html`<button class="quiet" aria-label="Change ${name}" onClick=${() => run(() => changeField(rows, entry), `${name} is changed.`)}>Change</button>
				<button class="quiet" aria-label="Remove ${name}" onClick=${() => run(() => removeField(doctype, entry), `${name} is removed.`)}>Remove</button>`}
			${from === "shipped" && !guarded && html`
				${setters.length > 0 && html`<button class="quiet" aria-label="Reset ${name}" onClick=${() => run(() => reset(entry), `${name} is as shipped again.`)}>Reset</button>`}
				<button class="quiet" aria-label="Customise ${name}" onClick=${() => run(() => customise(doctype, rows, entry), `${name} is customised.`)}>Customise</button>`}
		</div></li>`;
}

function why(name, mayAdd, guarded) {
	if (CLOSED.includes(name))
		return "DocTypes are made of this one: it stays as it is.";
	if (!mayAdd)
		return "You may read this, not change it.";
	return guarded ? "It says who may do what: its fields stay as shipped; fields can be added." : "It came with the program: its own fields stay, their properties can be customised, and fields can be added.";
}

export function Shipped({ doc }) {
	const loaded = useLoad(() => load(doc.name), [doc.name]), closed = CLOSED.includes(doc.name);
	const mayAdd = !closed && may(CUSTOM, "create"), guarded = closed || GUARDED.includes(doc.name) || !may(SETTER, "create");

	async function run(work, words) {
		try {
			if ((await work()) === null)
				return;
			note(words);
			await refreshSite();
		} catch (error) {
			note(error.message, "bad");
		}
		loaded.reload();
	}
	return html`<p class="notice">${why(doc.name, mayAdd, guarded)}</p>
		<${Loaded} of=${loaded}>${(data) => {
			const rows = merge(doc, data);

			return html`<section class="card"><div class="row wrap"><h2 class="grow">Fields</h2>
					${mayAdd && html`<button class="primary" data-new onClick=${() => run(() => addField(doc.name, rows), "The field is added.")}>Add custom field</button>`}</div>
				<div class="builder-halves"><ol class="field-rows" aria-label="Fields">${rows.map((entry) => html`<${Item} key=${entry.row.name} ...${{ entry, guarded, run, rows }} open=${mayAdd} doctype=${doc.name} />`)}</ol>
					<${Preview} title=${doc.name} rows=${rows.map(({ row }) => row)} /></div>
			</section>`;
		}}<//>`;
}
