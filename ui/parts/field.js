/* Fields of a form by their type: label above, help below, the error at the field; links with search, tables edited in place. */
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { list, upload } from "../api.js";
import { Dialog, open } from "./dialog.js";
import { ruled } from "./expression.js";
import { number, show, today, wordsOf } from "./format.js";
import { useId, useLater } from "./loading.js";
import { docHref } from "./router.js";
import { doctypeNamed, hasColumn, labelOf } from "./site.js";
import { Handle, moveKeys, moved } from "./table.js";

const MATCHES = 8;

/* Names that match, with the title beside them where the caller may see it. */
async function find(doctype, text, only) {
	const known = doctypeNamed(doctype);
	const title = known && known.title_field !== "name" ? known.title_field : null;
	const like = `%${text.replaceAll("%", "")}%`;
	const filters = [["name", "like", like], ...(title ? [[title, "like", like]] : [])];
	const rows = await list(doctype, {
		fields: ["name", ...(title ? [title] : [])], filters: only, or_filters: text ? filters : undefined, limit: MATCHES, order_by: "name asc",
	});

	return rows.map((row) => ({ value: String(row.name), about: title ? wordsOf(row[title]) : "" }));
}

/* only: filters of what is offered. choices(text), if there: what is offered instead of documents, and nothing else is taken. onChange(value, what was chosen). */
export function LinkInput({ id, doctype, value, onChange, label, only, choices, rest }) {
	const [text, setText] = useState(value ?? ""), [open, setOpen] = useState(false), [at, setAt] = useState(-1);
	const [found, setFound] = useState({ of: null, rows: [], words: "" });
	const typed = useLater(text, 200), wanted = choices ? text : typed, listId = useId(), focused = useRef(false), meant = useRef(null);

	useEffect(() => {
		if (!focused.current)
			setText(value ?? "");
	}, [value]);
	useEffect(() => {
		let live = true;

		if (!open || !doctype)
			return undefined;
		Promise.resolve(choices ? choices(wanted === value ? "" : wanted) : find(doctype, wanted, only)).then((rows) => {
			if (live)
				setFound({ of: wanted, rows, words: rows.length ? "" : `No ${doctype} matches` });
		}, (error) => live && setFound({ of: wanted, rows: [], words: error.message }));
		return () => (live = false);
	}, [open, wanted, doctype]);

	useEffect(() => {
		if (at >= 0)
			document.getElementById(`${listId}-${at}`)?.scrollIntoView({ block: "nearest" });
	}, [at]);
	/* Where nothing but a choice is taken, Enter means the first one, as soon as it is there. */
	const hasty = choices && text && text !== value, picked = found.rows[at] ?? (hasty && found.of === text ? found.rows[0] : undefined);

	useEffect(() => {
		if (meant.current !== null && meant.current === found.of && found.rows[0])
			choose(found.rows[0]);
	}, [found]);

	function choose(row) {
		meant.current = null;
		setText(row.value);
		setOpen(false);
		setAt(-1);
		onChange(row.value, row);
	}
	function onKey(event) {
		if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			const step = event.key === "ArrowDown" ? 1 : -1;

			event.preventDefault();
			setOpen(true);
			setAt((n) => (found.rows.length ? (n + step + found.rows.length) % found.rows.length : -1));
		} else if (event.key === "Enter" && open && picked) {
			event.preventDefault();
			choose(picked);
		} else if (event.key === "Enter" && open && hasty && found.of !== text) {
			event.preventDefault();
			meant.current = text;
		} else if (event.key === "Escape" && open) {
			event.stopPropagation();
			event.preventDefault();
			setOpen(false);
		}
	}
	return html`<div class="link-input">
		<input id=${id} type="text" role="combobox" autocomplete="off" spellcheck="false" value=${text} placeholder=${doctype ? "" : "choose the kind first"}
			aria-expanded=${open ? "true" : "false"} aria-controls=${listId} aria-autocomplete="list"
			aria-activedescendant=${open && at >= 0 ? `${listId}-${at}` : null}
			onFocus=${(e) => { focused.current = true; choices && e.target.select(); }} onClick=${() => setOpen(true)}
			onBlur=${() => { focused.current = false; meant.current = null; setOpen(false); choices && setText(value ?? ""); }}
			onInput=${(e) => { meant.current = null; setText(e.target.value); setOpen(true); setAt(-1); choices || onChange(e.target.value || null); }}
			onKeyDown=${onKey} ...${rest} disabled=${rest?.disabled || !doctype} />
		${value && !open && !choices && doctypeNamed(doctype) && html`<a class="link-go" href=${docHref(doctype, value)} aria-label="Open ${value}">Open</a>`}
		<ul id=${listId} role="listbox" aria-label="${label}: matches" class="options" hidden=${!open || (found.rows.length === 0 && !found.words)}>
			${found.rows.map((row, i) => html`<li key=${row.value} id="${listId}-${i}" role="option" aria-selected=${i === at ? "true" : "false"}
				onMouseDown=${(e) => { e.preventDefault(); choose(row); }}>${row.value}${row.about && row.about !== row.value && html`<span class="muted small"> ${row.about}</span>`}</li>`)}
			${found.words && html`<li role="option" aria-selected="false" aria-disabled="true" class="muted">${found.words}</li>`}
		</ul>
	</div>`;
}

