/* One operation of the API: what it takes, the request as lines of code, and the answer when it is sent. */
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { sendPlain } from "../api.js";
import { Code, Copy } from "../parts/copy.js";
import { say } from "../parts/dialog.js";
import { bytes } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { useId } from "../parts/loading.js";
import { begun, fieldsOf, isFile, isJson, isNumber, requestOf, typeWords, wrongOf } from "../parts/openapi.js";
import { site } from "../parts/site.js";
import { LANGUAGES } from "../parts/snippets.js";

const SHOWN = 100_000;

export const operationHref = (op) => `/app/api?op=${encodeURIComponent(op.id)}`;

function Input({ id, schema, value, set, rest }) {
	if (isFile(schema))
		return html`<input id=${id} type="file" onChange=${(e) => set(e.target.files[0] ?? "")} ...${rest} />`;
	if (schema.enum)
		return html`<select id=${id} value=${value} onChange=${(e) => set(e.target.value)} ...${rest}>
			<option value="">not sent</option>${schema.enum.filter((v) => typeof v !== "boolean" && v !== null && v !== "").map((v) => html`<option key=${v} value=${String(v)}>${String(v)}</option>`)}</select>`;
	if (isJson(schema))
		return html`<textarea id=${id} class="mono" rows="1" spellcheck="false" value=${value} onInput=${(e) => set(e.target.value)} ...${rest}></textarea>`;
	const type = isNumber(schema) ? "number" : { password: "password", date: "date" }[schema.format] ?? "text";

	return html`<input id=${id} type=${type} autocomplete="off" spellcheck="false" value=${value} onInput=${(e) => set(e.target.value)} ...${rest} />`;
}

function Argument({ label, schema, about, needed, value, wrong, set }) {
	const id = useId(), help = `${id}-help`;

	return html`<div class="field ${isJson(schema) ? "long" : ""}">
		<label for=${id}><code>${label}</code>${needed && html` <span class="muted">needed</span>`}</label>
		<${Input} id=${id} schema=${schema} value=${value ?? ""} set=${set}
			rest=${{ "aria-describedby": help, "aria-invalid": wrong ? "true" : null, "data-wrong": wrong ? "" : null }} />
		<p class="help" id=${help}>${typeWords(schema)}${about && ` · ${about}`}</p>
		${wrong && html`<p class="error">${wrong}</p>`}
	</div>`;
}

const fieldsAt = (op, where) => op.parameters.filter((p) => p.in === where)
	.map((p) => ({ key: `${where}.${p.name}`, label: p.name, schema: p.schema ?? {}, about: p.description, needed: p.required }));

/* What goes where: [title, [{ key, label, schema, about, needed }]]. */
function groupsOf(op) {
	const members = op.body && !op.body.whole ? Object.entries(op.body.schema.properties ?? {}) : [];

	return [
		["In the address", [...fieldsAt(op, "path"), ...fieldsAt(op, "query")]],
		["In the body", members.map(([name, schema]) => ({ key: `body.${name}`, label: name, schema, about: schema.description }))],
	].filter(([, fields]) => fields.length > 0);
}

function Document({ op, value, wrong, set }) {
	const id = useId(), fields = fieldsOf(op.body.schema);

	return html`<div class="field"><label for=${id}>The document, as JSON</label>
		<textarea id=${id} class="mono" rows="7" spellcheck="false" value=${value} onInput=${(e) => set(e.target.value)}
			aria-invalid=${wrong ? "true" : null} data-wrong=${wrong ? "" : null}></textarea>
		${wrong && html`<p class="error">${wrong}</p>`}</div>
		<details><summary>Fields that you may send</summary>
			<div class="table-wrap scrolls" tabindex="0" role="region" aria-label="Fields"><table class="changes"><caption class="hidden">Fields</caption>
				<thead><tr><th scope="col">Field</th><th scope="col">What it is</th></tr></thead>
				<tbody>${fields.map((f) => html`<tr key=${f.name}><th scope="row"><code>${f.name}</code></th>
					<td>${f.schema.title && `${f.schema.title} · `}${typeWords(f.schema)}${f.schema["x-links-to"] && ` · a ${f.schema["x-links-to"]}`}${f.needed && " · needed"}</td></tr>`)}</tbody>
			</table></div></details>`;
}

function Credential({ token, setToken }) {
	const id = useId(), name = useId();

	return html`<fieldset class="plain-set"><legend>As whom</legend>
		<label class="check"><input type="radio" name=${name} checked=${token === null} onChange=${() => setToken(null)} />You, by your session (${site.user})</label>
		<label class="check"><input type="radio" name=${name} checked=${token !== null} onChange=${() => setToken("")} />Another, by a token</label>
		${token !== null && html`<div class="field"><label for=${id}>Token</label>
			<input id=${id} type="password" class="mono" autocomplete="off" spellcheck="false" placeholder="api_key:api_secret" value=${token} onInput=${(e) => setToken(e.target.value.trim())} />
			<p class="help">Key and secret with a colon between. It stays in this page and is forgotten when you leave it.</p></div>`}
	</fieldset>`;
}

