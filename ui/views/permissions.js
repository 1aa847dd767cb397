/* Who may do what with a DocType: a matrix of roles and levels by rights. The first change makes the site's own copy of the rules. */
import { html, useLayoutEffect, useState } from "../vendor/htm-preact.js";
import { call, get, list, requests } from "../api.js";
import { Request } from "../parts/copy.js";
import { askForm, confirm, note } from "../parts/dialog.js";
import { leave } from "../parts/edit.js";
import { LinkInput } from "../parts/field.js";
import { Head } from "../parts/frame.js";
import { Empty, Loaded, useId, useLoad } from "../parts/loading.js";
import { goQuery, listHref, setGuard, useRoute } from "../parts/router.js";
import { doctypeNamed, may, site } from "../parts/site.js";

const CUSTOM = "Custom DocPerm", RESET = "frappe.core.page.permission_manager.permission_manager.reset";
const ALWAYS = ["select", "read", "write", "create", "delete", "report", "export", "share", "print", "email"];
const SUBMIT = ["submit", "cancel", "amend"], ALL = [...ALWAYS, ...SUBMIT, "import"], HIGHER = ["read", "write"];
const FIXED = ["DocType", "DocField", "DocPerm", CUSTOM];
const NEEDS = { cancel: ["submit", "write", "read"], submit: ["write", "read"], amend: ["write", "read"], import: ["create", "read"], write: ["read"], create: ["read"], delete: ["read"] };

const label = (right) => right[0].toUpperCase() + right.slice(1);
const rightsOf = (doctype) => ALL.filter((r) => ALWAYS.includes(r) || (SUBMIT.includes(r) ? doctype.is_submittable : doctype.allow_import));
const sameRule = (a, b) => a.role === b.role && Number(a.permlevel) === Number(b.permlevel) && Number(a.if_owner) === Number(b.if_owner);
const same = (a, b) => sameRule(a, b) && ALL.every((r) => Number(a[r] ?? 0) === Number(b[r] ?? 0));
const bodyOf = (rule) => Object.fromEntries(["role", "permlevel", "if_owner", ...ALL].map((key) => [key, key === "role" ? rule.role : Number(rule[key] ?? 0)]));
const called = (rule) => `${rule.role}, level ${rule.permlevel ?? 0}${Number(rule.if_owner) ? ", own documents" : ""}`;
const customOf = (doctype) => ({ filters: [["parent", "=", doctype]], fields: ["name", "role", "permlevel", "if_owner", ...ALL], order_by: "role asc", limit: 0 });

let loads = 0;

async function load(doctype) {
	const [shipped, custom] = await Promise.all([get("DocType", doctype), list(CUSTOM, customOf(doctype))]);

	return { turn: ++loads, custom, rules: custom.length ? custom : shipped.permissions ?? [] };
}

/* A right brings those that it needs, and takes those away that need it. */
function withRight(rule, right, on) {
	const next = { ...rule, [right]: on ? 1 : 0 };

	if (on)
		(NEEDS[right] ?? []).forEach((need) => (next[need] = 1));
	else
		Object.entries(NEEDS).filter(([, needs]) => needs.includes(right)).forEach(([other]) => (next[other] = 0));
	return next;
}

async function addRule(rules) {
	return askForm({
		title: "Add a rule", action: "Add",
		fields: html`<${RoleField} />
			<div class="field"><label for="rule-level">Level</label><input id="rule-level" name="permlevel" type="number" min="0" max="9" value="0" required />
				<p class="help">0 is the document itself; higher levels are for fields that carry that level.</p></div>
			<label class="check"><input type="checkbox" name="if_owner" />Only documents that the user made</label>`,
		work: async ({ role, permlevel, if_owner }) => {
			const rule = { name: `new ${rules.length} ${Date.now()}`, role: role.trim(), permlevel: Number(permlevel), if_owner: if_owner ? 1 : 0, read: 1 };

			if (!rule.role)
				throw new Error("Choose a role.");
			if (rules.some((r) => sameRule(r, rule)))
				throw new Error("There is a rule for this role, level and ownership already.");
			if (rule.permlevel > 0 && !rules.some((r) => r.role === rule.role && !Number(r.permlevel)))
				throw new Error("This role needs a rule at level 0 first.");
			return rule;
		},
	});
}

function RoleField() {
	const [role, setRole] = useState(""), id = useId();

	return html`<div class="field"><label for=${id}>Role</label>
		<${LinkInput} id=${id} doctype="Role" value=${role} label="Role" onChange=${(v) => setRole(v ?? "")} rest=${{ name: "role", "data-first": "", required: true }} /></div>`;
}

