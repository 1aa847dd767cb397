/* Editing one document: what was changed is sent, with the version that it rests on; when someone else saved first, both are shown. */
import { html, useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";
import { create, get, update } from "../api.js";
import { Dialog, confirm, note, open } from "./dialog.js";
import { ruled } from "./expression.js";
import { ChildTable, Field, canWrite, wrongIn, wrongInRows } from "./field.js";
import { show, when } from "./format.js";
import { setGuard } from "./router.js";
import { hasColumn, isTable, labelOf } from "./site.js";

const ROW_KEYS = ["key", "owner", "creation", "modified", "modified_by", "docstatus", "parent", "parentfield", "parenttype", "doctype", "idx", "__unsaved"];

export const bare = (row) => Object.fromEntries(Object.entries(row).filter(([key]) => !ROW_KEYS.includes(key)));
const isEmpty = (value) => !value || value.length === 0;
const text = (value) => (value && typeof value === "object" ? JSON.stringify(bare(value)) : String(value ?? ""));

/* Rows that are the same object are not looked into. */
export const same = (a, b) => (Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((row, i) => row === b[i] || text(row) === text(b[i])) : a === b || text(a) === text(b));

/* What differs from base, as the API takes it. */
export function changesOf(base, values) {
	return Object.fromEntries(Object.entries(values).filter(([key, value]) => !same(base[key], value))
		.map(([key, value]) => [key, Array.isArray(value) ? value.map(bare) : value]));
}

function Side({ field, value }) {
	return html`<span class="pre">${(isTable(field) ? `${(value ?? []).length} rows` : show(value, field.fieldtype)) || "(empty)"}</span>`;
}

function ConflictDialog({ fields, base, mine, theirs, close }) {
	const byThem = (f) => !same(base[f.fieldname], theirs[f.fieldname]);
	const disputed = fields.filter((f) => f.fieldname in mine && byThem(f) && !same(mine[f.fieldname], theirs[f.fieldname]));
	const taken = fields.filter((f) => !(f.fieldname in mine) && byThem(f));
	const [choice, setChoice] = useState(Object.fromEntries(disputed.map((f) => [f.fieldname, "mine"])));
	const kept = () => Object.fromEntries(Object.entries(mine).filter(([name]) => choice[name] !== "theirs"));

	return html`<${Dialog} title="Someone else changed this" wide onClose=${() => close(null)} actions=${html`
			<button data-first onClick=${() => close(null)}>Back, save nothing</button>
			<button class="primary" onClick=${() => close(kept())}>Save this choice</button>`}>
		<p><strong>${theirs.modified_by}</strong> saved it on ${when(theirs.modified)}, after you had opened it. Choose for each field; what only one of you changed stays.</p>
		${disputed.map((f) => html`<fieldset key=${f.fieldname} class="dispute"><legend>${labelOf(f)}</legend>
			${[["mine", "Yours", mine], ["theirs", "Theirs", theirs]].map(([id, label, from]) => html`<label key=${id} class="check">
				<input type="radio" name=${f.fieldname} checked=${choice[f.fieldname] === id} onChange=${() => setChoice({ ...choice, [f.fieldname]: id })} />
				<strong>${label}:</strong> <${Side} field=${f} value=${from[f.fieldname]} /></label>`)}
		</fieldset>`)}
		${taken.length > 0 && html`<p class="muted">Changed by them alone, and kept: ${taken.map(labelOf).join(", ")}.</p>`}
	<//>`;
}

/* Resolves to what of mine is to be saved on top of theirs; null: nothing, go back. */
export const askConflict = (given) => open((close) => html`<${ConflictDialog} ...${given} close=${close} />`);

export const leave = () => confirm({
	title: "Leave without saving?", action: "Leave", keep: "Stay", body: html`<p>What you changed here is not saved yet, and would be lost.</p>`,
});

/* "[Note, x]: title, content": the fields of a mandatory error. */
function fieldErrors(error) {
	const found = error.kind === "MandatoryError" && /\]: ([\w, ]+)$/.exec(error.answer.exception ?? "");

	return found ? Object.fromEntries(found[1].split(", ").map((name) => [name, "This is needed."])) : {};
}

const isOf = (key, name) => key === name || key.startsWith(`${name}/`);

function mistakes(fields, values, children = {}) {
	const found = fields.filter(canWrite).map((f) => [
		f.fieldname, wrongIn(f, values[f.fieldname]) ?? wrongInRows(children[f.fieldname], values[f.fieldname], values),
	]);

	return Object.fromEntries(found.filter(([, words]) => words !== null));
}

function Problems({ errors, said, fields, called }) {
	const names = Object.keys(errors);
	const jump = (name) => (event) => {
		event.preventDefault();
		document.querySelector(`main [data-field="${CSS.escape(name)}"]`)?.focus(); /* a table's is its button for a row */
	};

	if (!said && names.length === 0)
		return null;
	return html`<div class="notice bad" role="alert">
		<p class="pre">${said || "Not saved yet: something is missing or wrong."}</p>
		${names.length > 0 && html`<ul class="plain">${names.map((name) => html`<li key=${name}><a href="#${name}" onClick=${jump(name)}>
			${called?.(name) ?? labelOf(fields.find((f) => f.fieldname === name) ?? { fieldname: name })}</a>: ${errors[name]}</li>`)}</ul>`}
	</div>`;
}

