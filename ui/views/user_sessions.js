/* The tab Sessions: where a user is logged in, and ending it there. */
import { html } from "../vendor/htm-preact.js";
import { ask, call } from "../api.js";
import { confirm, note } from "../parts/dialog.js";
import { ago, plural, when } from "../parts/format.js";
import { Empty, Loaded, useLive, useLoad } from "../parts/loading.js";
import { site } from "../parts/site.js";
import { Badge, Table } from "../parts/table.js";

const LIVE_MS = 10000;

/* Chromium says that it is Safari, and Edge that it is Chrome: the first that fits. */
const BROWSERS = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox"], ["FxiOS", "Firefox"], ["Chrome"], ["CriOS", "Chrome"], ["Safari"], ["curl"]];
const SYSTEMS = [["Android"], ["iPhone"], ["iPad"], ["Windows"], ["Mac OS X", "macOS"], ["CrOS", "ChromeOS"], ["Linux"]];

/* "Firefox on Linux"; what is unknown as it came. */
function browserOf(agent) {
	const found = (table) => table.find(([mark]) => agent.includes(mark));
	const browser = found(BROWSERS), system = found(SYSTEMS);
	const words = [browser, system].filter(Boolean).map(([mark, name]) => name ?? mark).join(" on ");

	return browser ? words : agent.slice(0, 60) || "unknown";
}

const columnsOf = (end) => [
	{
		key: "user_agent", label: "Browser", main: true, title: (s) => s.user_agent,
		render: (s) => html`<strong>${browserOf(s.user_agent)}</strong>${s.current && html` <${Badge} kind="good">This one<//>`}`,
	},
	{ key: "address", label: "Address", render: (s) => s.address || html`<span class="muted">unknown</span>` },
	{ key: "created", label: "Begun", title: (s) => when(s.created), render: (s) => ago(s.created) },
	{ key: "last_seen", label: "Last seen", title: (s) => when(s.last_seen), render: (s) => ago(s.last_seen) },
	{ key: "expires", label: "Ends if unused", render: (s) => when(s.expires) },
	{
		key: "acts", acts: true, label: "Action", render: (s) => !s.current && html`<button class="danger small" onClick=${() => end(s)}
			aria-label="End the session from ${s.address || "an unknown address"}, ${browserOf(s.user_agent)}">End</button>`,
	},
];

export function UserSessions({ user }) {
	const loaded = useLoad(() => ask("symbolon.sessions.list", { user: user.name }), [user.name]);
	const own = user.name === site.user;

	useLive(() => loaded.error || loaded.reload(), LIVE_MS);
	async function run(title, body, action, args, told) {
		if (!(await confirm({ title, action, keep: "Keep", body })))
			return;
		try {
			const { ended } = await call("symbolon.sessions.end", { user: user.name, ...args });

			note(told(ended));
		} catch (error) {
			note(error.message, "bad");
		}
		loaded.reload();
	}
	const end = (s) => run("End this session?", html`<p>${browserOf(s.user_agent)} at ${s.address || "an unknown address"} is logged out at once, and has to log in again. Keys are not affected.</p>`,
		"End session", { session: s.session }, () => "The session has ended.");
	const endOthers = (n) => run(own ? "End all your other sessions?" : `End all sessions of ${user.name}?`,
		html`<p>${n === 1 ? "One browser is" : `${n} browsers are`} logged out at once. ${own && "You stay logged in here. "}Keys are not affected.</p>`,
		own ? "End all others" : "End all", { others: 1 }, (ended) => `${plural(ended, "session")} ended.`);

	return html`<section class="card" aria-labelledby="sessions-head">
		<h2 id="sessions-head">Sessions</h2>
		<${Loaded} of=${loaded}>${(sessions) => {
			const others = sessions.filter((s) => !s.current).length;

			return html`<p>Browsers in which ${own ? "you are" : html`<strong>${user.full_name || user.name}</strong> is`} logged in. A program with a key has no session.</p>
				${sessions.length > 0 && html`<${Table} caption="Sessions" columns=${columnsOf(end)} rows=${sessions} id=${(s) => s.session} />`}
				${sessions.length === 0 && html`<${Empty} title="Nowhere logged in"><p>A session begins with a login by password.</p><//>`}
				${others > 0 && html`<div><button class="danger" onClick=${() => endOthers(others)}>${own ? "End all other sessions" : "End all sessions"}</button></div>`}`;
		}}<//>
	</section>`;
}
