/* Every DocType that the caller may read, by module. */
import { html, useState } from "../vendor/htm-preact.js";
import { requests } from "../api.js";
import { Request } from "../parts/copy.js";
import { Head } from "../parts/frame.js";
import { Empty } from "../parts/loading.js";
import { listHref } from "../parts/router.js";
import { may, site } from "../parts/site.js";
import { hinted } from "../parts/table.js";

const RIGHTS = [["write", "change"], ["create", "make"], ["delete", "delete"]];

/* "all of them: read, change, make", "your own: read" */
function rightsOf(doctype) {
	const words = RIGHTS.filter(([right]) => doctype.rights[right] && !(doctype.issingle && right !== "write")).map(([, word]) => word);

	return `${doctype.rights.read === "own" ? "your own: " : ""}${["read", ...words].join(", ")}`;
}

export function Data() {
	const [words, setWords] = useState("");
	const found = site.doctypes.filter((d) => d.name.toLowerCase().includes(words.trim().toLowerCase()));
	const modules = [...new Set(found.map((d) => d.module || "Other"))].sort();

	return html`
		<${Head} title="Data" state="The DocTypes that you may read.">
			${may("DocType", "create") && html`<a class="button" data-new href="/app/doctype/new">New DocType</a>`}<//>
		<div class="tools"><input class="search grow" type="search" data-search aria-label="Find a DocType" placeholder=${hinted("Find a DocType")} value=${words}
			onInput=${(e) => setWords(e.target.value)} /></div>
		${modules.map((module) => html`<section key=${module} aria-labelledby="m-${module}">
			<h2 id="m-${module}" class="group">${module}</h2>
			<ul class="tiles">${found.filter((d) => (d.module || "Other") === module).map((d) => html`<li key=${d.name}>
				<a href=${listHref(d.name)}><strong>${d.name}</strong><span class="muted small">${rightsOf(d)}${d.issingle ? " · one document" : ""}</span></a></li>`)}</ul>
		</section>`)}
		${found.length === 0 && (site.doctypes.length
			? html`<${Empty} title="No DocType matches"><p>Search for less.</p><//>`
			: html`<${Empty} title="Nothing to read yet"><p>Your roles give you no DocType. A System Manager can change that.</p><//>`)}
		<${Request} of=${[requests.method("symbolon.meta.list")]} />`;
}
