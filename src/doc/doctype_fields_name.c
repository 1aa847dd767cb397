#include "doc/doctype_fields_name.h"

#include "doc/doctype_rows.h"
#include "doc/naming.h"

enum { MADE_MAX = 56 /* characters of a name made from a label */ };

/* Names of columns that every table has, and of what documents carry beside them. */
static const struct str STANDARD[] = { STR_INIT("name"), STR_INIT("parent"), STR_INIT("creation"),
	STR_INIT("owner"), STR_INIT("modified"), STR_INIT("modified_by"), STR_INIT("parentfield"),
	STR_INIT("parenttype"), STR_INIT("file_list"), STR_INIT("flags"), STR_INIT("docstatus"),
	STR_INIT("idx") };

static bool
is_standard(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(STANDARD); i++) {
		if (str_eq(STANDARD[i], name))
			return true;
	}
	return false;
}

/* "Due Date?" becomes "due_date"; empty if the label has no letter or digit of ASCII. */
static bool
from_label(struct call *call, struct str label, struct str *out, struct err *err)
{
	char *text = arena_alloc(call->arena, MADE_MAX + 1);
	size_t len = 0;

	if (text == NULL)
		return err_memory(err);
	for (size_t i = 0; i < label.len && len < MADE_MAX; i++) {
		const char c = char_lower(label.ptr[i]);

		if (char_is_word(c) && c != '_')
			text[len++] = c;
		else if (len > 0 && text[len - 1] != '_')
			text[len++] = '_';
	}
	while (len > 0 && text[len - 1] == '_')
		len--;
	*out = (struct str){ text, len };
	return true;
}

static const char *
suffix_of(enum field_type type)
{
	if (type == FIELD_SECTION_BREAK)
		return "_section";
	if (type == FIELD_COLUMN_BREAK)
		return "_column";
	return type == FIELD_TAB_BREAK ? "_tab" : "";
}

/* A name for a field that has no usable label: "section_break_x7k2". */
static bool
from_type(struct call *call, const struct doc *row, struct str *out, struct err *err)
{
	const struct str type = field_type_name(doctype_rows_type(row));
	struct str base, random;

	return from_label(call, type, &base, err) && naming_random(call->arena, &random, err) &&
	    arena_printf(call->arena, out, err, "%.*s_%.*s", STR_FMT(base),
		STR_FMT(str_sub(random, random.len - 4, 4)));
}

static bool
make_name(struct call *call, const struct doc *row, struct str *out, struct err *err)
{
	const enum field_type type = doctype_rows_type(row);
	const struct str label = str_trim(doctype_rows_text(row, "label"));
	struct str base;

	if (label.len == 0 && suffix_of(type)[0] == '\0') {
		err_set(err, ERR_VALIDATION, "Row #%lld: Fieldname is required",
		    (long long)doctype_rows_int(row, "idx"));
		return err_title(err, "Missing Fieldname");
	}
	if (!from_label(call, label, &base, err))
		return false;
	if (base.len == 0)
		return from_type(call, row, out, err);
	return arena_printf(call->arena, out, err, "%.*s%s%s", STR_FMT(base),
	    is_standard(base) ? "1" : "", suffix_of(type));
}

/* A made name that another field has gets a number. */
static bool
settle_clash(struct call *call, struct doc *d, struct str *name, struct err *err)
{
	const struct str base = *name;

	for (int n = 1; doctype_rows_field(d, *name) != NULL; n++) {
		if (!arena_printf(call->arena, name, err, "%.*s_%d", STR_FMT(base), n))
			return false;
	}
	return true;
}

static bool
name_row(struct call *call, struct doc *d, struct doc *row, struct err *err)
{
	struct str name = str_trim(doctype_rows_text(row, "fieldname"));

	if (name.len == 0) {
		if (!make_name(call, row, &name, err) || !settle_clash(call, d, &name, err))
			return false;
	} else if (!arena_str_lower(call->arena, name, &name, err)) {
		return false;
	}
	if (is_standard(name))
		return err_set(
		    err, ERR_INVALID_FIELD_NAME, "Fieldname %.*s is restricted", STR_FMT(name));
	doctype_rows_set_text(row, "fieldname", name);
	return true;
}

static bool
may_be_listed(enum field_type type)
{
	return field_type_column(type) != FIELD_NO_COLUMN && type != FIELD_ATTACH_IMAGE;
}

/* Without a column in lists the first four mandatory fields become such. */
static void
choose_list_columns(struct doc_rows *rows)
{
	enum { CHOSEN = 4 };
	size_t chosen = 0;

	for (size_t i = 0; i < rows->len; i++) {
		if (doctype_rows_flag(rows->items[i], "in_list_view"))
			return;
	}
	for (size_t i = 0; i < rows->len && chosen < CHOSEN; i++) {
		struct doc *row = rows->items[i];

		if (!doctype_rows_flag(row, "reqd") || doctype_rows_flag(row, "hidden") ||
		    !may_be_listed(doctype_rows_type(row)))
			continue;
		doctype_rows_set_int(row, "in_list_view", 1);
		chosen++;
	}
}

static void
settle_properties(const struct doc *d, struct doc *row)
{
	const enum field_type type = doctype_rows_type(row);

	if (type == FIELD_CHECK && doctype_rows_text(row, "default").len == 0)
		doctype_rows_set_text(row, "default", STR("0"));
	if (type != FIELD_DATA && type != FIELD_SELECT && type != FIELD_TEXT &&
	    type != FIELD_SMALL_TEXT && type != FIELD_TEXT_EDITOR)
		doctype_rows_set_int(row, "translatable", 0);
	if (doctype_rows_flag(d, "issingle")) {
		doctype_rows_set_int(row, "unique", 0);
		doctype_rows_set_int(row, "search_index", 0);
	}
	if (doctype_rows_flag(row, "unique"))
		doctype_rows_set_int(row, "search_index", 0);
}

bool
doctype_fields_name(struct call *call, struct doc *d, struct err *err)
{
	struct doc_rows *rows = doctype_rows_of(d, "fields");

	if (rows->len > DOCTYPE_FIELDS_MAX)
		return err_set(err, ERR_VALIDATION,
		    "A DocType may have %d fields; this one has %zu. Move some to a child table",
		    DOCTYPE_FIELDS_MAX, rows->len);
	for (size_t i = 0; i < rows->len; i++) {
		if (!name_row(call, d, rows->items[i], err))
			return false;
		settle_properties(d, rows->items[i]);
	}
	choose_list_columns(rows);
	return true;
}
