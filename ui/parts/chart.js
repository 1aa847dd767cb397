/* Bars of figures over days or other steps: the number under the pointer, and all of them as a table. */
import { html, useState } from "../vendor/htm-preact.js";
import { number } from "./format.js";

const HEIGHT = 100, LEAST = 2; /* so that one of many is seen, too */

const sum = (values) => values.reduce((all, n) => all + n, 0);

function Bars({ labels, values, most, at, setAt, words }) {
	const n = values.length, top = (v) => Math.max(LEAST, v / most * HEIGHT);

	function onMove(event) {
		const box = event.currentTarget.getBoundingClientRect();

		setAt(Math.min(n - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * n))));
	}
	return html`<div class="plot">
		<div class="scale muted small" aria-hidden="true"><span>${number(most)}</span><span>0</span></div>
		<svg viewBox="0 0 ${n} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${words} onPointerMove=${onMove} onPointerLeave=${() => setAt(null)}>
			${at !== null && html`<rect class="under" x=${at} y="0" width="1" height=${HEIGHT} />`}
			${values.map((v, i) => v > 0 && html`<rect key=${i} class="bar" x=${i + 0.1} y=${HEIGHT - top(v)} width="0.8" height=${top(v)} />`)}
		</svg>
		<div class="steps-of muted small" aria-hidden="true"><span>${labels[0]}</span><span>${labels.at(-1)}</span></div>
	</div>`;
}

/* What a chart shows as a table, the newest first; made when it is asked for. */
export function Figures({ head, labels, series, tell = number }) {
	const [open, setOpen] = useState(false);

	return html`<details onToggle=${(event) => setOpen(event.target.open)}><summary>As a table</summary>
		${open && html`<div class="table-wrap"><table class="bars"><caption class="hidden">${series.map((s) => s.name).join(", ")}</caption>
			<thead><tr><th scope="col">${head}</th>${series.map((s) => html`<th key=${s.name} scope="col" class="num">${s.name}</th>`)}</tr></thead>
			<tbody>${labels.map((label, i) => html`<tr key=${label}><th scope="row">${label}</th>
				${series.map((s) => html`<td key=${s.name} class="num">${tell(s.values[i])}</td>`)}</tr>`).reverse()}</tbody>
		</table></div>`}</details>`;
}

/*
 * labels: of the steps, the oldest first; series: { name, about, values: a number for each step }, each drawn by itself and all on
 * one scale; head: what a step is; tell(n): a number with its unit.
 */
export function Chart({ head, labels, series, tell = number }) {
	const [at, setAt] = useState(null);
	const most = Math.max(1, ...series.flatMap((s) => s.values));
	const total = (s) => `${tell(sum(s.values))} from ${labels[0]} to ${labels.at(-1)}`;

	return html`<div class="chart">
		${series.map((s) => html`<figure key=${s.name}>
			<figcaption><strong>${s.name}</strong>${s.about && html` <span class="muted small">${s.about}</span>`}
				<span class="reading small">${at === null ? tell(sum(s.values)) : `${labels[at]}: ${tell(s.values[at])}`}</span></figcaption>
			<${Bars} ...${{ labels, most, at, setAt, values: s.values, words: `${s.name}: ${total(s)}; the figures are in the table below` }} />
		</figure>`)}
		<${Figures} ...${{ head, labels, series }} />
	</div>`;
}
