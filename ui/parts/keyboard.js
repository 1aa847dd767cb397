/* The keyboard's ways: / search, g and a letter to go, n new, Ctrl+S save, ? this list. */
import { html } from "../vendor/htm-preact.js";
import { Dialog, open } from "./dialog.js";
import { go } from "./router.js";

let places = []; /* { key, label, href } */
let pending = false, timer = 0, helping = false;

export function setPlaces(list) {
	places = list.filter((place) => place.key);
}

export async function showKeys() {
	if (helping)
		return;
	helping = true;
	await open((close) => html`
		<${Dialog} title="Keyboard" onClose=${close} actions=${html`<button data-first onClick=${() => close()}>Close</button>`}>
			<dl class="keys">
				<div><dt><kbd>/</kbd></dt><dd>Search in this page</dd></div>
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

	if (!element)
		return false;
	if (event.key === "/")
		element.focus();
	else
		element.click();
	return true;
}

export function startKeyboard() {
	addEventListener("keydown", (event) => {
		const save = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";

		if (save) {
			event.preventDefault();
			if (!document.querySelector("dialog[open]"))
				press("[data-save]")?.click();
			return;
		}
		if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]"))
			return;
		if (plainKey(event))
			event.preventDefault();
	});
}
