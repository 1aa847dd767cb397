/* The form of a DocType that is being built, as it would be. What is typed in it goes nowhere. */
import { html, useState } from "../vendor/htm-preact.js";
import { get } from "../api.js";
import { sectionsOf } from "../views/form.js";
import { isBreak, keyOf } from "./doctype_errors.js";
import { ruled, withRules } from "./expression.js";
import { ChildTable, Field, defaultOf } from "./field.js";
import { shownField } from "./fieldtypes.js";
import { useLoad } from "./loading.js";
import { isTable } from "./site.js";

const nothing = { fields: [] }, MOST = 100;

/* A row as a field of the form; a file would be sent at once, so none is taken here. */
const tried = (row) => ({ ...shownField(row), writable: !/^Attach/.test(row.fieldtype) });

/* The fields of the child tables, by DocType; one that is not there (yet) has none. */
async function childrenOf(names) {
	const found = await Promise.all(names.map((name) => get("DocType", name).then((d) => [name, { fields: d.fields.map(tried) }], () => [name, nothing])));

	return Object.fromEntries(found);
}

export function Preview({ title, rows: all }) {
	const rows = all.slice(0, MOST);
	const [values, setValues] = useState({});
	const names = [...new Set(rows.filter((r) => isTable(r) && r.options).map((r) => r.options))].sort();
	const children = useLoad(() => childrenOf(names), [names.join("\n")]);
	const meta = withRules({ fields: rows.map((row) => ({ ...tried(row), label: row.label || (isBreak(row) ? "" : row.fieldname || "…") })) });
	const rules = meta.rules(values), value = (f) => values[f.fieldname] ?? defaultOf(f);
	const doc = Object.fromEntries(meta.fields.map((f) => [f.fieldname, value(f)]));

	return html`<section class="preview" aria-label="Preview of the form" onKeyDown=${(e) => e.key === "Enter" && e.target.tagName === "INPUT" && e.preventDefault()}>
		<p class="muted small">Preview${all.length > MOST ? ` of the first ${MOST} fields` : ""}: try it, nothing is stored.</p>
		<h3>${title}</h3>
		${sectionsOf(meta).map(([heading, fields], i) => {
			const shown = fields.map((name) => ruled(meta.fields.find((f) => f.fieldname === name), rules)).filter(Boolean);

			return shown.length > 0 && html`<div key=${i} class="stack" role="group" aria-label=${heading || "Fields"}>
				${heading && html`<h4>${heading}</h4>`}
				${shown.map((f) => html`<${isTable(f) ? ChildTable : Field} key=${keyOf(f)} field=${f} meta=${children.data?.[f.options] ?? nothing} value=${value(f)} doc=${doc} isNew
					help=${f.description} onChange=${(v) => setValues((all) => ({ ...all, [f.fieldname]: v }))} />`)}
			</div>`;
		})}
	</section>`;
}
