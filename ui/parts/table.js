/* Lists: tables with sorting, choosing and paging, and the search above them. On a phone each row is a card. */
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { fetchRequest, requests, send } from "../api.js";
import { say } from "./dialog.js";
import { number, plural } from "./format.js";
import { useLater, useLoad } from "./loading.js";
import { goQuery, setQuery, useRoute } from "./router.js";

function Sorter({ column, sort }) {
	const [by, direction] = sort.split(".");
	const mine = by === column.key;
	const next = mine && direction === "asc" ? "desc" : "asc";

	return html`<button class="sorter" onClick=${() => setQuery({ sort: `${column.key}.${next}`, page: null })}>
		${column.label}<span aria-hidden="true">${mine ? (direction === "asc" ? " ↑" : " ↓") : ""}</span>
	</button>`;
}

const sortState = (column, sort) => {
	const [by, direction] = (sort ?? "").split(".");

	return column.sort && by === column.key ? (direction === "asc" ? "ascending" : "descending") : null;
};

function All({ rows, id, chosen, setChosen }) {
	const every = rows.length > 0 && rows.every((row) => chosen.has(id(row)));

	return html`<input type="checkbox" aria-label="Choose all ${rows.length} rows shown" checked=${every}
		onChange=${() => setChosen(new Set(every ? [] : rows.map(id)))} />`;
}

/* columns: { key, label, render(row), sort, num, main, short: one line, acts: what can be done, title(row) }; chosen: a Set of id(row), or undefined. */
export function Table({ caption, columns, rows, id, sort = "", chosen, setChosen, nameOf = id }) {
	function toggle(row) {
		const next = new Set(chosen);

		if (!next.delete(id(row)))
			next.add(id(row));
		setChosen(next);
	}
	return html`<div class="table-wrap"><table>
		<caption class="hidden">${caption}</caption>
		<thead><tr>
			${chosen && html`<th class="pick"><${All} ...${{ rows, id, chosen, setChosen }} /></th>`}
			${columns.map((c) => html`<th key=${c.key} scope="col" class=${c.num ? "num" : ""} aria-sort=${sortState(c, sort)}>
				${c.sort ? html`<${Sorter} column=${c} sort=${sort} />` : c.label}</th>`)}
		</tr></thead>
		<tbody>${rows.map((row) => html`<tr key=${id(row)} class=${chosen?.has(id(row)) ? "chosen" : ""}>
			${chosen && html`<td class="pick"><input type="checkbox" aria-label="Choose ${nameOf(row)}"
				checked=${chosen.has(id(row))} onChange=${() => toggle(row)} /></td>`}
			${columns.map((c) => html`<td key=${c.key} data-label=${c.label} class=${[c.num && "num", c.main && "main", c.short && "short", c.acts && "acts"].filter(Boolean).join(" ")}
				title=${c.title?.(row)}>${c.render(row)}</td>`)}
		</tr>`)}</tbody>
	</table></div>`;
}

/*
 * The page of a list of documents that the address names, by its cursor, and how many there are in all: loaded.data is
 * { rows, next, total }; turn: what Turner wants beside them; asked: the requests. sort: "field.asc".
 */
export function usePaged(doctype, { fields, args, sort, size }) {
	const { query } = useRoute(), page = Math.max(1, Math.trunc(Number(query.get("page"))) || 1), after = query.get("after") ?? undefined;
	/* An address that names a page without its cursor was made by hand. */
	const start = page > 1 && !after ? (page - 1) * size : undefined;
	const shown = requests.page(doctype, { fields, ...args, order_by: sort.replace(".", " "), limit: size, limit_start: start, cursor: after });
	const counted = requests.count(doctype, { ...args, group_by: undefined });
	const loaded = useLoad(async () => {
		const [{ data, next }, total] = await Promise.all([send("GET", shown.path), fetchRequest(counted)]);

		return { rows: data, next, total };
	}, [shown.path]);

	return { loaded, page, turn: { key: JSON.stringify([sort, size, args]), page, size, after }, asked: [shown, counted] };
}

