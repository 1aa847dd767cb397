/* The tab Settings: the key, the password, the end. */
import { html, useRef } from "../vendor/htm-preact.js";
import { remove, update } from "../api.js";
import { UndoBanner, generateKeys, isLive, revokeKeys, stateOf, useOf } from "../parts/apikey.js";
import { CopyField } from "../parts/copy.js";
import { askForm, confirm, note } from "../parts/dialog.js";
import { when } from "../parts/format.js";
import { docHref, go } from "../parts/router.js";
import { may, site } from "../parts/site.js";
import { Badge } from "../parts/table.js";

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

/* Keys beside the one that Frappe knows: each with its own limits and its own end. */
function NamedKeys({ user, named }) {
	return html`<section class="card" aria-labelledby="named-head">
		<h2 id="named-head">Named keys</h2>
		<p>One key for each program: with a label, an end, networks and scopes of its own.</p>
		${named.length > 0 && html`<ul class="plain">${named.map((key) => html`<li key=${key.api_key}>
			<a href=${docHref("API Key", key.api_key)}>${key.label || key.api_key}</a> <${Badge} kind=${stateOf(key).kind}>${stateOf(key).label}<//>
			<span class="muted small"> ${useOf(key)}</span></li>`)}</ul>`}
		${named.length === 0 && html`<p class="muted">No named key yet.</p>`}
		${may("API Key", "create") && html`<div><a class="button" href=${`/app/api-key/new?user=${encodeURIComponent(user.name)}`}>New key</a></div>`}
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