const LONG = ["Small Text", "Text", "Long Text", "Code", "JSON", "Text Editor", "Markdown Editor", "HTML Editor", "Geolocation", "Signature"];
const WHOLE = ["Int", "Long Int", "Duration"], NUMBERS = [...WHOLE, "Float", "Currency", "Percent"];
const DATES = { Date: "date", Datetime: "datetime-local", Time: "time" };
const MASK = /^\*+$/;

/* "9:05:03" as a time field wants it, and a datetime without blanks and parts of seconds. */
function toInput(value, fieldtype) {
	const text = String(value ?? "");

	if (fieldtype === "Datetime")
		return text.replace(" ", "T").slice(0, 19);
	if (fieldtype === "Time")
		return text.padStart(text.includes(".") ? text.length : 8, "0").slice(0, 8);
	return text;
}

const fromInput = (text, fieldtype) => (fieldtype === "Datetime" ? text.replace("T", " ") : text) || null;

function SelectInput({ id, field, value, onChange, rest }) {
	const options = (field.options ?? "").split("\n");

	if (value && !options.includes(String(value)))
		options.push(String(value));
	if (!options.includes("") && !value)
		options.unshift("");
	return html`<select id=${id} value=${value ?? ""} onChange=${(e) => onChange(e.target.value)} ...${rest}>
		${options.map((o) => html`<option key=${o} value=${o} selected=${o === (value ?? "")}>${o || "–"}</option>`)}
	</select>`;
}

const STARS = 5;
const isFile = (url) => /^(https?:\/\/|\/(private\/)?files\/)/.test(url ?? "");

/* A file is kept at once; the document points to it when it is saved. */
function FileInput({ id, field, value, onChange, doctype, doc, rest }) {
	const [state, setState] = useState("");

	async function take(file) {
		setState("Sending…");
		try {
			const kept = await upload(file, { is_private: 1, doctype: doc?.name && doctype, docname: doc?.name && doctype && doc.name, fieldname: field.fieldname });

			onChange(kept.file_url);
			setState("");
		} catch (error) {
			setState(error.message);
		}
	}
	return html`<div class="stack tight">
		${value && html`<p class="row wrap">${isFile(value) ? html`<a class="grow" href=${value} target="_blank" rel="noopener">${value}</a>` : html`<span class="grow">${value}</span>`}
			<button type="button" class="quiet" onClick=${() => onChange(null)}>Take away</button></p>`}
		<input id=${id} type="file" accept=${field.fieldtype === "Attach Image" ? "image/*" : null} ...${rest}
			onChange=${(e) => e.target.files[0] && take(e.target.files[0])} />
		<p class="help" role="status">${state}</p>
	</div>`;
}

