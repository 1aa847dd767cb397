// A browser for one site: jsdom's window, with its cookies, XMLHttpRequest, forms and files, as the globals that clients look for.
import { JSDOM } from "jsdom";

const GLOBALS = ["document", "navigator", "XMLHttpRequest", "FormData", "File", "Blob", "location", "ProgressEvent"];

// Opens a page of the site and makes its window the global one; answers jsdom's page.
export function openPage(url) {
	const page = new JSDOM('<div id="root"></div>', { url: `${url}/app`, pretendToBeVisual: true });

	for (const name of GLOBALS) Object.defineProperty(globalThis, name, { value: page.window[name], configurable: true });
	globalThis.window = page.window;
	page.window.fetch = (path, options) => fetchWithCookies(page, path, options);
	return page;
}

// The cookies that an answer sets. Debian's Node.js 18 knows them as one line only, in which a date may have a comma.
function cookiesOf(headers) {
	return headers.getSetCookie?.() ?? (headers.get("set-cookie") ?? "").split(/, (?=[^;, ]+=)/).filter(Boolean);
}

// What jsdom lacks: Node's fetch, with the page's address and cookies.
async function fetchWithCookies(page, path, options = {}) {
	const url = new URL(path, page.window.location.href).href;
	const cookies = page.cookieJar.getCookieStringSync(url);
	const answer = await fetch(url, { ...options, headers: { ...options.headers, ...(cookies && { Cookie: cookies }) } });

	for (const cookie of cookiesOf(answer.headers)) page.cookieJar.setCookieSync(cookie, url);
	return answer;
}
