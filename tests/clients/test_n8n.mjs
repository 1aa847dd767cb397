// The ERPNext node of n8n-nodes-base, as it is published, run in a small context that does real HTTP.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";

import { Site } from "./site.mjs";

const require = createRequire(import.meta.url);
const { ERPNext } = require("n8n-nodes-base/dist/nodes/ERPNext/ERPNext.node.js");
const { ERPNextApi } = require("n8n-nodes-base/dist/credentials/ERPNextApi.credentials.js");

const ADA = "ada@example.com";

let site, credentials;

before(async () => {
	site = await Site.start();
	const [apiKey, apiSecret] = site.addUser(ADA, "--role", "System Manager").split(":");
	credentials = { apiKey, apiSecret, environment: "selfHosted", domain: site.url };
});

after(async () => {
	assert.equal(await site.stop(), 0);
});

// n8n's expressions, as far as the credential has them: =text {{$credentials.name}}
const filled = (text, given) => text.replace(/^=/, "").replace(/\{\{\$credentials\.(\w+)\}\}/g, (_, name) => given[name]);

// What n8n's own helper does with a node's request: the credential's header, query and body as JSON, a thrown status.
async function request(given, options) {
	const url = new URL(options.uri);
	for (const [name, value] of Object.entries(options.qs ?? {})) url.searchParams.set(name, value);
	const headers = { ...options.headers };
	for (const [name, text] of Object.entries(new ERPNextApi().authenticate.properties.headers)) headers[name] = filled(text, given);
	const answer = await fetch(url, {
		method: options.method, headers, redirect: "manual", body: options.body && JSON.stringify(options.body),
	});
	const body = await answer.json();
	if (!answer.ok) throw Object.assign(new Error(`${answer.status} - ${JSON.stringify(body)}`), { statusCode: answer.status, error: body });
	return body;
}

// n8n's context of a run: one item for each set of parameters.
function context(items, given = credentials) {
	return {
		getInputData: () => items.map((json) => ({ json })),
		getNodeParameter: (name, i) => items[i][name],
		getCurrentNodeParameter: (name) => items[0][name],
		getNode: () => ({ id: "1", name: "ERPNext", type: "n8n-nodes-base.erpNext", typeVersion: 1, position: [0, 0], parameters: {} }),
		getCredentials: async (name) => (assert.equal(name, "erpNextApi"), given),
		helpers: {
			requestWithAuthentication: (_, options) => request(given, options),
			returnJsonArray: (data) => [data].flat().map((json) => ({ json })),
			constructExecutionMetaData: (data, { itemData }) => data.map((one) => ({ ...one, pairedItem: itemData })),
		},
	};
}

// The JSON of all items that the operation gives for the items.
async function run(operation, items, given) {
	const parameters = [items].flat().map((item) => ({ resource: "document", operation, docType: "ToDo", ...item }));
	const [out] = await new ERPNext().execute.call(context(parameters, given));
	return out.map(({ json }) => json);
}

const properties = (values) => ({ properties: { customProperty: Object.entries(values).map(([field, value]) => ({ field, value })) } });
const filters = (...rows) => ({ customProperty: rows.map(([field, operator, value]) => ({ field, operator, value })) });
const create = async (values) => (await run("create", properties({ allocated_to: ADA, ...values })))[0];

describe("the ERPNext node", () => {
	it("has no operation that is not tried here", () => {
		const { properties: fields } = new ERPNext().description;
		const operations = fields.filter((field) => field.name === "operation").flatMap((field) => field.options);
		assert.deepEqual(operations.map(({ value }) => value).sort(), ["create", "delete", "get", "getAll", "update"]);
	});

	it("tests its credential", async () => {
		const { url } = new ERPNextApi().test.request;
		assert.deepEqual(await request(credentials, { method: "GET", uri: site.url + url }), { message: ADA });
		await assert.rejects(request({ ...credentials, apiSecret: "wrong" }, { method: "GET", uri: site.url + url }), { statusCode: 401 });
	});

	it("creates, gets, updates and deletes documents", async () => {
		const made = await create({ description: "Buy bread" });
		assert.equal(made.owner, ADA);
		assert.deepEqual(await run("get", { documentName: made.name }), [made]);
		const [changed] = await run("update", { documentName: made.name, ...properties({ status: "Closed" }) });
		assert.equal(changed.status, "Closed");
		assert.deepEqual(await run("delete", { documentName: made.name }), [{ data: "ok" }]);
		await assert.rejects(run("get", { documentName: made.name }), { statusCode: 404 });
	});

	it("gets many, with fields, filters and a limit", async () => {
		const names = [];
		for (const description of ["a", "b", "c"]) names.push((await create({ description, priority: "High" })).name);
		const many = (options, more = { returnAll: true }) => run("getAll", { options, ...more });

		assert.equal((await many({})).length, 3);
		assert.deepEqual(await many({ fields: ["description"], filters: filters(["name", "is", names[0]]) }), [{ description: "a" }]);
		assert.equal((await many({ fields: ["*"] }))[0].owner, ADA);
		assert.equal((await many({ filters: filters(["description", "greater", "a"], ["priority", "isNot", "Low"]) })).length, 2);
		assert.equal((await many({ filters: filters(["description", "equalsLess", "b"]) })).length, 2);
		assert.equal((await many({}, { returnAll: false, limit: 2 })).length, 2);
		assert.deepEqual(await run("delete", names.map((documentName) => ({ documentName }))), names.map(() => ({ data: "ok" })));
		assert.deepEqual(await many({}), []);
	});

	it("offers DocTypes and their fields", async () => {
		const { getDocTypes, getDocFields, getDocFilters } = new ERPNext().methods.loadOptions;
		const doctypes = await getDocTypes.call(context([{}]));
		assert.ok(doctypes.some(({ name, value }) => name === "User Permission" && value === "User%20Permission"));
		const fields = await getDocFields.call(context([{ docType: "ToDo" }]));
		assert.ok(fields.some(({ name, value }) => name === "Description" && value === "description"));
		assert.deepEqual((await getDocFilters.call(context([{ docType: "ToDo" }])))[0], { name: "*", value: "*" });
	});

	it("says that a DocType is not for this user", async () => {
		const [apiKey, apiSecret] = site.addUser("bob@example.com").split(":");
		await assert.rejects(run("getAll", { docType: "User%20Permission", options: {}, returnAll: true }, { ...credentials, apiKey, apiSecret }),
			(error) => error.constructor.name === "NodeApiError" && /DocType unavailable/.test(error.message));
	});

	it("shows a refusal", async () => {
		await assert.rejects(create({ description: "" }), (error) => error.statusCode === 417 && error.error.exc_type === "MandatoryError");
		await assert.rejects(run("create", { properties: { customProperty: [] } }), /at least one property/);
	});
});
