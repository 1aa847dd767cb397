// frappe-js-sdk from npm, as it is published.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { after, before, describe, it } from "node:test";

import sdk from "frappe-js-sdk";

import { PASSWORD, Site } from "./site.mjs";

const { FrappeApp } = sdk;
const ADA = "ada@example.com";

let site, token;

before(async () => {
	site = await Site.start();
	token = site.addUser(ADA, "--role", "System Manager");
});

after(async () => {
	assert.equal(await site.stop(), 0);
});

const withToken = (type, text = token) => new FrappeApp(site.url, { useToken: true, token: () => text, type });

// A browser keeps cookies; here the SDK's own axios does.
function withCookies() {
	const app = new FrappeApp(site.url);
	const jar = new Map();

	app.axios.interceptors.response.use((response) => {
		for (const cookie of response.headers["set-cookie"] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
			jar.set(name, value);
		}
		return response;
	});
	app.axios.interceptors.request.use((config) => {
		config.headers.Cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
		return config;
	});
	return { app, jar };
}

const todo = (description) => ({ description, allocated_to: ADA });

for (const type of ["token", "Bearer"]) {
	describe(`with a token as ${type}`, () => {
		let app, db, call;

		before(() => {
			app = withToken(type);
			db = app.db();
			call = app.call();
		});

		it("says who is logged in", async () => {
			assert.equal(await app.auth().getLoggedInUser(), ADA);
		});

		it("creates, reads, changes and deletes a document", async () => {
			const made = await db.createDoc("ToDo", todo("Buy bread"));
			assert.equal(made.doctype, "ToDo");
			assert.equal(made.owner, ADA);
			assert.equal(made.status, "Open");

			assert.deepEqual(await db.getDoc("ToDo", made.name), made);
			const changed = await db.updateDoc("ToDo", made.name, { status: "Closed" });
			assert.equal(changed.status, "Closed");
			assert.notEqual(changed.modified, made.modified);
			assert.deepEqual(await db.deleteDoc("ToDo", made.name), { data: "ok" });
			await assert.rejects(db.getDoc("ToDo", made.name), { httpStatus: 404 });
		});

		it("lists with fields, filters, order and pages", async () => {
			const names = [];
			for (const description of ["c", "a", "b"]) {
				names.push((await db.createDoc("ToDo", { ...todo(description), priority: "High" })).name);
			}
			const args = { fields: ["name", "description"], filters: [["priority", "=", "High"]] };
			const ordered = { ...args, orderBy: { field: "description", order: "desc" } };

			assert.equal((await db.getDocList("ToDo", args)).length, 3);
			assert.deepEqual((await db.getDocList("ToDo", ordered)).map((row) => row.description), ["c", "b", "a"]);
			const page = await db.getDocList("ToDo", { ...ordered, limit: 1, limit_start: 1 });
			assert.deepEqual(page, [{ name: names[2], description: "b" }]);
			assert.deepEqual((await db.getDocList("ToDo")).map((row) => Object.keys(row)), [["name"], ["name"], ["name"]]);
			assert.equal(await db.getCount("ToDo", args.filters), 3);
			assert.equal(await db.getCount("ToDo", [["description", "like", "%a%"]]), 1);
			assert.equal((await db.getLastDoc("ToDo")).name, names[2]);
			for (const name of names) await db.deleteDoc("ToDo", name);
			assert.equal(await db.getCount("ToDo"), 0);
		});

		it("gets and sets single values", async () => {
			const { name } = await db.createDoc("ToDo", todo("x"));
			const one = [["name", "=", name]];

			assert.deepEqual((await db.getValue("ToDo", "description", one)).message, { description: "x" });
			assert.equal((await db.setValue("ToDo", name, "description", "y")).message.description, "y");
			assert.equal((await db.setValue("ToDo", name, { priority: "Low", description: "z" })).message.priority, "Low");
			assert.deepEqual((await db.getValue("ToDo", ["description", "priority"], one)).message,
				{ description: "z", priority: "Low" });
			await db.deleteDoc("ToDo", name);
		});

		it("calls methods with every verb", async () => {
			assert.deepEqual(await call.get("ping"), { message: "pong" });
			assert.deepEqual(await call.post("frappe.ping"), { message: "pong" });
			assert.deepEqual(await call.put("frappe.ping", { x: 1 }), { message: "pong" });
			const roles = await call.get("frappe.core.doctype.user.user.get_roles", { uid: ADA });
			assert.ok(roles.message.includes("System Manager"));
			const count = await call.post("frappe.client.get_count", { doctype: "User", filters: { name: ADA } });
			assert.deepEqual(count, { message: 1 });
		});

		it("calls a method by DELETE", async () => {
			const { name } = await db.createDoc("ToDo", todo("deleted by a call"));
			await call.delete("frappe.client.delete", { doctype: "ToDo", name });
			await assert.rejects(db.getDoc("ToDo", name), { httpStatus: 404 });
		});

		it("renames a document", async () => {
			const [before, after] = [`Before ${type}`, `After ${type}`];
			await db.createDoc("Role", { role_name: before });
			assert.equal((await db.renameDoc("Role", before, after)).message, after);
			assert.equal((await db.getDoc("Role", after)).name, after);
			await assert.rejects(db.getDoc("Role", before), { httpStatus: 404 });
			await db.deleteDoc("Role", after);
		});

		it("gets a value of a single", async () => {
			assert.deepEqual(await db.getSingleValue("System Settings", "time_zone"), { message: "UTC" });
		});

		it("submits and cancels a document", async () => {
			const doctype = `Receipt ${type}`;
			await db.createDoc("DocType", {
				name: doctype, module: "Custom", custom: 1, is_submittable: 1,
				fields: [{ fieldname: "title", fieldtype: "Data", label: "Title" }],
				permissions: [{ role: "System Manager", read: 1, write: 1, create: 1, submit: 1, cancel: 1 }],
			});
			const made = await db.createDoc(doctype, { title: "paid" });
			assert.equal((await db.submit({ ...made, doctype })).docstatus, 1);
			assert.equal((await db.cancel(doctype, made.name)).message.docstatus, 2);
			assert.equal((await db.getDoc(doctype, made.name)).docstatus, 2);
		});

		it("uploads a file, private and attached", async () => {
			const { name } = await db.createDoc("ToDo", todo("with a file"));
			const content = new Uint8Array(400_000).map((_, i) => i * i);
			let told = 0;
			const { data } = await app.file().uploadFile(new File([content], "squares.bin"), {
				isPrivate: true, folder: "Home/Attachments", doctype: "ToDo", docname: name,
			}, (bytes) => (told = bytes));
			const made = data.message;

			assert.equal(made.file_size, content.length);
			assert.deepEqual([made.attached_to_doctype, made.attached_to_name, made.is_private], ["ToDo", name, 1]);
			assert.ok(told >= content.length);
			const back = await fetch(site.url + made.file_url, { headers: { Authorization: `${type} ${token}` } });
			assert.deepEqual(new Uint8Array(await back.arrayBuffer()), content);
			assert.equal((await fetch(site.url + made.file_url)).status, 403);
			await db.deleteDoc("ToDo", name);
			await assert.rejects(db.getDoc("File", made.name), { httpStatus: 404 });
		});

		it("uploads an address instead of a file, and is told why a file is refused", async () => {
			const { data } = await app.file().uploadFile(null, { file_url: "https://example.com/y.pdf", otherData: { file_name: "z.pdf" } });
			assert.deepEqual([data.message.file_url, data.message.file_name], ["https://example.com/y.pdf", "z.pdf"]);
			const refused = await app.file().uploadFile(new File(["x"], "x.txt"), { folder: "Home/Nowhere" }).catch((e) => e);
			assert.deepEqual([refused.httpStatus, refused.exc_type], [417, "LinkValidationError"]);
			assert.equal(refused.message, "There was an error while uploading the file.");
		});

		it("keeps names with blanks and slashes", async () => {
			const name = `a b/c ${type} %2F \u00eb`;
			await db.createDoc("Role", { role_name: name });
			assert.equal((await db.getDoc("Role", name)).role_name, name);
			await db.deleteDoc("Role", name);
		});

		it("answers errors as objects", async () => {
			const missing = await db.getDoc("ToDo", "nothing").catch((error) => error);
			assert.equal(missing.httpStatus, 404);
			assert.equal(missing.exc_type, "DoesNotExistError");
			const empty = await db.createDoc("ToDo", { allocated_to: ADA }).catch((error) => error);
			assert.equal(empty.httpStatus, 417);
			assert.equal(empty.exc_type, "MandatoryError");
			assert.match(empty.exception, /^frappe\.exceptions\.MandatoryError: /);
			assert.equal(empty.message, "There was an error while creating the document.");
		});
	});

	it(`refuses a wrong token as ${type} with an error object`, async () => {
		for (const wrong of [token.slice(0, -1) + "!", "nobody:nothing", "junk"]) {
			const error = await withToken(type, wrong).db().getDocList("ToDo").catch((e) => e);
			assert.equal(error.httpStatus, 401, wrong);
			assert.equal(error.httpStatusText, "Unauthorized");
			assert.equal(error.exc_type, "AuthenticationError");
			assert.equal(error.message, "There was an error while fetching the documents.");
		}
	});
}

