// /api/openapi.json, judged by a validator of OpenAPI 3.1.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";

import { Validator } from "@seriousme/openapi-schema-validator";

import { Site } from "./site.mjs";

const ADA = "ada@example.com";
const BOB = "bob@example.com";

const OPTIONS = { Select: 'one\n\n"two"\n\\three', Link: "User", "Dynamic Link": "kind", Table: "Row", "Table MultiSelect": "Row", Image: "attach_image" };
const TYPES = ["Attach", "Attach Image", "Autocomplete", "Barcode", "Button", "Check", "Code", "Color", "Column Break", "Currency", "Data", "Date",
	"Datetime", "Duration", "Dynamic Link", "Float", "Geolocation", "HTML", "HTML Editor", "Heading", "Icon", "Image", "Int", "JSON", "Link", "Long Text",
	"Markdown Editor", "Password", "Percent", "Phone", "Rating", "Read Only", "Section Break", "Select", "Signature", "Small Text", "Tab Break", "Table",
	"Table MultiSelect", "Text", "Text Editor", "Time"];

let site, tokens;

// A DocType of the site's own.
async function make(name, fields, more = {}) {
	const headers = { Authorization: `token ${site.administrator}`, "Content-Type": "application/json" };
	const permissions = more.istable ? [] : ["System Manager", "All"].map((role) => ({ role, read: 1, write: 1, create: 1 }));
	const body = JSON.stringify({ name, module: "Custom", custom: 1, fields, permissions, ...more });
	const answer = await fetch(`${site.url}/api/resource/DocType`, { method: "POST", headers, body });

	assert.equal(answer.status, 200, await answer.text());
}

before(async () => {
	site = await Site.start();
	site.administrator = site.token("Administrator");
	await make("Row", [{ fieldname: "user", fieldtype: "Link", options: "User", label: 'A "row" \\' }], { istable: 1 });
	await make("Everything", [{ fieldname: "kind", fieldtype: "Link", options: "DocType" }, ...TYPES.map((fieldtype) => ({
		fieldname: fieldtype.toLowerCase().replaceAll(" ", "_"), fieldtype, label: `"${fieldtype}" \\ <b>\u{1f600}`, options: OPTIONS[fieldtype] }))]);
	for (const name of ["Error", "A B", "A_B", "A-b"]) await make(name, [{ fieldname: "name_of_it", fieldtype: "Data", reqd: 1 }]);
	await make("Only One", [{ fieldname: "choice", fieldtype: "Select", options: "" }], { issingle: 1 });
	tokens = { "a guest": null, "a user": site.addUser(ADA), "a System Manager": site.addUser(BOB, "--role", "System Manager") };
});

after(async () => {
	assert.equal(await site.stop(), 0);
});

for (const who of ["a guest", "a user", "a System Manager"]) {
	it(`is valid for ${who}`, async () => {
		const headers = tokens[who] ? { Authorization: `token ${tokens[who]}` } : {};
		const made = await (await fetch(`${site.url}/api/openapi.json`, { headers })).json();
		const validator = new Validator();
		const judged = await validator.validate(made);

		assert.deepEqual(judged.errors ?? [], []);
		assert.equal(judged.valid, true);
		assert.equal(validator.version, "3.1");
		assert.equal("Everything" in made.components.schemas, who !== "a guest");
	});
}

it("would be refused if it were wrong", async () => {
	const judged = await new Validator().validate({ openapi: "3.1.0", info: { title: "x", version: "1" }, paths: { "/a": { get: { responses: { 9: {} } } } } });

	assert.equal(judged.valid, false);
});
