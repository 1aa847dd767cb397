/* What floats above all views: notes, and dialogs, which trap the focus and give it back; a stray click never closes one. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";
import { useId } from "./loading.js";

let dialogs = [], notes = [], serial = 0, said = "";
const listeners = new Set();

function changed() {
	for (const listener of listeners)
		listener();
}

/* Shows render(close) until it calls close(value); resolves to that value. */
export function open(render) {
	return new Promise((resolve) => {
		const item = { id: ++serial, render: () => render((value) => {
			dialogs = dialogs.filter((d) => d !== item);
			changed();
			resolve(value);
		}) };

		dialogs = [...dialogs, item];
		changed();
	});
}

const NOTE_MS = 5000, LONG_NOTE_MS = 12000;

/* A short note at the edge of the page, read out; action: { label, work } is a button on it. */
export function note(text, kind = "good", action = null) {
	const item = { id: ++serial, text, kind, action };
	const gone = () => {
		notes = notes.filter((n) => n !== item);
		changed();
	};

	if (action)
		item.work = () => {
			gone();
			action.work();
		};
	notes = [...notes.slice(-2), item];
	changed();
	setTimeout(gone, kind === "bad" || action ? LONG_NOTE_MS : NOTE_MS);
}

/* What is read out and not shown. */
export function say(text) {
	said = text;
	changed();
}

export function Host() {
	const [, redraw] = useState(0);

	useLayoutEffect(() => {
		const listener = () => redraw((n) => n + 1);

		listeners.add(listener);
		return () => listeners.delete(listener);
	}, []);
	return html`
		${dialogs.map((d) => html`<div key=${d.id}>${d.render()}</div>`)}
		<p class="hidden" aria-live="polite">${said}</p>
		<div class="notes" role="status" aria-live="polite">
			${notes.map((n) => html`<p key=${n.id} class="note ${n.kind}">${n.text}
				${n.action && html` <button class="text" onClick=${n.work}>${n.action.label}</button>`}</p>`)}
		</div>`;
}

/* strict: Escape does not close it either. */
export function Dialog({ title, strict, wide, onClose, children, actions }) {
	const ref = useRef(null), id = useId();

	useEffect(() => {
		const from = document.activeElement, dialog = ref.current;

		dialog.showModal();
		dialog.querySelector("[data-first]")?.focus();
		return () => {
			dialog.close();
			from?.isConnected && from.focus();
		};
	}, []);
	function onKey(event) {
		if (event.key !== "Escape")
			return;
		event.preventDefault();
		event.stopPropagation();
		if (!strict)
			onClose();
	}
	return html`
		<dialog ref=${ref} class=${wide ? "wide" : ""} aria-labelledby=${id} closedby="none" onKeyDown=${onKey}
			onCancel=${(event) => event.preventDefault()}>
			<h2 id=${id}>${title}</h2>
			<div class="dialog-body">${children}</div>
			<div class="dialog-actions">${actions}</div>
		</dialog>`;
}

const PATIENCE_MS = 300;

function Progress({ title, at, close }) {
	const [{ done, total }, setState] = useState(at.state), [stopping, setStopping] = useState(false);

	useEffect(() => {
		at.show = setState;
		at.close = close;
		if (at.ended)
			close();
	}, []);
	function stop() {
		at.stopped = true;
		setStopping(true);
	}
	return html`<${Dialog} title=${title} onClose=${stop} actions=${html`<button data-first disabled=${stopping} onClick=${stop}>Stop</button>`}>
		<progress max=${total || 1} value=${done} aria-label=${title}></progress>
		<p role="status">${stopping ? "Stopping after what is under way." : `${done} of ${total}`}</p>
	<//>`;
}

/* Work that may take long: work(tell, isStopped), tell(done, total). What takes a while shows how far it is, and can be stopped. */
export async function long(title, work) {
	const at = { state: { done: 0, total: 0 }, show: null, close: null, ended: false, stopped: false };
	const timer = setTimeout(() => open((close) => html`<${Progress} ...${{ title, at, close }} />`), PATIENCE_MS);

	try {
		return await work((done, total) => {
			at.state = { done, total };
			at.show?.(at.state);
		}, () => at.stopped);
	} finally {
		clearTimeout(timer);
		at.ended = true;
		at.close?.();
	}
}

/* Asks; resolves to true or false. The safe answer has the focus. */
export function confirm({ title, body, action, danger = true, keep = "Cancel" }) {
	return open((close) => html`
		<${Dialog} title=${title} onClose=${() => close(false)} actions=${html`
			<button data-first onClick=${() => close(false)}>${keep}</button>
			<button class=${danger ? "danger" : "primary"} onClick=${() => close(true)}>${action}</button>`}>
			${body}
		<//>`);
}

/* A dialog with a form: work(values) may throw, and its words are shown; resolves to what it returned, or null. */
export function askForm({ title, action, fields, work, keep = "Cancel" }) {
	return open((close) => html`<${FormDialog} ...${{ title, action, fields, work, keep, close }} />`);
}

function FormDialog({ title, action, fields, work, keep, close }) {
	const [error, setError] = useState(""), [busy, setBusy] = useState(false), id = useId();

	async function submit(event) {
		event.preventDefault();
		setBusy(true);
		setError("");
		try {
			close(await work(Object.fromEntries(new FormData(event.target))));
		} catch (failed) {
			setError(failed.message);
			setBusy(false);
		}
	}
	return html`
		<${Dialog} title=${title} onClose=${() => close(null)} actions=${html`
			<button type="button" onClick=${() => close(null)}>${keep}</button>
			<button form=${id} class="primary" disabled=${busy}>${action}</button>`}>
			<form id=${id} class="stack" onSubmit=${submit}>
				<p class="notice bad" role="alert">${error}</p>
				${fields}
			</form>
		<//>`;
}
