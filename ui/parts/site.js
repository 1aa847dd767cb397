/* Who is here and what he may use: asked once, when the page starts; and the fields of DocTypes, kept once asked. */
import { ask } from "../api.js";
import { slugOf } from "./router.js";
import { setZone } from "./format.js";

export const site = { user: "", full_name: "", is_system_manager: false, doctypes: [] };

export async function startSite() {
	Object.assign(site, await ask("symbolon.meta.start"));
	site.doctypes.sort((a, b) => a.name.localeCompare(b.name));
	setZone(site.time_zone);
}

export const doctypeNamed = (name) => site.doctypes.find((d) => d.name === name);

/* The DocType of an address: its exact name, or the name in lower case with dashes. */
export const doctypeAt = (part) => doctypeNamed(part) ?? site.doctypes.find((d) => slugOf(d.name) === part.toLowerCase());

/* May the caller do this to all, or at least to his own? */
export const may = (doctype, right) => doctypeNamed(doctype)?.rights[right] !== undefined;
export const mayAll = (doctype, right) => doctypeNamed(doctype)?.rights[right] === "all";

const metas = new Map();

export function metaOf(doctype) {
	if (!metas.has(doctype)) {
		metas.set(doctype, ask("symbolon.meta.get", { doctype }).catch((error) => {
			metas.delete(doctype);
			throw error;
		}));
	}
	return metas.get(doctype);
}

/* After a DocType was made, changed or dropped. */
export async function refreshSite() {
	metas.clear();
	await startSite();
}

const LAYOUT = ["Section Break", "Column Break", "Tab Break", "HTML", "Button", "Image", "Fold", "Heading"];
const TABLES = ["Table", "Table MultiSelect"];

export const isLayout = (field) => LAYOUT.includes(field.fieldtype);
export const isTable = (field) => TABLES.includes(field.fieldtype);
export const hasColumn = (field) => !isLayout(field) && !isTable(field);

const STANDARD_LABELS = { name: "ID", owner: "Made by", creation: "Made", modified: "Changed", modified_by: "Changed by", docstatus: "Document status", idx: "Place" };

/* called: what it is called in this place alone. */
export const labelOf = (field) => field.called ?? STANDARD_LABELS[field.fieldname] ?? (field.label || field.fieldname);
