/* API keys: what their state means, how a pair is made and shown once, what is pasted with it, and how they end. */
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { ask, call } from "../api.js";
import { Code, CopyField } from "./copy.js";
import { Dialog, askForm, confirm, note, open } from "./dialog.js";
import { download } from "./files.js";
import { ago, instant, number, plural } from "./format.js";

/* Whether it is stale or never used, the server finds: as in the report of keys. */
export function stateOf(key) {
	if (!key.user_enabled)
		return { name: "disabled", label: "Owner disabled", kind: "warn" };
	if (key.state === "revoked")
		return { name: "off", label: "Revoked", kind: "" };
	if (key.state === "no secret")
		return { name: "none", label: "No secret", kind: "" };
	if (key.state !== "active")
		return { name: "off", label: key.state === "off" ? "Switched off" : "Not valid now", kind: "" };
	if (key.findings?.includes("never used"))
		return { name: "unused", label: "Never used", kind: "warn" };
	if (key.findings?.includes("stale"))
		return { name: "stale", label: "Stale", kind: "warn" };
	return { name: "active", label: "Active", kind: "good" };
}

/* A key's document as symbolon.keys.list tells it, as far as the document knows. */
export function rowOf(doc) {
	const now = Date.now(), outside = (doc.not_before && instant(doc.not_before) > now) || (doc.expires && instant(doc.expires) <= now);

	return {
		...doc, api_key: doc.name, created: doc.creation, created_by: doc.owner, user_enabled: true,
		state: doc.revoked ? "revoked" : !doc.enabled ? "off" : outside ? "not valid now" : "active",
	};
}

export const isLive = (key) => key.state === "active" && key.user_enabled;

/* "last used 3 minutes ago from 10.0.0.7, 12 times in all" */
export function useOf(key) {
	if (!key.last_used)
		return "never used";
	return `last used ${ago(key.last_used)}${key.last_used_address ? ` from ${key.last_used_address}` : ""}, ${plural(key.uses, "time")} in all`;
}

/* "100 in 60 s, 10,000 in all" */
export function limitsOf(key) {
	const [requests, seconds] = (key.rate ?? "").split("/");

	return [requests && `${number(requests)} in ${seconds} s`, key.quota && `${number(key.quota)} in all`].filter(Boolean).join(", ");
}

/* What stands below a key's fields. */
export const KEY_HELP = {
	not_before: "In the site's time zone; empty: from now on.", expires: "In the site's time zone; empty: never.",
	allowed_networks: "Only from these, with commas between them: 10.0.0.0/8, 2001:db8::/32. Empty: from everywhere.",
	denied_networks: "Never from these, even where they are allowed above.",
	read_only: "It reads, and calls nothing that writes.", scopes: "Each names what the key may do. None: all that its user may.",
	rate_limit: "Requests in each window; 0: as many as come.", rate_window_s: "The window in seconds; 60 if it is left out.", quota: "Requests in all; 0: as many as come. Raise it to give more.",
};

/* How the server begins what it says of a field of a key. */
const SAID = [
	["Expires ", "expires"], ["Not Before ", "not_before"], ["Rate Limit ", "rate_limit"], ["Rate Window ", "rate_window_s"], ["Quota ", "quota"],
	["A scope", "scopes"], ["A key has at most", "scopes"],
];

/* What the server refused of a key's document, by the field that it is about. */
export function placeOnKey({ message }, values) {
	const network = /^(.*) is not a network:/s.exec(message)?.[1];
	const name = network === undefined ? SAID.find(([words]) => message.startsWith(words))?.[1]
		: ["allowed_networks", "denied_networks"].find((field) => values[field]?.includes(network));

	return name ? { [name]: message } : {};
}

const PATH = "/api/method/frappe.auth.get_logged_user";

const curl = (url, token) => `curl -H 'Authorization: token ${token}' ${url}${PATH}`;

const python = (url, token) => `import json, urllib.request

request = urllib.request.Request(
    "${url}${PATH}",
    headers={"Authorization": "token ${token}"},
)
print(json.load(urllib.request.urlopen(request))["message"])
`;

