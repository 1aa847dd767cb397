#include "doc/custom_rules.h"

#include "doc/custom.h"
#include "doc/doctype_fields.h"
#include "doc/doctype_fields_name.h"
#include "doc/doctype_rows.h"
#include "doc/doctype_sync.h"
#include "doc/meta_custom.h"
#include "doc/naming.h"

static const struct str DROP_SQL =
    STR_INIT("DELETE FROM `tabProperty Setter` WHERE `doc_type` COLLATE NOCASE = ?1"
	     " AND `doctype_or_field` = 'DocField' AND `field_name` = ?2");
static const struct str REPLACE_SQL =
    STR_INIT("DELETE FROM `tabProperty Setter` WHERE `name` COLLATE NOCASE = ?1");

enum { NAME_MAX_LEN = 64, PART_MAX = 120 };

/* Those that DocTypes are made of. */
static const struct str META[] = { STR_INIT("DocType"), STR_INIT("DocField"), STR_INIT("DocPerm"),
	STR_INIT("Custom DocPerm"), STR_INIT("Custom Field"), STR_INIT("Property Setter"),
	STR_INIT("DocType Action"), STR_INIT("DocType Link"), STR_INIT("DocType State") };

/* Those that say who may do what: fields may be added, and theirs stay as they are. */
static const struct str GUARDED[] = { STR_INIT("User"), STR_INIT("Role"), STR_INIT("Has Role"),
	STR_INIT("API Key"), STR_INIT("User Permission"), STR_INIT("DocShare") };

static bool
is_one_of(const struct str *list, size_t len, struct str name)
{
	for (size_t i = 0; i < len; i++) {
		if (str_ieq(list[i], name))
			return true;
	}
	return false;
}

/* The DocType that is changed, with all that changes it but the document of that name. */
static bool
load_doctype(
    struct call *call, struct str name, struct str except, struct doc **out, struct err *err)
{
	const struct doctype *dt;
	bool found;