/* Position in words, and the way on. page counts from 1. */
export function Pager({ page, size, shown, total, children }) {
	const from = (page - 1) * size;
	const to = (n) => {
		setQuery({ page: n > 1 ? n : null });
		scrollTo(0, 0);
	};

	if (total <= size && page === 1)
		return html`<div class="pager row wrap"><p class="muted small grow" role="status">${plural(total, "row")}</p>${children}</div>`;
	return html`<div class="pager row wrap">
		<p class="muted small grow" role="status">${shown ? `${number(from + 1)} to ${number(from + shown)} of ${number(total)}` : `none of ${number(total)} here`}</p>${children}
		<button disabled=${page <= 1} onClick=${() => to(page - 1)}>Newer</button>
		<button disabled=${from + shown >= total} onClick=${() => to(page + 1)}>Older</button>
	</div>`;
}

/* The same for lists that go on from a cursor: next is the one of what follows. Whoever came by a link knows no way back but to the start. */
export function Turner({ page, size, shown, total, next, after, children }) {
	const cursors = useRef({});
	const newer = page === 2 ? null : cursors.current[page - 1];

	cursors.current[page] = after;
	if (page === 1 && !next)
		return html`<div class="pager row wrap"><p class="muted small grow" role="status">${plural(total, "row")}</p>${children}</div>`;
	return html`<div class="pager row wrap">
		<p class="muted small grow" role="status">${shown ? `${number((page - 1) * size + 1)} to ${number((page - 1) * size + shown)} of ${number(total)}` : `none of ${number(total)} here`}</p>${children}
		${page > 1 && newer === undefined && html`<button onClick=${() => goQuery({ page: null })}>Newest</button>`}
		<button disabled=${page === 1 || newer === undefined} onClick=${() => goQuery(newer === null ? { page: null } : { page: page - 1, after: newer })}>Newer</button>
		<button disabled=${!next} onClick=${() => goQuery({ page: page + 1, after: next })}>Older</button>
	</div>`;
}

/* The bar that appears when rows are chosen. */
export function Chosen({ n, onClear, children }) {
	return n > 0 && html`<div class="chosen-bar row wrap" role="region" aria-label="Chosen rows">
		<strong class="grow">${number(n)} chosen</strong>${children}
		<button class="quiet" onClick=${onClear}>Choose none</button>
	</div>`;
}

export function Badge({ kind, children }) {
	return html`<span class="badge ${kind}">${children}</span>`;
}

/* With the key that leads there, where there may be one. */
export const hinted = (words) => (matchMedia("(min-width: 721px)").matches ? `${words}  ( / )` : words);

export function Search({ label, placeholder = "Search" }) {
	const { query } = useRoute();
	const [text, setText] = useState(query.get("q") ?? "");
	const later = useLater(text, 250);

	useEffect(() => {
		if (later !== (query.get("q") ?? ""))
			setQuery({ q: later, page: null });
	}, [later]);
	return html`<input class="search grow" type="search" data-search aria-label=${label} placeholder=${hinted(placeholder)} value=${text}
		onInput=${(event) => setText(event.target.value)} />`;
}

/* A choice that stands in the address; options: [[value, label], ...], the first is the usual one. */
export function Choice({ label, name, options }) {
	const { query } = useRoute();
	const value = query.get(name) ?? options[0][0];

	return html`<select class="choice" aria-label=${label} value=${value}
		onChange=${(event) => setQuery({ [name]: event.target.value === options[0][0] ? null : event.target.value, page: null })}>
		${options.map(([v, text]) => html`<option key=${v} value=${v} selected=${v === value}>${text}</option>`)}
	</select>`;
}

const ROW = "[data-row]", EDGE = 70, STEP = 14, FAR = 4; /* px */

export function moved(rows, from, to) {
	const rest = rows.filter((row, i) => i !== from);

	return [...rest.slice(0, to), rows[from], ...rest.slice(to)];
}

/* Moves a row, and leaves the focus on what moved it. */
function moveKept(at, to, count, label, onMove, element) {
	if (to < 0 || to >= count || to === at)
		return;
	onMove(at, to);
	say(`${label} is now ${to + 1} of ${count}.`);
	requestAnimationFrame(() => element.focus());
}

