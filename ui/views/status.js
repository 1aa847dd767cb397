/* What runs here, and how it fares since it started. */
import { html } from "../vendor/htm-preact.js";
import { ask, requests } from "../api.js";
import { Request } from "../parts/copy.js";
import { bytes, instant, lasting, number, when } from "../parts/format.js";
import { Head } from "../parts/frame.js";
import { Loaded, useLive, useLoad } from "../parts/loading.js";

const LIVE_MS = 5000;
const FIGURES = [["keys", "Keys with a secret"], ["secrets", "Live secrets"], ["sessions", "Sessions"]];
const OUTCOMES = [
	["accepted", "Accepted", "a key and its secret fitted"],
	["session_requests", "Session", "a cookie of these pages was good"],
	["guests", "Guest", "the request carried nothing"],
	["refused", "Refused", "unknown key, wrong secret, disabled or ended"],
	["throttled", "Throttled", "too many wrong tries from one address"],
];

export function Status() {
	const loaded = useLoad(() => ask("symbolon.server.status"), []);

	useLive(() => loaded.error || loaded.reload(), LIVE_MS);
	return html`<${Loaded} alone of=${loaded}>${(s) => {
		const most = Math.max(1, ...OUTCOMES.map(([key]) => s[key]));

		return html`
			<${Head} title="Status" state="symbolon ${s.version}, up for ${lasting(instant(s.now) - instant(s.started))}" />
			<div class="figures">${FIGURES.map(([key, label]) => html`<div key=${key} class="card figure"><span class="big">${number(s[key])}</span><span class="muted">${label}</span></div>`)}
				<div class="card figure"><span class="big">${bytes(s.token_table_bytes)}</span><span class="muted">Token table in memory</span></div></div>
			<section class="card" aria-labelledby="outcomes-head">
				<h2 id="outcomes-head">Requests by credential, since the start</h2>
				<div class="table-wrap"><table class="bars"><caption class="hidden">Requests by credential</caption>
					<thead class="hidden"><tr><th scope="col">Outcome</th><th scope="col">Share</th><th scope="col">Requests</th></tr></thead>
					<tbody>${OUTCOMES.map(([key, label, about]) => html`<tr key=${key}>
						<th scope="row">${label}<br /><span class="muted small">${about}</span></th>
						<td><meter class=${key === "refused" || key === "throttled" ? "bad" : ""} min="0" max=${most} value=${s[key]} aria-label="${label}: ${s[key]} requests"></meter></td>
						<td class="num">${number(s[key])}</td></tr>`)}</tbody>
				</table></div>
			</section>
			<section class="card" aria-labelledby="clock-head">
				<h2 id="clock-head">Time</h2>
				<dl class="facts-list">
					<div><dt>Started</dt><dd>${when(s.started)}</dd></div>
					<div><dt>Now</dt><dd>${when(s.now)}</dd></div>
					<div><dt>Time zone</dt><dd>${s.time_zone}</dd></div>
				</dl>
			</section>
			<${Request} of=${[requests.method("symbolon.server.status")]} />`;
	}}<//>`;
}