/* Zero to five of five, kept as a number from 0 to 1. */
function RatingInput({ id, value, onChange, rest }) {
	const now = Math.round((Number(value) || 0) * STARS);

	return html`<select id=${id} value=${now} onChange=${(e) => onChange(Number(e.target.value) / STARS)} ...${rest}>
		${Array.from({ length: STARS + 1 }, (_, n) => html`<option key=${n} value=${n} selected=${n === now}>${n ? `${n} of ${STARS}` : "–"}</option>`)}
	</select>`;
}

/* The input alone; onChange gets the value as the API takes it. */
export function Input({ id, field, value, onChange, disabled, doc, doctype, rest = {} }) {
	const type = field.fieldtype;
	const common = { ...rest, disabled };

	if (type === "Check")
		return html`<input id=${id} type="checkbox" checked=${Boolean(Number(value))} onChange=${(e) => onChange(e.target.checked ? 1 : 0)} ...${common} />`;
	if (type === "Select")
		return html`<${SelectInput} ...${{ id, field, value, onChange, rest: common }} />`;
	if (type === "Link" || type === "Dynamic Link")
		return html`<${LinkInput} ...${{ id, value, onChange, rest: common }} label=${labelOf(field)} only=${field.only} choices=${field.choices}
			doctype=${type === "Link" ? field.options : doc?.[field.options]} />`;
	if (type === "Attach" || type === "Attach Image")
		return html`<${FileInput} ...${{ id, field, value, onChange, doctype, doc, rest: common }} />`;
	if (type === "Rating")
		return html`<${RatingInput} ...${{ id, value, onChange, rest: common }} />`;
	if (type in DATES)
		return html`<input id=${id} type=${DATES[type]} step=${type === "Date" ? null : 1} value=${toInput(value, type)}
			onInput=${(e) => onChange(fromInput(e.target.value, type))} ...${common} />`;
	/* As text: a number field throws away what is half typed. */
	if (NUMBERS.includes(type))
		return html`<input id=${id} type="text" inputmode=${WHOLE.includes(type) ? "numeric" : "decimal"} autocomplete="off" value=${value ?? ""}
			onInput=${(e) => onChange(e.target.value.trim() === "" ? null : e.target.value)} ...${common} />`;
	if (type === "Password")
		return html`<input id=${id} type="password" autocomplete="new-password" value=${MASK.test(value ?? "") ? "" : value ?? ""}
			placeholder=${MASK.test(value ?? "") ? "set; leave empty to keep it" : ""} onInput=${(e) => onChange(e.target.value || undefined)} ...${common} />`;
	if (LONG.includes(type))
		return html`<textarea id=${id} class=${["Code", "JSON"].includes(type) ? "mono" : ""} rows=${type === "Small Text" ? 3 : 6}
			value=${value ?? ""} onInput=${(e) => onChange(e.target.value)} ...${common}></textarea>`;
	return html`<input id=${id} type=${field.options === "Email" ? "email" : "text"} maxlength=${field.length || 140} autocomplete="off" value=${value ?? ""}
		onInput=${(e) => onChange(e.target.value)} ...${common} />`;
}

/* What is wrong with a value before it is sent; null: nothing. */
export function wrongIn(field, value) {
	const empty = Array.isArray(value) ? value.length === 0 : value === null || value === undefined || value === "";

	if (empty)
		return field.reqd && field.fieldtype !== "Check" ? "This is needed." : null;
	if (!NUMBERS.includes(field.fieldtype))
		return null;
	if (Number.isNaN(Number(value)))
		return "This is no number.";
	if (WHOLE.includes(field.fieldtype) && !Number.isInteger(Number(value)))
		return "This has to be a whole number.";
	return field.non_negative && Number(value) < 0 ? "This may not be negative." : null;
}