	if (is_one_of(META, ARRAY_LEN(META), name))
		return err_set(
		    err, ERR_VALIDATION, "Core DocTypes cannot be customized: %.*s", STR_FMT(name));
	if (!doc_type(call, STR("DocType"), &dt, err) ||
	    !doc_load(call, dt, name, out, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_LINK_VALIDATION, "Could not find DocType: %.*s",
		    STR_FMT(str_sub(name, 0, 140)));
	return custom_apply(call, *out, except, err);
}

/* ---- Custom Field */

static bool
label_of(struct call *call, struct doc *d, struct str *out, struct err *err)
{
	const enum field_type type = doctype_rows_type(d);
	struct str made;

	*out = str_trim(doctype_rows_text(d, "label"));
	if (out->len > 0)
		return true;
	if (type != FIELD_SECTION_BREAK && type != FIELD_COLUMN_BREAK && type != FIELD_TAB_BREAK)
		return err_set(err, ERR_VALIDATION, "Label is mandatory");
	return naming_random(call->arena, &made, err) &&
	    arena_printf(call->arena, out, err, "%.*s_%.*s", STR_FMT(field_type_name(type)),
		STR_FMT(str_sub(made, 0, 5)));
}

/* "Due date?" becomes "custom_due_date". */
static bool
make_fieldname(struct call *call, struct doc *d, struct str *out, struct err *err)
{
	char text[NAME_MAX_LEN - sizeof("custom_") + 1];
	size_t len = 0;
	struct str label;

	if (!label_of(call, d, &label, err))
		return false;
	for (size_t i = 0; i < label.len && len < sizeof(text); i++) {
		const char c = label.ptr[i] == ' ' ? '_' : char_lower(label.ptr[i]);

		if (char_is_word(c))
			text[len++] = c;
	}
	return arena_printf(call->arena, out, err, "custom_%.*s", (int)len, text);
}

/* Its name is the DocType's and the field's. */
static bool
name_field(struct call *call, struct doc *d, struct str *out, struct err *err)
{
	struct str name = str_trim(doctype_rows_text(d, "fieldname"));
	char *lower;

	if (name.len == 0 && !make_fieldname(call, d, &name, err))
		return false;
	if (name.len > NAME_MAX_LEN)
		return err_set(err, ERR_VALIDATION,
		    "Fieldname is limited to %d characters (<strong>%.*s</strong>)", NAME_MAX_LEN,
		    STR_FMT(str_sub(name, 0, 100)));
	lower = arena_alloc(call->arena, name.len + 1);
	if (lower == NULL)
		return err_memory(err);
	for (size_t i = 0; i < name.len; i++)
		lower[i] = char_lower(name.ptr[i]);
	name.ptr = lower;
	doctype_rows_set_text(d, "fieldname", name);
	return arena_printf(
	    call->arena, out, err, "%.*s-%.*s", STR_FMT(doctype_rows_text(d, "dt")), STR_FMT(name));
}

static bool
check_place(const struct doc *d, const struct doc *old, struct err *err)
{
	if (old == NULL)
		return true;
	if (!str_eq(doctype_rows_text(d, "dt"), doctype_rows_text(old, "dt")) ||
	    !str_eq(doctype_rows_text(d, "fieldname"), doctype_rows_text(old, "fieldname")))
		return err_set(err, ERR_VALIDATION,
		    "The DocType and the name of a Custom Field stay: make another one");
	return true;
}

static bool
validate_field(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct str name = doctype_rows_text(d, "fieldname");
	struct doc *doctype, *row;

	if (!check_place(d, old, err) ||
	    !load_doctype(call, doctype_rows_text(d, "dt"), doc_name(d), &doctype, err))
		return false;
	if (doctype_rows_field(doctype, name) != NULL)
		return err_set(err, ERR_VALIDATION,
		    "A field with the name <strong>%.*s</strong> already exists in %.*s",
		    STR_FMT(name), STR_FMT(doc_name(doctype)));
	return custom_add(call, doctype, d, &row, err) && doctype_fields_name(call, doctype, err) &&
	    doctype_fields_check_one(call, doctype, row, err);
}

static bool
written_field(struct call *call, struct doc *d, const struct doc *old UNUSED, struct err *err)
{
	return doctype_sync(call, doctype_rows_text(d, "dt"), err);
}

/* What was set of it goes with it. */
static bool
deleted_field(struct call *call, struct doc *d, struct err *err)
{
	const struct value params[] = { doc_get(d, STR("dt")), doc_get(d, STR("fieldname")) };

	return db_exec(call->db, DROP_SQL, params, ARRAY_LEN(params), NULL, err) &&
	    doctype_sync(call, doctype_rows_text(d, "dt"), err);
}

const struct controller CUSTOM_FIELD_RULES = {
	.doctype = STR_INIT("Custom Field"),
	.name = name_field,
	.validate = validate_field,
	.written = written_field,
	.deleted = deleted_field,
	.keeps_links = true,
	.alone = true,
};

/* ---- Property Setter */

static bool
is_of_doctype(const struct doc *d)
{
	return str_eq(doctype_rows_text(d, "doctype_or_field"), STR("DocType"));
}

/* A later one takes the place of an earlier one. */
static bool
name_setter(struct call *call, struct doc *d, struct str *out, struct err *err)
{
	const struct str field = doctype_rows_text(d, "field_name");
	struct value name;

	if (!arena_printf(call->arena, out, err, "%.*s-%.*s-%.*s",
		STR_FMT(str_sub(doctype_rows_text(d, "doc_type"), 0, PART_MAX)),
		STR_FMT(field.len > 0 ? str_sub(field, 0, PART_MAX) : STR("main")),
		STR_FMT(str_sub(doctype_rows_text(d, "property"), 0, PART_MAX))))
		return false;
	name = value_text(*out);
	return db_exec(call->db, REPLACE_SQL, &name, 1, NULL, err);
}

static bool
check_property(const struct doc *d, struct err *err)
{
	const struct str property = doctype_rows_text(d, "property");
	const bool known = is_of_doctype(d) ? meta_custom_is_doctype_property(property)
					    : meta_custom_is_field_property(property);

	return known ||
	    err_set(err, ERR_VALIDATION, "The property <strong>%.*s</strong> cannot be set",
		STR_FMT(str_sub(property, 0, 64)));
}

/* Types that hold the same values; a Password is what it is. */
static bool
check_type(const struct doc *row, struct str value, struct err *err)
{
	static const struct {
		enum field_type types[5];
		size_t len;
	} ALIKE[] = {
		{ { FIELD_CURRENCY, FIELD_FLOAT, FIELD_PERCENT }, 3 },
		{ { FIELD_DATA, FIELD_SMALL_TEXT, FIELD_TEXT, FIELD_SELECT, FIELD_BARCODE }, 5 },
		{ { FIELD_TEXT, FIELD_TEXT_EDITOR, FIELD_CODE, FIELD_SIGNATURE, FIELD_HTML_EDITOR },
		    5 },
		{ { FIELD_CODE, FIELD_GEOLOCATION }, 2 },
		{ { FIELD_TABLE, FIELD_TABLE_MULTISELECT }, 2 },
	};
	const enum field_type from = doctype_rows_type(row);
	enum field_type to;

	if (!field_type_find(value, &to))
		return err_set(err, ERR_VALIDATION, "%.*s is no type of a field",
		    STR_FMT(str_sub(value, 0, 64)));
	for (size_t i = 0; i < ARRAY_LEN(ALIKE); i++) {
		bool has_from = false, has_to = false;

		for (size_t k = 0; k < ALIKE[i].len; k++) {
			has_from |= ALIKE[i].types[k] == from;
			has_to |= ALIKE[i].types[k] == to;
		}
		if (has_from && has_to)
			return true;
	}
	return from == to ||
	    err_set(err, ERR_VALIDATION, "Fieldtype cannot be changed from %.*s to %.*s",
		STR_FMT(field_type_name(from)), STR_FMT(field_type_name(to)));
}

static bool
check_row(
    struct call *call, const struct doc *d, struct doc *doctype, struct doc *row, struct err *err)
{
	const struct str property = doctype_rows_text(d, "property");
	const struct str value = doctype_rows_text(d, "value");

