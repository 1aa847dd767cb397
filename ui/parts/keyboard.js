/* The keyboard's ways: / search, Ctrl+K search everywhere, g and a letter to go, n new, Ctrl+S save, ? this list; and a focus that is never lost. */
import { html } from "../vendor/htm-preact.js";
import { Dialog, note, open } from "./dialog.js";
import { go } from "./router.js";

let places = []; /* { key, label, href } */
let pending = false, timer = 0, helping = false;

export function setPlaces(list) {
	places = list.filter((place) => place.key);
}

let finding = false;

/* The search is fetched when it is first asked for. */
export async function showFinder() {
	if (finding)
		return;
	finding = true;
	try {
		const { find } = await import("./finder.js");

		await find(places);
	} catch {
		note("The search could not be fetched. Try again when the server is back.", "bad");
	}
	finding = false;
}

export async function showKeys() {
	if (helping)
		return;
	helping = true;
	await open((close) => html`
		<${Dialog} title="Keyboard" onClose=${close} actions=${html`<button data-first onClick=${() => close()}>Close</button>`}>
			<dl class="keys">
				<div><dt><kbd>/</kbd></dt><dd>Search in this page, or everywhere where it has no search</dd></div>
				<div><dt><kbd>Ctrl</kbd> <kbd>K</kbd></dt><dd>Search everywhere</dd></div>
				<div><dt><kbd>n</kbd></dt><dd>New</dd></div>
				<div><dt><kbd>Ctrl</kbd> <kbd>S</kbd></dt><dd>Save</dd></div>
				${places.map((p) => html`<div key=${p.key}><dt><kbd>g</kbd> <kbd>${p.key}</kbd></dt><dd>Go to ${p.label}</dd></div>`)}
				<div><dt><kbd>?</kbd></dt><dd>This list</dd></div>
			</dl>
		<//>`);
	helping = false;
}

const isTyping = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const press = (selector) => document.querySelector(`main ${selector}`);

function plainKey(event) {
	if (pending) {
		const place = places.find((p) => p.key === event.key);

		pending = false;
		if (place)
			go(place.href);
		return Boolean(place);
	}
	if (event.key === "g") {
		pending = true;
		clearTimeout(timer);
		timer = setTimeout(() => (pending = false), 1500);
		return true;
	}
	if (event.key === "?") {
		showKeys();
		return true;
	}
	const target = { "/": "[data-search]", n: "[data-new]" }[event.key];
	const element = target && press(target);

	if (!element && event.key === "/")
		showFinder();
	else if (!element)
		return false;
	else if (event.key === "/")
		element.focus();
	else
		element.click();
	return true;
}

/* With Ctrl or Cmd. */
const HELD = { s: () => press("[data-save]")?.click(), k: showFinder };

let had = null; /* what had the focus last, and its place among its like in all that is around it */

function remember({ target }) {
	if (!target.closest("main"))
		return;
	const edge = target.closest("section, form, .filters") ?? target.closest(".table-wrap"), boxes = [];

	for (let box = target.parentElement; edge?.contains(box); box = box.parentElement)
		boxes.push({ box, at: [...box.querySelectorAll(target.tagName)].indexOf(target) });
	had = { target, boxes };
}

/* Whoever put the focus down himself, by a click beside it, does not get it back. */
function forget({ target, relatedTarget }) {
	setTimeout(() => {
		if (!relatedTarget && target === had?.target && target.isConnected && document.activeElement === document.body && document.hasFocus())
			had = null;
	});
}

/* What had the focus is gone: the next of its kind gets it, in its row, table or section; else the heading of the page. */
function passOn() {
	if (!had || had.target.isConnected || document.activeElement !== document.body || document.querySelector("dialog[open]"))
		return;
	const near = had.boxes.filter(({ box }) => box.isConnected).map(({ box, at }) => {
		const like = box.querySelectorAll(`${had.target.tagName}:not(:disabled)`);

		return like[Math.min(at, like.length - 1)];
	}).find(Boolean);

	if (near)
		near.focus();
	else
		press("h1")?.focus({ preventScroll: true });
}

/* A view that gives the focus itself does so before. */
function keepFocus() {
	addEventListener("focusin", remember);
	addEventListener("focusout", forget);
	new MutationObserver(() => {
		if (had && !had.target.isConnected)
			requestAnimationFrame(() => setTimeout(passOn));
	}).observe(document.getElementById("app"), { childList: true, subtree: true });
}

export function startKeyboard() {
	keepFocus();
	addEventListener("keydown", (event) => {
		const held = (event.ctrlKey || event.metaKey) && HELD[event.key.toLowerCase()];

		if (held) {
			event.preventDefault();
			if (!document.querySelector("dialog[open]"))
				held();
			return;
		}
		if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]"))
			return;
		if (plainKey(event))
			event.preventDefault();
	});
}
