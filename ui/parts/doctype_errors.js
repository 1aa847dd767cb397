/* What is wrong with a DocType, at the field that it is about: before it is sent, and as the server says it. */
import { hasColumn, isTable } from "./site.js";

export const keyOf = (row) => row.name ?? row.key;
export const pathOf = (row, property) => `fields/${keyOf(row)}/${property}`;

/* How a row is found by what the server said of it. */
const BY = {
	row: (rows, said) => rows[Number(said) - 1],
	name: (rows, said) => rows.find((r) => (r.fieldname || fieldnameOf(r.label, r.fieldtype, new Set())).toLowerCase() === said.toLowerCase()),
	label: (rows, said) => rows.find((r) => r.label === said) ?? BY.name(rows, said),
	dynamic: (rows) => rows.find((r) => r.fieldtype === "Dynamic Link" && !pointersOf(rows).some((p) => p.fieldname === r.options)),
};

/* [what the server says, the property, how the row is found]; without the last: a property of the DocType. */
const PLACES = [
	[/appears multiple times in rows \d+, (\d+)/, "fieldname", "row"],
	[/^Row #(\d+): Fieldname is required/, "label", "row"],
	[/^Row #(\d+): Fieldtype/, "fieldtype", "row"],
	[/Options (?:required|must be a valid).* in row (\d+)$/, "options", "row"],
	[/ in row (\d+) cannot be hidden and mandatory/, "hidden", "row"],
	[/^'In List View' not allowed .* in row (\d+)$/, "in_list_view", "row"],
	[/^Fieldname (.+) cannot have special characters/, "fieldname", "name"],
	[/reserved keyword (.+)$/, "fieldname", "name"],
	[/^Fieldname is limited to .*\((.+)\)$/, "fieldname", "name"],
	[/^Fieldname (.+) is restricted$/, "fieldname", "name"],
	[/: Field '(.+)' cannot be set as Unique/, "unique", "name"],
	[/Fieldtype .+ for (.+) cannot be unique$/, "unique", "label"],
	[/Fieldtype .+ for (.+) cannot be indexed$/, "search_index", "label"],
	[/^(.+) is an invalid Data field/, "options", "label"],
	[/: Field (.+) of type .+ cannot be mandatory$/, "reqd", "label"],
	[/^Default for 'Check' type of field (.+) must/, "default", "name"],
	[/^Default value for (.+) must be in the list/, "default", "name"],
	[/^Options for (.+) must be set before/, "options", "name"],
	[/: the permlevel of (.+) must be/, "permlevel", "label"],
	[/^Length of (.+) should be/, "length", "name"],
	[/^(.+) contains an invalid Fetch From/, "fetch_from", "label"],
	[/must be the same as doctype name .+ for the field (.+)$/, "options", "label"],
	[/^Option .* for field (.+) is not a child table$/, "options", "name"],
	[/cannot have the table field (.+)$/, "fieldtype", "label"],
	[/provided for the field (.+) must have/, "options", "name"],
	[/^Options 'Dynamic Link' type/, "options", "dynamic"],
	[/^(\w+) cannot become .+ does not convert$/, "fieldtype", "name"],
	[/^Title field must/, "title_field"],
	[/^Search field /, "search_fields"],
	[/^Sort field /, "sort_field"],
	[/^Series .+ already used|in autoname$|naming_series must exist|Autoincrement naming rule$/, "autoname"],
	[/^Could not find Module/, "module"],
	[/^A? ?DocType's name |^Doctype name is limited|already exists|document name/, "name"],
];

/* The server's words by the field that they are about; none: {}. */
export function placeError(error, values) {
	const rows = values.fields ?? [];

	for (const said of error.message.split("\n")) {
		for (const [words, property, by] of PLACES) {
			const found = words.exec(said), row = found && by && BY[by](rows, found[1]?.trim());

			if (found && (row || !by))
				return { [row ? pathOf(row, property) : property]: said };
		}
	}
	return {};
}

export const isBreak = (row) => /Break$/.test(row.fieldtype ?? "");
export const isLinked = (row) => row.fieldtype === "Link" || isTable(row);

/* The fields that a Dynamic Link may take its DocType from. */
export function pointersOf(rows) {
	return rows.filter((r) => r.fieldtype === "Select" || (r.fieldtype === "Link" && r.options === "DocType"));
}

const MOST = 56;
const SUFFIX = { "Section Break": "_section", "Column Break": "_column", "Tab Break": "_tab" };
const STANDARD = ["name", "parent", "creation", "owner", "modified", "modified_by", "parentfield", "parenttype", "file_list", "flags", "docstatus", "idx"];

/* The name that the server would make of the label; "": it makes one of its own. */
export function fieldnameOf(label, fieldtype, taken) {
	const base = (label ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_/, "").slice(0, MOST).replace(/_$/, "");
	const name = base && `${base}${STANDARD.includes(base) ? "1" : ""}${SUFFIX[fieldtype] ?? ""}`;
	let free = name;

	for (let n = 1; free && taken.has(free); n++)
		free = `${name}_${n}`;
	return free;
}

/* What can be seen without asking the server, all of it at once. */
export function checkDoctype(values) {
	const rows = values.fields ?? [], found = {}, names = new Map();

	for (const row of rows) {
		const name = (row.fieldname ?? "").toLowerCase();

		if (!name && !isBreak(row) && !/[a-z0-9]/i.test(row.label ?? ""))
			found[pathOf(row, row.label ? "fieldname" : "label")] = row.label ? "This label has no letter or digit to make a name of: write one." : "This is needed.";
		if (name && names.has(name))
			found[pathOf(row, "fieldname")] = `Another field has this name: ${names.get(name)}.`;
		names.set(name, row.label || name);
		if (isLinked(row) && !row.options)
			found[pathOf(row, "options")] = isTable(row) ? "Choose the child table that holds its rows." : "Choose the DocType that it links to.";
		if (row.fieldtype === "Dynamic Link" && !row.options)
			found[pathOf(row, "options")] = "Choose the field that names the DocType.";
	}
	if (rows.filter((r) => hasColumn(r) || isTable(r)).length === 0)
		found.fields = "Add at least one field.";
	if (/^(field:|format:|\.)\s*$/i.test(values.autoname ?? ""))
		found.autoname = "Say what names are made of.";
	return found;
}
