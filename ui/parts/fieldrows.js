/* The fields of a DocType as a list that is edited in place: label, type, and behind Details all else. */
import { Component, html, useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";
import { count } from "../api.js";
import { fieldnameOf, isBreak, isLinked, keyOf, pathOf, pointersOf } from "./doctype_errors.js";
import { confirm } from "./dialog.js";
import { Field, LinkInput, newRow } from "./field.js";
import { GROUPS, HELP, LABELS, OPTIONS_OF, factsOf, findTypes, fits } from "./fieldtypes.js";
import { plural } from "./format.js";
import { useId } from "./loading.js";
import { hasColumn, isTable } from "./site.js";
import { Handle, moveKeys, moved } from "./table.js";

/* Draws again only when one of the values has changed: lists may hold hundreds. */
export class Still extends Component {
	shouldComponentUpdate(next) {
		return next.of.some((value, i) => value !== this.props.of[i]);
	}

	render({ draw }) {
		return draw();
	}
}

const TYPE_OF = { length: "Int", permlevel: "Int", precision: "Select", default: "Data", description: "Data", fetch_from: "Data", depends_on: "Data", mandatory_depends_on: "Data", read_only_depends_on: "Data", fieldname: "Data" };
const KINDS = ["Email", "Name", "Phone", "URL", "Barcode", "IBAN"];

/* How the options of a row are asked for. */
function optionsField(row, pointers) {
	if (isLinked(row))
		return { fieldtype: "Link", options: "DocType", only: [["istable", "=", isTable(row) ? 1 : 0]], reqd: true };
	if (row.fieldtype === "Dynamic Link")
		return { fieldtype: "Select", options: `\n${pointers}`, reqd: true };
	if (row.fieldtype === "Data")
		return { fieldtype: "Select", options: `\n${KINDS.join("\n")}` };
	return { fieldtype: ["Select", "Autocomplete", "HTML"].includes(row.fieldtype) ? "Small Text" : "Data" };
}

/* A property of a row as a field of a form. */
export function propertyField(row, property, pointers = "") {
	const [label] = property === "options" ? OPTIONS_OF[row.fieldtype] ?? [LABELS.options] : [LABELS[property]];
	const base = { fieldname: pathOf(row, property), label, fieldtype: TYPE_OF[property] ?? "Check", writable: true, length: 1000 };

	if (property === "options")
		return { ...base, ...optionsField(row, pointers) };
	if (property === "precision")
		return { ...base, options: "\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9" };
	if (property === "default" && row.fieldtype === "Check")
		return { ...base, fieldtype: "Check", label: "Ticked at first" };
	return base;
}

export const helpOf = (row, property) => (property === "options" ? OPTIONS_OF[row.fieldtype]?.[1] : HELP[property]);

/* All of a row but its label and type. without: properties that are not asked for. */
export function Properties({ row, errors = {}, pointers, without = [], fixed = () => false, submittable = true, onChange }) {
	const of = (properties) => properties.filter((p) => !without.includes(p) && fits(row, p) && (p !== "allow_on_submit" || submittable));

	return GROUPS.map(([title, all]) => {
		const properties = of(all);

		return properties.length > 0 && html`<div key=${title} role="group" aria-label=${title || "What it is"} class="properties ${title ? "" : "first"}">
			${title && html`<h3>${title}</h3>`}
			${properties.map((p) => html`<${Field} key=${p} field=${{ ...propertyField(row, p, pointers), writable: !fixed(p) }} value=${row[p]} help=${helpOf(row, p)}
				error=${errors[pathOf(row, p)]} onChange=${(v) => onChange({ [p]: p === "default" && v !== null ? String(v) : v })} />`)}
		</div>`;
	});
}

const FAMILIES = [["Link"], ["Table", "Table MultiSelect"], ["Select", "Autocomplete"]];
const familyOf = (type) => FAMILIES.find((f) => f.includes(type)) ?? type;

/* The row with another type: options of another kind and what does not fit any more go. */
export function withType(row, fieldtype) {
	const next = { ...row, fieldtype, options: familyOf(row.fieldtype) === familyOf(fieldtype) ? row.options : null };

	for (const property of GROUPS.flatMap(([, all]) => all)) {
		if (next[property] && property !== "fieldname" && property !== "options" && !fits(next, property))
			next[property] = typeof next[property] === "number" ? 0 : null;
	}
	return next;
}

/* A name that still follows the label goes on to do so. */
function withName(row, next, rows) {
	const taken = new Set(rows.filter((r) => r !== row).map((r) => r.fieldname));
	const follows = !row.name && (!row.fieldname || row.fieldname === fieldnameOf(row.label, row.fieldtype, taken));

	return follows ? { ...next, fieldname: fieldnameOf(next.label, next.fieldtype, taken) } : next;
}

/* How many documents hold something in the field; null: not to be known. */
export async function countHeld(doctype, row) {
	const filters = isTable(row) ? [[row.options, "parentfield", "=", row.fieldname]]
		: [[row.fieldname, ...(["Check", "Int", "Float", "Currency", "Percent", "Rating", "Duration"].includes(row.fieldtype) ? ["!=", 0] : ["is", "set"])]];

	return hasColumn(row) || isTable(row) ? count(doctype, { filters }).catch(() => null) : 0;
}

export const nameOf = (row, at) => row.label || row.fieldname || (isBreak(row) ? row.fieldtype : `field ${at + 1}`);

/* Asks before a stored field goes; words: what becomes of its values. */
export async function sureToRemove(doctype, row, action, words) {
	const held = await countHeld(doctype, row);

	return held === 0 || confirm({
		title: `Remove ${nameOf(row, 0)}?`, action, keep: "Keep it",
		body: html`<p>${held === null ? html`Documents of <strong>${doctype}</strong> may hold a value in this field.`
			: html`<strong>${plural(held, "document")}</strong> of ${doctype} ${held === 1 ? "holds" : "hold"} something in this field.`} ${words}</p>`,
	});
}

function FieldRow({ row, at, total, errors, opened, pointers, submittable, acts }) {
	const typeId = useId(), detailsId = useId(), key = keyOf(row), name = nameOf(row, at);
	const wrong = (property) => errors[pathOf(row, property)];
	const hidden = Object.keys(errors).some((path) => !path.endsWith("/label") && !path.endsWith("/fieldtype"));
	const open = opened || hidden, here = { at, count: total, label: name, onMove: acts.move };
	const input = (property) => ({ "data-field": pathOf(row, property), "aria-label": `${LABELS[property]}, ${name}`, "aria-invalid": wrong(property) ? "true" : null });

	return html`<li data-row class="field-row ${isBreak(row) ? "break" : ""} ${open ? "open" : ""}" onKeyDown=${moveKeys(here)}>
		<${Handle} ...${here} />
		<input class="label-input" type="text" maxlength="140" autocomplete="off" placeholder=${isBreak(row) ? "No heading" : "Label"} value=${row.label ?? ""} ...${input("label")}
			onInput=${(e) => acts.put(key, { label: e.target.value })} onKeyDown=${(e) => e.key === "Enter" && (e.preventDefault(), acts.add(at + 1))} />
		<${LinkInput} id=${typeId} doctype="type" value=${row.fieldtype} label="Type" choices=${findTypes} rest=${input("fieldtype")} onChange=${(v) => acts.retype(key, v)} />
		<div class="row acts"><button type="button" class="quiet" aria-expanded=${open ? "true" : "false"} aria-controls=${detailsId} aria-label="Details of ${name}" disabled=${hidden}
				onClick=${() => acts.open(key)}>Details</button>
			<button type="button" class="quiet" aria-label="Remove ${name}" onClick=${() => acts.remove(row)}>Remove</button></div>
		${["label", "fieldtype"].map((p) => wrong(p) && html`<p key=${p} class="error">${wrong(p)}</p>`)}
		${!open && factsOf(row) && html`<p class="muted small facts-of">${factsOf(row)}</p>`}
		<div id=${detailsId} class="details" hidden=${!open} role="group" aria-label="Details of ${name}">
			${open && html`<${Properties} ...${{ row, errors, pointers, submittable }} fixed=${(p) => p === "fieldname" && Boolean(row.name)} onChange=${(changes) => acts.put(key, changes)} />`}</div>
	</li>`;
}

const NONE = {};

/* errors by the row that they are about; rows without any share one object, so that they are not drawn again. */
function errorsByRow(errors) {
	const found = {};

	for (const [path, words] of Object.entries(errors)) {
		const [table, key] = path.split("/");

		if (table === "fields" && key !== undefined)
			(found[key] ??= {})[path] = words;
	}
	return found;
}

/* A control of EditForm for the table fields. */
export function FieldRows({ value, doc, errors, error, onChange }) {
	const rows = value ?? [], [opened, setOpened] = useState(new Set()), wanted = useRef(null), latest = useRef(null);
	const byRow = errorsByRow(errors), pointers = pointersOf(rows).map((r) => r.fieldname).join("\n");

	latest.current = rows;
	useLayoutEffect(() => {
		if (wanted.current)
			document.querySelector(`[data-field="${CSS.escape(wanted.current)}"]`)?.focus();
		wanted.current = null;
	});
	const acts = useRef(null);

	acts.current ??= {
		change: (fn) => onChange((all) => fn(all ?? [])),
		put: (key, changes) => acts.current.change((all) => all.map((r) => (keyOf(r) === key ? withName(r, { ...r, ...changes }, all) : r))),
		retype: (key, type) => {
			acts.current.change((all) => all.map((r) => (keyOf(r) === key ? withName(r, withType(r, type), all) : r)));
			if (type === "Select" || type === "Dynamic Link" || isLinked({ fieldtype: type }))
				setOpened((o) => new Set(o).add(key));
		},
		move: (from, to) => acts.current.change((all) => moved(all, from, to)),
		add: (at, fields = {}) => {
			const row = newRow({ fieldtype: "Data", ...fields });

			wanted.current = pathOf(row, "label");
			acts.current.change((all) => [...all.slice(0, at), withName(row, row, all), ...all.slice(at)]);
		},
		open: (key) => setOpened((o) => {
			const next = new Set(o);

			if (!next.delete(key))
				next.add(key);
			return next;
		}),
		remove: async (row) => {
			const sure = !row.name || (await sureToRemove(row.parent, row, "Remove", `When you save, no form and no answer shows it any more. The values stay in the database: a field of the same name and type brings them back.`));

			if (!sure)
				return;
			const at = latest.current.findIndex((r) => keyOf(r) === keyOf(row)), next = latest.current[at + 1] ?? latest.current[at - 1];

			wanted.current = next ? pathOf(next, "label") : null;
			acts.current.change((all) => all.filter((r) => keyOf(r) !== keyOf(row)));
		},
	};
	return html`<div class="stack">
		${rows.length === 0 && html`<p class="muted">No fields yet. The first is often the one that names the document.</p>`}
		<ol class="field-rows" aria-label="Fields">${rows.map((row, at) => {
			const key = keyOf(row), of = [row, at, rows.length, JSON.stringify(byRow[key]), opened.has(key), row.fieldtype === "Dynamic Link" ? pointers : "", doc.is_submittable];

			return html`<${Still} key=${key} of=${of} draw=${() => html`<${FieldRow} acts=${acts.current} row=${row} at=${at} total=${rows.length} errors=${byRow[key] ?? NONE}
				opened=${opened.has(key)} pointers=${pointers} submittable=${Boolean(Number(doc.is_submittable))} />`} />`;
		})}</ol>
		${error && html`<p class="error">${error}</p>`}
		<div class="row wrap"><button type="button" data-field="fields" data-new onClick=${() => acts.current.add(rows.length)}>Add field</button>
			<button type="button" class="quiet" onClick=${() => acts.current.add(rows.length, { fieldtype: "Section Break" })}>Add section</button>
			<button type="button" class="quiet" onClick=${() => acts.current.add(rows.length, { fieldtype: "Column Break" })}>Add column</button></div>
	</div>`;
}
