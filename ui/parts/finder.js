/* Search from anywhere: pages, DocTypes, users and keys; what is chosen is gone to. */
import { html } from "../vendor/htm-preact.js";
import { list } from "../api.js";
import { Dialog, open } from "./dialog.js";
import { LinkInput } from "./field.js";
import { docHref, go, listHref } from "./router.js";
import { may, mayAll, site } from "./site.js";

const EACH = 5, LEAST = 2;

/* Documents whose name or words hold the text, as far as the caller may read them. */
async function documents(doctype, fields, text, tell) {
	const rows = await list(doctype, { fields, or_filters: fields.map((f) => [f, "like", `%${text.replaceAll("%", "")}%`]), limit: EACH, order_by: "name asc" }).catch(() => []);

	return rows.map(tell);
}

const userRow = (u) => ({ value: u.name, about: `user ${u.full_name ?? ""}`, href: docHref("User", u.name) });
const keyRow = (k) => ({ value: k.name, about: `key ${k.label ? `${k.label} ` : ""}of ${k.user}`, href: docHref("API Key", k.name) });

async function matches(places, typed) {
	const text = typed.trim().toLowerCase(), fits = ({ value }) => value.toLowerCase().includes(text);
	const pages = places.map((p) => ({ value: p.label, about: "page", href: p.href }));
	const lists = text ? site.doctypes.filter((d) => !d.istable).map((d) => ({ value: d.name, about: d.issingle ? "document" : "list", href: listHref(d.name) })) : [];
	const [users, keys] = text.length < LEAST ? [[], []] : await Promise.all([
		mayAll("User", "read") ? documents("User", ["name", "full_name"], text, userRow) : [],
		may("API Key", "read") ? documents("API Key", ["name", "label", "user"], text, keyRow) : [],
	]);

	return [...pages.filter(fits), ...lists.filter(fits).slice(0, EACH), ...users, ...keys];
}

function Finder({ places, close }) {
	const choices = (text) => matches(places, text);

	function choose(value, { href }) {
		close();
		go(href);
	}
	return html`<${Dialog} title="Search" onClose=${close} actions=${html`<button onClick=${() => close()}>Close</button>`}>
		<div class="field"><label for="finder">Page, DocType, user or key</label>
			<${LinkInput} id="finder" doctype="page" label="Search" value="" choices=${choices} onChange=${choose} rest=${{ "data-first": "" }} /></div>
	<//>`;
}

export const find = (places) => open((close) => html`<${Finder} ...${{ places, close }} />`);
