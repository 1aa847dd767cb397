// /api/openapi.json, judged by a validator of OpenAPI 3.1.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";

import { Validator } from "@seriousme/openapi-schema-validator";

import { Site } from "./site.mjs";

const ADA = "ada@example.com";
const BOB = "bob@example.com";

let site, tokens;

before(async () => {
	site = await Site.start();
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
	});
}

it("would be refused if it were wrong", async () => {
	const judged = await new Validator().validate({ openapi: "3.1.0", info: { title: "x", version: "1" }, paths: { "/a": { get: { responses: { 9: {} } } } } });

	assert.equal(judged.valid, false);
});