const javascript = (url, token) => `fetch("${url}${PATH}", {
  headers: { Authorization: "token ${token}" },
})
  .then((response) => response.json())
  .then((body) => console.log(body.message));
`;

const go = (url, token) => `package main

import (
	"fmt"
	"io"
	"net/http"
)

func main() {
	request, err := http.NewRequest("GET", "${url}${PATH}", nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "token ${token}")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(body))
}
`;

const php = (url, token) => `<?php
$context = stream_context_create(['http' => [
    'header' => 'Authorization: token ${token}',
]]);
$body = file_get_contents('${url}${PATH}', false, $context);
echo json_decode($body)->message, "\\n";
`;

const c = (url, token) => `/* cc call.c -o call -lcurl */
#include <curl/curl.h>

int
main(void)
{
	struct curl_slist *fields = curl_slist_append(NULL, "Authorization: token ${token}");
	CURL *curl = curl_easy_init();
	CURLcode result;

	curl_easy_setopt(curl, CURLOPT_URL, "${url}${PATH}");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
	result = curl_easy_perform(curl); /* writes the answer to standard output */
	curl_easy_cleanup(curl);
	curl_slist_free_all(fields);
	return result == CURLE_OK ? 0 : 1;
}
`;

export const LINES = [["curl", curl], ["Python", python], ["JavaScript", javascript], ["Go", go], ["PHP", php], ["C", c]];

export const envOf = (url, pair) =>
	`SYMBOLON_URL=${url}\nSYMBOLON_API_KEY=${pair.api_key}\nSYMBOLON_API_SECRET=${pair.api_secret}\n`;

function SecretDialog({ user, pair, close }) {
	const [language, setLanguage] = useState("curl");
	const token = `${pair.api_key}:${pair.api_secret}`;
	const line = LINES.find(([name]) => name === language)[1](location.origin, token);

	return html`<${Dialog} strict wide title="Keys of ${user}" onClose=${close} actions=${html`
			<button onClick=${() => download("symbolon.env", envOf(location.origin, pair), "text/plain")}>Download .env</button>
			<button class="primary" onClick=${() => close()}>I have stored it</button>`}>
		<p><strong>This is the only time that the secret is shown.</strong> Store it now: symbolon keeps only a digest of it.</p>
		<${CopyField} label="API Key" value=${pair.api_key} />
		<${CopyField} label="API Secret" value=${pair.api_secret} />
		<h3>The first call</h3>
		<div class="segments" role="group" aria-label="Language">
			${LINES.map(([name]) => html`<button key=${name} aria-pressed=${name === language ? "true" : "false"} onClick=${() => setLanguage(name)}>${name}</button>`)}
		</div>
		<${Code} text=${line} what="${language} lines" />
	<//>`;
}

/* Shows a new pair, this once; resolves when it is stored. */
export const showPair = (user, pair) => open((close) => html`<${SecretDialog} ...${{ user, pair, close }} />`);

const OVERLAPS = [["0", "at once"], ["15m", "after 15 minutes"], ["1h", "after an hour"], ["24h", "after a day"], ["7d", "after a week"]];

/* key: the document of an API Key. Resolves to true when it has a new secret. */
export async function rotateKey(key) {
	const pair = await askForm({
		title: `New secret for ${key.label || key.name}`, action: "Make new secret",
		fields: html`<p>The API Key stays <code>${key.name}</code>. Choose how long programs that carry the old secret go on.</p>
			<div class="field"><label for="overlap">The old secret ends</label>
				<select id="overlap" name="overlap" data-first>${OVERLAPS.map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}</select></div>`,
		work: ({ overlap }) => call("symbolon.keys.rotate", { key: key.name, overlap }),
	});

	if (pair)
		await showPair(key.user, pair);
	return Boolean(pair);
}

/* Ends one key for good. Resolves to true when it was done. */
export async function revokeKey(key) {
	const done = await askForm({
		title: `Revoke ${key.label || key.name}?`, action: "Revoke for good", keep: "Keep the key",
		fields: html`<p>Requests with this key are refused (401) from now on. It cannot be switched on again.</p>
			<div class="field"><label for="reason">Reason</label><input id="reason" name="reason" autocomplete="off" maxlength="500" data-first /></div>`,
		work: ({ reason }) => call("symbolon.keys.revoke", { key: key.name, reason }),
	});

	return Boolean(done);
}