/*
 * sections: [[title, [fieldname, ...]], ...]; doc null: a new one, with initial. help: words by field. controls: parts that
 * edit a field in their own way, by its name. onSaved(doc) is called with what the server answered, onDirty(dirty) when
 * there begins or ends to be something that is not saved. meta.rules, if there: see withRules(). check(values) and
 * place(error, values) give words by field, of what is wrong before it is sent and of what the server said; a control may
 * name what is within it "field/..." (data-field), which called(name) words.
 */
export function EditForm({ doctype, meta, doc, initial = {}, sections, help = {}, controls = {}, check, place, called, onSaved, onDirty, saveLabel = "Save", extra }) {
	const isNew = doc === null;
	const [base, setBase] = useState(doc ?? {}), [values, setValues] = useState(doc ?? initial);
	const [errors, setErrors] = useState({}), [said, setSaid] = useState(""), [busy, setBusy] = useState(false);
	const rules = meta.rules?.(isNew ? { ...values, __islocal: 1 } : values);
	const fieldOf = (name) => {
		const field = meta.fields.find((f) => f.fieldname === name);

		const shown = field && ruled(field, rules);

		return isNew && shown && !canWrite(shown) && isEmpty(values[name]) ? null : shown;
	};
	const fields = sections.flatMap(([, names]) => names).map(fieldOf).filter(Boolean);
	const dirty = Object.keys(changesOf(isNew ? initial : base, values)).length > 0;
	const latest = useRef(null);

	latest.current = { dirty, values };
	useLayoutEffect(() => {
		/* A newer version replaces what is shown, but never what someone types: at once, so that nobody types in between. */
		if (doc && !latest.current.dirty) {
			setBase(doc);
			setValues(doc);
		}
	}, [doc]);
	useLayoutEffect(() => {
		setGuard(dirty ? leave : null);
		onDirty?.(dirty);
		return () => setGuard(null);
	}, [dirty]);

	/* value: a new one, or a function of the one that is there. */
	function put(name, value) {
		setValues((v) => ({ ...v, [name]: typeof value === "function" ? value(v[name]) : value }));
		setErrors((all) => (Object.keys(all).some((key) => isOf(key, name)) ? Object.fromEntries(Object.entries(all).filter(([key]) => !isOf(key, name))) : all));
	}
	/* What was typed since the save began stays, and is still to be saved. */
	function done(saved) {
		const since = isNew ? {} : Object.fromEntries(Object.entries(latest.current.values).filter(([key, value]) => !same(values[key], value)));

		if (Object.keys(since).length === 0)
			setGuard(null);
		setBase(saved);
		setValues({ ...saved, ...since });
		latest.current = { dirty: Object.keys(since).length > 0, values: { ...saved, ...since } };
		note(isNew ? `${doctype} ${saved.name} was made.` : "Saved.");
		return onSaved(saved);
	}
	async function write(from, changed) {
		try {
			await done(isNew ? await create(doctype, changed) : await update(doctype, from.name, { ...changed, modified: from.modified }));
		} catch (error) {
			if (error.kind !== "TimestampMismatchError" || isNew)
				throw error;
			const theirs = await get(doctype, from.name);
			const kept = await askConflict({ fields, base: from, mine: changed, theirs });

			if (kept === null)
				throw new Error("Not saved: someone else changed this in the meantime. What you typed is still here.");
			setBase(theirs);
			if (Object.keys(kept).length === 0)
				await done(theirs);
			else
				await write(theirs, kept);
		}
	}
	async function save(event) {
		event?.preventDefault();
		const wrong = { ...mistakes(fields, values, meta.children), ...check?.(values) };

		setErrors(wrong);
		setSaid("");
		if (Object.keys(wrong).length > 0)
			return;
		setBusy(true);
		try {
			await write(base, changesOf(isNew ? {} : base, values));
		} catch (error) {
			const placed = place?.(error, values) ?? {};

			setErrors({ ...fieldErrors(error), ...placed });
			setSaid(Object.keys(placed).length > 0 ? "" : error.message);
		}
		setBusy(false);
	}
	const writable = fields.some(canWrite);

	return html`<form class="stack" onSubmit=${save} noValidate>
		<${Problems} ...${{ errors, said, fields, called }} />
		${sections.map(([title, names]) => {
			const shown = names.map(fieldOf).filter((f) => f && (hasColumn(f) || isTable(f)));

			return shown.length > 0 && html`<section class="card" key=${title}>
				${title && html`<h2>${title}</h2>`}
				<div class="form-grid">${shown.map((f) => html`<${controls[f.fieldname] ?? (isTable(f) ? ChildTable : Field)} key=${f.fieldname} field=${f}
					meta=${meta.children?.[f.fieldname] ?? { fields: [] }} value=${values[f.fieldname]} doc=${values} put=${put} isNew=${isNew} doctype=${doctype}
					error=${errors[f.fieldname]} errors=${errors} help=${help[f.fieldname] ?? f.description} onChange=${(v) => put(f.fieldname, v)} />`)}</div>
			</section>`;
		})}
		${(writable || extra) && html`<div class="row wrap save-bar">
			${writable && html`<button class="primary" data-save disabled=${busy || (!dirty && !isNew)}>${saveLabel}</button>`}
			${dirty && !isNew && html`<button type="button" class="quiet" onClick=${() => { setValues(base); setErrors({}); setSaid(""); }}>Undo changes</button>`}
			<span class="muted small grow" role="status">${dirty && !isNew ? "Not saved yet" : ""}</span>${extra}
		</div>`}
	</form>`;
}
