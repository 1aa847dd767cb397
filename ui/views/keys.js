/* All keys of the site: whose, when made, last used, from where; and which of them should go. */
import { html, useState } from "../vendor/htm-preact.js";
import { ask, requests } from "../api.js";
import { UndoBanner, limitsOf, revocations, revokeKeys, stateOf } from "../parts/apikey.js";
import { Request } from "../parts/copy.js";
import { note } from "../parts/dialog.js";
import { ago, instant, number, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useLive, useLoad } from "../parts/loading.js";
import { docHref, setQuery, useRoute } from "../parts/router.js";
import { Badge, Chosen, Pager, Search, Table } from "../parts/table.js";

const SIZE = 50, LIVE_MS = 10000;
/* What the report of keys finds of one beside its state. */
const FINDINGS = [["expiring", "Expiring"], ["weak", "Weak"]];
const KINDS = [["", "All"], ["active", "Active"], ["unused", "Never used"], ["stale", "Stale"], ["disabled", "Owner disabled"], ["none", "No secret"], ["off", "Revoked or off"], ...FINDINGS];

const isOf = (key, kind) => !kind || stateOf(key).name === kind || key.findings.includes(kind);

const COLUMNS = [
	{
		key: "user", label: "User", sort: true, main: true,
		render: (k) => html`<a href="${docHref("User", k.user)}?tab=settings">${k.user}</a>${k.label && html`<br /><span class="muted small">${k.label}</span>`}`,
	},
	{ key: "api_key", label: "API Key", render: (k) => html`<code>${k.api_key}</code>` },
	{ key: "state", short: true, label: "State", render: (k) => html`<${Badge} kind=${stateOf(k).kind}>${stateOf(k).label}<//>${FINDINGS.filter(([id]) => k.findings.includes(id)).map(([id, label]) => html` <${Badge} key=${id} kind="warn">${label}<//>`)}` },
	{ key: "created", short: true, label: "Made", sort: true, title: (k) => `${when(k.created)} by ${k.created_by}`, render: (k) => html`${when(k.created).split(",")[0]}<br /><span class="muted small">by ${k.created_by}</span>` },
	{
		key: "last_used", label: "Last used", sort: true, title: (k) => when(k.last_used),
		render: (k) => (k.last_used ? html`${ago(k.last_used)}${k.last_used_address && html`<br /><span class="muted small">from ${k.last_used_address}</span>`}` : html`<span class="muted">never</span>`),
	},
	{ key: "uses", label: "Uses", sort: true, num: true, render: (k) => number(k.uses) },
	{ key: "limits", label: "Limits", render: (k) => limitsOf(k) || html`<span class="muted">none</span>` },
];

function sorted(keys, sort) {
	const [by, direction] = sort.split(".");
	const value = (k) => (by === "uses" ? k.uses : by === "user" ? k.user.toLowerCase() : instant(k[by]) ?? 0);
	const sign = direction === "asc" ? 1 : -1;

	return [...keys].sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : 0));
}

function matches(key, words) {
	return [key.user, key.api_key, key.label, key.last_used_address].some((text) => text?.toLowerCase().includes(words));
}

/* The kinds with their numbers; each is a question that the desk answers. */
function Kinds({ keys, now }) {
	return html`<div class="segments" role="group" aria-label="Which keys">${KINDS.map(([id, label]) => {
		const n = keys.filter((k) => isOf(k, id)).length;

		return html`<button key=${id} aria-pressed=${now === id ? "true" : "false"} onClick=${() => setQuery({ kind: id || null, page: null })}>${label} <span class="count">${number(n)}</span></button>`;
	})}</div>`;
}

/* All keys with what is found of each, and what can be taken back. */
async function load() {
	const [keys, undoable] = await Promise.all([ask("symbolon.keys.list"), revocations()]);

	return { undoable, keys };
}

export function Keys() {
	const { query } = useRoute();
	const [chosen, setChosen] = useState(new Set());
	const loaded = useLoad(load, []);
	const page = Math.max(1, Number(query.get("page")) || 1), kind = query.get("kind") ?? "", sort = query.get("sort") ?? "last_used.desc";
	const words = (query.get("q") ?? "").toLowerCase();

	useLive(() => loaded.error || loaded.reload(), LIVE_MS);
	async function revoke(keys) {
		try {
			if (!(await revokeKeys(keys)))
				return;
			setChosen(new Set());
		} catch (error) {
			note(error.message, "bad");
		}
		loaded.reload();
	}
	return html`
		<${Head} title="Keys" state="Who can still get in with a token." />
		<${Loaded} of=${loaded}>${({ keys, undoable }) => {
			const found = sorted(keys.filter((k) => isOf(k, kind) && matches(k, words)), sort);
			const rows = found.slice((page - 1) * SIZE, page * SIZE);

			return html`
				<${UndoBanner} of=${undoable} onChange=${loaded.reload} />
				<div class="tools"><${Search} label="Search keys" placeholder="User, key or address" /></div>
				<${Kinds} keys=${keys} now=${kind} />
				<${Chosen} n=${chosen.size} onClear=${() => setChosen(new Set())}>
					<button class="danger" onClick=${() => revoke(keys.filter((k) => chosen.has(k.api_key)))}>Revoke</button><//>
				${rows.length > 0 && html`<${Table} caption="Keys" columns=${COLUMNS.filter((c) => c.key !== "limits" || keys.some(limitsOf))} rows=${rows} id=${(k) => k.api_key} nameOf=${(k) => `the key of ${k.user}`} sort=${sort}
					chosen=${chosen} setChosen=${setChosen} />`}
				${rows.length === 0 && keys.length > 0 && html`<${Empty} title="No key matches"><p>Search for less, or <a href="/app/keys">show all keys</a>.</p><//>`}
				${keys.length === 0 && html`<${Empty} title="No keys yet"><p>A key belongs to a user. <a href="/app/user">Choose a user</a>, then Settings, API Access, Generate Keys.</p><//>`}
				${found.length > 0 && html`<${Pager} page=${page} size=${SIZE} shown=${rows.length} total=${found.length} />`}`;
		}}<//>
		<${Request} of=${[requests.method("symbolon.keys.list")]} />`;
}
