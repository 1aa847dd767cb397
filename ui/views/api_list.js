/* The API: every operation that the caller may call, found by its words, its group or its verb. */
import { html } from "../vendor/htm-preact.js";
import { fetchPlain } from "../api.js";
import { Request } from "../parts/copy.js";
import { plural } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useLoad } from "../parts/loading.js";
import { operationsOf } from "../parts/openapi.js";
import { useRoute } from "../parts/router.js";
import { Choice, Pager, Search, Table } from "../parts/table.js";
import { Operation, operationHref } from "./api_operation.js";

const DOCUMENT = "/api/openapi.json", SIZE = 40;
const VERBS = [["", "Any verb"], ["GET", "GET"], ["POST", "POST"], ["PUT", "PUT"], ["PATCH", "PATCH"], ["DELETE", "DELETE"]];

/* A line of it ends where a part does. */
const broken = (path) => path.split(/(?<=.)(?=[._/])/).map((piece, i) => html`${i > 0 && html`<wbr />`}${piece}`);

/* A row for operations of one address that do the same: those of a method. */
const COLUMNS = [
	{ key: "path", label: "Address", main: true, render: ([op]) => html`<a class="mono" href=${operationHref(op)} aria-label=${op.path}>${broken(op.path)}</a>` },
	{ key: "verb", label: "Verbs", short: true, render: (ops) => ops.map((op, i) => html`${i > 0 && " "}<a key=${op.id} class="verb" href=${operationHref(op)} aria-label="${op.verb} ${op.path}">${op.verb}</a>`) },
	{ key: "summary", label: "What it does", render: ([op]) => op.summary },
];

function rowsOf(operations) {
	const rows = [];

	for (const op of operations) {
		const [last] = rows.at(-1) ?? [];

		if (last && last.path === op.path && last.summary === op.summary)
			rows.at(-1).push(op);
		else
			rows.push([op]);
	}
	return rows;
}

/* All words have to be there, in whichever order. */
function matches(op, words) {
	const text = `${op.verb} ${op.path} ${decodeURIComponent(op.path)} ${op.summary}`.toLowerCase();

	return words.every((word) => text.includes(word));
}

function List({ operations }) {
	const { query } = useRoute();
	const group = query.get("group") ?? "", verb = query.get("verb") ?? "", page = Math.max(1, Number(query.get("page")) || 1);
	const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
	const groups = [...new Set(operations.map((op) => op.tag))].sort((a, b) => (b === "Methods") - (a === "Methods") || a.localeCompare(b));
	const found = rowsOf(operations.filter((op) => (!group || op.tag === group) && (!verb || op.verb === verb) && matches(op, words)));
	const rows = found.slice((page - 1) * SIZE, page * SIZE);

	return html`
		<${Head} title="API" state="${plural(operations.length, "operation")} that you may call. Choose one to see what it takes, and to try it.">
			<a class="button" href=${DOCUMENT} download="openapi.json">Download as OpenAPI</a><//>
		<div class="tools">
			<${Search} label="Search the API" placeholder="Address, DocType or what it does" />
			<${Choice} label="Group" name="group" options=${[["", "Methods and DocTypes"], ...groups.map((g) => [g, g])]} />
			<${Choice} label="Verb" name="verb" options=${VERBS} />
		</div>
		${rows.length > 0 && html`<${Table} caption="Operations" columns=${COLUMNS} rows=${rows} id=${([op]) => op.id} />`}
		${rows.length === 0 && html`<${Empty} title="Nothing matches"><p><a href="/app/api">Show everything</a> that you may call.</p><//>`}
		${found.length > 0 && html`<${Pager} page=${page} size=${SIZE} shown=${rows.length} total=${found.length} />`}
		<${Request} of=${[{ verb: "GET", path: DOCUMENT }]} />`;
}

export function Api() {
	const { query } = useRoute(), id = query.get("op");
	const loaded = useLoad(async () => operationsOf(await fetchPlain(DOCUMENT)), []);

	return html`<${Loaded} alone of=${loaded}>${(operations) => {
		const op = operations.find((each) => each.id === id);

		if (!id)
			return html`<${List} operations=${operations} />`;
		return op ? html`<${Operation} key=${id} op=${op} others=${operations.filter((each) => each.path === op.path && each !== op)} />`
			: html`<${Head} title="API" /><${Empty} title="No such operation"><p>You may not call it, or it has another name. <a href="/app/api">Show everything</a> that you may call.</p><//>`;
	}}<//>`;
}
