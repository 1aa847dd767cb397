/* The documents of any DocType: columns, filters, sort and page stand in the address. */
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { remove, requests, send } from "../api.js";
import { Request } from "../parts/copy.js";
import { Dialog, confirm, long, note, open } from "../parts/dialog.js";
import { csvOf, download } from "../parts/files.js";
import { Filters, isOfRows, readFilters } from "../parts/filters.js";
import { ago, number, plural, show, when, wordsOf } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useLoad } from "../parts/loading.js";
import { docHref, listHref, setQuery, slugOf, useRoute } from "../parts/router.js";
import { hasColumn, labelOf, may, metaOf, site } from "../parts/site.js";
import { Choice, Chosen, Pager, Search, Table, Turner, usePaged } from "../parts/table.js";

const SIZES = [20, 100, 500], EXPORT_SIZE = 1000, MOST = 5, FAILED = 20;
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

	/* A document that several rows match is one. */
	return { filters: filters.length ? filters : undefined, group_by: filters.some(isOfRows) ? "name" : undefined, or_filters: q ? fields.map((f) => [f, "like", `%${q}%`]) : undefined };
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

const MANY = 15;

function ColumnPicker({ meta, names }) {
	const [words, setWords] = useState(""), fields = shownFields(meta);
	const found = fields.filter((f) => labelOf(f).toLowerCase().includes(words.toLowerCase()));
	const toggle = (name) => {
		const next = names.includes(name) ? names.filter((n) => n !== name) : [...names, name];

		setQuery({ cols: next.join(",") === usualColumns(meta).join(",") ? null : next.join(",") || "-" });
	};

	return html`<details class="menu columns"><summary class="button">Columns</summary><div class="menu-list">
		${fields.length > MANY && html`<input type="search" aria-label="Find a column" placeholder="Find a column" value=${words} onInput=${(e) => setWords(e.target.value)} />`}
		${found.map((f) => html`<label key=${f.fieldname} class="check"><input type="checkbox" checked=${names.includes(f.fieldname)}
			onChange=${() => toggle(f.fieldname)} />${labelOf(f)}</label>`)}</div></details>`;
}

/* All rows that the filters leave, read piece by piece. */
async function exportCsv(doctype, meta, args, sort, names, total) {
	const fields = ["name", ...new Set([meta.title_field, ...names].filter((n) => n && n !== "name"))], rows = [];
	const whole = await long("Reading rows", async (tell, isStopped) => {
		let page = {};

		tell(0, total);
		do {
			const from = page.next ? { cursor: page.next } : { limit_start: rows.length || undefined };

			page = await send("GET", requests.page(doctype, { fields, ...args, order_by: sort.replace(".", " "), limit: EXPORT_SIZE, ...from }).path);
			rows.push(...page.data);
			tell(rows.length, Math.max(total, rows.length));
		} while (page.has_next_page && !isStopped());
		return !page.has_next_page;
	});

	if (!whole)
		return note("Stopped: nothing was exported.");
	download(`${slugOf(doctype)}.csv`, csvOf(fields, rows), "text/csv");
	return note(`${plural(rows.length, "row")} exported.`);
}

/* What could not be deleted, and why. */
const tellFailed = (failed) => open((close) => html`<${Dialog} title="${plural(failed.length, "document")} could not be deleted" wide onClose=${close}
	actions=${html`<button data-first onClick=${() => close()}>Close</button>`}>
	<ul class="plain">${failed.slice(0, FAILED).map(({ name, error }) => html`<li key=${name}><strong>${name}</strong>: <span class="pre">${error.message}</span></li>`)}
		${failed.length > FAILED && html`<li>and ${failed.length - FAILED} more</li>`}</ul>
<//>`);

async function deleteChosen(doctype, names) {
	const sure = await confirm({
		title: `Delete ${plural(names.length, "document")}?`, action: "Delete", keep: "Keep",
		body: html`<p>They go for good:</p><ul class="plain">${names.slice(0, 8).map((n) => html`<li key=${n}><strong>${n}</strong></li>`)}
			${names.length > 8 && html`<li>and ${names.length - 8} more</li>`}</ul>`,
	});
	const failed = [];

	if (!sure)
		return null;
	const tried = await long(`Deleting ${plural(names.length, "document")}`, async (tell, isStopped) => {
		let n = 0;

		tell(0, names.length);
		while (n < names.length && !isStopped()) {
			await remove(doctype, names[n]).catch((error) => failed.push({ name: names[n], error }));
			tell(++n, names.length);
		}
		return n;
	});
	const done = tried - failed.length;

	note(`${plural(done, "document")} deleted${tried < names.length ? `; stopped, ${number(names.length - tried)} are left` : ""}.`);
	if (failed.length > 0)
		await tellFailed(failed);
	return done;
}

