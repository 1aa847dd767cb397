/* Fields of a form by their type: label above, help below, the error at the field; links with search, tables edited in place. */
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { list } from "../api.js";
import { Dialog, open } from "./dialog.js";
import { show, wordsOf } from "./format.js";
import { useId, useLater } from "./loading.js";
import { docHref } from "./router.js";
import { doctypeNamed, hasColumn, labelOf } from "./site.js";

const MATCHES = 8;

/* Names that match, with the title beside them where the caller may see it. */
async function find(doctype, text) {
	const known = doctypeNamed(doctype);
	const title = known && known.title_field !== "name" ? known.title_field : null;
	const like = `%${text.replaceAll("%", "")}%`;
	const filters = [["name", "like", like], ...(title ? [[title, "like", like]] : [])];
	const rows = await list(doctype, {
		fields: ["name", ...(title ? [title] : [])], or_filters: text ? filters : undefined, limit: MATCHES, order_by: "name asc",
	});

	return rows.map((row) => ({ value: String(row.name), about: title ? wordsOf(row[title]) : "" }));
}

export function LinkInput({ id, doctype, value, onChange, label, rest }) {
	const [text, setText] = useState(value ?? ""), [open, setOpen] = useState(false), [at, setAt] = useState(-1);
	const [found, setFound] = useState({ rows: [], words: "" });
	const later = useLater(text, 200), listId = useId(), focused = useRef(false);

	useEffect(() => {
		if (!focused.current)
			setText(value ?? "");
	}, [value]);
	useEffect(() => {
		let live = true;

		if (!open || !doctype)
			return undefined;
		find(doctype, later).then((rows) => {
			if (live)
				setFound({ rows, words: rows.length ? "" : `No ${doctype} matches` });
		}, (error) => live && setFound({ rows: [], words: error.message }));
		return () => (live = false);
	}, [open, later, doctype]);

	function choose(row) {
		setText(row.value);
		setOpen(false);
		setAt(-1);
		onChange(row.value);
	}
	function onKey(event) {
		if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			const step = event.key === "ArrowDown" ? 1 : -1;

			event.preventDefault();
			setOpen(true);
			setAt((n) => (found.rows.length ? (n + step + found.rows.length) % found.rows.length : -1));
		} else if (event.key === "Enter" && open && found.rows[at]) {
			event.preventDefault();
			choose(found.rows[at]);
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
			onFocus=${() => { focused.current = true; }} onClick=${() => setOpen(true)}
			onBlur=${() => { focused.current = false; setOpen(false); }}
			onInput=${(e) => { setText(e.target.value); setOpen(true); setAt(-1); onChange(e.target.value || null); }}
			onKeyDown=${onKey} ...${rest} disabled=${rest?.disabled || !doctype} />
		${value && doctypeNamed(doctype) && html`<a class="link-go" href=${docHref(doctype, value)} aria-label="Open ${value}">Open</a>`}
		<ul id=${listId} role="listbox" aria-label="${label}: matches" class="options" hidden=${!open || (found.rows.length === 0 && !found.words)}>
			${found.rows.map((row, i) => html`<li key=${row.value} id="${listId}-${i}" role="option" aria-selected=${i === at ? "true" : "false"}
				onMouseDown=${(e) => { e.preventDefault(); choose(row); }}>${row.value}${row.about && row.about !== row.value && html`<span class="muted small"> ${row.about}</span>`}</li>`)}
			${found.words && html`<li role="option" aria-selected="false" aria-disabled="true" class="muted">${found.words}</li>`}
		</ul>
	</div>`;
}

const LONG = ["Small Text", "Text", "Long Text", "Code", "JSON", "Text Editor", "Markdown Editor", "HTML Editor", "Geolocation", "Signature"];
const WHOLE = ["Int", "Long Int", "Duration"], NUMBERS = [...WHOLE, "Float", "Currency", "Percent", "Rating"];
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

/* The input alone; onChange gets the value as the API takes it. */
export function Input({ id, field, value, onChange, disabled, doc, rest = {} }) {
	const type = field.fieldtype;
	const common = { ...rest, disabled };

	if (type === "Check")
		return html`<input id=${id} type="checkbox" checked=${Boolean(Number(value))} onChange=${(e) => onChange(e.target.checked ? 1 : 0)} ...${common} />`;
	if (type === "Select")
		return html`<${SelectInput} ...${{ id, field, value, onChange, rest: common }} />`;
	if (type === "Link" || type === "Dynamic Link")
		return html`<${LinkInput} ...${{ id, value, onChange, rest: common }} label=${labelOf(field)}
			doctype=${type === "Link" ? field.options : doc?.[field.options]} />`;
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

export const canWrite = (field) => Boolean(field.writable) && !field.read_only && field.fieldtype !== "Read Only";

export function Field({ field, value, onChange, doc, error, help, isNew, disabled }) {
	const id = useId();
	const fixed = disabled || !canWrite(field) || (field.set_only_once && !isNew && value);
	const rest = {
		"aria-describedby": [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ") || null,
		"aria-invalid": error ? "true" : null,
		"aria-required": field.reqd ? "true" : null,
		"data-field": field.fieldname,
	};
	const notes = html`
		${help && html`<p class="help" id="${id}-help">${help}</p>`}
		${error && html`<p class="error" id="${id}-error">${error}</p>`}`;

	if (field.fieldtype === "Check")
		return html`<div class="field"><label class="check" for=${id}>
			<${Input} ...${{ id, field, value, onChange, doc, rest, disabled: fixed }} />${labelOf(field)}</label>${notes}</div>`;
	return html`<div class="field ${LONG.includes(field.fieldtype) ? "long" : ""}">
		<label for=${id}>${labelOf(field)}${field.reqd && !fixed && html`<span class="bad" aria-hidden="true"> *</span>`}</label>
		${fixed
			? html`<output id=${id} class="value ${LONG.includes(field.fieldtype) ? "pre" : ""}">${show(value, field.fieldtype) || html`<span class="muted">–</span>`}</output>`
			: html`<${Input} ...${{ id, field, value, onChange, doc, rest }} />`}
		${notes}
	</div>`;
}

const COLUMNS = 4;

function usableFields(meta) {
	return meta.fields.filter((f) => hasColumn(f) && !f.is_standard && !f.hidden);
}

function columnsOf(meta) {
	const fields = usableFields(meta);
	const marked = fields.filter((f) => f.in_list_view);

	return (marked.length ? marked : fields).slice(0, COLUMNS);
}

function RowDialog({ title, fields, row, onChange, close, disabled }) {
	return html`<${Dialog} title=${title} wide onClose=${close} actions=${html`<button class="primary" onClick=${() => close()}>Done</button>`}>
		<div class="form-grid">${fields.map((f) => html`<${Field} key=${f.fieldname} field=${f} value=${row[f.fieldname]} doc=${row} isNew=${!row.name}
			disabled=${disabled} onChange=${(v) => { row = { ...row, [f.fieldname]: v }; onChange(row); }} />`)}</div>
	<//>`;
}

export function ChildTable({ field, meta, rows = [], onChange, disabled }) {
	const columns = columnsOf(meta), all = usableFields(meta);
	const fixed = disabled || !canWrite(field), label = labelOf(field);
	const put = (i, row) => onChange(rows.map((r, at) => (at === i ? row : r)));

	function details(i) {
		open((close) => html`<${RowDialog} title="${label}: row ${i + 1}" fields=${all} row=${rows[i]} onChange=${(row) => put(i, row)}
			close=${close} disabled=${fixed} />`);
	}
	return html`<div class="field long"><span class="label" id="t-${field.fieldname}">${label}</span>
		${rows.length === 0 && html`<p class="muted">No rows.</p>`}
		${rows.length > 0 && html`<div class="table-wrap"><table class="child" aria-labelledby="t-${field.fieldname}">
			<thead><tr><th scope="col" class="num">Row</th>${columns.map((c) => html`<th key=${c.fieldname} scope="col">${labelOf(c)}</th>`)}<th scope="col"><span class="hidden">What to do</span></th></tr></thead>
			<tbody>${rows.map((row, i) => html`<tr key=${row.name ?? row.key ?? i}>
				<td class="num" data-label="Row">${i + 1}</td>
				${columns.map((c) => html`<td key=${c.fieldname} data-label=${labelOf(c)}>${fixed || !canWrite(c)
					? show(row[c.fieldname], c.fieldtype)
					: html`<${Input} field=${c} value=${row[c.fieldname]} doc=${row} rest=${{ "aria-label": `${labelOf(c)}, row ${i + 1}` }}
						onChange=${(v) => put(i, { ...row, [c.fieldname]: v })} />`}</td>`)}
				<td class="acts">
					${all.length > columns.length && html`<button type="button" class="quiet" aria-label="More of row ${i + 1}" onClick=${() => details(i)}>More</button>`}
					${!fixed && html`<button type="button" class="quiet" aria-label="Remove row ${i + 1}" onClick=${() => onChange(rows.filter((r, at) => at !== i))}>Remove</button>`}
				</td>
			</tr>`)}</tbody>
		</table></div>`}
		${!fixed && html`<p><button type="button" onClick=${() => onChange([...rows, { key: `n${Date.now()}` }])} aria-label="Add a row to ${label}">Add row</button></p>`}
	</div>`;
}
