// frappe-ui's call(), frappeRequest() and file upload, as they are published, put together as its users' bundler does.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "esbuild";

import { openPage } from "./browser.mjs";
import { PASSWORD, Site } from "./site.mjs";

const ADA = "ada@example.com";
const UTILS = join(dirname(fileURLToPath(import.meta.url)), "node_modules/frappe-ui/src/utils");

let site, page, directory, ui;

before(async () => {
	directory = mkdtempSync(join(tmpdir(), "symbolon-frappe-ui-"));
	const outfile = join(directory, "ui.mjs");
	await build({
		stdin: {
			contents: `export { default as call, createCall } from "./call";
				export { frappeRequest } from "./frappeRequest";
				export { setConfig } from "./config";
				export { default as FileUploadHandler } from "./fileUploadHandler";`,
			resolveDir: UTILS,
		},
		bundle: true, format: "esm", outfile, logLevel: "error",
		banner: { js: "const fetch = (...args) => window.fetch(...args);" },
	});
	site = await Site.start();
	site.addUser(ADA, "--role", "System Manager");
	page = openPage(site.url);
	ui = await import(pathToFileURL(outfile));
	const { console } = globalThis;
	globalThis.console = { ...console, log() {}, error() {} }; // it prints every error that it throws
});

after(async () => {
	assert.equal(await site.stop(), 0);
	page.window.close();
	rmSync(directory, { recursive: true });
});

const failure = (promise) => promise.then(() => assert.fail("it did not fail"), (error) => error);

describe("before a login", () => {
	it("throws what the server says", async () => {
		const nobody = await failure(ui.call("frappe.auth.get_logged_user"));
		assert.equal(nobody.status, 403);
		assert.equal(nobody.exc_type, "PermissionError");
		const wrong = await failure(ui.call("login", { usr: ADA, pwd: "no" }));
		assert.equal(wrong.status, 401);
		assert.deepEqual(wrong.messages, ["Invalid login credentials"]);
	});
});

