/* The types of fields in words, and which properties a field of each has. */
import { hasColumn, isTable } from "./site.js";

/* In the order in which they are offered: the commonest first. */
export const TYPES = [
	["Data", "one line of text"], ["Link", "a document of another DocType"], ["Select", "one of some words"], ["Check", "yes or no"],
	["Int", "a whole number"], ["Float", "a number"], ["Currency", "an amount of money"], ["Date", "a day"], ["Datetime", "a day and a time"],
	["Small Text", "some lines of text"], ["Table", "rows of a child table"],
	["Section Break", "begins a section of the form"], ["Column Break", "begins a column of a section"], ["Tab Break", "begins a tab of the form"],
	["Attach", "a file"], ["Attach Image", "an image"], ["Autocomplete", "text with suggestions"], ["Barcode", "a barcode"], ["Button", "a button"],
	["Code", "program text"], ["Color", "a colour"], ["Duration", "a length of time"], ["Dynamic Link", "a document of the DocType that another field names"],
	["Fold", "hides what follows until it is opened"], ["Geolocation", "a place on the map"], ["Heading", "a heading"], ["HTML", "fixed text on the form"],
	["HTML Editor", "HTML"], ["Icon", "an icon"], ["Image", "shows an attached image"], ["JSON", "JSON"], ["Long Text", "text of any length"],
	["Markdown Editor", "Markdown"], ["Password", "a secret, kept encrypted"], ["Percent", "a percentage"], ["Phone", "a telephone number"],
	["Rating", "stars"], ["Read Only", "text that is only shown"], ["Signature", "a drawn signature"], ["Table MultiSelect", "several links"],
	["Text", "text"], ["Text Editor", "formatted text"], ["Time", "a time of day"],
];

/* Types that match what was typed: by name first, then by what they are. */
export function findTypes(text) {
	const words = text.trim().toLowerCase();
	const named = TYPES.filter(([type]) => type.toLowerCase().includes(words));
	const about = TYPES.filter(([type, what]) => !type.toLowerCase().includes(words) && what.includes(words));

	return [...named, ...about].map(([value, what]) => ({ value, about: what }));
}

const NUMBERS = ["Int", "Float", "Currency"], TEXTS = ["Data", "Link", "Dynamic Link", "Password", "Select", "Read Only", "Attach", "Attach Image"];
const BIG = ["Small Text", "Text", "Long Text", "Text Editor", "HTML Editor", "Markdown Editor", "Code", "JSON", "Geolocation", "Signature"];
const WITH_OPTIONS = ["Data", "Link", "Dynamic Link", "Select", "Autocomplete", "Table", "Table MultiSelect", "Code", "Currency", "HTML", "Button", "Image", "Rating", "Text Editor"];
const kept = (row) => hasColumn(row) || isTable(row);
const one = (...types) => (row) => types.includes(row.fieldtype);

/* Which rows have the property; those that are not named: all that hold a value. */
const FITS = {
	fieldname: () => true, depends_on: () => true, hidden: () => true,
	description: (row) => !/Column Break|Fold/.test(row.fieldtype), permlevel: (row) => !/Break$/.test(row.fieldtype),
	options: one(...WITH_OPTIONS), default: (row) => hasColumn(row) && !one("Attach", "Attach Image", "Password", "Signature")(row), unique: one("Data", "Link", "Read Only", "Int"),
	search_index: (row) => hasColumn(row) && !BIG.includes(row.fieldtype), in_list_view: (row) => hasColumn(row) && row.fieldtype !== "Attach Image", in_standard_filter: hasColumn,
	non_negative: one(...NUMBERS), length: one(...TEXTS), precision: one("Float", "Currency", "Percent"), bold: hasColumn, set_only_once: hasColumn,
	fetch_from: hasColumn, fetch_if_empty: (row) => Boolean(row.fetch_from), ignore_user_permissions: one("Link"),
};

