/* How documents get their names: a choice in words, and what it needs; a control of EditForm for autoname. */
import { html } from "../vendor/htm-preact.js";
import { useId } from "./loading.js";
import { hasColumn } from "./site.js";

/* [id, words, naming_rule, autoname or what it begins with, what is asked for, help] */
const WAYS = [
	["hash", "Random letters and digits", "Random", "hash"],
	["prompt", "Whoever makes it types the name", "Set by user", "Prompt"],
	["field", "The value of a field", "By fieldname", "field:", "Field", "Its value has to be unique."],
	["format", "A pattern", "Expression", "format:", "Pattern", "INV-{YYYY}-{#####} counts in five digits; {fieldname} puts a value in."],
	["series", "A series that is chosen in each document", 'By "Naming Series" field', "naming_series:"],
	["autoincrement", "Numbers: 1, 2, 3", "Autoincrement", "autoincrement"],
	["uuid", "A UUID", "UUID", "UUID"],
	["old", "A pattern in the old style", "Expression (old style)", "", "Pattern", "INV-.YYYY.-.##### counts in five digits."],
];
const WORDS = WAYS.filter(([, , , , asks]) => !asks);

function wayOf(autoname) {
	const text = (autoname ?? "").trim().toLowerCase();

	if (text === "")
		return WAYS[0];
	return WORDS.find(([, , , word]) => word.toLowerCase() === text) ?? WAYS.find(([, , , word, asks]) => asks && word && text.startsWith(word)) ?? WAYS.at(-1);
}

export function Naming({ value, doc, put, error }) {
	const ids = [useId(), useId()], way = wayOf(value), [id, , , begin, asks, help] = way;
	const fields = (doc.fields ?? []).filter((f) => hasColumn(f) && f.fieldname), detail = (value ?? "").slice(begin.length);

	function set(next, text = "") {
		put("naming_rule", next[2]);
		put("autoname", next[4] && !next[3] ? text || "." : next[3] + (next[4] ? text : ""));
		if (next[0] === "series" && !fields.some((f) => f.fieldname === "naming_series"))
			put("fields", (all) => [{ key: "naming_series", label: "Series", fieldname: "naming_series", fieldtype: "Select", options: "NO-.#####", reqd: 1 }, ...(all ?? [])]);
	}
	const rest = { "aria-invalid": error ? "true" : null, "aria-describedby": error ? `${ids[0]}-error` : null };

	return html`<div class="field"><label for=${ids[0]}>Names are</label>
			<select id=${ids[0]} value=${id} data-field="autoname" ...${rest} onChange=${(e) => set(WAYS.find((w) => w[0] === e.target.value))}>
				${WAYS.map(([key, words]) => html`<option key=${key} value=${key} selected=${key === id}>${words}</option>`)}</select>
			${id === "series" && html`<p class="help">The field naming_series holds the series, one a line.</p>`}
			${error && html`<p class="error" id="${ids[0]}-error">${error}</p>`}</div>
		${asks && html`<div class="field"><label for=${ids[1]}>${asks}</label>
			${id === "field"
				? html`<select id=${ids[1]} value=${detail} onChange=${(e) => set(way, e.target.value)}><option value="" selected=${!detail}>Choose one</option>
					${fields.map((f) => html`<option key=${f.fieldname} value=${f.fieldname} selected=${f.fieldname === detail}>${f.label || f.fieldname}</option>`)}</select>`
				: html`<input id=${ids[1]} type="text" maxlength="130" autocomplete="off" value=${detail === "." ? "" : detail} onInput=${(e) => set(way, e.target.value)} />`}
			<p class="help">${help}</p></div>`}`;
}
