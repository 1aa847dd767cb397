/* The tab Settings: the key, the password, the end. */
import { html, useRef } from "../vendor/htm-preact.js";
import { ask, list, remove, update } from "../api.js";
import { UndoBanner, generateKeys, isLive, revokeKeys, stateOf, useOf } from "../parts/apikey.js";
import { CopyField } from "../parts/copy.js";
import { askForm, confirm, note } from "../parts/dialog.js";
import { ago, number, when } from "../parts/format.js";
import { useLoad } from "../parts/loading.js";
import { docHref, go } from "../parts/router.js";
import { may, site } from "../parts/site.js";
import { Badge, Table } from "../parts/table.js";

const STANDARD = ["Administrator", "Guest"];

function Access({ user, apiKey, reload }) {
	const busy = useRef(false);
	const mine = site.is_system_manager && (user.name !== "Administrator" || site.user === "Administrator") && user.name !== "Guest";

	/* The buttons stay what they are meanwhile: a disabled one would lose the focus that comes back to it. */
	async function run(work) {
		if (busy.current)
			return;
		busy.current = true;
		try {
			if (await work())
				await reload();
		} catch (error) {
			note(error.message, "bad");
		}
		busy.current = false;
	}
	return html`<section class="card" aria-labelledby="access-head">
		<h2 id="access-head">API Access</h2>
		${apiKey && html`<${CopyField} label="API Key" value=${apiKey.api_key} help="Names the user; it is no secret." />
			<div class="field"><span class="label">API Secret</span>
				<p>${isLive(apiKey) ? html`<span class="mono">***************</span> · ${useOf(apiKey)}` : apiKey.user_enabled ? "There is none that works: generate one." : "Not accepted while the user is disabled."}</p>
				<p class="help">The key was made ${when(apiKey.created)} by ${apiKey.created_by}.</p></div>`}
		${!apiKey && site.is_system_manager && html`<p>No key yet. Generate one, and hand both halves to the person or the program that acts as <strong>${user.name}</strong>.</p>`}
		${mine && html`<div class="row wrap">
			<button class="primary" onClick=${() => run(() => generateKeys(user.name, apiKey))}>Generate Keys</button>
			${apiKey && apiKey.secrets > 0 && apiKey.state !== "revoked" && html`<button class="danger" onClick=${() => run(() => revokeKeys([apiKey]))}>Revoke</button>`}
		</div>`}
		${site.is_system_manager && !mine && html`<p class="muted">Only Administrator may change Administrator's key.</p>`}
		${!site.is_system_manager && html`<p>A System Manager makes your API key and secret, and hands them to you. A request that carries them is yours.</p>`}
	</section>`;
}

const DAYS = 30, DAY_MS = 24 * 3600 * 1000;
const dayText = (back) => new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 10);

/* Of a user's named keys what their list does not tell: how far they reach, and their uses by day, the oldest first. */
async function moreOf(user) {
	const days = Array.from({ length: DAYS }, (_, i) => dayText(DAYS - 1 - i));
	const [keys, uses] = await Promise.all([
		list("API Key", { fields: ["name", "limited", "read_only"], filters: [["user", "=", user], ["classic", "=", 0]], limit: 500 }),
		ask("symbolon.keys.uses", { user, from: days[0], to: days.at(-1) }),
	]);
	const on = (key, day) => uses.filter((use) => use.api_key === key && use.date === day).reduce((all, use) => all + use.uses, 0);

	return Object.fromEntries(keys.map((key) => [key.name, {
		reach: key.read_only ? (key.limited ? "reads some" : "reads") : key.limited ? "some" : "everything", days: days.map((day) => on(key.name, day)),
	}]));
}

/* How a number went, beside it. */
function Spark({ values }) {
	const most = Math.max(...values), height = (v) => 20 * v / most;

	return most > 0 && html`<svg class="spark" viewBox="0 0 ${values.length} 20" preserveAspectRatio="none" aria-hidden="true">
		${values.map((v, i) => v > 0 && html`<rect key=${i} class="bar" x=${i} y=${20 - Math.max(2, height(v))} width="0.8" height=${Math.max(2, height(v))} />`)}</svg>`;
}

const columnsOf = (more) => [
	{ key: "label", label: "Label", main: true, render: (k) => html`<a href=${docHref("API Key", k.api_key)}>${k.label || k.api_key}</a>${k.label && html`<br /><code class="muted">${k.api_key}</code>`}` },
	{ key: "state", label: "State", short: true, render: (k) => html`<${Badge} kind=${stateOf(k).kind}>${stateOf(k).label}<//>` },
	{ key: "scopes", label: "Scopes", render: (k) => more[k.api_key]?.reach },
	{ key: "expires", label: "Expires", short: true, title: (k) => when(k.expires), render: (k) => (k.expires ? ago(k.expires) : html`<span class="muted">never</span>`) },
	{
		key: "last_used", label: "Last used", title: (k) => when(k.last_used),
		render: (k) => (k.last_used ? html`${ago(k.last_used)}${k.last_used_address && html`<br /><span class="muted small">from ${k.last_used_address}</span>`}` : html`<span class="muted">never</span>`),
	},
	{ key: "uses", label: "Uses", num: true, title: () => `The last ${DAYS} days`, render: (k) => html`<span class="row uses">${more[k.api_key] && html`<${Spark} values=${more[k.api_key].days} />`}${number(k.uses)}</span>` },
];

