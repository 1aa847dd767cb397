/* What happened: logins, logouts, and what else the Activity Log holds. */
import { html } from "../vendor/htm-preact.js";
import { Request } from "../parts/copy.js";
import { ago, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useLive } from "../parts/loading.js";
import { docHref, useRoute } from "../parts/router.js";
import { may, site } from "../parts/site.js";
import { Badge, Choice, Search, Table, Turner, usePaged } from "../parts/table.js";

const SIZE = 30, LIVE_MS = 15000, DOCTYPE = "Activity Log";
const FIELDS = ["name", "subject", "operation", "status", "user", "full_name", "ip_address", "creation"];
const OPERATIONS = [["", "Any event"], ["Login", "Logins"], ["Logout", "Logouts"], ["Impersonate", "Impersonations"]];
const OUTCOMES = [["", "Any outcome"], ["Success", "Success"], ["Failed", "Failed"]];

const COLUMNS = [
	{ key: "subject", label: "Event", main: true, render: (r) => html`<a href=${docHref(DOCTYPE, r.name)}>${r.subject || r.operation}</a>` },
	{ key: "status", label: "Outcome", sort: true, render: (r) => r.status && html`<${Badge} kind=${r.status === "Failed" ? "bad" : "good"}>${r.status}<//>` },
	{ key: "user", label: "User", sort: true, render: (r) => (r.user && may("User", "read") ? html`<a href=${docHref("User", r.user)}>${r.user}</a>` : r.user) },
	{ key: "ip_address", label: "From", sort: true, render: (r) => r.ip_address },
	{ key: "creation", short: true, label: "When", sort: true, title: (r) => when(r.creation), render: (r) => html`${ago(r.creation)}<br /><span class="muted small">${when(r.creation)}</span>` },
];

function argsOf(query) {
	const filters = [], q = query.get("q");

	if (query.get("operation"))
		filters.push(["operation", "=", query.get("operation")]);
	if (query.get("status"))
		filters.push(["status", "=", query.get("status")]);
	return {
		filters: filters.length ? filters : undefined,
		or_filters: q ? ["subject", "user", "full_name", "ip_address"].map((f) => [f, "like", `%${q}%`]) : undefined,
	};
}

export function Activity() {
	const { query } = useRoute();
	const sort = query.get("sort") ?? "creation.desc", args = argsOf(query);
	const { loaded, page, turn, asked } = usePaged(DOCTYPE, { fields: FIELDS, args, sort, size: SIZE });

	useLive(() => loaded.error || page > 1 || loaded.reload(), LIVE_MS);
	return html`
		<${Head} title="Activity" state=${html`Who came and went, and who was refused.${site.is_system_manager && html` Changes of keys, users and rights stand in the <a href="/app/audit">audit log</a>.`}`} />
		<div class="tools">
			<${Search} label="Search activity" placeholder="Event, user or address" />
			<${Choice} label="Event" name="operation" options=${OPERATIONS} />
			<${Choice} label="Outcome" name="status" options=${OUTCOMES} />
		</div>
		<${Loaded} of=${loaded}>${({ rows, next, total }) => html`
			${rows.length > 0 && html`<${Table} caption="Activity" columns=${COLUMNS} rows=${rows} id=${(r) => r.name} sort=${sort} />`}
			${total === 0 && html`<${Empty} title=${args.filters || args.or_filters ? "Nothing matches" : "Nothing has happened yet"}>
				<p>${args.filters || args.or_filters ? html`<a href="/app/activity">Show everything</a>.` : "Logins and logouts will stand here."}</p><//>`}
			${total > 0 && html`<${Turner} ...${{ ...turn, total, next }} shown=${rows.length} />`}
		`}<//>
		<${Request} of=${asked} />`;
}
