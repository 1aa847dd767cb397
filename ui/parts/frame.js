/* The frame around every view: the ways on the side (below, on a phone), and who is here above. */
import { html, useEffect, useRef } from "../vendor/htm-preact.js";
import { call } from "../api.js";
import { note } from "./dialog.js";
import { showFinder, showKeys } from "./keyboard.js";
import { docHref } from "./router.js";
import { may, mayAll, site } from "./site.js";

const PATHS = {
	start: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
	keys: "M14.5 9.5a4.5 4.5 0 1 0-4.2 4.5L12 15.5h2V17h2v2h4v-3.5l-5.8-4.7a4.5 4.5 0 0 0 .3-1.3zM9 8.5h.01",
	users: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zm-6 9c0-3.3 2.7-6 6-6s6 2.7 6 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.6c1.9 1 3 3 3 5.4",
	roles: "M12 3l8 3v6c0 4.5-3.3 7.8-8 9-4.7-1.2-8-4.5-8-9V6z",
	data: "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zm0 0v6c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12v6c0 1.7 3.6 3 8 3s8-1.3 8-3v-6",
	activity: "M3 12h4l3-8 4 16 3-8h4",
	audit: "M9 3h6v3H9zM7 4H5v17h14V4h-2M8.5 13.5l2.5 2.5 4.5-5",
	api: "M8 7l-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14",
	status: "M4 20V10M10 20V4M16 20v-7M21 20H3",
	account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-8 9c0-4 3.6-7 8-7s8 3 8 7",
};

export function Icon({ name }) {
	return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}

/* The mark: two halves of a broken disc that fit. */
export function Mark() {
	return html`<svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true" focusable="false">
		<path d="M10.5 2.1a10 10 0 0 0 0 19.8L9.2 17l3-5-3-5z" />
		<path opacity=".62" d="M13.5 2.1 12.2 7l3 5-3 5 1.3 4.9a10 10 0 0 0 0-19.8z" />
	</svg>`;
}

/* key: after g; slot: its place in the phone's bar, which holds five. */
const PLACES = [
	{ name: "start", label: "Start", href: "/app", key: "s", when: () => true },
	{ name: "keys", label: "Keys", href: "/app/keys", key: "k", slot: 1, when: () => site.is_system_manager },
	{ name: "users", label: "Users", href: "/app/user", key: "u", slot: 2, when: () => mayAll("User", "read") },
	{ name: "roles", label: "Roles", href: "/app/role", key: "r", when: () => may("Role", "read") },
	{ name: "data", label: "Data", href: "/app/data", key: "d", slot: 3, when: () => true },
	{ name: "activity", label: "Activity", href: "/app/activity", key: "a", slot: 4, when: () => may("Activity Log", "read") },
	{ name: "audit", label: "Audit log", href: "/app/audit", key: "l", when: () => site.is_system_manager },
	{ name: "api", label: "API", href: "/app/api", key: "p", when: () => true },
	{ name: "status", label: "Status", href: "/app/status", key: "t", slot: 5, when: () => site.is_system_manager },
];
const ACCOUNT = { name: "account", label: "Your account", href: "/me", key: "m" };

export const placesHere = () => [...PLACES.filter((p) => p.when()), ACCOUNT];

/* Who has few places finds all of them in the bar. */
function inBar(place, places) {
	return places.length <= 5 || place.slot !== undefined;
}

export async function logOut() {
	try {
		await call("logout");
		location.assign("/login");
	} catch (error) {
		note(`Logging out failed. ${error.message}`, "bad");
	}
}

export const initials = (name) => name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");

/* On a phone the ways that have no place in the bar are here. */
const beyondBar = (places) => places.filter((p) => !inBar(p, places) && p.name !== "start" && p.name !== "account");

function Menu() {
	const ref = useRef(null);

	useEffect(() => {
		const close = (event) => {
			if (event.type === "keydown" ? event.key === "Escape" : !ref.current.contains(event.target) || event.target.closest("a, button"))
				ref.current.open = false;
		};

		addEventListener("click", close);
		addEventListener("keydown", close);
		return () => {
			removeEventListener("click", close);
			removeEventListener("keydown", close);
		};
	}, []);
	return html`<details class="menu" ref=${ref}>
		<summary aria-label=${`${site.full_name}: account menu`}><span class="avatar" aria-hidden="true">${initials(site.full_name) || "?"}</span></summary>
		<div class="menu-list">
			<p><strong>${site.full_name}</strong><br /><span class="muted small">${site.user}</span></p>
			<button class="narrow-only" onClick=${showFinder}>Search</button>
			${beyondBar(placesHere()).map((p) => html`<a key=${p.name} class="narrow-only" href=${p.href}>${p.label}</a>`)}
			<a href="/me">Your account</a>
			${may("User", "read") && html`<a href=${docHref("User", site.user)}>Your user record</a>`}
			<button onClick=${showKeys}>Keyboard</button>
			<button onClick=${logOut}>Log out</button>
		</div>
	</details>`;
}

/* trail: [[label, href], ...], the last one is here. */
function Trail({ trail }) {
	return html`<nav class="trail" aria-label="Where you are"><ol>
		${trail.map(([label, href], i) => html`<li key=${i}>
			${href && i < trail.length - 1 ? html`<a href=${href}>${label}</a>` : html`<span aria-current="page">${label}</span>`}
		</li>`)}
	</ol></nav>`;
}

export function Frame({ place, trail, children }) {
	const places = placesHere();

	useEffect(() => {
		document.title = `${trail.at(-1)[0]} · symbolon`;
	});
	return html`
		<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>Skip to the content</a>
		<nav class="side" aria-label="Places">
			<a class="mark" href="/app"><${Mark} /> symbolon</a>
			<ul>${places.map((p) => html`<li key=${p.name} class=${inBar(p, places) ? "" : "wide-only"}>
				<a href=${p.href} aria-current=${p.name === place ? "page" : null}><${Icon} name=${p.name} /><span>${p.label}</span></a>
			</li>`)}</ul>
		</nav>
		<div class="page">
			<header class="top">
				<a class="mark narrow-only" href="/app" aria-label="symbolon: start"><${Mark} /></a>
				<${Trail} trail=${trail} />
				<button class="find wide-only" onClick=${showFinder}>Search <kbd aria-hidden="true">Ctrl K</kbd></button>
				<${Menu} />
			</header>
			<main id="main" tabindex="-1">${children}</main>
		</div>`;
}

/* The head of a view: the thing's name, its state in words, what can be done. */
export function Head({ title, state, children }) {
	const ref = useRef(null);

	useEffect(() => {
		/* Whoever came by a link hears where he is; whoever is typing is left alone. */
		if (document.activeElement === document.body || document.activeElement?.closest("nav, .menu"))
			ref.current.focus({ preventScroll: true });
	}, [title]);
	return html`<div class="head">
		<div class="grow"><h1 ref=${ref} tabindex="-1">${title}</h1>${state && html`<p class="muted">${state}</p>`}</div>
		<div class="row wrap">${children}</div>
	</div>`;
}