function Snippets({ request }) {
	const [language, setLanguage] = useState(LANGUAGES[0][0]);
	const write = LANGUAGES.find(([name]) => name === language)[1];

	return html`<section class="stack" aria-label="As code">
		<div class="row wrap"><h2 class="grow">As code</h2><div class="segments" role="group" aria-label="Language">${LANGUAGES.map(([name]) => html`<button key=${name} type="button"
			aria-pressed=${String(name === language)} onClick=${() => setLanguage(name)}>${name}</button>`)}</div></div>
		<${Code} text=${write(request)} what=${`${language} code`} />
		<p class="muted small">A key's two halves are in <code>API_KEY</code> and <code>API_SECRET</code>.</p>
	</section>`;
}

function pretty(text) {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
}

async function ask(request, token) {
	const begunAt = performance.now();
	const response = await sendPlain(request, token);
	const type = response.headers.get("Content-Type") ?? "";
	const body = await response.blob(), ms = performance.now() - begunAt;
	const isText = /^text\/|json|xml|javascript/.test(type);

	return {
		status: response.status, ok: response.ok, reason: response.statusText, ms, size: body.size, type,
		headers: [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n"), text: isText ? pretty(await body.text()) : null,
	};
}

function Answer({ answer }) {
	const ref = useRef(null);
	const cut = answer.text !== null && answer.text.length > SHOWN;

	useEffect(() => ref.current.scrollIntoView({ block: "nearest" }), [answer]);
	return html`<section class="stack" aria-label="Answer" ref=${ref}>
		<div class="row wrap"><h2 class="grow">Answer</h2>${answer.text && html`<${Copy} text=${answer.text} what="answer" />`}</div>
		<p><span class="badge ${answer.ok ? "good" : "bad"}">${answer.status} ${answer.reason}</span>
			<span class="muted small"> ${Math.max(1, Math.round(answer.ms))} ms · ${bytes(answer.size)}</span></p>
		${answer.text === null && html`<p class="muted">${answer.size === 0 ? "It has no body." : `${bytes(answer.size)} of ${answer.type}, which are not shown.`}</p>`}
		${answer.text && html`<figure class="code answer"><pre tabindex="0" role="region" aria-label="Answer's body"><code>${answer.text.slice(0, SHOWN)}</code></pre></figure>`}
		${cut && html`<p class="muted small">Only its beginning is shown; Copy takes all of it.</p>`}
		<details><summary>Fields of the answer</summary><pre class="small" tabindex="0" role="region" aria-label="Fields of the answer">${answer.headers}</pre></details>
	</section>`;
}

export function Operation({ op, others }) {
	const [values, setValues] = useState(() => (op.body?.whole ? { body: begun(op) } : {})), [wrong, setWrong] = useState({});
	const [token, setToken] = useState(null), [busy, setBusy] = useState(false), [outcome, setOutcome] = useState({});
	const form = useRef(null), groups = groupsOf(op), conditions = fieldsAt(op, "header"), changes = op.verb !== "GET";
	const set = (key) => (value) => setValues((all) => ({ ...all, [key]: value }));

	async function submit(event) {
		event.preventDefault();
		const found = wrongOf(op, values);

		setWrong(found);
		if (Object.keys(found).length > 0) {
			requestAnimationFrame(() => form.current.querySelector("[data-wrong]")?.focus());
			return;
		}
		setBusy(true);
		try {
			const answer = await ask(requestOf(op, values), token);

			setOutcome({ answer });
			say(`Answer: ${answer.status} ${answer.reason}`);
		} catch {
			setOutcome({ failed: "The server does not answer. Nothing of what you typed is lost; try again when it is back." });
		}
		setBusy(false);
	}
	const fields = (list) => html`<div class="form-grid">${list.map((f) => html`<${Argument} key=${f.key} ...${f} value=${values[f.key]} wrong=${wrong[f.key]} set=${set(f.key)} />`)}</div>`;

	return html`
		<${Head} title=${op.summary || op.path} state=${html`<span class="verb">${op.verb}</span> <code>${op.path}</code>${op.open && " · without a login, too"}${others.map((o) => html` · <a key=${o.id} href=${operationHref(o)}>with ${o.verb}</a>`)}`}>
			<a class="button" href="/app/api">All operations</a><//>
		<div class="halves wide-halves">
			<form class="card" ref=${form} onSubmit=${submit} noValidate aria-label="Try it">
				${groups.length === 0 && !op.body?.whole && html`<p class="muted">It takes nothing.</p>`}
				${groups.map(([title, list]) => html`<section key=${title} class="stack" aria-label=${title}><h2>${title}</h2>${fields(list)}</section>`)}
				${op.body?.whole && html`<section class="stack" aria-label="In the body"><h2>In the body</h2>
					<${Document} op=${op} value=${values.body} wrong=${wrong.body} set=${set("body")} /></section>`}
				${conditions.length > 0 && html`<details><summary>Conditions and preferences</summary><div class="below">${fields(conditions)}</div></details>`}
				<${Credential} token=${token} setToken=${setToken} />
				<div class="row wrap">
					<button class="primary" data-save disabled=${busy || token === ""}>Send ${op.verb}</button>
					<span class="muted small grow">${token === "" ? "Paste a token first." : changes ? "This is no rehearsal: what it changes is changed for real." : "This only reads."}</span>
				</div>
			</form>
			<div class="stack">
				<${Snippets} request=${requestOf(op, values)} />
				${outcome.failed && html`<p class="notice bad" role="alert">${outcome.failed}</p>`}
				${outcome.answer && html`<${Answer} answer=${outcome.answer} />`}
			</div>
		</div>`;
}
