/* The one way to the server: every answer is its value, or an ApiError in words for a person. */
import { wordsOf } from "./parts/format.js";

export class ApiError extends Error {
	constructor(status, kind, text, answer) {
		super(text);
		this.status = status;
		this.kind = kind; /* exc_type, or "Offline", "Garbage" */
		this.answer = answer ?? {};
	}
}

const bootText = () => document.getElementById("boot")?.textContent ?? "";
const csrfOf = (text) => /csrf_token = "([0-9a-f]*)"/.exec(text)?.[1] ?? "";

let csrf = csrfOf(bootText());
let logInAgain = null; /* set by the frame: shows the dialog, settles when it is done */
let waiting = null;

export function onExpired(ask) {
	logInAgain = ask;
}

/* A new session brings a new token; it stands in the page. */
async function refreshToken() {
	const page = await fetch("/me", { headers: { Accept: "text/html" } });

	csrf = csrfOf(await page.text());
}

const cookieUser = () => decodeURIComponent(/(?:^|; )user_id=([^;]*)/.exec(document.cookie)?.[1] ?? "");

function isExpired(status, answer) {
	return (status === 401 || status === 403) && (answer?.session_expired === 1 || ["", "Guest"].includes(cookieUser()));
}

/* Texts of the server may hold HTML: only its words are kept. */
const plain = (text) => wordsOf(String(text).replace(/<br\s*\/?>/g, "\n"));

function messagesOf(answer) {
	try {
		return JSON.parse(answer._server_messages ?? "[]").map((text) => plain(JSON.parse(text).message));
	} catch {
		return [];
	}
}

const GENERAL = {
	401: "Your login is no longer valid. Log in again.",
	403: "You may not do this. A System Manager can give you the role for it.",
	404: "This does not exist (any more).",
	413: "This is more than the server takes at once.",
	429: "Too many requests just now.",
	503: "The server is busy or its database does not answer.",
};

function failure(response, answer) {
	const wait = response.headers.get("Retry-After");
	const told = answer === null ? [] : messagesOf(answer);
	const own = answer?.exception?.includes(": ") ? plain(answer.exception.replace(/^[\w.]+: /, "")) : "";
	const said = told.filter(Boolean).join("\n") || (typeof answer?.message === "string" ? answer.message : "") || own;
	const general = GENERAL[response.status] ?? `The server refused this (status ${response.status}).`;
	const text = response.status === 429 || response.status === 503
		? `${general} Nothing was changed; try again${wait ? ` in ${wait} seconds` : " in a moment"}.`
		: said || general;

	return new ApiError(response.status, answer?.exc_type ?? "Garbage", text, answer);
}

async function attempt(verb, path, body) {
	const headers = { Accept: "application/json" };

	if (verb !== "GET")
		headers["X-Frappe-CSRF-Token"] = csrf;
	const asForm = body === undefined || body instanceof FormData;

	if (!asForm)
		headers["Content-Type"] = "application/json";
	try {
		return await fetch(path, { method: verb, headers, body: asForm ? body : JSON.stringify(body) });
	} catch {
		throw new ApiError(0, "Offline", "The server does not answer. Nothing was lost; try again when it is back.");
	}
}

export async function send(verb, path, body, retried = false) {
	const response = await attempt(verb, path, body);
	const answer = await response.json().catch(() => null);

	if (!retried && logInAgain !== null && isExpired(response.status, answer)) {
		waiting ??= logInAgain().then(refreshToken).finally(() => (waiting = null));
		await waiting;
		return send(verb, path, body, true);
	}
	if (!retried && answer?.exc_type === "CSRFTokenError") {
		await refreshToken();
		return send(verb, path, body, true);
	}
	if (!response.ok)
		throw failure(response, answer);
	if (answer === null)
		throw new ApiError(response.status, "Garbage", "The answer could not be read. Reload the page and try again.");
	return answer;
}

/* JSON that is no envelope, such as the description of the API. */
export const fetchPlain = (path) => send("GET", path);

/* A request as somebody typed it, with its answer as it comes. token: instead of the session, whose cookies stay here. */
export async function sendPlain({ verb, path, headers, json, form }, token, retried = false) {
	const all = { Accept: "application/json", ...headers, ...(json && { "Content-Type": "application/json" }) };
	const body = form ? new FormData() : json && JSON.stringify(json);

	if (token)
		all.Authorization = `token ${token}`;
	else if (verb !== "GET")
		all["X-Frappe-CSRF-Token"] = csrf;
	for (const [name, value] of form ?? [])
		body.append(name, value);
	const response = await fetch(path, { method: verb, headers: all, body, credentials: token ? "omit" : "same-origin" });

	if (response.status !== 400 || token || retried || !(await response.clone().text()).includes("CSRFTokenError"))
		return response;
	await refreshToken();
	return sendPlain({ verb, path, headers, json, form }, token, true);
}

export const logIn = async (usr, pwd) => {
	const response = await attempt("POST", "/api/method/login", { usr, pwd });
	const answer = await response.json().catch(() => null);

	if (!response.ok)
		throw failure(response, answer);
};

export function queryOf(args) {
	const query = new URLSearchParams();

	for (const [key, value] of Object.entries(args ?? {})) {
		if (value !== undefined && value !== null)
			query.set(key, typeof value === "object" ? JSON.stringify(value) : value);
	}
	const text = query.toString();

	return text && `?${text}`;
}

const part = encodeURIComponent;

/* The requests that views make, as data, so that a view can show them too. */
export const requests = {
	list: (doctype, args) => ({ verb: "GET", path: `/api/resource/${part(doctype)}${queryOf(args)}` }),
	/* A page of a list, and the cursor of the next one. */
	page: (doctype, args) => ({ verb: "GET", path: `/api/v2/document/${part(doctype)}${queryOf(args)}` }),
	count: (doctype, args) => ({ verb: "GET", path: `/api/v2/doctype/${part(doctype)}/count${queryOf(args)}` }),
	get: (doctype, name) => ({ verb: "GET", path: `/api/resource/${part(doctype)}/${part(name)}` }),
	method: (name, args) => ({ verb: "GET", path: `/api/method/${name}${queryOf(args)}` }),
};

export const fetchRequest = async ({ verb, path, body }) => {
	const answer = await send(verb, path, body);

	return answer.data ?? answer.message;
};

export const list = (doctype, args) => fetchRequest(requests.list(doctype, args));
export const count = (doctype, args) => fetchRequest(requests.count(doctype, args));
export const get = (doctype, name) => fetchRequest(requests.get(doctype, name));
export const ask = (name, args) => fetchRequest(requests.method(name, args));
export const call = async (name, args) => (await send("POST", `/api/method/${name}`, args ?? {})).message;
export const create = async (doctype, doc) => (await send("POST", `/api/resource/${part(doctype)}`, doc)).data;
export const update = async (doctype, name, doc) =>
	(await send("PUT", `/api/resource/${part(doctype)}/${part(name)}`, doc)).data;
/* Keeps a file, of a document where there is one; resolves to the File. */
export async function upload(file, about) {
	const form = new FormData();

	for (const [key, value] of Object.entries(about).filter(([, v]) => v !== undefined && v !== null))
		form.append(key, value);
	form.append("file", file, file.name);
	return (await send("POST", "/api/method/upload_file", form)).message;
}
export const remove = (doctype, name) => send("DELETE", `/api/resource/${part(doctype)}/${part(name)}`);
