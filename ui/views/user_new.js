/* A new user: only what is needed; the rest is on the user's page. */
import { html, useState } from "../vendor/htm-preact.js";
import { create } from "../api.js";
import { note } from "../parts/dialog.js";
import { Field, wrongIn } from "../parts/field.js";
import { Head } from "../parts/frame.js";
import { docHref, go } from "../parts/router.js";

const FIELDS = [
	{ fieldname: "email", label: "E-mail", fieldtype: "Data", options: "Email", reqd: true, writable: true },
	{ fieldname: "first_name", label: "First name", fieldtype: "Data", reqd: true, writable: true },
	{ fieldname: "last_name", label: "Last name", fieldtype: "Data", writable: true },
	{ fieldname: "new_password", label: "Password", fieldtype: "Password", writable: true },
];
const HELP = {
	email: "This is the user's name in symbolon, and stays so.",
	new_password: "Only for these pages. A program needs a key instead; without a password the user cannot log in here.",
};

export function UserNew() {
	const [values, setValues] = useState({}), [errors, setErrors] = useState({}), [said, setSaid] = useState(""), [busy, setBusy] = useState(false);

	function put(name, value) {
		setValues((v) => ({ ...v, [name]: value }));
		setErrors(({ [name]: gone, ...rest }) => rest);
	}
	async function submit(event) {
		event.preventDefault();
		const wrong = Object.fromEntries(FIELDS.map((f) => [f.fieldname, wrongIn(f, values[f.fieldname])]).filter(([, words]) => words));

		setErrors(wrong);
		setSaid("");
		if (Object.keys(wrong).length > 0) {
			event.target.querySelector(`[data-field=${Object.keys(wrong)[0]}]`).focus();
			return;
		}
		setBusy(true);
		try {
			const user = await create("User", { ...values, send_welcome_email: 0 });

			note(`${user.full_name} was made. The next step: roles, or a key.`);
			go(`${docHref("User", user.name)}?tab=settings`, { replace: true });
		} catch (failed) {
			setSaid(failed.kind === "DuplicateEntryError" ? "There is a user with this e-mail already." : failed.message);
			setBusy(false);
		}
	}
	return html`
		<${Head} title="New user" state="Someone, or a program, that will carry a key." />
		<form class="card stack narrow" onSubmit=${submit} noValidate>
			<p class="notice bad pre" role="alert">${said}</p>
			${FIELDS.map((f) => html`<${Field} key=${f.fieldname} field=${f} value=${values[f.fieldname]} error=${errors[f.fieldname]} help=${HELP[f.fieldname]}
				isNew onChange=${(v) => put(f.fieldname, v)} />`)}
			<div class="row"><button class="primary" data-save disabled=${busy}>Make user</button><a class="button quiet" href="/app/user">Cancel</a></div>
		</form>`;
}
