/* What runs here, and how it fares: since it started, and while one looks. */
import { html } from "../vendor/htm-preact.js";
import { ask, requests } from "../api.js";
import { Request } from "../parts/copy.js";
import { bytes, instant, lasting, number, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Loaded, useLive, useLoad } from "../parts/loading.js";
import { Plot } from "../parts/plot.js";

const LIVE_MS = 5000, KEPT = 180; /* a quarter of an hour */
const FIGURES = [["keys", "Keys with a secret"], ["secrets", "Live secrets"], ["sessions", "Sessions"]];
const OUTCOMES = [
	["accepted", "Accepted", "a key and its secret fitted", "accent"],
	["session_requests", "Session", "a cookie of these pages was good", "good"],
	["guests", "Guest", "the request carried nothing", "muted"],
	["refused", "Refused", "unknown key, wrong secret, disabled or ended", "bad"],
	["throttled", "Throttled", "too many wrong tries from one address", "warn"],
];
const ENDS = [["Answered", "accent", (r) => r["2xx"] + r["3xx"]], ["Refused", "warn", (r) => r["4xx"]], ["Failed", "bad", (r) => r["5xx"]]];
const SHARES = [["Half within", "accent", 0.5], ["99 of 100 within", "warn", 0.99]];
const LANES = [["reads", "Reads"], ["writer", "Writes"], ["hash", "Passwords"]];

/* What was seen so far, the oldest first: { at: seconds, s: status }; it outlives a look at another page. */
let seen = [];

async function look() {
	const s = await ask("symbolon.server.status"), at = instant(s.now) / 1000;

	if (seen.length > 0 && seen[0].s.started !== s.started)
		seen = []; /* another start, other counts */
	if (seen.length === 0 || at > seen.at(-1).at)
		seen = [...seen.slice(-KEPT), { at, s }];
	return s;
}

/* Of each look but the first: its time, and by(before, now, seconds between them). */
function steps(by) {
	return seen.slice(1).map((now, i) => by(seen[i].s, now.s, now.at - seen[i].at));
}

/* Within how many microseconds that share of the requests between two looks was answered; null: there were none. */
function within(before, now, share) {
	const counts = now.latency.map(([, n], i) => n - before.latency[i][1]);
	let wanted = counts.reduce((sum, n) => sum + n, 0) * share, from = 0;

	for (const [i, n] of counts.entries()) {
		const to = now.latency[i][0] ?? from;

		if (n > 0 && n >= wanted)
			return from + (to - from) * wanted / n;
		wanted -= n;
		from = to;
	}
	return null;
}

const rate = (n) => (n === null || n === undefined ? "" : `${n > 0 && n < 10 ? n.toFixed(1) : number(Math.round(n))}/s`);

function duration(us) {
	if (us === null || us === undefined)
		return "";
	if (us === 0)
		return "0";
	if (us < 1000)
		return `${Math.round(us)} µs`;
	return us < 1e6 ? `${Number((us / 1000).toPrecision(2))} ms` : `${Number((us / 1e6).toPrecision(2))} s`;
}

const series = (rows, value) => rows.map((row) => ({ name: row[0], colour: row[1], values: steps((a, b, s) => value(row, a, b, s)) }));

function Charts() {
	const times = seen.slice(1).map(({ at }) => at), empty = "The lines begin with the next look at the server, in a few seconds.";
	const perSecond = (of) => (row, a, b, s) => Math.max(0, of(row, b) - of(row, a)) / s;
	const charts = [
		["Requests", rate, series(ENDS, perSecond((row, s) => row[2](s.requests)))],
		["Time to the answer", duration, series(SHARES, (row, a, b) => within(a, b, row[2]))],
		["Credentials", rate, series(OUTCOMES.map(([key, label, , colour]) => [label, colour, key]), perSecond((row, s) => s[row[2]]))],
	];

	return html`<div class="plots">${charts.map(([name, tell, lines], i) => html`<section key=${name} class="card" aria-labelledby="chart-${i}">
		<h2 id="chart-${i}">${name}</h2>
		<${Plot} ...${{ name, times, series: lines, tell, empty }} /></section>`)}</div>`;
}

function Outcomes({ s }) {
	const most = Math.max(1, ...OUTCOMES.map(([key]) => s[key]));

	return html`<section class="card" aria-labelledby="outcomes-head">
		<h2 id="outcomes-head">Requests by credential, since the start</h2>
		<div class="table-wrap"><table class="bars"><caption class="hidden">Requests by credential</caption>
			<thead class="hidden"><tr><th scope="col">Outcome</th><th scope="col">Share</th><th scope="col">Requests</th></tr></thead>
			<tbody>${OUTCOMES.map(([key, label, about]) => html`<tr key=${key}>
				<th scope="row">${label}<br /><span class="muted small">${about}</span></th>
				<td><meter class=${key === "refused" || key === "throttled" ? "bad" : ""} min="0" max=${most} value=${s[key]} aria-label="${label}: ${s[key]} requests"></meter></td>
				<td class="num">${number(s[key])}</td></tr>`)}</tbody>
		</table></div>
	</section>`;
}

function Facts({ s }) {
	const waiting = LANES.filter(([key]) => s.waiting[key] > 0).map(([key, label]) => `${label}: ${number(s.waiting[key])}`);
	const facts = [
		["Database", s.read_only ? html`${s.database} <span class="bad">takes no writes: its disk refuses them</span>` : s.database],
		["Open connections", number(s.connections)],
		["Waiting calls", waiting.join(", ") || "none"],
		["Memory of requests", `${bytes(s.request_memory_bytes)} of ${bytes(s.request_memory_limit_bytes)}`],
		["Started", when(s.started)],
		["Now", `${when(s.now)} (${s.time_zone})`],
	];

	return html`<section class="card" aria-labelledby="facts-head">
		<h2 id="facts-head">Server</h2>
		<dl class="facts-list">${facts.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
	</section>`;
}

export function Status() {
	const loaded = useLoad(look, []);

	useLive(() => loaded.reload(), LIVE_MS);
	return html`<${Loaded} alone of=${loaded}>${(s) => html`
		<${Head} title="Status" state="symbolon ${s.version}, up for ${lasting(instant(s.now) - instant(s.started))}" />
		<div class="figures">${FIGURES.map(([key, label]) => html`<div key=${key} class="card figure"><span class="big">${number(s[key])}</span><span class="muted">${label}</span></div>`)}
			<div class="card figure"><span class="big">${bytes(s.token_table_bytes)}</span><span class="muted">Token table in memory</span></div></div>
		<${Charts} />
		<${Outcomes} s=${s} />
		<${Facts} s=${s} />
		<${Request} of=${[requests.method("symbolon.server.status")]} />`}<//>`;
}
