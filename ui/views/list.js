/* The documents of any DocType: columns, filters, sort and page stand in the address. */
import { html, useState } from "../vendor/htm-preact.js";
import { fetchRequest, list, remove, requests } from "../api.js";
import { Request } from "../parts/copy.js";
import { confirm, note } from "../parts/dialog.js";
import { csvOf, download } from "../parts/files.js";
import { Filters, readFilters } from "../parts/filters.js";
import { ago, number, plural, show, when, wordsOf } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useLoad } from "../parts/loading.js";
import { docHref, listHref, setQuery, slugOf, useRoute } from "../parts/router.js";
import { hasColumn, labelOf, may, metaOf, site } from "../parts/site.js";
import { Chosen, Pager, Search, Table } from "../parts/table.js";

const SIZE = 20, EXPORT_SIZE = 1000, MOST = 5;
const NEVER = ["idx", "docstatus", "name"];

const shownFields = (meta) => meta.fields.filter((f) => hasColumn(f) && f.fieldtype !== "Password" && !NEVER.includes(f.fieldname));

function usualColumns(meta) {
	const marked = shownFields(meta).filter((f) => f.in_list_view && f.fieldname !== meta.title_field).map((f) => f.fieldname);

	return [...marked.slice(0, MOST), "modified"];
}

function argsOf(meta, query) {
	const filters = readFilters(query), q = query.get("q");
	const fields = ["name", meta.title_field, ...(meta.search_fields ?? "").split(",").map((f) => f.trim())]
		.filter((name, i, all) => name && all.indexOf(name) === i && meta.fields.some((f) => f.fieldname === name));

	return { filters: filters.length ? filters : undefined, or_filters: q ? fields.map((f) => [f, "like", `%${q}%`]) : undefined };
}

/* Of a long text the first words. */
const short = (value) => (value.length > 80 ? `${value.slice(0, 80)}…` : value);

function cell(row, field) {
	const value = row[field.fieldname];

	if (["creation", "modified"].includes(field.fieldname))
		return ago(value);
	return short(wordsOf(show(value, field.fieldtype)));
}

function columnsOf(doctype, meta, names) {
	const title = meta.title_field && meta.title_field !== "name" && meta.fields.some((f) => f.fieldname === meta.title_field) ? meta.title_field : null;
	const first = {
		key: title ?? "name", label: title ? labelOf(meta.fields.find((f) => f.fieldname === title)) : "ID", sort: true, main: true,
		render: (row) => html`<a href=${docHref(doctype, row.name)}>${(title && short(wordsOf(row[title]))) || row.name}</a>
			${title && String(row[title] ?? "") !== String(row.name) && html`<br /><span class="muted small">${row.name}</span>`}`,
	};
	const rest = names.map((name) => meta.fields.find((f) => f.fieldname === name)).filter((f) => f && f.fieldname !== title).map((f) => ({
		key: f.fieldname, label: labelOf(f), sort: true, short: ["Date", "Datetime", "Check", "Select"].includes(f.fieldtype) || f.is_standard, num: ["Int", "Float", "Currency", "Percent"].includes(f.fieldtype),
		title: (row) => (["Datetime", "Date"].includes(f.fieldtype) || f.is_standard ? when(row[f.fieldname]) : ""), render: (row) => cell(row, f),
	}));

	return [first, ...rest];
}

function ColumnPicker({ meta, names }) {
	const toggle = (name) => {
		const next = names.includes(name) ? names.filter((n) => n !== name) : [...names, name];

		setQuery({ cols: next.join(",") === usualColumns(meta).join(",") ? null : next.join(",") || "-" });
	};

	return html`<details class="menu columns"><summary class="button">Columns</summary><div class="menu-list">
		${shownFields(meta).map((f) => html`<label key=${f.fieldname} class="check"><input type="checkbox" checked=${names.includes(f.fieldname)}
			onChange=${() => toggle(f.fieldname)} />${labelOf(f)}</label>`)}</div></details>`;
}

/* All rows that the filters leave, read piece by piece. */
async function exportCsv(doctype, meta, args, sort, names, total) {
	const fields = ["name", ...new Set([meta.title_field, ...names].filter((n) => n && n !== "name"))], rows = [];

	for (let start = 0; start < total; start += EXPORT_SIZE) {
		rows.push(...(await list(doctype, { fields, ...args, order_by: `${sort.replace(".", " ")}`, limit_start: start, limit: EXPORT_SIZE })));
		if (total > EXPORT_SIZE)
			note(`${number(rows.length)} of ${number(total)} rows read.`);
	}
	download(`${slugOf(doctype)}.csv`, csvOf(fields, rows), "text/csv");
	note(`${plural(rows.length, "row")} exported.`);
}

