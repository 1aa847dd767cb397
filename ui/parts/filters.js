/*
 * The filter builder: any field, of the documents and of the rows in their tables, every operator. What it makes stands in the
 * address as f=[[field,operator,value],...]; of rows it is [child DocType,field,operator,value], as the API takes it.
 */
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { Input } from "./field.js";
import { setQuery, useRoute } from "./router.js";
import { hasColumn, isTable, labelOf } from "./site.js";

const OPERATORS = [
	["=", "is"], ["!=", "is not"], ["like", "contains"], ["not like", "does not contain"], ["in", "is one of"], ["not in", "is none of"],
	["is", "has a value"], [">", "is more than"], ["<", "is less than"], [">=", "is at least"], ["<=", "is at most"],
	["between", "is between"], ["timespan", "is in the time"], ["previous", "is in the previous"], ["next", "is in the next"],
];
const SPANS = [
	"today", "yesterday", "tomorrow", "this week", "this month", "this quarter", "this year", "last 7 days", "last 14 days", "last 30 days",
	"last week", "last month", "last quarter", "last 6 months", "last year", "next 7 days", "next 14 days", "next 30 days", "next week",
	"next month", "next quarter", "next 6 months", "next year",
];
const LENGTHS = ["1 week", "1 month", "3 months", "6 months", "1 year"];
const TIMES = ["Date", "Datetime"], RANGED = [...TIMES, "Int", "Float", "Currency", "Percent"];
const STANDARD_TYPES = { creation: "Datetime", modified: "Datetime" };

const typeOf = (field) => STANDARD_TYPES[field.fieldname] ?? field.fieldtype;

function operatorsFor(field) {
	const type = typeOf(field);

	return OPERATORS.filter(([op]) => {
		if (["timespan", "previous", "next"].includes(op))
			return TIMES.includes(type);
		if (op === "between")
			return RANGED.includes(type);
		if (type === "Check")
			return op === "=" || op === "!=";
		return true;
	});
}

export function readFilters(query) {
	try {
		const filters = JSON.parse(query.get("f") ?? "[]");

		return Array.isArray(filters) ? filters.filter((f) => Array.isArray(f) && (f.length === 3 || f.length === 4)) : [];
	} catch {
		return [];
	}
}

const writeFilters = (filters) => setQuery({ f: filters.length ? JSON.stringify(filters) : null, page: null });

/* Of rows in a table, not of the documents themselves. */
export const isOfRows = (filter) => filter.length === 4;
const keyOf = (field) => (field.of ? `${field.of}/${field.fieldname}` : field.fieldname);

/* The fields that can be asked for, those of rows under the name of their table. */
function fieldsOf(meta) {
	const usable = (f) => hasColumn(f) && f.fieldtype !== "Password" && !["idx", "docstatus"].includes(f.fieldname);
	const tables = meta.fields.filter((f) => isTable(f) && meta.children?.[f.fieldname]);
	/* Of two tables of one DocType a filter names both. */
	const once = tables.filter((t, i) => tables.findIndex((other) => other.options === t.options) === i);
	const rows = once.flatMap((t) => meta.children[t.fieldname].fields.filter((f) => usable(f) && !f.is_standard)
		.map((f) => ({ ...f, of: t.options, called: `${labelOf(t)}: ${labelOf(f)}` })));

	return [...meta.fields.filter(usable), ...rows];
}

export function wordsOfFilter(fields, filter) {
	const [name, op, value] = filter.slice(-3), of = isOfRows(filter) ? filter[0] : undefined;
	const field = fields.find((f) => f.fieldname === name && f.of === of);
	const label = field ? labelOf(field) : of ? `${of}: ${name}` : name;

	if (op === "is")
		return `${label} ${value === "set" ? "has a value" : "is empty"}`;
	const words = OPERATORS.find(([o]) => o === op)?.[1] ?? op;
	const shown = Array.isArray(value) ? value.join(op === "between" ? " and " : ", ") : String(value).replace(/^%|%$/g, "");

	return `${label} ${words} ${field?.fieldtype === "Check" ? (Number(value) ? "Yes" : "No") : shown}`;
}

const pick = (label, options, value, onChange) => html`<select aria-label=${label} value=${value} onChange=${(e) => onChange(e.target.value)}>
	${options.map(([v, text]) => html`<option key=${v} value=${v} selected=${v === value}>${text}</option>`)}</select>`;

const same = (list) => list.map((text) => [text, text]);