/* What is wrong in a table's rows, the first of it, in words; null: nothing. doc: the document of the table. */
export function wrongInRows(meta, rows, doc) {
	for (const [i, row] of meta && Array.isArray(rows) ? rows.entries() : []) {
		const rules = meta.rules?.(row, doc);

		for (const field of usableFields(meta).map((f) => ruled(f, rules)).filter((f) => f && canWrite(f))) {
			const wrong = wrongIn(field, row[field.fieldname]);

			if (wrong)
				return `Row ${i + 1}, ${labelOf(field)}: ${wrong}`;
		}
	}
	return null;
}

export const canWrite = (field) => Boolean(field.writable) && !field.read_only && field.fieldtype !== "Read Only";

export function Field({ field, value, onChange, doc, doctype, error, help, isNew, disabled }) {
	const id = useId();
	const fixed = disabled || !canWrite(field) || (field.set_only_once && !isNew && value);
	const rest = {
		"aria-describedby": [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ") || null,
		"aria-invalid": error ? "true" : null,
		"aria-required": field.reqd ? "true" : null,
		"data-field": field.fieldname,
	};
	const notes = html`
		${help && html`<p class="help" id="${id}-help">${wordsOf(help)}</p>`}
		${error && html`<p class="error" id="${id}-error">${error}</p>`}`;

	if (field.fieldtype === "Check")
		return html`<div class="field"><label class="check" for=${id}>
			<${Input} ...${{ id, field, value, onChange, doc, rest, disabled: fixed }} />${labelOf(field)}</label>${notes}</div>`;
	return html`<div class="field ${LONG.includes(field.fieldtype) ? "long" : ""}">
		<label for=${id}>${labelOf(field)}${field.reqd && !fixed && html`<span class="bad" aria-hidden="true"> *</span>`}</label>
		${fixed
			? html`<output id=${id} class="value ${LONG.includes(field.fieldtype) ? "pre" : ""}">${show(value, field.fieldtype) || html`<span class="muted">–</span>`}</output>`
			: html`<${Input} ...${{ id, field, value, onChange, doc, doctype, rest }} />`}
		${notes}
	</div>`;
}

const COLUMNS = 4, ROWS = 50;

function usableFields(meta) {
	return meta.fields.filter((f) => hasColumn(f) && !f.is_standard && !f.hidden);
}

function columnsOf(meta) {
	const fields = usableFields(meta);
	const marked = fields.filter((f) => f.in_list_view);

	return (marked.length ? marked : fields).slice(0, COLUMNS);
}

function RowDialog({ title, meta, first, parent, onChange, close, disabled }) {
	const [row, setRow] = useState(first);
	const rules = meta.rules?.(row, parent);

	function put(name, value) {
		const next = { ...row, [name]: value };

		setRow(next);
		onChange(next);
	}
	return html`<${Dialog} title=${title} wide onClose=${close} actions=${html`<button class="primary" onClick=${() => close()}>Done</button>`}>
		<div class="form-grid">${usableFields(meta).map((f) => ruled(f, rules)).filter(Boolean).map((f) => html`<${Field} key=${f.fieldname} field=${f}
			value=${row[f.fieldname]} doc=${row} isNew=${!row.name} help=${f.description} disabled=${disabled} onChange=${(v) => put(f.fieldname, v)} />`)}</div>
	<//>`;
}

/* All of a row, in a dialog; resolves when it is closed. */
export const editRow = (given) => open((close) => html`<${RowDialog} ...${given} close=${close} />`);

function Cell({ column, row, at, rules, fixed, onChange }) {
	const field = ruled(column, rules);

	if (field === null)
		return null;
	if (fixed || !canWrite(field))
		return show(row[field.fieldname], field.fieldtype);
	return html`<${Input} field=${field} value=${row[field.fieldname]} doc=${row} onChange=${onChange}
		rest=${{ "aria-label": `${labelOf(field)}, row ${at + 1}`, "aria-required": field.reqd ? "true" : null }} />`;
}

/* What a new document or row has in a field; undefined: nothing. */
export function defaultOf(field) {
	if (field.default === "Today")
		return today();
	if (field.fieldtype === "Check")
		return Number(field.default ?? 0);
	/* Words such as __user and Now are filled in by the server. */
	return field.default && !/^(__|Now$|:)/.test(field.default) ? field.default : undefined;
}

export const defaultsOf = (meta) => Object.fromEntries(meta.fields.filter((f) => hasColumn(f) && !f.is_standard)
	.map((f) => [f.fieldname, defaultOf(f)]).filter(([, value]) => value !== undefined));

let added = 0;

export const newRow = (fields = {}) => ({ key: `n${++added}`, ...fields });

export function ChildTable({ field, meta, value, onChange, doc, disabled, error, help }) {
	const rows = value ?? [], columns = columnsOf(meta), all = usableFields(meta), [most, setMost] = useState(ROWS);
	const fixed = disabled || !canWrite(field), label = labelOf(field), id = `t-${field.fieldname}`;
	const put = (i, row) => onChange(rows.map((r, at) => (at === i ? row : r)));
	const move = (from, to) => onChange(moved(rows, from, to));
	const movable = !fixed && rows.length > 1, place = (i) => ({ at: i, count: rows.length, label: `row ${i + 1} of ${label}`, onMove: move });
	const details = (i) => editRow({ title: `${label}: row ${i + 1}`, meta, first: rows[i], parent: doc, disabled: fixed, onChange: (row) => put(i, row) });

	return html`<div class="field long"><span class="label" id=${id}>${label}${field.reqd && !fixed && html`<span class="bad" aria-hidden="true"> *</span>`}</span>
		${help && html`<p class="help">${wordsOf(help)}</p>`}
		${rows.length === 0 && html`<p class="muted">No rows.</p>`}
		${rows.length > 0 && html`<div class="table-wrap"><table class="child" aria-labelledby=${id}>
			<thead><tr><th scope="col" class="place">Row</th>${columns.map((c) => html`<th key=${c.fieldname} scope="col">${labelOf(c)}</th>`)}<th scope="col"><span class="hidden">What to do</span></th></tr></thead>
			<tbody>${rows.slice(0, most).map((row, i) => {
				const rules = meta.rules?.(row, doc);

				return html`<tr key=${row.name ?? row.key ?? i} data-row onKeyDown=${movable ? moveKeys(place(i)) : null}>
					<td class="place" data-label="Row"><span>${movable && html`<${Handle} ...${place(i)} />`}${i + 1}</span></td>
					${columns.map((c) => html`<td key=${c.fieldname} data-label=${labelOf(c)}><${Cell} ...${{ column: c, row, at: i, rules, fixed }}
						onChange=${(v) => put(i, { ...row, [c.fieldname]: v })} /></td>`)}
					<td class="acts">
						${all.length > columns.length && html`<button type="button" class="quiet" aria-label="More of row ${i + 1}" onClick=${() => details(i)}>More</button>`}
						${!fixed && html`<button type="button" class="quiet" aria-label="Remove row ${i + 1}" onClick=${() => onChange(rows.filter((r, at) => at !== i))}>Remove</button>`}
					</td>
				</tr>`;
			})}</tbody>
		</table></div>`}
		${rows.length > most && html`<p class="row wrap"><span class="muted small">${number(most)} of ${number(rows.length)} rows are shown.</span>
			<button type="button" class="quiet" onClick=${() => setMost(most + ROWS)}>Show more rows</button></p>`}
		${error && html`<p class="error">${error}</p>`}
		${!fixed && html`<p><button type="button" data-field=${field.fieldname} aria-label="Add a row to ${label}"
			onClick=${() => { setMost(Math.max(most, rows.length + 1)); onChange([...rows, newRow(defaultsOf(meta))]); }}>Add row</button></p>`}
	</div>`;
}
