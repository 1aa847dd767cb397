// frappe-react-sdk's hooks, as they are published, in React and a browser's window, against a served site.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { openPage } from "./browser.mjs";
import { PASSWORD, Site } from "./site.mjs";

const ADA = "ada@example.com";

let site, page, token, React, createRoot, sdk;

before(async () => {
	site = await Site.start();
	token = site.addUser(ADA, "--role", "System Manager");
	page = openPage(site.url);
	// What they find when they are loaded decides how they work.
	React = (await import("react")).default;
	({ createRoot } = (await import("react-dom/client")).default);
	sdk = (await import("frappe-react-sdk")).default;
});

after(async () => {
	assert.equal(await site.stop(), 0);
	page.window.close();
});

const withToken = (text) => ({ useToken: true, token: () => text, type: "token" });
const WITH_COOKIES = { useToken: false };

// Renders a component that uses the hook. now: what the hook answered last; until(is): the first answer for which is() holds.
function render(useHook, tokenParams = withToken(token)) {
	const shown = { now: undefined };
	let waiting = [];
	const look = () => {
		for (const one of waiting.filter(({ is }) => is(shown.now))) {
			waiting = waiting.filter((other) => other !== one);
			one.resolve(shown.now);
		}
	};
	function Probe() {
		// All of it is read here: SWR renders again only for what a rendering has read, and what was fetched beforehand is there soon.
		shown.now = { ...useHook() };
		React.useEffect(look);
		return null;
	}
	const swrConfig = { provider: () => new Map(), shouldRetryOnError: false };
	const root = createRoot(page.window.document.getElementById("root").appendChild(page.window.document.createElement("div")));
	root.render(React.createElement(sdk.FrappeProvider,
		{ url: site.url, tokenParams, enableSocket: false, swrConfig }, React.createElement(Probe)));
	shown.until = (is) => new Promise((resolve) => {
		waiting.push({ is: (now) => now !== undefined && is(now), resolve });
		look();
	});
	shown.ready = shown.until(() => true);
	shown.end = () => root.unmount();
	return shown;
}

// Runs one hook to its first data or error.
async function fetched(useHook, tokenParams) {
	const shown = render(useHook, tokenParams);
	const { data, error } = await shown.until((now) => now.data !== undefined || now.error);
	shown.end();
	if (error) throw error;
	return data;
}

// Calls one function of one hook, and answers what it said and what the hook showed afterwards.
async function done(useHook, act) {
	const shown = render(useHook);
	let answer, thrown;
	try {
		answer = await act(await shown.ready);
	} catch (error) {
		thrown = error;
	}
	const after = await shown.until((now) => !now.loading && (thrown ? now.error : now.isCompleted));
	const { reset } = after;
	reset();
	await shown.until((now) => !now.isCompleted && !now.error);
	shown.end();
	if (thrown) throw Object.assign(thrown, { shown: after.error });
	return answer;
}

const create = (doc) => done(sdk.useFrappeCreateDoc, ({ createDoc }) => createDoc("ToDo", { allocated_to: ADA, ...doc }));
const remove = (name) => done(sdk.useFrappeDeleteDoc, ({ deleteDoc }) => deleteDoc("ToDo", name));

