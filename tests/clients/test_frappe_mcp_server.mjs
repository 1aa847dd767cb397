// frappe-mcp-server, as it is published: an MCP server on standard input and output, driven by JSON-RPC, in front of a site.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { Site } from "./site.mjs";

const ADA = "ada@example.com";
const SERVER = join(dirname(fileURLToPath(import.meta.url)), "node_modules/frappe-mcp-server/build/index.js");

class Mcp {
	constructor(url, token) {
		const [FRAPPE_API_KEY, FRAPPE_API_SECRET] = token.split(":");
		const env = { ...process.env, FRAPPE_URL: url, FRAPPE_API_KEY, FRAPPE_API_SECRET };
		this.process = spawn(process.execPath, [SERVER], { stdio: ["pipe", "pipe", "ignore"], env });
		this.ended = new Promise((resolve) => this.process.once("exit", resolve));
		this.waiting = new Map();
		createInterface({ input: this.process.stdout }).on("line", (line) => {
			const { id, result, error } = JSON.parse(line);
			const { resolve, reject } = this.waiting.get(id);
			error ? reject(new Error(error.message)) : resolve(result);
		});
	}

	send(message) {
		this.process.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
	}

	ask(method, params = {}) {
		const id = this.waiting.size + 1;
		return new Promise((resolve, reject) => {
			this.waiting.set(id, { resolve, reject });
			this.send({ id, method, params });
		});
	}

	async open() {
		const clientInfo = { name: "symbolon-client-tests", version: "1" };
		const { serverInfo } = await this.ask("initialize", { protocolVersion: "2025-03-26", capabilities: {}, clientInfo });
		this.send({ method: "notifications/initialized" });
		return serverInfo;
	}

	// The text that a tool answers, and whether it calls that an error.
	async use(name, args = {}) {
		const { content, isError } = await this.ask("tools/call", { name, arguments: args });
		return { text: content.map(({ text }) => text).join("\n"), isError: isError ?? false };
	}

	// The JSON that a tool answers after its words.
	async json(name, args) {
		const { text, isError } = await this.use(name, args);
		assert.ok(!isError, text);
		return JSON.parse(text.slice(text.search(/[[{]/)));
	}

	async close() {
		this.process.stdin.end();
		this.process.kill("SIGTERM");
		await this.ended;
	}
}

let site, mcp;

before(async () => {
	site = await Site.start();
	mcp = new Mcp(site.url, site.addUser(ADA, "--role", "System Manager"));
	assert.equal((await mcp.open()).name, "frappe-mcp-server");
});

after(async () => {
	await mcp.close();
	assert.equal(await site.stop(), 0);
});

describe("frappe-mcp-server", () => {
	it("lists its tools", async () => {
		const names = (await mcp.ask("tools/list")).tools.map(({ name }) => name);
		for (const name of ["create_document", "get_document", "update_document", "delete_document", "list_documents", "call_method"]) {
			assert.ok(names.includes(name), name);
		}
	});

	it("creates, gets, lists, updates and deletes documents", async () => {
		const created = await mcp.use("create_document", { doctype: "ToDo", values: { description: "Buy bread", allocated_to: ADA } });
		const [, name] = /^Document created successfully. Name: (\w+)$/.exec(created.text);
		const one = { doctype: "ToDo", name };

		assert.equal((await mcp.json("get_document", one)).description, "Buy bread");
		const list = { doctype: "ToDo", fields: ["name", "description"], filters: { status: "Open" }, order_by: "creation desc", limit: 5 };
		assert.deepEqual(await mcp.json("list_documents", list), [{ name, description: "Buy bread" }]);
		assert.equal((await mcp.use("update_document", { ...one, values: { status: "Closed" } })).isError, false);
		assert.equal((await mcp.json("get_document", one)).status, "Closed");
		assert.equal((await mcp.use("delete_document", one)).isError, false);
		const gone = await mcp.use("get_document", one);
		assert.ok(gone.isError);
		assert.match(gone.text, /DoesNotExistError|404|not found/i);
	});

	it("reads what a DocType is", async () => {
		assert.match((await mcp.use("find_doctypes", { search_term: "ToDo" })).text, /ToDo/);
		assert.match((await mcp.use("get_doctype_schema", { doctype: "ToDo" })).text, /"fieldname": "description"/);
		assert.match((await mcp.use("get_required_fields", { doctype: "ToDo" })).text, /description/);
		assert.match((await mcp.use("get_module_list")).text, /Desk/);
		assert.match((await mcp.use("check_doctype_exists", { doctype: "ToDo" })).text, /true/);
		assert.match((await mcp.use("check_document_exists", { doctype: "User", name: ADA })).text, /true/);
		assert.match((await mcp.use("get_document_count", { doctype: "User", filters: {} })).text, /\d/);
	});

	it("calls a method", async () => {
		assert.match((await mcp.use("call_method", { method: "frappe.auth.get_logged_user" })).text, /ada@example\.com/);
	});

	it("says what the server refuses", async () => {
		const empty = await mcp.use("create_document", { doctype: "ToDo", values: { allocated_to: ADA } });
		assert.ok(empty.isError);
		assert.match(empty.text, /MandatoryError/);
		const stranger = new Mcp(site.url, "nobody:nothing");
		await stranger.open();
		const refused = await stranger.use("list_documents", { doctype: "ToDo" });
		await stranger.close();
		assert.ok(refused.isError);
		assert.match(refused.text, /authentication/i);
	});
});