/* key: the row of the user's key, or undefined. Resolves to true when a pair was made. */
export async function generateKeys(user, key) {
	if (key && isLive(key)) {
		const sure = await confirm({
			title: "Replace the secret?", action: "Generate new secret", keep: "Keep the secret",
			body: html`<p>The current API Secret of <strong>${user}</strong> stops working at once; it was ${useOf(key)}.</p>
				<p>Every program that carries it is refused (401) until it has the new one. The API Key stays <code>${key.api_key}</code>.</p>`,
		});

		if (!sure)
			return false;
	}
	const pair = await call("frappe.core.doctype.user.user.generate_keys", { user });

	await showPair(user, pair);
	return true;
}

const AT_ONCE = 500;
const undoing = new Set();

/* What the caller can still take back, and until when; of one user's keys, or of all. */
export async function revocations(user) {
	const rows = await ask("symbolon.keys.revocations");

	return rows.filter((r) => !user || (r.users === 1 && r.user === user)).map((r) => ({ ...r, until: Date.now() + r.seconds * 1000 }));
}

async function takeBack(id) {
	try {
		const { restored } = await call("symbolon.keys.undo_revoke", { undo: id });

		note(`${plural(restored.length, "key")} ${restored.length === 1 ? "works" : "work"} again.`);
	} catch (error) {
		note(error.message, "bad");
	}
	for (const listener of undoing)
		listener();
}

const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

/* Says as long as it is true that keys can be taken back; of: what revocations() told, onChange: after they were. */
export function UndoBanner({ of, onChange }) {
	const [, redraw] = useState(0), open = of.filter((r) => r.until > Date.now());

	useEffect(() => {
		const timer = setInterval(() => redraw((n) => n + 1), 1000);

		undoing.add(onChange);
		return () => {
			clearInterval(timer);
			undoing.delete(onChange);
		};
	}, [onChange]);
	return open.length > 0 && html`<div class="stack">${open.map((r) => {
		const whose = `${plural(r.keys, "key")} of ${r.users === 1 ? r.user : plural(r.users, "user")}`;

		return html`<div key=${r.undo} class="notice row wrap">
			<p class="grow">${whose} ${r.keys === 1 ? "is" : "are"} revoked. This can be undone for <span role="timer">${clock(r.until - Date.now())}</span>.</p>
			<button aria-label="Undo: ${whose}" onClick=${() => takeBack(r.undo)}>Undo</button></div>`;
	})}</div>`;
}

/* Revokes the keys, which can be taken back for ten minutes; resolves to whether it was wanted. */
export async function revokeKeys(keys) {
	const users = [...new Set(keys.map((key) => key.user))];
	const of = users.length === 1 ? users[0] : plural(users.length, "user");
	const live = keys.filter(isLive);
	const sure = await confirm({
		title: `Revoke ${keys.length === 1 ? "the key" : plural(keys.length, "key")} of ${of}?`,
		action: "Revoke", keep: "Keep",
		body: html`
			<p>Requests with ${keys.length === 1 ? "this key" : "these keys"} are refused (401) from now on. You can undo this for ten minutes; after that a new key has to be made.</p>
			<ul class="plain">${(live.length ? live : keys).slice(0, 8).map((key) => html`<li key=${key.api_key}><strong>${key.label || key.user}</strong>: ${useOf(key)}</li>`)}
				${keys.length > 8 && html`<li>and ${keys.length - 8} more</li>`}</ul>`,
	});

	if (!sure)
		return false;
	for (let at = 0; at < keys.length; at += AT_ONCE) {
		const { undo, revoked } = await call("symbolon.keys.revoke", { keys: keys.slice(at, at + AT_ONCE).map((key) => key.api_key) });

		if (revoked.length > 0)
			note(`${plural(revoked.length, "key")} of ${of} revoked.`, "good", { label: "Undo", work: () => takeBack(undo) });
	}
	return true;
}