describe("with a token", { timeout: 60_000 }, () => {
	it("creates, reads, changes and deletes a document", async () => {
		const made = await create({ description: "Buy bread" });
		assert.equal(made.owner, ADA);
		assert.deepEqual(await fetched(() => sdk.useFrappeGetDoc("ToDo", made.name)), made);
		const changed = await done(sdk.useFrappeUpdateDoc, ({ updateDoc }) => updateDoc("ToDo", made.name, { status: "Closed" }));
		assert.equal(changed.status, "Closed");
		await remove(made.name);
		await assert.rejects(fetched(() => sdk.useFrappeGetDoc("ToDo", made.name)), { httpStatus: 404, exc_type: "DoesNotExistError" });
	});

	it("shows a changed document after mutate", async () => {
		const { name } = await create({ description: "before" });
		const shown = render(() => sdk.useFrappeGetDoc("ToDo", name));
		await shown.until(({ data }) => data?.description === "before");
		await done(sdk.useFrappeUpdateDoc, ({ updateDoc }) => updateDoc("ToDo", name, { description: "after" }));
		await shown.now.mutate();
		await shown.until(({ data }) => data?.description === "after");
		shown.end();
		await remove(name);
	});

	it("lists and counts with fields, filters, order and pages", async () => {
		const names = [];
		for (const description of ["c", "a", "b"]) names.push((await create({ description, priority: "High" })).name);
		const args = { fields: ["name", "description"], filters: [["priority", "=", "High"]], orderBy: { field: "description", order: "desc" } };

		assert.deepEqual((await fetched(() => sdk.useFrappeGetDocList("ToDo", args))).map((row) => row.description), ["c", "b", "a"]);
		assert.deepEqual(await fetched(() => sdk.useFrappeGetDocList("ToDo", { ...args, limit: 1, limit_start: 1 })), [{ name: names[2], description: "b" }]);
		assert.equal(await fetched(() => sdk.useFrappeGetDocCount("ToDo", args.filters)), 3);
		for (const name of names) await remove(name);
		assert.equal(await fetched(() => sdk.useFrappeGetDocCount("ToDo")), 0);
	});

	it("has what it fetched beforehand", async () => {
		const { name } = await create({ description: "prefetched" });
		const shown = render(() => ({ load: [sdk.useFrappePrefetchDoc("ToDo", name), sdk.useFrappePrefetchCall("frappe.ping")] }));
		for (const load of (await shown.ready).load) load();
		shown.end();
		assert.equal((await fetched(() => sdk.useFrappeGetDoc("ToDo", name))).description, "prefetched");
		assert.deepEqual(await fetched(() => sdk.useFrappeGetCall("frappe.ping")), { message: "pong" });
		await remove(name);
	});

	it("has the list and the count that it fetched beforehand, and asks once", async () => {
		const { name } = await create({ description: "prefetched", priority: "Low" });
		const filters = [["priority", "=", "Low"]], args = { fields: ["name"], filters };
		const shown = render(() => ({ load: [sdk.useFrappePrefetchDocList("ToDo", args), sdk.useFrappePrefetchDocCount("ToDo", filters)] }));
		const asked = [], open = page.window.XMLHttpRequest.prototype.open;
		page.window.XMLHttpRequest.prototype.open = function (verb, url, ...rest) {
			asked.push(`${verb} ${new URL(url).pathname}`);
			return open.call(this, verb, url, ...rest);
		};
		for (const load of (await shown.ready).load) load();
		shown.end();
		assert.deepEqual(await fetched(() => sdk.useFrappeGetDocList("ToDo", args)), [{ name }]);
		assert.equal(await fetched(() => sdk.useFrappeGetDocCount("ToDo", filters)), 1);
		page.window.XMLHttpRequest.prototype.open = open;
		assert.deepEqual(asked, ["GET /api/resource/ToDo", "GET /api/method/frappe.client.get_count"]);
		await remove(name);
	});

	it("calls methods with every verb", async () => {
		const roles = await fetched(() => sdk.useFrappeGetCall("frappe.core.doctype.user.user.get_roles", { uid: ADA }));
		assert.ok(roles.message.includes("System Manager"));
		const args = { doctype: "User", filters: { name: ADA } };
		assert.deepEqual(await fetched(() => sdk.useFrappeGetCall("frappe.client.get_count", args, undefined, undefined, "POST")), { message: 1 });
		assert.deepEqual(await done(() => sdk.useFrappePostCall("frappe.client.get_count"), ({ call }) => call(args)), { message: 1 });
		assert.deepEqual(await done(() => sdk.useFrappePutCall("frappe.ping"), ({ call }) => call({})), { message: "pong" });
		const { name } = await create({ description: "deleted by a call" });
		await done(() => sdk.useFrappeDeleteCall("frappe.client.delete"), ({ call }) => call({ doctype: "ToDo", name }));
		assert.equal(await fetched(() => sdk.useFrappeGetDocCount("ToDo")), 0);
	});

	it("searches", async () => {
		const { message } = await fetched(() => sdk.useSearch("User", "ada", [], 5, 0));
		assert.ok(message.some((one) => one.value === ADA), JSON.stringify(message));
	});

	it("uploads a file, private and attached, and shows how far it is", async () => {
		const { name } = await create({ description: "with a file" });
		const file = new page.window.File(["a,b\n1,2\n".repeat(50_000)], "table.csv", { type: "text/csv" });
		let progress = 0;
		const made = await done(() => {
			const hook = sdk.useFrappeFileUpload();
			progress = Math.max(progress, hook.progress);
			return hook;
		}, ({ upload }) => upload(file, { isPrivate: true, doctype: "ToDo", docname: name, folder: "Home/Attachments" }));

		assert.equal(made.file_url, "/private/files/table.csv");
		assert.equal(made.file_size, 400_000);
		assert.deepEqual([made.attached_to_doctype, made.attached_to_name, made.is_private], ["ToDo", name, 1]);
		assert.equal(progress, 100);
		await remove(name);
		await assert.rejects(fetched(() => sdk.useFrappeGetDoc("File", made.name)), { httpStatus: 404 });
	});

	it("shows errors", async () => {
		const error = await create({}).catch((e) => e);
		assert.equal(error.httpStatus, 417);
		assert.equal(error.exc_type, "MandatoryError");
		assert.equal(error.message, "There was an error while creating the document.");
		assert.equal(error.shown.exc_type, "MandatoryError");
		const refused = await done(sdk.useFrappeFileUpload,
			({ upload }) => upload(new page.window.File(["x"], "x.txt"), { folder: "Home/Nowhere" })).catch((e) => e);
		assert.equal(refused.exc_type, "LinkValidationError");
		await assert.rejects(fetched(() => sdk.useFrappeGetCall("frappe.no.such.method")), { httpStatus: 417 });
		await assert.rejects(fetched(() => sdk.useFrappeGetDocList("ToDo"), withToken("no:body")),
			{ httpStatus: 401, exc_type: "AuthenticationError" });
	});
});

describe("with a session", { timeout: 60_000 }, () => {
	it("logs in, knows who it is from the cookie, works, and logs out", async () => {
		const shown = render(() => sdk.useFrappeAuth(), WITH_COOKIES);
		assert.equal((await shown.until((now) => !now.isLoading)).currentUser ?? null, null);
		const wrong = await shown.now.login({ username: ADA, password: "no" }).catch((e) => e);
		assert.deepEqual([wrong.httpStatus, wrong.message], [401, "Invalid login credentials"]);
		assert.equal((await shown.now.login({ username: ADA, password: PASSWORD })).message, "Logged In");
		await shown.until((now) => now.currentUser === ADA);
		assert.match(page.window.document.cookie, /user_id=ada%40example\.com/);
		const [ada] = await fetched(() => sdk.useFrappeGetDocList("User", { filters: [["name", "=", ADA]] }), WITH_COOKIES);
		assert.deepEqual(ada, { name: ADA });
		await shown.now.logout();
		await shown.until((now) => !now.currentUser);
		shown.end();
		await assert.rejects(fetched(() => sdk.useFrappeGetDocList("User"), WITH_COOKIES), { httpStatus: 403 });
	});
});