function Matrix({ rights, rules, setRules, fixed }) {
	const put = (rule) => setRules(rules.map((r) => (r.name === rule.name ? rule : r)));

	return html`<div class="table-wrap"><table class="matrix"><caption class="hidden">Roles by rights</caption>
		<thead><tr><th scope="col">Role and level</th>${rights.map((r) => html`<th key=${r} scope="col">${label(r)}</th>`)}</tr></thead>
		<tbody>${rules.map((rule) => html`<tr key=${rule.name}>
			<td class="main"><strong>${rule.role}</strong><br /><span class="muted small">level ${rule.permlevel ?? 0}${Number(rule.if_owner) ? " · own documents" : ""}</span>
				${!fixed && html`<br /><button class="text small" aria-label="Remove ${called(rule)}" onClick=${() => setRules(rules.filter((r) => r.name !== rule.name))}>Remove</button>`}</td>
			${rights.map((r) => html`<td key=${r} data-label=${label(r)}>${Number(rule.permlevel) && !HIGHER.includes(r) ? html`<span class="muted" aria-hidden="true">–</span>`
				: html`<input type="checkbox" aria-label="${label(r)}: ${called(rule)}" checked=${Boolean(Number(rule[r]))} disabled=${fixed}
					onChange=${(e) => put(withRight(rule, r, e.target.checked))} />`}</td>`)}
		</tr>`)}</tbody></table></div>`;
}

function Rules({ doctype, data, reload, fixed }) {
	const [rules, setRules] = useState(data.rules), [said, setSaid] = useState(""), [busy, setBusy] = useState(false);
	const dirty = rules.length !== data.rules.length || rules.some((r) => !data.rules.some((b) => b.name === r.name && same(b, r)));

	useLayoutEffect(() => {
		setGuard(dirty ? leave : null);
		return () => setGuard(null);
	}, [dirty]);
	function change(next) {
		setRules(next);
		setSaid("");
	}
	async function run(work, words) {
		setBusy(true);
		setSaid("");
		try {
			await work();
			setGuard(null);
			note(words);
			reload();
		} catch (error) {
			setSaid(`${error.message} Nothing was changed.`);
		}
		setBusy(false);
	}
	async function reset() {
		if (await confirm({
			title: `Reset the rules of ${doctype.name}?`, action: "Reset", keep: "Keep these rules",
			body: html`<p>The rules of this site go, and those that the DocType came with are in force again at once.</p>`,
		}))
			run(() => call(RESET, { doctype: doctype.name }), "The rules are those of the DocType again.");
	}
	async function add() {
		const rule = await addRule(rules);

		if (rule)
			change([...rules, rule]);
	}
	return html`
		${said && html`<p class="notice bad" role="alert">${said}</p>`}
		${rules.length === 0
			? html`<${Empty} title="No rules"><p>Only Administrator may use ${doctype.name} now.</p><//>`
			: html`<${Matrix} rights=${rightsOf(doctype)} rules=${rules} setRules=${change} fixed=${fixed || busy} />`}
		${!fixed && html`<div class="row wrap save-bar">
			<button class="primary" data-save disabled=${!dirty || busy || rules.length === 0} onClick=${() => run(() => call("symbolon.permissions.set", { doctype: doctype.name, rules: rules.map(bodyOf) }), "The rules are in force.")}>Save</button>
			<button data-new disabled=${busy} onClick=${add}>Add rule</button>
			${dirty && html`<button class="quiet" disabled=${busy} onClick=${reload}>Undo changes</button>`}
			<span class="muted small grow" role="status">${rules.length === 0 ? "One rule has to stay: without any, those of the DocType count." : dirty ? "Not saved yet" : ""}</span>
			${data.custom.length > 0 && html`<button class="danger" disabled=${busy || dirty} onClick=${reset}>Reset</button>`}
		</div>`}`;
}

export function Permissions() {
	const { query } = useRoute(), doctype = doctypeNamed(query.get("doctype") ?? ""), id = useId();
	const loaded = useLoad(() => (doctype ? load(doctype.name) : null), [doctype?.name]);
	const fixed = !may(CUSTOM, "write") || FIXED.includes(doctype?.name);
	const choices = site.doctypes.filter((d) => !d.istable);

	return html`<${Head} title="Role permissions" state="Which roles may do what with the documents of a DocType.">
			${doctype && html`<a class="button" href=${listHref(doctype.name)}>Open ${doctype.name}</a>`}<//>
		<div class="field narrow"><label for=${id}>DocType</label><select id=${id} value=${doctype?.name ?? ""} onChange=${(e) => goQuery({ doctype: e.target.value })}>
			<option value="" selected=${!doctype}>Choose one</option>
			${choices.map((d) => html`<option key=${d.name} value=${d.name} selected=${d.name === doctype?.name}>${d.name}</option>`)}</select></div>
		${!doctype && html`<${Empty} title="No DocType is chosen"><p>Choose one above: its rules stand here.</p><//>`}
		${doctype && html`<${Loaded} of=${loaded}>${(data) => data && html`
			<p class="notice">${FIXED.includes(doctype.name) ? "The rules of this DocType cannot be changed." : data.custom.length > 0 ? "These rules were made on this site." : "These are the rules that the DocType came with."}</p>
			<${Rules} key=${data.turn} doctype=${doctype} data=${data} fixed=${fixed} reload=${loaded.reload} />`}<//>
		<${Request} of=${[requests.list(CUSTOM, customOf(doctype.name)), requests.get("DocType", doctype.name)]} />`}`;
}
