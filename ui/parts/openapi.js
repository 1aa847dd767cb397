/* An OpenAPI document as operations to look through, and what was typed for one of them as a request. */

const VERBS = ["get", "post", "put", "patch", "delete"];

const lookUp = (doc, ref) => ref.slice(2).split("/").reduce((node, part) => node?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], doc);
const resolve = (doc, node) => (node?.$ref ? lookUp(doc, node.$ref) ?? {} : node ?? {});

function bodyOf(doc, { content } = {}) {
	const [type, part] = Object.entries(content ?? {})[0] ?? [];

	if (!type)
		return null;
	const schema = resolve(doc, part.schema);

	/* A document is written as a whole; what a method takes is a field each. */
	return { type, schema, whole: Boolean(part.schema?.$ref) };
}

/* [{ id, verb, path, summary, tag, parameters, body, open }], in the order of the document. */
export function operationsOf(doc) {
	return Object.entries(doc.paths ?? {}).flatMap(([path, item]) => VERBS.filter((verb) => item[verb]).map((verb) => {
		const op = item[verb];

		return {
			id: op.operationId, verb: verb.toUpperCase(), path, summary: op.summary ?? "", tag: op.tags?.[0] ?? "Other",
			parameters: (op.parameters ?? []).map((p) => resolve(doc, p)).map((p) => ({ ...p, schema: resolve(doc, p.schema) })), body: bodyOf(doc, resolve(doc, op.requestBody)),
			open: (op.security ?? []).some((s) => Object.keys(s).length === 0),
		};
	}));
}

const typesOf = (schema) => [schema.type ?? []].flat();
export const isFile = (schema) => schema.contentMediaType === "application/octet-stream";
export const isJson = (schema) => schema.contentMediaType === "application/json" || ["array", "object"].some((t) => typesOf(schema).includes(t));
export const isNumber = (schema) => ["integer", "number"].some((t) => typesOf(schema).includes(t));

/* "list, object or text": a schema's type in words. */
export function typeWords(schema) {
	const words = { string: "text", array: "list", integer: "whole number", boolean: "yes or no", null: "nothing" };
	const types = typesOf(schema).filter((t) => t !== "null" || typesOf(schema).length === 1).map((t) => words[t] ?? t);

	if (isFile(schema))
		return "file";
	if (schema.enum)
		return `one of ${schema.enum.filter((v) => v !== null && v !== "").slice(0, 6).join(", ")}`;
	if (schema.contentMediaType === "application/json")
		return "JSON";
	if ("const" in schema)
		return JSON.stringify(schema.const);
	if (schema.format === "date" || schema.format === "date-time")
		return schema.format === "date" ? "date" : "date and time";
	return types.length > 1 ? `${types.slice(0, -1).join(", ")} or ${types.at(-1)}` : types[0] ?? "anything";
}

/* The fields of a document's schema that a caller may send, those that are needed first. */
export function fieldsOf(schema) {
	const needed = schema["x-required-on-create"] ?? schema.required ?? [];
	const rows = Object.entries(schema.properties ?? {}).filter(([name, s]) => !s.readOnly && name !== "doctype")
		.map(([name, s]) => ({ name, schema: s, needed: needed.includes(name) }));

	return [...rows.filter((r) => r.needed), ...rows.filter((r) => !r.needed)];
}

/* What a document begins with: the fields that are needed. */
export function begun(op) {
	const needed = op.verb === "POST" ? fieldsOf(op.body.schema).filter((f) => f.needed) : [];

	return JSON.stringify(Object.fromEntries(needed.map((f) => [f.name, isNumber(f.schema) ? 0 : ""])), null, 2);
}

function valueOf(schema, typed) {
	if (isFile(schema))
		return typed;
	if (schema.enum)
		return schema.enum.find((v) => String(v) === typed) ?? typed;
	if (isNumber(schema))
		return Number(typed);
	if (isJson(schema) || typesOf(schema).length === 0) {
		try {
			return JSON.parse(typed);
		} catch {
			return typed;
		}
	}
	return typed;
}

/* { key: words } of what is missing or cannot be read. */
export function wrongOf(op, values) {
	const wrong = {};

	for (const p of op.parameters.filter((each) => each.required && !values[`${each.in}.${each.name}`]))
		wrong[`${p.in}.${p.name}`] = "This is needed: it is a part of the address.";
	if (op.body?.whole) {
		try {
			JSON.parse(values.body);
		} catch (error) {
			wrong.body = `This is no JSON: ${error.message}`;
		}
	}
	return wrong;
}

/* { verb, path, query, headers, json or form } of what was typed. */
export function requestOf(op, values) {
	const given = (where) => op.parameters.filter((p) => p.in === where && (values[`${where}.${p.name}`] ?? "") !== "")
		.map((p) => [p.name, values[`${where}.${p.name}`]]);
	const path = given("path").reduce((text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value)), op.path);
	const query = given("query"), request = { verb: op.verb, path, query, headers: Object.fromEntries(given("header")) };

	if (query.length > 0)
		request.path += `?${new URLSearchParams(query)}`;
	if (!op.body)
		return request;
	if (op.body.whole) {
		try {
			return { ...request, json: JSON.parse(values.body) };
		} catch {
			return { ...request, json: {} };
		}
	}
	const members = Object.entries(op.body.schema.properties ?? {}).filter(([name]) => (values[`body.${name}`] ?? "") !== "")
		.map(([name, schema]) => [name, valueOf(schema, values[`body.${name}`])]);

	if (op.body.type === "multipart/form-data")
		return { ...request, form: members };
	return { ...request, json: Object.fromEntries(members) };
}