/* Keys beside the one that Frappe knows: each with its own limits and its own end. */
function NamedKeys({ user, named }) {
	const more = useLoad(() => (named.length > 0 ? moreOf(user.name) : {}), [user.name, named.length]);

	return html`<section class="card" aria-labelledby="named-head">
		<div class="row wrap"><h2 id="named-head" class="grow">Named keys</h2>
			${may("API Key", "create") && html`<a class="button" href=${`/app/api-key/new?user=${encodeURIComponent(user.name)}`}>New key</a>`}</div>
		<p>One key for each program: with a label, an end, networks and scopes of its own.</p>
		${named.length > 0 && html`<${Table} caption="Named keys" columns=${columnsOf(more.data ?? {})} rows=${named} id=${(k) => k.api_key} />`}
		${named.length === 0 && html`<p class="muted">No named key yet.</p>`}
	</section>`;
}

async function setPassword(user) {
	const done = await askForm({
		title: `New password for ${user.name}`, action: "Set password",
		fields: html`<p>The old password ends, and so do all sessions of ${user.name}. Keys are not affected.</p>
			<div class="field"><label for="new-password">New password</label>
				<input id="new-password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="512" required data-first /></div>`,
		work: ({ password }) => update("User", user.name, { new_password: password, logout_all_sessions: 1 }),
	});

	if (done)
		note(`The password of ${user.name} is set.`);
}

async function deleteUser(user) {
	const sure = await confirm({
		title: `Delete ${user.name}?`, action: "Delete user", keep: "Keep user",
		body: html`<p>The user, its keys and its sessions go at once, for good. To keep the name in old records, disable the user instead.</p>`,
	});

	if (!sure)
		return;
	try {
		await remove("User", user.name);
		note(`${user.name} is deleted.`);
		go("/app/user", { replace: true });
	} catch (error) {
		note(error.message, "bad");
	}
}

export function UserSettings({ user, apiKey, named, undoable, reload }) {
	const manages = site.is_system_manager && !STANDARD.includes(user.name);

	return html`
		<${UndoBanner} of=${undoable} onChange=${reload} />
		<${Access} user=${user} apiKey=${apiKey} reload=${reload} />
		${(site.is_system_manager || user.name === site.user) && may("API Key", "read") && user.name !== "Guest" && html`<${NamedKeys} user=${user} named=${named} />`}
		${user.name === site.user && html`<section class="card" aria-labelledby="own-head"><h2 id="own-head">Password</h2>
			<p>You change your password in <a href="/me">your account</a>.</p></section>`}
		${manages && user.name !== site.user && html`<section class="card" aria-labelledby="password-head"><h2 id="password-head">Password</h2>
			<p>For logging in to these pages. Programs use a key instead.</p>
			<div><button onClick=${() => setPassword(user)}>Set password</button></div></section>`}
		${manages && may("User", "delete") && user.name !== site.user && html`<section class="card" aria-labelledby="delete-head"><h2 id="delete-head">Delete this user</h2>
			<p>The user, its keys and its sessions go for good.</p>
			<div><button class="danger" onClick=${() => deleteUser(user)}>Delete user</button></div></section>`}`;
}
