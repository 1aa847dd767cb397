/* The start: on an empty site the way to the first call; later, what one would look at first. */
import { html, useRef, useState } from "../vendor/htm-preact.js";
import { ask, count, list, requests } from "../api.js";
import { isLive, stateOf, useOf } from "../parts/apikey.js";
import { Code, Request } from "../parts/copy.js";
import { ago, number, plural } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Loaded, useLive, useLoad } from "../parts/loading.js";
import { docHref, listHref } from "../parts/router.js";
import { may, site } from "../parts/site.js";
import { Badge } from "../parts/table.js";

const LIVE_MS = 5000, PEOPLE = [["name", "not in", ["Administrator", "Guest"]]];
const EVENTS = { fields: ["name", "subject", "user", "status", "creation"], order_by: "creation desc", limit: 5 };
const ASKED = [requests.count("User", { filters: PEOPLE }), requests.method("symbolon.keys.list"), requests.list("Activity Log", EVENTS)];

async function load() {
	const [users, newest, keys, events] = await Promise.all([
		count("User", { filters: PEOPLE }),
		list("User", { filters: PEOPLE, fields: ["name", "full_name"], order_by: "creation desc", limit: 1 }),
		ask("symbolon.keys.list"),
		may("Activity Log", "read") ? list("Activity Log", EVENTS) : [],
	]);

	return { users, newest: newest[0], keys: keys.filter((k) => k.user !== "Administrator"), all: keys, events };
}

function Step({ n, done, stays, title, children }) {
	return html`<li class="step ${done ? "done" : ""}"><span class="step-mark" aria-hidden="true">${done ? "✓" : n}</span>
		<div class="stack"><h2>${title}${done && html`<span class="hidden"> (done)</span>`}</h2>${(!done || stays) && children}</div></li>`;
}

/* Make a user, make a key, make the first call, see it arrive: each step is ticked by what the server says. */
function Guide({ data, leave }) {
	const { users, newest, keys } = data;
	const live = keys.filter(isLive), arrived = live.find((k) => k.uses > 0), href = newest && `${docHref("User", newest.name)}?tab=settings`;
	const line = `curl -H 'Authorization: token API_KEY:API_SECRET' ${location.origin}/api/method/frappe.auth.get_logged_user`;

	return html`<${Head} title="Welcome to symbolon" state="Four steps to the first call." />
		<ol class="steps">
			<${Step} n="1" done=${users > 0} title="Make a user"><p>A person or a program: whoever carries a key acts as this user.</p>
				<p><a class="button primary" href="/app/user/new">New user</a></p><//>
			<${Step} n="2" done=${live.length > 0} title="Make a key">${users > 0
				? html`<p>Settings, API Access, Generate Keys: the secret is shown once.</p><p><a class="button primary" href=${href}>Make a key for ${newest.full_name || newest.name}</a></p>`
				: html`<p class="muted">After the first user.</p>`}<//>
			<${Step} n="3" done=${arrived} title="Make the first call">${live.length > 0
				? html`<p>With both halves in the place of <code>API_KEY</code> and <code>API_SECRET</code>; the answer names the user.</p><${Code} text=${line} what="first call" />`
				: html`<p class="muted">After the first key.</p>`}<//>
			<${Step} n="4" done=${arrived} stays title="See it arrive">
				<div role="status">${arrived ? html`<p>It arrived: <strong>${arrived.user}</strong>, ${useOf(arrived)}.</p>`
					: live.length > 0 ? html`<p>Waiting for a request with the new key; this page looks every few seconds.</p>`
					: html`<p class="muted">It will stand here, and on the desk of keys.</p>`}</div>
				${arrived && html`<p><button class="primary" onClick=${leave}>Go on</button></p>`}<//>
		</ol>`;
}

function Overview({ data }) {
	const { users, all, events } = data;
	const kinds = [["active", "Active", "good"], ["unused", "Never used", ""], ["stale", "Stale", "warn"], ["disabled", "Owner disabled", "warn"]];
	const used = all.filter((k) => k.last_used).sort((a, b) => (a.last_used < b.last_used ? 1 : -1)).slice(0, 5);

	return html`<${Head} title="Start" state="${plural(users, "user")}, ${plural(all.filter(isLive).length, "key")} that work" />
		<div class="figures">${kinds.map(([id, label]) => html`<a key=${id} class="card figure" href="/app/keys?kind=${id}">
			<span class="big">${number(all.filter((k) => stateOf(k).name === id).length)}</span><span class="muted">${label}</span></a>`)}</div>
		<div class="halves">
			<section class="card" aria-labelledby="used-head"><h2 id="used-head">Last used keys</h2>
				${used.length === 0 && html`<p class="muted">No key has been used yet.</p>`}
				<ul class="lines">${used.map((k) => html`<li key=${k.api_key}><a href="${docHref("User", k.user)}?tab=settings">${k.user}</a><span class="muted small">${useOf(k)}</span></li>`)}</ul>
				<p><a href="/app/keys">All keys</a></p></section>
			<section class="card" aria-labelledby="events-head"><h2 id="events-head">Last events</h2>
				${events.length === 0 && html`<p class="muted">Nothing has happened yet.</p>`}
				<ul class="lines">${events.map((e) => html`<li key=${e.name}><span>${e.subject} ${e.status === "Failed" && html`<${Badge} kind="bad">Failed<//>`}</span><span class="muted small">${e.user} · ${ago(e.creation)}</span></li>`)}</ul>
				<p><a href="/app/activity">All activity</a></p></section>
		</div>
		<${Request} of=${ASKED} />`;
}

function Manager() {
	const loaded = useLoad(load, []), guided = useRef(false), [left, leave] = useState(false);

	useLive(() => loaded.error || loaded.reload(), LIVE_MS);
	return html`<${Loaded} alone of=${loaded}>${(data) => {
		const done = data.users > 0 && data.keys.some((k) => k.uses > 0);

		guided.current ||= !done && data.users <= 5;
		return guided.current && !left ? html`<${Guide} data=${data} leave=${() => leave(true)} />` : html`<${Overview} data=${data} />`;
	}}<//>`;
}

export function Start() {
	if (site.is_system_manager)
		return html`<${Manager} />`;
	return html`<${Head} title="Hello, ${site.full_name}" state="What you may read here." />
		<ul class="tiles">${site.doctypes.filter((d) => d.name !== "User").map((d) => html`<li key=${d.name}><a href=${listHref(d.name)}><strong>${d.name}</strong><span class="muted small">${d.module}</span></a></li>`)}
			<li><a href="/me"><strong>Your account</strong><span class="muted small">password, log out</span></a></li></ul>
		<${Request} of=${[requests.method("symbolon.meta.start")]} />`;
}
