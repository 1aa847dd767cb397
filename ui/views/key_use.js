/* How a key is used: each of its secrets by day, and who still uses an old one. */
import { html, useState } from "../vendor/htm-preact.js";
import { ask, call } from "../api.js";
import { useOf } from "../parts/apikey.js";
import { Chart } from "../parts/chart.js";
import { confirm, note } from "../parts/dialog.js";
import { plural, when } from "../parts/format.js";
import { Loaded, useLive, useLoad } from "../parts/loading.js";

const DAY_MS = 24 * 3600 * 1000, LIVE_MS = 10000;
const SPANS = [[30, "30 days"], [90, "90 days"], [400, "400 days"]];

const dayText = (ms) => new Date(ms).toISOString().slice(0, 10);

/* The last n days in UTC, the oldest first. */
const lastDays = (n) => Array.from({ length: n }, (_, i) => dayText(Date.now() - (n - 1 - i) * DAY_MS));

async function load(key, n) {
	const days = lastDays(n);
	const [secrets, uses] = await Promise.all([ask("symbolon.keys.secrets", { key }), ask("symbolon.keys.uses", { key, from: days[0], to: days.at(-1) })]);

	return { days, secrets, uses };
}

function valuesOf(days, rows) {
	const by = new Map();

	for (const row of rows)
		by.set(row.date, (by.get(row.date) ?? 0) + row.uses);
	return days.map((day) => by.get(day) ?? 0);
}

const endOf = (secret) => (secret.valid_until ? ` · ends ${when(secret.valid_until)}` : "");

/* One for each secret that there is, and one for all that have ended. */
function seriesOf({ days, secrets, uses }) {
	const old = secrets.filter((secret) => !secret.current), ended = uses.filter((row) => row.current === null);
	const live = secrets.map((secret) => ({
		name: secret.current ? "Current secret" : old.length > 1 ? `Old secret of ${when(secret.created)}` : "Old secret",
		about: `${useOf(secret)}${endOf(secret)}`,
		values: valuesOf(days, uses.filter((row) => row.secret === secret.secret)),
	}));

	return ended.length > 0 ? [...live, { name: "Secrets that have ended", values: valuesOf(days, ended) }] : live;
}

async function endOverlap(doc, old) {
	const sure = await confirm({
		title: "End the overlap now?", action: "End the old secret", keep: "Let it go on",
		body: html`<p>Programs that carry the old secret of <strong>${doc.label || doc.name}</strong> are refused (401) from now on.</p>
			<ul class="plain">${old.map((secret) => html`<li key=${secret.secret}>Made ${when(secret.created)}: ${useOf(secret)}</li>`)}</ul>`,
	});

	if (!sure)
		return;
	try {
		await call("symbolon.keys.end_overlap", { key: doc.name });
		note("The old secret has ended.");
	} catch (error) {
		note(error.message, "bad");
	}
}

export function KeyUse({ doc, writable }) {
	const [span, setSpan] = useState(SPANS[0][0]);
	const loaded = useLoad(() => load(doc.name, span), [doc.name, doc.modified, span]);

	useLive(() => loaded.error || loaded.reload(), LIVE_MS);
	return html`<section class="card" aria-labelledby="use-head">
		<h2 id="use-head">Use</h2>
		<div class="segments" role="group" aria-label="How far back">${SPANS.map(([n, label]) => html`<button key=${n} aria-pressed=${n === span ? "true" : "false"} onClick=${() => setSpan(n)}>${label}</button>`)}</div>
		<${Loaded} of=${loaded}>${(use) => {
			const series = seriesOf(use), old = use.secrets.filter((secret) => !secret.current);

			return html`
				${series.length > 0 && html`<${Chart} head="Day (UTC)" labels=${use.days.map(when)} series=${series} tell=${(n) => plural(n, "use")} />`}
				${series.length === 0 && html`<p>The key has no secret, and had no use on these days.</p>`}
				${old.length > 0 && writable && html`<div><button class="danger" onClick=${() => endOverlap(doc, old).then(loaded.reload)}>End overlap</button></div>`}`;
		}}<//>
	</section>`;
}
