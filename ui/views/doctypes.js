/* The DocTypes: those that were made here, and those that the program came with. */
import { html } from "../vendor/htm-preact.js";
import { fetchRequest, requests } from "../api.js";
import { Request } from "../parts/copy.js";
import { ago, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useLoad } from "../parts/loading.js";
import { docHref, listHref, useRoute } from "../parts/router.js";
import { may } from "../parts/site.js";
import { Badge, Choice, Pager, Search, Table } from "../parts/table.js";

const SIZE = 50, FIELDS = ["name", "module", "custom", "issingle", "istable", "is_submittable", "modified"];
const ORIGINS = [["", "Any origin"], ["1", "Made here"], ["0", "Shipped"]];
const KINDS = [["", "Any kind"], ["istable", "Child tables"], ["issingle", "Single"], ["is_submittable", "Submittable"]];

export const kindOf = (d) => (Number(d.istable) ? "Child table" : Number(d.issingle) ? "Single" : Number(d.is_submittable) ? "Submittable" : "Documents");

function argsOf(query) {
	const filters = [], q = query.get("q");

	if (query.get("custom"))
		filters.push(["custom", "=", Number(query.get("custom"))]);
	if (query.get("kind"))
		filters.push([query.get("kind"), "=", 1]);
	return { filters, or_filters: q ? ["name", "module"].map((f) => [f, "like", `%${q}%`]) : undefined };
}

const COLUMNS = [
	{ key: "name", label: "DocType", sort: true, main: true, render: (d) => html`<a href=${docHref("DocType", d.name)}>${d.name}</a>` },
	{ key: "custom", label: "Origin", sort: true, short: true, render: (d) => html`<${Badge} kind=${d.custom ? "good" : ""}>${d.custom ? "Made here" : "Shipped"}<//>` },
	{ key: "istable", label: "Kind", short: true, render: kindOf },
	{ key: "module", label: "Module", sort: true, render: (d) => d.module },
	{ key: "modified", label: "Changed", sort: true, short: true, title: (d) => when(d.modified), render: (d) => ago(d.modified) },
	{ key: "open", label: "Documents", render: (d) => (d.istable ? html`<span class="muted">in their parents</span>` : html`<a href=${listHref(d.name)}>Open<span class="hidden"> ${d.name}</span></a>`) },
];

export function DocTypes() {
	const { query } = useRoute();
	const page = Math.max(1, Number(query.get("page")) || 1), sort = query.get("sort") ?? "custom.desc", args = argsOf(query);
	const order_by = sort === "custom.desc" ? "custom desc, name asc" : sort.replace(".", " ");
	const shown = requests.list("DocType", { fields: FIELDS, ...args, order_by, limit_start: (page - 1) * SIZE, limit: SIZE });
	const counted = requests.count("DocType", args);
	const loaded = useLoad(async () => {
		const [rows, total] = await Promise.all([fetchRequest(shown), fetchRequest(counted)]);

		return { rows, total };
	}, [shown.path]);

	return html`
		<${Head} title="DocTypes" state="What data there can be: the fields of each kind of document.">
			${may("DocType", "create") && html`<a class="button primary" data-new href="/app/doctype/new">New DocType</a>`}
		<//>
		<div class="tools"><${Search} label="Search DocTypes" placeholder="Name or module" />
			<${Choice} label="Origin" name="custom" options=${ORIGINS} /><${Choice} label="Kind" name="kind" options=${KINDS} /></div>
		<${Loaded} of=${loaded}>${({ rows, total }) => html`
			${rows.length > 0 && html`<${Table} caption="DocTypes" columns=${COLUMNS} rows=${rows} id=${(d) => d.name} sort=${sort} />`}
			${rows.length === 0 && (query.get("custom") === "1" && !query.get("q") && !query.get("kind")
				? html`<${Empty} title="None was made here yet"><p>The first step: <a href="/app/doctype/new">make a DocType</a>.</p><//>`
				: html`<${Empty} title="No DocType matches"><p>Search for less, or <a href="/app/doctype">show all</a>.</p><//>`)}
			${total > 0 && html`<${Pager} page=${page} size=${SIZE} shown=${rows.length} total=${total} />`}
		`}<//>
		<${Request} of=${[shown, counted]} />`;
}
