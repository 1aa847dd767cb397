/* Copying: a field, lines of code, and "Show as request", the curl line that gives what a view shows. */
import { html, useState } from "../vendor/htm-preact.js";
import { note } from "./dialog.js";
import { useId } from "./loading.js";

/* Without a secure connection browsers have no clipboard for pages; selecting and the old command still work. */
async function copyText(text) {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		const area = document.createElement("textarea");
		const host = document.querySelector("dialog[open]") ?? document.body;

		area.value = text;
		host.append(area);
		area.select();
		const done = document.execCommand("copy");

		area.remove();
		if (!done)
			throw new Error("copy refused");
	}
}

export function Copy({ text, what, label = "Copy" }) {
	const [done, setDone] = useState(false);

	async function copy(event) {
		const button = event.currentTarget;

		try {
			await copyText(text);
			setDone(true);
			setTimeout(() => setDone(false), 2000);
		} catch {
			note("The browser did not allow copying. Select the text and copy it by hand.", "bad");
		}
		button.focus();
	}
	return html`<button type="button" onClick=${copy} aria-label=${`${label} ${what}`}>${done ? "Copied" : label}</button>
		<span class="hidden" role="status">${done ? `${what} copied` : ""}</span>`;
}

/* A value that cannot be changed, with its button. */
export function CopyField({ label, value, what = label, help }) {
	const id = useId();

	return html`<div class="field">
		<label for=${id}>${label}</label>
		<div class="row copied">
			<input id=${id} class="mono grow" readonly value=${value} spellcheck="false" autocomplete="off"
				onFocus=${(event) => event.target.select()} />
			<${Copy} text=${value} what=${what} />
		</div>
		${help && html`<p class="help">${help}</p>`}
	</div>`;
}

export function Code({ text, what }) {
	return html`<figure class="code">
		<pre tabindex="0" role="region" aria-label=${what}><code>${text}</code></pre>
		<${Copy} text=${text} what=${what} />
	</figure>`;
}

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

export function curlOf({ verb, path, body }) {
	const lines = [`curl -g -H "Authorization: token $API_KEY:$API_SECRET"`];

	if (verb !== "GET")
		lines.push(`-X ${verb}`);
	if (body !== undefined)
		lines.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(body))}`);
	lines.push(quote(location.origin + path));
	return lines.join(" \\\n  ");
}

export function Request({ of }) {
	return html`<details class="request">
		<summary>Show as request</summary>
		<p class="muted small">The same data over the API, with a key's two halves in <code>API_KEY</code> and <code>API_SECRET</code>.</p>
		${of.map((request) => html`<${Code} key=${request.path} text=${curlOf(request)} what="request" />`)}
	</details>`;
}
