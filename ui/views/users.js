/* The users of the site. */
import { html } from "../vendor/htm-preact.js";
import { Request } from "../parts/copy.js";
import { ago, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded } from "../parts/loading.js";
import { docHref, useRoute } from "../parts/router.js";
import { may } from "../parts/site.js";
import { Badge, Choice, Search, Table, Turner, usePaged } from "../parts/table.js";

const SIZE = 20;
const FIELDS = ["name", "full_name", "user_type", "enabled", "api_key", "last_active", "creation"];
const STATES = [["", "Any state"], ["1", "Enabled"], ["0", "Disabled"]];
const TYPES = [["", "Any type"], ["System User", "System User"], ["Website User", "Website User"]];
const KEYS = [["", "With or without key"], ["set", "With an API key"], ["not set", "Without an API key"]];

function argsOf(query) {
	const filters = [["name", "!=", "Guest"]], q = query.get("q");

	if (query.get("enabled"))
		filters.push(["enabled", "=", Number(query.get("enabled"))]);
	if (query.get("type"))
		filters.push(["user_type", "=", query.get("type")]);
	if (query.get("key"))
		filters.push(["api_key", "is", query.get("key")]);
	const or_filters = q ? ["name", "full_name", "username"].map((f) => [f, "like", `%${q}%`]) : undefined;

	return { filters, or_filters };
}

const COLUMNS = [
	{
		key: "full_name", label: "User", sort: true, main: true,
		render: (u) => html`<a href=${docHref("User", u.name)}>${u.full_name || u.name}</a>${u.name !== u.full_name && html`<br /><span class="muted small">${u.name}</span>`}`,
	},
	{ key: "enabled", short: true, label: "State", sort: true, render: (u) => html`<${Badge} kind=${u.enabled ? "good" : "warn"}>${u.enabled ? "Enabled" : "Disabled"}<//>` },
	{ key: "user_type", label: "Type", sort: true, render: (u) => u.user_type },
	{ key: "api_key", label: "API Key", render: (u) => (u.api_key ? html`<code>${u.api_key}</code>` : html`<span class="muted">none</span>`) },
	{ key: "last_active", short: true, label: "Last active", sort: true, title: (u) => when(u.last_active), render: (u) => (u.last_active ? ago(u.last_active) : html`<span class="muted">never</span>`) },
	{ key: "creation", short: true, label: "Made", sort: true, title: (u) => when(u.creation), render: (u) => when(u.creation).split(",")[0] },
];

export function Users() {
	const { query } = useRoute();
	const sort = query.get("sort") ?? "creation.desc", args = argsOf(query);
	const { loaded, turn, asked } = usePaged("User", { fields: FIELDS, args, sort, size: SIZE });
	const filtered = ["q", "enabled", "type", "key"].some((key) => query.get(key));

	return html`
		<${Head} title="Users" state="Who may log in, and whose keys are accepted.">
			${may("User", "create") && html`<a class="button primary" data-new href="/app/user/new">New user</a>`}
		<//>
		<div class="tools">
			<${Search} label="Search users" placeholder="Name or e-mail" />
			<${Choice} label="State" name="enabled" options=${STATES} />
			<${Choice} label="Type" name="type" options=${TYPES} />
			<${Choice} label="API key" name="key" options=${KEYS} />
		</div>
		<${Loaded} of=${loaded}>${({ rows, next, total }) => html`
			${rows.length > 0 && html`<${Table} caption="Users" columns=${COLUMNS} rows=${rows} id=${(u) => u.name} sort=${sort} />`}
			${total === 0 && filtered && html`<${Empty} title="No user matches"><p>Search for less, or <a href="/app/user">show all users</a>.</p><//>`}
			${total === 0 && !filtered && html`<${Empty} title="No users yet"><p>The first step: <a href="/app/user/new">make a user</a>.</p><//>`}
			${total > 0 && html`<${Turner} ...${{ ...turn, total, next }} shown=${rows.length} />`}
		`}<//>
		<${Request} of=${asked} />`;
}
