/* The tab Roles: what the user may do is what his roles may. */
import { html, useLayoutEffect, useState } from "../vendor/htm-preact.js";
import { list, update } from "../api.js";
import { note } from "../parts/dialog.js";
import { leave } from "../parts/edit.js";
import { plural } from "../parts/format.js";
import { Loaded, useLoad } from "../parts/loading.js";
import { setGuard } from "../parts/router.js";
import { hinted } from "../parts/table.js";

/* Everyone has these by what he is; they are given to nobody. */
const AUTOMATIC = ["All", "Guest", "Administrator", "Desk User"];

export function UserRoles({ user, reload }) {
	const stored = (user.roles ?? []).map((row) => row.role);
	const roles = useLoad(() => list("Role", { filters: [["disabled", "=", 0]], order_by: "name asc", limit: 0 }), []);
	const [chosen, setChosen] = useState(new Set(stored)), [error, setError] = useState(""), [busy, setBusy] = useState(false);
	const [words, setWords] = useState("");
	const changed = stored.length !== chosen.size || stored.some((role) => !chosen.has(role));

	useLayoutEffect(() => {
		setGuard(changed ? leave : null);
		return () => setGuard(null);
	}, [changed]);
	function toggle(role) {
		const next = new Set(chosen);

		if (!next.delete(role))
			next.add(role);
		setChosen(next);
	}
	async function save() {
		setBusy(true);
		setError("");
		try {
			await update("User", user.name, { roles: [...chosen].map((role) => ({ role })) });
			note(`${user.full_name || user.name} has ${plural(chosen.size, "role")}; they hold from the next request on.`);
			await reload();
		} catch (failed) {
			setError(failed.message);
		}
		setBusy(false);
	}
	if (user.name === "Administrator")
		return html`<section class="card"><h2>Roles</h2><p>Administrator has every role, and no right is looked at.</p></section>`;
	return html`<section class="card" aria-labelledby="roles-head">
		<div class="row wrap"><h2 id="roles-head" class="grow">Roles</h2><p class="muted small" role="status">${plural(chosen.size, "role")} chosen</p></div>
		<p class="notice bad" role="alert">${error}</p>
		<input type="search" data-search aria-label="Find a role" placeholder=${hinted("Find a role")} value=${words} onInput=${(e) => setWords(e.target.value)} />
		<${Loaded} of=${roles}>${(rows) => {
			const shown = rows.filter((r) => !AUTOMATIC.includes(r.name) && r.name.toLowerCase().includes(words.toLowerCase()));

			return html`<ul class="checks">${shown.map((r) => html`<li key=${r.name}><label class="check">
				<input type="checkbox" checked=${chosen.has(r.name)} onChange=${() => toggle(r.name)} />${r.name}</label></li>`)}</ul>
				${shown.length === 0 && html`<p class="muted">No role matches.</p>`}`;
		}}<//>
		<div class="row"><button class="primary" data-save disabled=${!changed || busy} onClick=${save}>Save roles</button>
			${changed && html`<button class="quiet" onClick=${() => setChosen(new Set(stored))}>Undo</button>`}</div>
	</section>`;
}