/* Alt and an arrow anywhere in a row move it. */
export const moveKeys = ({ at, count, label, onMove }) => (event) => {
	const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];

	if (!step || !event.altKey || event.ctrlKey || event.metaKey)
		return;
	event.preventDefault();
	moveKept(at, at + step, count, label, onMove, event.target);
};

/* Where what is dragged would lie: among rows, before the one of that number. */
function gapAt(rows, y) {
	const under = rows.findIndex((row) => {
		const { top, height } = row.getBoundingClientRect();

		return y < top + height / 2;
	});

	return under < 0 ? rows.length : under;
}

/*
 * What a row (data-row, among its like) is moved by: dragged with mouse, pen or finger, with the arrow keys, or with the
 * two buttons that a click on it brings.
 * at, count: its place and how many there are; label: what it is called; onMove(from, to).
 */
export function Handle({ at, count, label, onMove }) {
	const drag = useRef(null), dragged = useRef(false), [open, setOpen] = useState(false);

	function mark(gap) {
		drag.current.rows.forEach((row, i, all) => {
			row.classList.toggle("gap-before", i === gap);
			row.classList.toggle("gap-after", gap === all.length && i === all.length - 1);
		});
		drag.current.gap = gap;
	}
	function onDown(event) {
		if (event.button !== 0)
			return;
		const row = event.currentTarget.closest(ROW), rows = [...row.parentNode.children].filter((r) => r.matches(ROW));

		event.currentTarget.setPointerCapture(event.pointerId);
		row.classList.add("dragged");
		drag.current = { row, rows, gap: at, from: event.clientY };
		dragged.current = false;
	}
	function onDrag(event) {
		if (!drag.current)
			return;
		dragged.current ||= Math.abs(event.clientY - drag.current.from) > FAR;
		if (event.clientY < EDGE || event.clientY > innerHeight - EDGE)
			scrollBy(0, event.clientY < EDGE ? -STEP : STEP);
		mark(gapAt(drag.current.rows, event.clientY));
	}
	function onEnd(keep) {
		const { row, gap } = drag.current ?? {};

		if (!row)
			return;
		mark(-1);
		row.classList.remove("dragged");
		drag.current = null;
		const to = gap > at ? gap - 1 : gap;

		if (keep && to !== at)
			onMove(at, to);
	}
	function onKey(event) {
		const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: count - 1 }[event.key];

		if (event.key === "Escape" && (drag.current || open)) {
			event.stopPropagation();
			onEnd(false);
			setOpen(false);
		}
		if (to === undefined || event.altKey || event.ctrlKey || event.metaKey)
			return;
		event.preventDefault();
		moveKept(at, to, count, label, onMove, event.target);
	}
	/* A row that moves loses the focus for a moment and gets it back. */
	function onLeave({ currentTarget: box }) {
		requestAnimationFrame(() => requestAnimationFrame(() => box.contains(document.activeElement) || setOpen(false)));
	}
	const step = (words, to) => html`<button type="button" class="small" aria-label="Move ${label} ${words.toLowerCase()}" aria-disabled=${to < 0 || to >= count ? "true" : null}
		onClick=${(event) => moveKept(at, to, count, label, onMove, event.currentTarget)}>${words}</button>`;

	return html`<span class="mover" onKeyDown=${onKey} onFocusOut=${onLeave}><button type="button" class="handle" aria-label="Move ${label}" title="Drag, use the arrow keys, or click"
		aria-expanded=${open ? "true" : "false"} onClick=${({ detail }) => (detail && dragged.current) || setOpen(!open)}
		onPointerDown=${onDown} onPointerMove=${onDrag} onPointerUp=${() => onEnd(true)} onPointerCancel=${() => onEnd(false)}>
		<svg viewBox="0 0 10 16" aria-hidden="true" focusable="false"><path d="M2 3h0M8 3h0M2 8h0M8 8h0M2 13h0M8 13h0" /></svg></button>
		${open && html`<span class="moves">${step("Up", at - 1)}${step("Down", at + 1)}</span>`}</span>`;
}