describe("with a session", () => {
	before(async () => {
		const answer = await ui.call("login", { usr: ADA, pwd: PASSWORD });
		assert.equal(answer.message, "Logged In");
		assert.equal(answer.full_name, "Ada");
	});

	it("says who is logged in, in a cookie that scripts read", async () => {
		assert.equal(await ui.call("frappe.auth.get_logged_user"), ADA);
		assert.match(page.window.document.cookie, /(^|; )user_id=ada%40example\.com/);
		assert.doesNotMatch(page.window.document.cookie, /sid=/);
	});

	it("creates, lists, changes and deletes documents", async () => {
		const made = await ui.call("frappe.client.insert", { doc: { doctype: "ToDo", description: "Buy bread", allocated_to: ADA } });
		assert.equal(made.status, "Open");
		assert.deepEqual(await ui.call("frappe.client.get", { doctype: "ToDo", name: made.name }), made);
		assert.deepEqual(
			await ui.call("frappe.client.get_list", { doctype: "ToDo", fields: ["name", "description"], filters: { status: "Open" } }),
			[{ name: made.name, description: "Buy bread" }],
		);
		assert.equal(await ui.call("frappe.client.get_count", { doctype: "ToDo", filters: { status: "Open" } }), 1);
		const args = { doctype: "ToDo", name: made.name, fieldname: { status: "Closed" } };
		assert.equal((await ui.call("frappe.client.set_value", args)).status, "Closed");
		assert.equal((await ui.call("frappe.client.save", { doc: { ...(await ui.call("frappe.client.get", args)), priority: "High" } })).priority, "High");
		assert.deepEqual(await ui.call("frappe.client.get_value", { ...args, fieldname: "priority" }), { priority: "High" });
		await ui.call("frappe.client.delete", { doctype: "ToDo", name: made.name });
		const gone = await failure(ui.call("frappe.client.get", args));
		assert.deepEqual([gone.status, gone.exc_type], [404, "DoesNotExistError"]);
	});

	it("searches for links", async () => {
		const found = await ui.call("frappe.desk.search.search_link", { doctype: "User", txt: "ada", filters: {} });
		assert.ok(found.some((one) => one.value === ADA), JSON.stringify(found));
	});

	it("throws errors with their class, their text and the messages", async () => {
		let told;
		const call = ui.createCall({ onError: (what) => (told = what) });
		const error = await failure(call("frappe.client.insert", { doc: { doctype: "ToDo" } }));

		assert.equal(error.exc_type, "MandatoryError");
		assert.match(error.exc, /MandatoryError/);
		assert.equal(error.status, 417);
		assert.equal(error.messages.length, 1);
		assert.match(error.messages[0], /Description/);
		assert.equal(told.status, 417);
		assert.equal(told.error, error);
		const unknown = await failure(ui.call("frappe.client.no_such_method"));
		assert.equal(unknown.exc_type, "ValidationError");
	});

	it("asks through frappeRequest, with every verb that its resources use", async () => {
		assert.equal(await ui.frappeRequest({ url: "frappe.auth.get_logged_user" }), ADA);
		assert.equal(await ui.frappeRequest({ url: "ping", method: "GET" }), "pong");
		const roles = await ui.frappeRequest({
			url: "frappe.core.doctype.user.user.get_roles", method: "GET", params: { uid: ADA },
		});
		assert.ok(roles.includes("System Manager"));
		const error = await failure(ui.frappeRequest({ url: "frappe.client.get", params: { doctype: "ToDo", name: "nothing" } }));
		assert.equal(error.exc_type, "DoesNotExistError");
		assert.equal(error.response.status, 404);
		assert.match(error.messages[0], /not found/);
	});

	it("hands on what the server tells the user", async () => {
		const seen = [];
		ui.setConfig("serverMessagesHandler", (messages) => seen.push(...messages));
		const doc = { doctype: "User", email: "without-roles@example.com", first_name: "Without", send_welcome_email: 0 };
		assert.equal((await ui.frappeRequest({ url: "frappe.client.insert", params: { doc } })).name, doc.email);
		assert.deepEqual(seen.map((message) => JSON.parse(message).title), ["No Roles Specified"]);
	});

	it("uploads a file and attaches it", async () => {
		const { name } = await ui.call("frappe.client.insert", { doc: { doctype: "ToDo", description: "with a file" } });
		const content = new Uint8Array(300_000).map((_, i) => i * i);
		const file = new page.window.File([content], "squares.bin", { type: "application/octet-stream" });
		const handler = new ui.FileUploadHandler();
		const events = [];
		for (const event of ["start", "progress", "finish", "error"]) handler.on(event, () => events.push(event));
		const made = await handler.upload(file, { private: true, doctype: "ToDo", docname: name, folder: "Home/Attachments" });

		assert.deepEqual([events[0], events.at(-1)], ["start", "finish"]);
		assert.equal(made.file_url, "/private/files/squares.bin");
		assert.deepEqual([made.attached_to_doctype, made.attached_to_name, made.is_private], ["ToDo", name, 1]);
		const back = new Uint8Array(await (await page.window.fetch(made.file_url)).arrayBuffer());
		assert.equal(createHash("sha256").update(back).digest("hex"), made.content_hash);
		assert.equal(made.content_hash, createHash("sha256").update(content).digest("hex"));
	});

	it("is told why a file is refused", async () => {
		const handler = new ui.FileUploadHandler();
		const error = await failure(handler.upload(new page.window.File(["x"], "x.txt"), { folder: "Home/Nowhere" }));
		assert.ok(handler.failed);
		assert.equal(error.exc_type, "LinkValidationError");
		const large = new page.window.File([new Uint8Array(25 * 1024 * 1024 + 1)], "large.bin");
		assert.equal((await failure(new ui.FileUploadHandler().upload(large, {}))).httpStatus, 413);
	});

	it("logs out", async () => {
		await ui.call("logout");
		assert.equal((await failure(ui.call("frappe.auth.get_logged_user"))).status, 403);
	});
});