export const fits = (row, property) => (FITS[property] ?? kept)(row);

export const GROUPS = [
	["", ["fieldname", "options", "default", "description"]],
	["What may be in it", ["reqd", "unique", "non_negative", "set_only_once", "read_only", "allow_on_submit", "no_copy", "search_index", "length", "precision"]],
	["Where it is shown", ["in_list_view", "in_standard_filter", "bold", "hidden", "permlevel"]],
	["When", ["depends_on", "mandatory_depends_on", "read_only_depends_on", "fetch_from", "fetch_if_empty", "ignore_user_permissions"]],
];

export const LABELS = {
	fieldname: "Name for programs", options: "Options", default: "Default", description: "Help below the field", reqd: "Required", unique: "Unique",
	non_negative: "Not negative", set_only_once: "Set only once", read_only: "Read only", allow_on_submit: "May change after submit", no_copy: "Not copied",
	search_index: "Indexed", length: "Most characters", precision: "Digits after the point", in_list_view: "In list view", in_standard_filter: "In filter",
	bold: "Bold", hidden: "Hidden", permlevel: "Permission level", depends_on: "Shown when", mandatory_depends_on: "Required when",
	read_only_depends_on: "Read only when", fetch_from: "Fetched from", fetch_if_empty: "Fetched only when empty", ignore_user_permissions: "User permissions do not count",
	label: "Label", fieldtype: "Type", insert_after: "Stands after",
};

export const HELP = {
	depends_on: "A field's name, or eval:doc.kind == 'odd'", mandatory_depends_on: "As above", read_only_depends_on: "As above",
	fetch_from: "link_field.field_of_it", permlevel: "0 to 9; roles get levels in the permissions", set_only_once: "Fixed once it is saved", length: "0 for the usual number",
};

export const OPTIONS_OF = {
	Link: ["DocType", "Whose documents may be chosen"], Table: ["Child table", "The DocType of its rows"], "Table MultiSelect": ["Child table", "A child table with a Link field"],
	Select: ["Choices", "One a line"], Autocomplete: ["Suggestions", "One a line"], "Dynamic Link": ["Field with the DocType", "A Select, or a Link to DocType"],
	Data: ["Kind of text", "Checked when it is saved"], Code: ["Language", ""], Currency: ["Currency", "A code, or the field that holds one"], HTML: ["HTML", ""],
	Button: ["Method", ""], Image: ["Field of the image", ""], Rating: ["Most stars", ""], "Text Editor": ["Options", ""],
};

/* A row of fields as forms take a field. */
export function shownField(row) {
	const flag = (name) => Boolean(Number(row[name] ?? 0));

	return {
		...row, writable: true, length: Number(row.length) || 0, hidden: flag("hidden"), reqd: flag("reqd"), read_only: flag("read_only"), set_only_once: flag("set_only_once"),
		non_negative: flag("non_negative"), in_list_view: flag("in_list_view"), fieldname: row.fieldname || row.name || row.key,
	};
}

/* What a row is, in a few words, for who has not opened it. */
export function factsOf(row) {
	const flags = [["reqd", "required"], ["unique", "unique"], ["in_list_view", "in list"], ["in_standard_filter", "in filter"], ["read_only", "read only"], ["hidden", "hidden"]];
	const target = row.fieldtype === "Link" || isTable(row) ? row.options && `→ ${row.options}` : row.fieldtype === "Select" && row.options && plainChoices(row.options);

	return [row.fieldname, target, ...flags.filter(([name]) => Number(row[name])).map(([, words]) => words), Number(row.permlevel) ? `level ${row.permlevel}` : "",
		row.depends_on && "sometimes shown"].filter(Boolean).join(" · ");
}

function plainChoices(options) {
	const choices = options.split("\n").filter(Boolean), words = choices.slice(0, 4).join(", ");

	return choices.length > 4 ? `${words} and ${choices.length - 4} more` : words;
}

