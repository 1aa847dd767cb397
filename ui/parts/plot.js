/* Lines over time: labelled axes, the figures under the pointer, and all of them as a table. */
import uPlot from "../vendor/uplot.js";
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { Figures } from "./chart.js";
import { zoneName } from "./format.js";

const HEIGHT = 190, NARROW = 480, LEAST_S = 60;
const DASHES = { good: [2, 3], warn: [6, 4], bad: [10, 3] }; /* lines differ by more than their colour */

let style = null;

/* Its style sheet, once; settles when it holds. */
function dressed() {
	style ??= new Promise((resolve) => {
		const link = document.createElement("link");

		link.rel = "stylesheet";
		link.href = new URL("../vendor/uplot.css", import.meta.url).href;
		link.onload = link.onerror = resolve;
		document.head.append(link);
	});
	return style;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/* The time of a second in the site's zone. */
function timeAt(second) {
	const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };

	try {
		return new Date(second * 1000).toLocaleTimeString("en-GB", { ...options, timeZone: zoneName() });
	} catch {
		return new Date(second * 1000).toLocaleTimeString("en-GB", options);
	}
}

function optionsOf(width, series, tell, setAt) {
	const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px system-ui" };

	return {
		width, height: HEIGHT, legend: { show: false }, padding: [8, 8, 0, 0],
		cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
		scales: { x: { range: (u) => [Math.min(u.data[0][0], u.data[0].at(-1) - LEAST_S), u.data[0].at(-1)] }, y: { range: (u, least, most) => [0, most > 0 ? most * 1.1 : 1] } },
		axes: [
			{ ...axis, size: 30, space: width < NARROW ? 90 : 70, values: (u, at) => at.map(timeAt) },
			{ ...axis, size: 64, space: 36, values: (u, at) => at.map(tell) },
		],
		series: [{}, ...series.map((s) => ({
			label: s.name, stroke: colour(s.colour), width: 2, dash: DASHES[s.colour], points: { show: s.values.filter((v) => v !== null).length < 3, size: 6 },
		}))],
		hooks: { setCursor: [(u) => setAt(u.cursor.idx ?? null)] },
	};
}

function Lines({ times, series, tell, setAt, words }) {
	const ref = useRef(null), plot = useRef(null), latest = useRef(null);
	const data = [times, ...series.map((s) => s.values)];
	const few = times.length < 4; /* the first points are drawn as points */

	latest.current = { data, series };
	useEffect(() => {
		let here = true;

		function draw() {
			plot.current?.destroy();
			plot.current = new uPlot(optionsOf(ref.current.clientWidth, latest.current.series, tell, setAt), latest.current.data, ref.current);
		}
		const observer = new ResizeObserver(() => plot.current?.setSize({ width: ref.current.clientWidth, height: HEIGHT }));

		dressed().then(() => {
			if (!here)
				return;
			draw();
			observer.observe(ref.current);
			dark.addEventListener("change", draw);
		});
		return () => {
			here = false;
			observer.disconnect();
			dark.removeEventListener("change", draw);
			plot.current?.destroy();
			plot.current = null;
		};
	}, [few]);
	useEffect(() => plot.current?.setData(latest.current.data), [times]);
	return html`<div class="line-plot" ref=${ref} role="img" aria-label=${words}></div>`;
}

const last = (values) => values.at(-1) ?? null;

/*
 * times: seconds, the oldest first; series: { name, colour: of base.css, values: a number or null for each time };
 * tell(n): a number with its unit, "" for null.
 */
export function Plot({ name, times, series, tell, empty }) {
	const [at, setAt] = useState(null);
	const shown = at !== null && at < times.length ? at : null;
	const most = (s) => Math.max(0, ...s.values.filter((v) => v !== null));
	const words = `${name}: ${series.map((s) => `${s.name} ${tell(last(s.values)) || "nothing"} now, ${tell(most(s))} at most`).join("; ")}. The figures are in the table below.`;

	return html`<div class="chart">
		<ul class="legend small">${series.map((s) => html`<li key=${s.name}>
			<svg viewBox="0 0 26 4" aria-hidden="true"><line class=${s.colour} stroke-dasharray=${DASHES[s.colour]?.join(" ")} x1="0" y1="2" x2="26" y2="2" /></svg>
			${s.name} <strong>${tell(shown === null ? last(s.values) : s.values[shown]) || "–"}</strong></li>`)}
			<li class="muted reading">${shown === null ? "now" : `at ${timeAt(times[shown])}`}</li></ul>
		${times.length === 0 ? html`<div key="none" class="line-plot waiting muted"><p>${empty}</p></div>`
			: html`<${Lines} key="lines" ...${{ times, series, tell, setAt, words }} />`}
		<${Figures} head="Time" labels=${times.map(timeAt)} series=${series} tell=${tell} />
	</div>`;
}
