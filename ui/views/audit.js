/* The audit log: who did what to keys, users and permissions, and whether it is as it was written. */
import { html, useState } from "../vendor/htm-preact.js";
import { ask, requests } from "../api.js";
import { Request } from "../parts/copy.js";
import { long } from "../parts/dialog.js";
import { ago, lasting, plural, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Failure, Loaded } from "../parts/loading.js";
import { docHref, useRoute } from "../parts/router.js";
import { Choice, Search, Table, Turner, usePaged } from "../parts/table.js";

const SIZE = 30, DAY_MS = 24 * 3600 * 1000, DOCTYPE = "Audit Log";
const FIELDS = ["name", "event", "user", "api_key", "ip_address", "reference_doctype", "reference_name", "details", "sequence", "creation"];
const EVENTS = [["", "Any event"], ["Key %", "Keys"], ["User %", "Users"], ["Role %", "Roles"], ["Permission %", "Permissions"],
	["Log%", "Logins"], ["%Refused", "Refusals"], ["Password Changed", "Passwords"], ["Settings Changed", "Settings"]];
const TIMES = [["", "Any time"], ["1", "Last 24 hours"], ["7", "Last 7 days"], ["30", "Last 30 days"]];

/* A value in words: what an object holds that is not empty, the items of a list. */
function short(value) {
	if (value === null || value === "")
		return "nothing";
	if (Array.isArray(value))
		return value.map(short).join("; ") || "none";
	if (typeof value === "object")
		return Object.entries(value).filter(([, v]) => v).map(([name, v]) => (v === 1 || v === true ? name : `${name} ${short(v)}`)).join(", ") || "nothing";
	return String(value);
}

/* A name in words, and what is told in seconds as a time: "overlap_s" 604800, "overlap" 7 days. */
const called = (name) => name.replace(/_s$/, "").replaceAll("_", " ");
const told = (name, value) => (/_s$/.test(name) && typeof value === "number" ? (value ? lasting(value * 1000) : "none") : short(value));

/* {"enabled": [1, 0]} in words. */
function wordsOf(details) {
	let parts = {};

	try {
		parts = JSON.parse(details || "{}");
	} catch {
		return details;
	}
	return Object.entries(parts).map(([name, value]) => Array.isArray(value) && value.length === 2
		? `${called(name)}: ${told(name, value[0])} → ${told(name, value[1])}` : `${called(name)}: ${told(name, value)}`).join("; ");
}

const COLUMNS = [
	{ key: "event", label: "Event", main: true, sort: true, render: (r) => html`<a href=${docHref(DOCTYPE, r.name)}>${r.event}</a>` },
	{ key: "reference_name", label: "Of what", sort: true, render: (r) => (r.reference_name ? html`${r.reference_name}<br /><span class="muted small">${r.reference_doctype}</span>` : "") },
	{ key: "user", label: "By", sort: true, render: (r) => html`${r.user}${r.ip_address && html`<br /><span class="muted small">from ${r.ip_address}</span>`}` },
	{ key: "details", label: "What changed", render: (r) => wordsOf(r.details) && html`<span class="small any">${wordsOf(r.details)}</span>` },
	{ key: "creation", short: true, label: "When", sort: true, title: (r) => when(r.creation), render: (r) => html`${ago(r.creation)}<br /><span class="muted small">${when(r.creation)}</span>` },
];

/* Since the beginning of that day, so that the address of a list does not change by itself. */
function since(days) {
	return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

function argsOf(query) {
	const filters = [], q = query.get("q");

	if (query.get("event"))
		filters.push(["event", "like", query.get("event")]);
	if (query.get("days"))
		filters.push(["creation", ">=", since(Number(query.get("days")))]);
	return {
		filters: filters.length ? filters : undefined,
		or_filters: q ? ["user", "api_key", "reference_name", "ip_address"].map((f) => [f, "like", `%${q}%`]) : undefined,
	};
}

function Verdict({ of }) {
	if (!of.intact) {
		const { sequence, name, why } = of.broken;

		return html`<div class="notice bad" role="alert"><p><strong>The audit log is not as it was written.</strong>
			${sequence === 0 ? ` ${why}.` : ` From row ${sequence}${name ? ` (${name})` : ""} on: ${why}.`}
			Do not trust what follows; compare it with an export or a backup.</p></div>`;
	}
	return html`<div class="notice good" role="status"><p><strong>The chain is whole.</strong>
		${` ${plural(of.rows, "row")} under ${plural(of.seals, "seal")}`}${of.unsealed ? `; ${plural(of.unsealed, "row")} not sealed yet` : ""}.
		${of.head && html` Newest seal: <code>${of.head}</code>`}</p></div>`;
}

/* A long chain is judged in parts, each of which names where the next one begins; null: stopped before its end. */
const verifyAll = () => long("Verifying the chain", async (tell, isStopped) => {
	let part = await ask("symbolon.audit.verify");

	while (part.next && !isStopped()) {
		tell(part.rows, part.all);
		part = await ask("symbolon.audit.verify", { next: part.next });
	}
	return part.next ? null : part;
});

function Chain() {
	const [state, setState] = useState({});

	async function verify() {
		setState({ busy: true });
		try {
			setState({ verdict: await verifyAll() });
		} catch (error) {
			setState({ error });
		}
	}
	return html`
		<div class="tools">
			<button type="button" disabled=${state.busy} onClick=${verify}>Verify chain</button>
			<a class="button" href="/api/method/symbolon.audit.export" download="audit.jsonl">Export</a>
		</div>
		${state.error && html`<${Failure} error=${state.error} retry=${verify} />`}
		${state.verdict && html`<${Verdict} of=${state.verdict} />`}`;
}

export function Audit() {
	const { query } = useRoute();
	const sort = query.get("sort") ?? "creation.desc", args = argsOf(query);
	const { loaded, turn, asked } = usePaged(DOCTYPE, { fields: FIELDS, args, sort, size: SIZE });

	return html`
		<${Head} title="Audit log" state="Who did what to keys, users and permissions. Nobody can change it here; the chain tells whether somebody did elsewhere." />
		<${Chain} />
		<div class="tools">
			<${Search} label="Search the audit log" placeholder="User, key, name or address" />
			<${Choice} label="Event" name="event" options=${EVENTS} />
			<${Choice} label="Time" name="days" options=${TIMES} />
		</div>
		<${Loaded} of=${loaded}>${({ rows, next, total }) => html`
			${rows.length > 0 && html`<${Table} caption="Audit log" columns=${COLUMNS} rows=${rows} id=${(r) => r.name} sort=${sort} />`}
			${total === 0 && html`<${Empty} title="Nothing matches"><p><a href="/app/audit">Show everything</a>.</p><//>`}
			${total > 0 && html`<${Turner} ...${{ ...turn, total, next }} shown=${rows.length} />`}
		`}<//>
		<${Request} of=${[...asked, requests.method("symbolon.audit.verify")]} />`;
}