	if (str_eq(property, STR("fieldtype")) && !check_type(row, value, err))
		return false;
	return custom_set(call, row, property, value, err) &&
	    doctype_fields_check_one(call, doctype, row, err);
}

static bool
validate_setter(struct call *call, struct doc *d, const struct doc *old UNUSED, struct err *err)
{
	const struct str doctype_name = doctype_rows_text(d, "doc_type");
	const struct str field = doctype_rows_text(d, "field_name");
	struct doc *doctype, *row;

	if (is_one_of(GUARDED, ARRAY_LEN(GUARDED), doctype_name))
		return err_set(err, ERR_VALIDATION, "Core DocTypes cannot be customized: %.*s",
		    STR_FMT(doctype_name));
	if (!load_doctype(call, doctype_name, doc_name(d), &doctype, err) ||
	    !check_property(d, err))
		return false;
	if (is_of_doctype(d))
		return custom_set(call, doctype, doctype_rows_text(d, "property"),
			   doctype_rows_text(d, "value"), err) &&
		    doctype_fields_check_names(doctype, err);
	if (!str_eq(doctype_rows_text(d, "doctype_or_field"), STR("DocField")))
		return err_set(
		    err, ERR_VALIDATION, "A Property Setter is for a DocType or a DocField here");
	row = doctype_rows_field(doctype, field);
	if (row == NULL)
		return err_set(err, ERR_VALIDATION, "%.*s has no field <strong>%.*s</strong>",
		    STR_FMT(doctype_name), STR_FMT(str_sub(field, 0, 64)));
	return check_row(call, d, doctype, row, err);
}

static bool
written_setter(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	if (old != NULL &&
	    !str_ieq(doctype_rows_text(old, "doc_type"), doctype_rows_text(d, "doc_type")) &&
	    !doctype_sync(call, doctype_rows_text(old, "doc_type"), err))
		return false;
	return doctype_sync(call, doctype_rows_text(d, "doc_type"), err);
}

static bool
deleted_setter(struct call *call, struct doc *d, struct err *err)
{
	return doctype_sync(call, doctype_rows_text(d, "doc_type"), err);
}

const struct controller CUSTOM_SETTER_RULES = {
	.doctype = STR_INIT("Property Setter"),
	.name = name_setter,
	.validate = validate_setter,
	.written = written_setter,
	.deleted = deleted_setter,
	.keeps_links = true,
	.alone = true,
};
