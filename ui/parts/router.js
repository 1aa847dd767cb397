/* Addresses: /app/..., one view each. Links are plain links; a click on one of ours stays in the page. */
import { useLayoutEffect, useState } from "../vendor/htm-preact.js";

const listeners = new Set();
let guard = null; /* asks before what was typed is left behind */

function tell() {
	for (const listener of listeners)
		listener();
}

function read() {
	return {
		href: location.pathname + location.search,
		/* Raw parts: "new" is the page that makes one, "%6Eew" a document of that name. */
		parts: location.pathname.split("/").slice(1).filter((part, i, all) => part !== "" || i < all.length - 1),
		query: new URLSearchParams(location.search),
	};
}

export async function go(href, { replace = false, force = false } = {}) {
	if (guard !== null && !force && !(await guard()))
		return;
	guard = null;
	if (replace)
		history.replaceState(null, "", href);
	else
		history.pushState(null, "", href);
	tell();
	if (!replace)
		scrollTo(0, 0);
}

/* The address with parts of its query changed; null removes. Without a page it is the first one, which comes after nothing. */
function queryText(changes) {
	const query = new URLSearchParams(location.search);

	for (const [key, value] of Object.entries(changes)) {
		if (value === null || value === "" || value === undefined)
			query.delete(key);
		else
			query.set(key, value);
	}
	if (!query.has("page"))
		query.delete("after");
	const text = query.toString();

	return location.pathname + (text && `?${text}`);
}

/* Changes the query without a new entry in the history. */
export function setQuery(changes) {
	history.replaceState(null, "", queryText(changes));
	tell();
}

/* The same as a step that the browser's way back undoes. */
export const goQuery = (changes) => go(queryText(changes));

export function setGuard(ask) {
	guard = ask;
}

export function useRoute() {
	const [route, setRoute] = useState(read);

	useLayoutEffect(() => {
		const listener = () => setRoute(read());

		listeners.add(listener);
		return () => listeners.delete(listener);
	}, []);
	return route;
}

let here = location.href;

export function start() {
	addEventListener("click", (event) => {
		const link = event.target.closest?.("a[href]");

		if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey ||
			event.altKey || link.target || link.hasAttribute("download") || link.origin !== location.origin ||
			!/^\/(app|me)(\/|$)/.test(link.pathname))
			return;
		event.preventDefault();
		go(link.pathname + link.search);
	});
	addEventListener("popstate", async () => {
		if (guard !== null) {
			const wanted = location.href;

			history.pushState(null, "", here);
			if (!(await guard()))
				return;
			guard = null;
			history.replaceState(null, "", wanted);
		}
		tell();
	});
	addEventListener("beforeunload", (event) => {
		if (guard !== null)
			event.preventDefault();
	});
	listeners.add(() => (here = location.href));
}

export const slugOf = (doctype) => doctype.toLowerCase().replaceAll(" ", "-");
const segment = (name) => (name === "new" ? "%6Eew" : encodeURIComponent(name));
export const listHref = (doctype) => `/app/${encodeURIComponent(slugOf(doctype))}`;
export const docHref = (doctype, name) => `${listHref(doctype)}/${segment(String(name))}`;