/* The value's input, by operator and type. */
function Value({ field, op, value, onChange }) {
	const type = typeOf(field);
	const inner = { ...field, fieldtype: ["Check", "Select", "Link"].includes(type) || type in { Date: 1, Datetime: 1, Time: 1, Int: 1, Float: 1, Currency: 1, Percent: 1 } ? type : "Data" };

	if (op === "is")
		return pick("Value", [["set", "yes"], ["not set", "no"]], value, onChange);
	if (op === "timespan")
		return pick("Value", same(SPANS), value, onChange);
	if (op === "previous" || op === "next")
		return pick("Value", same(LENGTHS), value, onChange);
	if (op === "between") {
		const [from, to] = Array.isArray(value) ? value : ["", ""];

		return html`<${Input} field=${inner} value=${from} rest=${{ "aria-label": "From" }} onChange=${(v) => onChange([v ?? "", to])} />
			<${Input} field=${inner} value=${to} rest=${{ "aria-label": "To" }} onChange=${(v) => onChange([from, v ?? ""])} />`;
	}
	if (type === "Check")
		return pick("Value", [["1", "Yes"], ["0", "No"]], String(value), onChange);
	if (op === "in" || op === "not in" || op === "like" || op === "not like")
		return html`<input type="text" aria-label="Value" placeholder=${op.endsWith("in") ? "a, b, c" : ""} value=${value} onInput=${(e) => onChange(e.target.value)} />`;
	return html`<${Input} field=${inner} value=${value} rest=${{ "aria-label": "Value" }} onChange=${(v) => onChange(v ?? "")} />`;
}

const FIRST = { is: "set", timespan: "this week", previous: "1 week", next: "1 week", between: ["", ""] };

/* What the API takes: lists as lists, and text anywhere in the value. */
function finish([name, op, value]) {
	if ((op === "in" || op === "not in") && typeof value === "string")
		return [name, op, value.split(",").map((v) => v.trim()).filter(Boolean)];
	if ((op === "like" || op === "not like") && !/[%_]/.test(value))
		return [name, op, `%${value}%`];
	return [name, op, value];
}

function Builder({ fields, onDone }) {
	const [key, setKey] = useState(keyOf(fields[0])), [op, setOp] = useState("="), [value, setValue] = useState("");
	const field = fields.find((f) => keyOf(f) === key), operators = operatorsFor(field), form = useRef(null);

	useEffect(() => form.current.querySelector("select").focus(), []);
	function choose(nextKey, nextOp) {
		const next = fields.find((f) => keyOf(f) === nextKey);
		const fits = operatorsFor(next).some(([o]) => o === nextOp) ? nextOp : "=";

		setKey(nextKey);
		setOp(fits);
		setValue(FIRST[fits] ?? (typeOf(next) === "Check" ? "1" : ""));
	}
	return html`<form class="builder" aria-label="New filter" ref=${form} onKeyDown=${(e) => e.key === "Escape" && !e.defaultPrevented && onDone(null)} onSubmit=${(e) => { e.preventDefault(); onDone([...(field.of ? [field.of] : []), ...finish([field.fieldname, op, value])]); }}>
		${pick("Field", fields.map((f) => [keyOf(f), labelOf(f)]), key, (k) => choose(k, op))}
		${pick("Comparison", operators, op, (o) => choose(key, o))}
		<${Value} field=${field} op=${op} value=${value} onChange=${setValue} />
		<div class="row"><button class="primary">Apply</button><button type="button" onClick=${() => onDone(null)}>Cancel</button></div>
	</form>`;
}

export function Filters({ meta }) {
	const { query } = useRoute(), [adding, setAdding] = useState(false), add = useRef(null), back = useRef(false);
	const filters = readFilters(query);
	const fields = fieldsOf(meta);

	useEffect(() => {
		if (back.current && !adding)
			add.current.focus();
		back.current = adding;
	}, [adding]);
	function done(filter) {
		setAdding(false);
		if (filter)
			writeFilters([...filters, filter]);
	}
	return html`<div class="filters">
		${filters.map((f, i) => html`<span key=${i} class="chip">${wordsOfFilter(fields, f)}
			<button class="quiet" aria-label="Remove filter: ${wordsOfFilter(fields, f)}" onClick=${() => writeFilters(filters.filter((x, at) => at !== i))}>×</button></span>`)}
		${!adding && html`<button class="add-filter" ref=${add} onClick=${() => setAdding(true)}>Add filter</button>`}
		${filters.length > 0 && html`<button class="quiet" onClick=${() => writeFilters([])}>Clear</button>`}
		${adding && html`<${Builder} fields=${fields} onDone=${done} />`}
	</div>`;
}
