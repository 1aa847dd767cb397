/* A user's page: who, in which state, and tabs for the rest. */
import { html } from "../vendor/htm-preact.js";
import { ask, get, list, requests, update } from "../api.js";
import { isLive, revocations, rowOf, useOf } from "../parts/apikey.js";
import { Request } from "../parts/copy.js";
import { confirm, note } from "../parts/dialog.js";
import { EditForm } from "../parts/edit.js";
import { ago, plural, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Loaded, lazy, useLive, useLoad } from "../parts/loading.js";
import { useRoute } from "../parts/router.js";
import { may, mayAll, metaOf, site } from "../parts/site.js";
import { UserRoles } from "./user_roles.js";
import { UserSettings } from "./user_settings.js";

const FIELDS = ["first_name", "middle_name", "last_name", "username", "language", "time_zone", "phone", "mobile_no", "location", "birth_date", "bio"];
const ACCESS = ["restrict_ip", "login_after", "login_before", "simultaneous_sessions"];
const HELP = {
	restrict_ip: "Addresses from which logins and keys are accepted, with commas between them: 10.0.0.7, 10.1.0.0/16, 192.168. Empty: from everywhere.",
	login_after: "Hour of the day from which logging in is allowed; 0: always.",
	login_before: "Hour of the day until which logging in is allowed; 0: always.",
};

const UserSessions = lazy(() => import("./user_sessions.js"), "UserSessions");

export function UserDetails({ user, reload }) {
	const meta = useLoad(() => metaOf("User"), []);

	return html`<${Loaded} of=${meta}>${(m) => html`
		<${EditForm} doctype="User" meta=${m} doc=${user} onSaved=${reload} help=${HELP}
			sections=${[["Person", FIELDS], ["Access", ACCESS]]} />
		<section class="card" aria-labelledby="facts-head">
			<h2 id="facts-head">History</h2>
			<dl class="facts-list">
				<div><dt>Made</dt><dd>${when(user.creation)} by ${user.owner}</dd></div>
				<div><dt>Changed</dt><dd>${when(user.modified)} by ${user.modified_by}</dd></div>
				<div><dt>Last login</dt><dd>${user.last_login ? `${ago(user.last_login)}${user.last_ip ? ` from ${user.last_ip}` : ""}` : "never"}</dd></div>
				<div><dt>Last active</dt><dd>${user.last_active ? ago(user.last_active) : "never"}</dd></div>
			</dl>
		</section>`}<//>`;
}

const LIVE_MS = 10000;
const STANDARD = ["Administrator", "Guest"];

/* One's own keys, for whom a role lets manage them: as symbolon.keys.list tells them to a System Manager. */
async function ownKeys(user) {
	const fields = ["name", "label", "enabled", "revoked", "not_before", "expires", "last_used", "last_used_address", "uses", "creation"];
	const rows = await list("API Key", { fields, filters: [["user", "=", user], ["classic", "=", 0]], order_by: "creation desc", limit: 500 });

	return rows.map(rowOf);
}

function keysOf(name) {
	if (site.is_system_manager)
		return ask("symbolon.keys.list", { user: name }).catch(() => []);
	return name === site.user && may("API Key", "read") ? ownKeys(name).catch(() => []) : [];
}

async function load(name) {
	const [user, keys, undoable] = await Promise.all([get("User", name), keysOf(name), site.is_system_manager ? revocations(name) : []]);

	return { user, undoable, key: keys.find((k) => k.classic), named: keys.filter((k) => !k.classic) };
}

function stateOf({ user, key }) {
	const parts = [user.enabled ? "Enabled" : "Disabled: every login and every key of this user is refused"];

	if (key)
		parts.push(isLive(key) ? `API key ${useOf(key)}` : "API key without a working secret");
	else if (site.is_system_manager)
		parts.push("no API key");
	return html`${parts.join(" · ")}<br />${[user.name, user.user_type, user.roles && plural(user.roles.length, "role")].filter(Boolean).join(" · ")}`;
}

async function setEnabled(user, on, key, reload) {
	const sure = on || (await confirm({
		title: `Disable ${user.full_name || user.name}?`, action: "Disable", keep: "Keep enabled",
		body: html`<p>All sessions of <strong>${user.name}</strong> end, and no login and no key of this user is accepted until the user is enabled again.</p>
			${key && isLive(key) && html`<p>The API key was ${useOf(key)}.</p>`}`,
	}));

	if (!sure)
		return;
	try {
		await update("User", user.name, { enabled: on ? 1 : 0 });
		note(`${user.full_name || user.name} is ${on ? "enabled" : "disabled"}.`);
	} catch (error) {
		note(error.message, "bad");
	}
	reload();
}

function Tabs({ tabs, now }) {
	return html`<nav class="tabs" aria-label="Parts of this user"><ul>${tabs.map(([id, label]) => html`<li key=${id}>
		<a href=${id === "details" ? "?" : `?tab=${id}`} aria-current=${id === now ? "page" : null}
			data-tab=${id}>${label}</a></li>`)}</ul></nav>`;
}

/* As the server judges it: one's own; a System Manager others', but Administrator's. */
const seesSessions = (name) => name !== "Guest" && (name === site.user || (site.is_system_manager && (name !== "Administrator")));

export function User({ name }) {
	const { query } = useRoute();
	const loaded = useLoad(() => load(name), [name]);
	const tabs = [
		["details", "Details"],
		...(site.is_system_manager ? [["roles", "Roles"]] : []),
		...(seesSessions(name) ? [["sessions", "Sessions"]] : []),
		["settings", "Settings"],
	];
	const now = tabs.some(([id]) => id === query.get("tab")) ? query.get("tab") : "details";

	useLive(() => loaded.error || now !== "settings" || loaded.reload(), LIVE_MS);
	return html`<${Loaded} alone of=${loaded}>${(data) => {
		const { user, key, named, undoable } = data;
		const shared = { user, apiKey: key, named, undoable, reload: loaded.reload };

		return html`
			<${Head} title=${user.full_name || user.name} state=${stateOf(data)}>
				${mayAll("User", "write") && !STANDARD.includes(user.name) && user.name !== site.user &&
					html`<button class=${user.enabled ? "danger" : ""} onClick=${() => setEnabled(user, !user.enabled, key, loaded.reload)}>${user.enabled ? "Disable" : "Enable"}</button>`}
			<//>
			<${Tabs} tabs=${tabs} now=${now} />
			${now === "details" && html`<${UserDetails} ...${shared} />`}
			${now === "roles" && html`<${UserRoles} ...${shared} />`}
			${now === "sessions" && html`<${UserSessions} alone=${false} ...${shared} />`}
			${now === "settings" && html`<${UserSettings} ...${shared} />`}
			<${Request} of=${[requests.get("User", name), ...(site.is_system_manager && may("User", "read") ? [requests.method("symbolon.keys.list", { user: name })] : []),
				...(now === "sessions" ? [requests.method("symbolon.sessions.list", { user: name })] : [])]} />`;
	}}<//>`;
}
