/* The entry: asks who is here, then shows the view of the address. */
import { html, render, useEffect, useState } from "./vendor/htm-preact.js";
import { logIn, onExpired } from "./api.js";
import { Host, askForm } from "./parts/dialog.js";
import { Frame, Head, placesHere } from "./parts/frame.js";
import { setPlaces, startKeyboard } from "./parts/keyboard.js";
import { Empty, Failure, Skeleton, lazy } from "./parts/loading.js";
import { listHref, start, useRoute } from "./parts/router.js";
import { doctypeAt, site, startSite } from "./parts/site.js";
import { Account } from "./views/account.js";
import { Activity } from "./views/activity.js";
import { Audit } from "./views/audit.js";
import { Data } from "./views/data.js";
import { Form } from "./views/form.js";
import { Keys } from "./views/keys.js";
import { List } from "./views/list.js";
import { Start } from "./views/start.js";
import { User } from "./views/user.js";
import { UserNew } from "./views/user_new.js";
import { Users } from "./views/users.js";

const Api = lazy(() => import("./views/api_list.js"), "Api");
const Status = lazy(() => import("./views/status.js"), "Status");
const Builder = lazy(() => import("./views/builder.js"), "Builder");
const DocTypes = lazy(() => import("./views/doctypes.js"), "DocTypes");
const Permissions = lazy(() => import("./views/permissions.js"), "Permissions");

const VIEWS = {
	"permission-manager": [Permissions, "roles", "Role permissions"],
	keys: [Keys, "keys", "Keys"],
	data: [Data, "data", "Data"],
	activity: [Activity, "activity", "Activity"],
	audit: [Audit, "audit", "Audit log"],
	api: [Api, "api", "API"],
	status: [Status, "status", "Status"],
};

/* Views of the User's own come first, then those of any DocType. */
const OF_DOCTYPE = { User: { list: Users, form: User, make: UserNew }, DocType: { list: DocTypes, form: Builder, make: Builder } };
const PLACE_OF = { User: "users", Role: "roles" };

function decode(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/* Everything after the DocType is the document's name: names may hold slashes. */
function viewOf({ parts }) {
	const [first, second = "", ...rest] = parts;
	const name = rest.join("/");

	if (first === "me")
		return { view: html`<${Account} />`, place: "account", trail: [["Your account"]] };
	if (second === "")
		return { view: html`<${Start} />`, place: "start", trail: [["Start"]] };
	if (VIEWS[second] && rest.length === 0) {
		const [View, place, label] = VIEWS[second];

		return { view: html`<${View} />`, place, trail: [[label]] };
	}
	const doctype = doctypeAt(decode(second));

	if (!doctype)
		return { view: html`<${Nothing} />`, place: "", trail: [["Not found"]] };
	const own = OF_DOCTYPE[doctype.name] ?? {};
	const isKey = doctype.name === "API Key" && site.is_system_manager && name !== "";
	const place = isKey ? "keys" : PLACE_OF[doctype.name] ?? "data";
	const label = { User: "Users", Role: "Roles", DocType: "DocTypes" }[doctype.name] ?? doctype.name;
	const above = place === "data" ? [["Data", "/app/data"]] : [];

	if (name === "" && !doctype.issingle) {
		const View = doctype.rights.read === "all" ? own.list ?? List : List;

		return { view: html`<${View} key=${doctype.name} doctype=${doctype.name} />`, place, trail: [...above, [label]] };
	}
	const View = name === "new" ? own.make ?? Form : own.form ?? Form;
	const document = name === "new" ? null : doctype.issingle ? doctype.name : decode(name);
	const trail = [...above, isKey ? ["Keys", "/app/keys"] : [label, listHref(doctype.name)], [document ?? "New"]];

	return {
		view: html`<${View} key=${`${doctype.name}/${name}`} doctype=${doctype.name} name=${document} />`, place,
		trail: doctype.issingle ? trail.slice(0, -1) : trail,
	};
}

function Nothing() {
	return html`<${Head} title="Nothing here" />
		<${Empty} title="No page of this address">
		<p>This address names no page, or a DocType that you may not read.</p>
		<p><a href="/app">Go to the start</a> or <a href="/app/data">see all data</a>.</p>
	<//>`;
}

/* What was typed stays in the page behind the dialog. */
async function logInAgain() {
	const done = await askForm({
		title: "Your session has ended", action: "Log in", keep: "Not now",
		fields: html`
			<p>Log in again to go on. Nothing that you typed is lost.</p>
			<div class="field"><label for="again-usr">User</label>
				<input id="again-usr" readonly value=${site.user} autocomplete="username" /></div>
			<div class="field"><label for="again-pwd">Password</label>
				<input id="again-pwd" name="pwd" type="password" required autocomplete="current-password" data-first /></div>`,
		work: async ({ pwd }) => {
			await logIn(site.user, pwd);
			return true;
		},
	});

	if (!done)
		throw new Error("You are logged out. What you typed is still here; save again to log in.");
}

function App() {
	const route = useRoute();
	const [state, setState] = useState("loading");

	useEffect(() => {
		startSite().then(() => {
			setPlaces(placesHere());
			setState("ready");
		}, setState);
	}, []);
	if (state === "loading")
		return html`<div class="page"><main><${Skeleton} /></main></div>`;
	if (state !== "ready")
		return html`<div class="page"><main><${Failure} alone error=${state} retry=${() => location.reload()} /></main></div>`;
	const { view, place, trail } = viewOf(route);

	return html`<${Frame} place=${place} trail=${trail}>${view}<//>`;
}

site.user = document.body.dataset.user;
site.full_name = document.body.dataset.fullName;
onExpired(logInAgain);
start();
startKeyboard();
render(html`<${App} /><${Host} />`, document.getElementById("app"));
