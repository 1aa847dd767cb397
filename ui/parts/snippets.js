/* A request as lines for a program. The key is never in them: its halves come from the environment. */

const PYTHON_WORDS = { true: "True", false: "False", null: "None" };
const quote = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;
const isFile = (value) => value instanceof File;
const origin = () => location.origin;

function curl({ verb, path, headers, json, form }) {
	const lines = [`curl -g -H "Authorization: token $API_KEY:$API_SECRET"`];

	if (verb !== "GET" && !(verb === "POST" && (json || form)))
		lines.push(`-X ${verb}`);
	for (const [name, value] of Object.entries(headers))
		lines.push(`-H ${quote(`${name}: ${value}`)}`);
	if (json)
		lines.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(json))}`);
	for (const [name, value] of form ?? [])
		lines.push(isFile(value) ? `-F ${quote(`${name}=@${value.name}`)}` : `--form-string ${quote(`${name}=${value}`)}`); /* of -F, "@" would begin a file's name */
	lines.push(quote(origin() + path));
	return lines.join(" \\\n  ");
}

/* JSON as a literal of Python: a string of the one is a string of the other. */
function pythonOf(value) {
	if (Array.isArray(value))
		return `[${value.map(pythonOf).join(", ")}]`;
	if (value !== null && typeof value === "object")
		return `{${Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${pythonOf(v)}`).join(", ")}}`;
	return PYTHON_WORDS[value] && typeof value !== "string" ? PYTHON_WORDS[value] : JSON.stringify(value);
}

function python({ verb, path, query, headers, json, form }) {
	const files = (form ?? []).filter(([, v]) => isFile(v)), fields = (form ?? []).filter(([, v]) => !isFile(v));
	const own = Object.entries(headers).map(([k, v]) => `, ${JSON.stringify(k)}: ${JSON.stringify(v)}`).join("");
	const lines = [
		"import os", "", "import requests", "",
		`token = f"token {os.environ['API_KEY']}:{os.environ['API_SECRET']}"`, `answer = requests.${verb.toLowerCase()}(`,
		`    ${JSON.stringify(origin() + path.split("?")[0])},`, `    headers={"Authorization": token${own}},`,
	];

	if (query.length > 0)
		lines.push(`    params=${pythonOf(Object.fromEntries(query))},`);
	if (json)
		lines.push(`    json=${pythonOf(json)},`);
	if (fields.length > 0)
		lines.push(`    data=${pythonOf(Object.fromEntries(fields))},`);
	if (files.length > 0)
		lines.push(`    files={${files.map(([name, f]) => `${JSON.stringify(name)}: open(${JSON.stringify(f.name)}, "rb")`).join(", ")}},`);
	return [...lines, "    timeout=30,", ")", "answer.raise_for_status()", "print(answer.json())"].join("\n");
}

function javascript({ verb, path, headers, json, form }) {
	const own = { ...headers, ...(json && { "Content-Type": "application/json" }) };
	const lines = [
		...(form ? ["const form = new FormData();", ...form.map(([name, v]) => `form.append(${JSON.stringify(name)}, ${isFile(v) ? "file" : JSON.stringify(String(v))});`), ""] : []),
		"const { API_KEY, API_SECRET } = process.env;", `const answer = await fetch(${JSON.stringify(origin() + path)}, {`,
	];

	if (verb !== "GET")
		lines.push(`  method: "${verb}",`);
	lines.push("  headers: {", "    Authorization: `token ${API_KEY}:${API_SECRET}`,",
		...Object.entries(own).map(([k, v]) => `    ${JSON.stringify(k)}: ${JSON.stringify(v)},`), "  },");
	if (json)
		lines.push(`  body: JSON.stringify(${JSON.stringify(json)}),`);
	if (form)
		lines.push("  body: form,");
	return [...lines, "});", "", "if (!answer.ok)", "  throw new Error(`${answer.status}: ${await answer.text()}`);", "console.log(await answer.json());"].join("\n");
}

export const LANGUAGES = [["curl", curl], ["Python", python], ["JavaScript", javascript]];