async function deleteChosen(doctype, names) {
	const sure = await confirm({
		title: `Delete ${plural(names.length, "document")}?`, action: "Delete", keep: "Keep",
		body: html`<p>They go for good:</p><ul class="plain">${names.slice(0, 8).map((n) => html`<li key=${n}><strong>${n}</strong></li>`)}
			${names.length > 8 && html`<li>and ${names.length - 8} more</li>`}</ul>`,
	});
	const failed = [];

	if (!sure)
		return null;
	for (const name of names)
		await remove(doctype, name).catch((error) => failed.push(`${name}: ${error.message}`));
	const done = names.length - failed.length;

	if (failed.length)
		note(`${number(done)} deleted, ${number(failed.length)} not. ${failed[0]}`, "bad");
	else
		note(`${plural(done, "document")} deleted.`);
	return done;
}

function Rows({ doctype, meta }) {
	const { query } = useRoute();
	const [chosen, setChosen] = useState(new Set());
	const page = Math.max(1, Number(query.get("page")) || 1);
	const sort = query.get("sort") ?? `${meta.sort_field || "creation"}.${(meta.sort_order || "desc").toLowerCase()}`;
	const names = query.get("cols") ? query.get("cols").split(",").filter((n) => n !== "-") : usualColumns(meta);
	const columns = columnsOf(doctype, meta, names), args = argsOf(meta, query);
	const fields = ["name", ...new Set(columns.map((c) => c.key).filter((k) => k !== "name"))];
	const shown = requests.list(doctype, { fields, ...args, order_by: sort.replace(".", " "), limit_start: (page - 1) * SIZE, limit: SIZE });
	const counted = requests.count(doctype, args);
	const loaded = useLoad(async () => {
		const [rows, total] = await Promise.all([fetchRequest(shown), fetchRequest(counted)]);

		setChosen(new Set());
		return { rows, total };
	}, [shown.path]);
	const filtered = Boolean(args.filters || args.or_filters), total = loaded.data?.total ?? 0;
	const failed = (error) => note(error.message, "bad");

	return html`
		<${Head} title=${doctype === "Role" ? "Roles" : doctype}>
			${total > 0 && may(doctype, "report") && html`<button onClick=${() => exportCsv(doctype, meta, args, sort, names, total).catch(failed)}>Export CSV</button>`}
			${may(doctype, "create") && html`<a class="button primary" data-new href="${listHref(doctype)}/new">New ${doctype}</a>`}
		<//>
		<div class="tools"><${Search} label="Search ${doctype}" /><${ColumnPicker} meta=${meta} names=${names} /></div>
		<${Filters} meta=${meta} />
		<${Chosen} n=${chosen.size} onClear=${() => setChosen(new Set())}>
			<button class="danger" onClick=${async () => (await deleteChosen(doctype, [...chosen])) !== null && loaded.reload()}>Delete</button><//>
		<${Loaded} of=${loaded}>${({ rows }) => html`
			${rows.length > 0 && html`<${Table} caption=${doctype} columns=${columns} rows=${rows} id=${(r) => r.name} sort=${sort}
				chosen=${may(doctype, "delete") ? chosen : undefined} setChosen=${setChosen} />`}
			${rows.length === 0 && filtered && html`<${Empty} title="Nothing matches"><p>Take a filter away, or <a href=${listHref(doctype)}>show all</a>.</p><//>`}
			${rows.length === 0 && !filtered && html`<${Empty} title="No ${doctype} yet">
				${may(doctype, "create") ? html`<p>The first step: <a href="${listHref(doctype)}/new">make one</a>.</p>` : html`<p>When there is one that ${site.user} may read, it stands here.</p>`}<//>`}
			${total > 0 && html`<${Pager} page=${page} size=${SIZE} shown=${rows.length} total=${total} />`}
		`}<//>
		<${Request} of=${[shown, counted]} />`;
}

export function List({ doctype }) {
	const meta = useLoad(() => metaOf(doctype), [doctype]);

	return html`<${Loaded} alone of=${meta}>${(m) => html`<${Rows} doctype=${doctype} meta=${m} />`}<//>`;
}