/* What stands where no row does, and why. */
function None({ doctype, filtered, page }) {
	if (page > 1)
		return html`<${Empty} title="Nothing more"><p>What stood here is gone, or the list has become shorter. <a href=${listHref(doctype)}>Go to the first page</a>.</p><//>`;
	if (filtered)
		return html`<${Empty} title="Nothing matches"><p>Take a filter away, or <a href=${listHref(doctype)}>show all</a>.</p><//>`;
	return html`<${Empty} title="No ${doctype} yet">
		${may(doctype, "create") ? html`<p>The first step: <a href="${listHref(doctype)}/new">make one</a>.</p>` : html`<p>When there is one that ${site.user} may read, it stands here.</p>`}<//>`;
}

/* What the address asks for. */
function wanted(doctype, meta, query) {
	const size = SIZES.includes(Number(query.get("size"))) ? Number(query.get("size")) : SIZES[0];
	const sort = query.get("sort") ?? `${meta.sort_field || "creation"}.${(meta.sort_order || "desc").toLowerCase()}`;
	const names = query.get("cols") ? query.get("cols").split(",").filter((n) => n !== "-") : usualColumns(meta);
	const columns = columnsOf(doctype, meta, names), args = argsOf(meta, query);
	const fields = ["name", ...new Set(columns.map((c) => c.key).filter((k) => k !== "name"))];

	return { size, sort, names, columns, args, fields };
}

function Rows({ doctype, meta }) {
	const { query } = useRoute(), [chosen, setChosen] = useState(new Set());
	const { size, sort, names, columns, args, fields } = wanted(doctype, meta, query);
	const { loaded, page, turn, asked } = usePaged(doctype, { fields, args, sort, size });

	useEffect(() => setChosen(new Set()), [loaded.data]);
	const filtered = Boolean(args.filters || args.or_filters), total = loaded.data?.total ?? 0;
	const failed = (error) => note(error.message, "bad");
	const sizes = total > SIZES[0] && html`<${Choice} label="Rows on a page" name="size" options=${SIZES.map((n) => [String(n), `${n} a page`])} />`;

	return html`
		<${Head} title=${doctype === "Role" ? "Roles" : doctype}>
			${total > 0 && may(doctype, "export") && html`<button onClick=${() => exportCsv(doctype, meta, args, sort, names, total).catch(failed)}>Export CSV</button>`}
			${doctype === "Role" && may("Custom DocPerm", "read") && html`<a class="button" href="/app/permission-manager">Role permissions</a>`}
			${may(doctype, "create") && html`<a class="button primary" data-new href="${listHref(doctype)}/new">New ${doctype}</a>`}
		<//>
		<div class="tools"><${Search} label="Search ${doctype}" /><${ColumnPicker} meta=${meta} names=${names} /></div>
		<${Filters} meta=${meta} />
		<${Chosen} n=${chosen.size} onClear=${() => setChosen(new Set())}>
			<button class="danger" onClick=${async () => (await deleteChosen(doctype, [...chosen])) !== null && loaded.reload()}>Delete</button><//>
		<${Loaded} of=${loaded}>${({ rows, next }) => html`
			${rows.length > 0 && html`<${Table} caption=${doctype} columns=${columns} rows=${rows} id=${(r) => r.name} sort=${sort}
				chosen=${may(doctype, "delete") ? chosen : undefined} setChosen=${setChosen} />`}
			${rows.length === 0 && html`<${None} ...${{ doctype, filtered, page }} />`}
			${total > 0 && args.group_by && html`<${Pager} page=${page} size=${size} shown=${rows.length} total=${total}>${sizes}<//>`}
			${total > 0 && !args.group_by && html`<${Turner} ...${{ ...turn, total, next }} shown=${rows.length}>${sizes}<//>`}
		`}<//>
		<${Request} of=${asked} />`;
}

export function List({ doctype }) {
	const meta = useLoad(() => metaOf(doctype), [doctype]);

	return html`<${Loaded} alone of=${meta}>${(m) => html`<${Rows} doctype=${doctype} meta=${m} />`}<//>`;
}
