/* Who is logged in: his own record, the change of his password. */
import { html, useState } from "../vendor/htm-preact.js";
import { call } from "../api.js";
import { note } from "../parts/dialog.js";
import { Head, logOut } from "../parts/frame.js";
import { docHref } from "../parts/router.js";
import { may, site } from "../parts/site.js";

function Password() {
	const [error, setError] = useState(""), [busy, setBusy] = useState(false);

	async function submit(event) {
		event.preventDefault();
		const form = event.target, values = Object.fromEntries(new FormData(form));

		if (values.new_password !== values.again) {
			setError("The two new passwords differ. Nothing was changed.");
			form.again.select();
			return;
		}
		setBusy(true);
		setError("");
		try {
			await call("symbolon.password.change", {
				old_password: values.old_password, new_password: values.new_password, logout_all_sessions: values.elsewhere ? 1 : 0,
			});
			form.reset();
			note(values.elsewhere ? "Password changed. Your other sessions have ended." : "Password changed.");
		} catch (failed) {
			setError(failed.message);
		} finally {
			setBusy(false);
		}
	}
	return html`<section class="card" aria-labelledby="password-head">
		<h2 id="password-head">Change your password</h2>
		<form class="stack narrow" onSubmit=${submit}>
			<input class="hidden" type="text" autocomplete="username" value=${site.user} readonly tabindex="-1" aria-hidden="true" />
			<div class="field"><label for="old">Current password</label>
				<input id="old" name="old_password" type="password" autocomplete="current-password" required /></div>
			<div class="field"><label for="new">New password</label>
				<input id="new" name="new_password" type="password" autocomplete="new-password" minlength="8" maxlength="512" required aria-describedby="new-help" />
				<p class="help" id="new-help">At least 8 characters; several words are better than signs.</p></div>
			<div class="field"><label for="again">New password again</label>
				<input id="again" name="again" type="password" autocomplete="new-password" required /></div>
			<label class="check" for="elsewhere"><input id="elsewhere" name="elsewhere" type="checkbox" checked /> End my sessions in other browsers</label>
			<p class="notice bad" role="alert">${error}</p>
			<div><button class="primary" data-save disabled=${busy}>Change password</button></div>
		</form>
	</section>`;
}

export function Account() {
	return html`
		<${Head} title=${site.full_name} state="${site.user} · ${site.is_system_manager ? "System Manager" : site.is_system_user ? "System User" : "Website User"}">
			<button onClick=${logOut}>Log out</button>
		<//>
		<section class="card" aria-labelledby="access-head">
			<h2 id="access-head">API Access</h2>
			${site.is_system_manager && may("User", "read")
				? html`<p>Your key and secret are made in <a href="${docHref("User", site.user)}?tab=settings">the settings of your user record</a>.</p>`
				: html`<p>A System Manager makes your API key and secret, and hands them to you. A request that carries them is yours.</p>`}
		</section>
		<${Password} />`;
}