it("makes keys, and the old token is refused", async () => {
	const admin = withToken("token", site.token("Administrator"));
	site.addUser("bob@example.com");
	const generate = "frappe.core.doctype.user.user.generate_keys";
	const first = (await admin.call().post(generate, { user: "bob@example.com" })).message;
	const bob = withToken("token", `${first.api_key}:${first.api_secret}`);

	assert.equal(await bob.auth().getLoggedInUser(), "bob@example.com");
	await admin.call().post(generate, { user: "bob@example.com" });
	await assert.rejects(bob.auth().getLoggedInUser(), { httpStatus: 401 });
	await assert.rejects(bob.call().post(generate, { user: ADA }), { httpStatus: 401 });
});

describe("with a name and a password", () => {
	it("logs in, works, and logs out", async () => {
		const { app, jar } = withCookies();

		assert.deepEqual(await app.auth().loginWithUsernamePassword({ username: ADA, password: PASSWORD }),
			{ message: "Logged In", home_page: "/app", full_name: "Ada" });
		assert.equal(jar.get("user_id"), "ada%40example.com");
		assert.equal(await app.auth().getLoggedInUser(), ADA);
		const { name } = await app.db().createDoc("ToDo", todo("by cookie"));
		assert.equal((await app.db().updateDoc("ToDo", name, { status: "Closed" })).status, "Closed");
		await app.db().deleteDoc("ToDo", name);
		const sid = jar.get("sid");
		await app.auth().logout();
		jar.set("sid", sid);
		await assert.rejects(app.auth().getLoggedInUser(), { httpStatus: 403, session_expired: 1 });
	});

	it("asks for a new password, and learns nothing about who there is", async () => {
		await withCookies().app.auth().forgetPassword("nobody@example.com");
		await withCookies().app.auth().forgetPassword(ADA);
	});

	it("is told that the password is wrong", async () => {
		const { app } = withCookies();
		const error = await app.auth().loginWithUsernamePassword({ username: ADA, password: "no" }).catch((e) => e);

		assert.equal(error.httpStatus, 401);
		assert.equal(error.message, "Invalid login credentials");
	});

	it("is nobody without either", async () => {
		await assert.rejects(new FrappeApp(site.url).auth().getLoggedInUser(), { httpStatus: 403 });
		await assert.rejects(new FrappeApp(site.url).db().getDocList("ToDo"), { httpStatus: 403 });
	});
});
