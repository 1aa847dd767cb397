/* Loading, live values, typing; and what stands where data will be, where there is none, and where it failed. */
import { html, useCallback, useEffect, useRef, useState } from "../vendor/htm-preact.js";

/*
 * Loads with fn() now and when deps change. What was there stays until the new answer has come; an answer that
 * comes late is dropped.
 */
export function useLoad(fn, deps) {
	const [state, setState] = useState({ data: undefined, error: null, loading: true });
	const turn = useRef(0);

	const reload = useCallback(async () => {
		const mine = ++turn.current;

		setState((s) => ({ ...s, loading: true }));
		try {
			const data = await fn();

			if (mine === turn.current)
				setState({ data, error: null, loading: false });
		} catch (error) {
			if (mine === turn.current)
				setState((s) => ({ ...s, error, loading: false }));
		}
	}, deps);

	useEffect(() => {
		reload();
		return () => turn.current++;
	}, [reload]);
	return { ...state, reload };
}

/* Calls fn every ms while the page can be seen. */
export function useLive(fn, ms) {
	const latest = useRef(fn);

	latest.current = fn;
	useEffect(() => {
		const timer = setInterval(() => document.hidden || latest.current(), ms);

		return () => clearInterval(timer);
	}, [ms]);
}

/* A value that follows after a pause of typing. */
export function useLater(value, ms) {
	const [later, setLater] = useState(value);

	useEffect(() => {
		const timer = setTimeout(() => setLater(value), ms);

		return () => clearTimeout(timer);
	}, [value, ms]);
	return later;
}

/* A view that is fetched when it is first shown: load() imports its module. */
export function lazy(load, name) {
	return function Lazy(props) {
		const loaded = useLoad(() => load().catch(() => {
			throw Object.assign(new Error("This page could not be fetched. Reload when the server is back."), { status: 0 });
		}), []);

		return html`<${Loaded} alone=${props.alone ?? true} of=${loaded}>${(module) => html`<${module[name]} ...${props} />`}<//>`;
	};
}

let ids = 0;

/* An id for a label and its field. */
export function useId() {
	const id = useRef(null);

	id.current ??= `f${++ids}`;
	return id.current;
}

export function Skeleton({ lines = 6 }) {
	return html`<div class="skeleton" aria-hidden="true">
		${Array.from({ length: lines }, (_, i) => html`<div key=${i} class="bone w${i % 3}"></div>`)}
	</div><p class="hidden" role="status">Loading</p>`;
}

export function Empty({ title, children }) {
	return html`<div class="empty"><h2>${title}</h2>${children}</div>`;
}

/* alone: nothing else on the page is its heading. */
export function Failure({ error, retry, alone }) {
	const title = { 0: "No connection", 403: "Not permitted", 404: "Not found" }[error.status] ?? "This did not work";

	return html`<div class="empty" role="alert">
		${alone ? html`<h1>${title}</h1>` : html`<h2>${title}</h2>`}
		<p class="pre">${error.message}</p>
		${retry && error.status !== 403 && error.status !== 404 && html`<p><button onClick=${retry}>Try again</button></p>`}
	</div>`;
}

/* One of the three, or children(data); always one element, so that what stands beside it stays in its place. */
export function Loaded({ of, lines, alone, children }) {
	if (of.error && of.data === undefined)
		return html`<div><${Failure} error=${of.error} retry=${of.reload} alone=${alone} /></div>`;
	if (of.data === undefined)
		return html`<div><${Skeleton} lines=${lines} /></div>`;
	return html`<div class="loaded">
		${of.error && html`<p class="notice bad" role="alert">${of.error.message} What you see may be old.${" "}
			<button class="text" onClick=${of.reload}>Try again</button></p>`}
		${children(of.data)}
	</div>`;
}
