#include "doc/doctype_fields.h"

#include "doc/doctype_rows.h"

enum { NAME_MAX_LEN = 64, LENGTH_MAX = 1000, LEVEL_MAX = 9 };

/* A field that is being checked. */
struct subject {
	struct call *call;
	struct doc *d; /* the DocType */
	struct doc *row;
	struct str doctype, name, label, options, fallback;
	enum field_type type;
};

typedef bool check_fn(const struct subject *s, struct err *err);

static bool
is_one_of(struct str s, const struct str *words, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (str_eq(words[i], s))
			return true;
	}
	return false;
}

static bool
has_value(enum field_type type)
{
	return field_type_column(type) != FIELD_NO_COLUMN;
}

static long long
row_number(const struct subject *s)
{
	return (long long)doctype_rows_int(s->row, "idx");
}

/* ---- names */

static bool
check_name(const struct subject *s, struct err *err)
{
	for (size_t i = 0; i < s->name.len; i++) {
		if (!char_is_word(s->name.ptr[i]))
			return err_set(err, ERR_INVALID_COLUMN,
			    "Fieldname <strong>%.*s</strong> cannot have special characters like "
			    "\"%c\"",
			    STR_FMT(str_sub(s->name, 0, 64)),
			    (unsigned char)s->name.ptr[i] < 0x80 ? s->name.ptr[i] : '?');
	}
	return true;
}

/* What documents carry besides their fields, here and in Frappe's objects. */
static bool
check_reserved(const struct subject *s, struct err *err)
{
	static const struct str WORDS[] = { STR_INIT("doctype"), STR_INIT("meta"),
		STR_INIT("_meta"), STR_INIT("parent_doc"), STR_INIT("_table_fields"),
		STR_INIT("_table_fieldnames"), STR_INIT("_valid_columns"),
		STR_INIT("_doc_before_save"), STR_INIT("_reserved_keywords"), STR_INIT("_weakref"),
		STR_INIT("permitted_fieldnames"), STR_INIT("dont_update_if_missing"),
		STR_INIT("_user_tags"), STR_INIT("_comments"), STR_INIT("_assign"),
		STR_INIT("_liked_by"), STR_INIT("_seen"),
		/* columns that every table of PostgreSQL has */
		STR_INIT("ctid"), STR_INIT("xmin"), STR_INIT("xmax"), STR_INIT("cmin"),
		STR_INIT("cmax"), STR_INIT("tableoid") };

	if (!is_one_of(s->name, WORDS, ARRAY_LEN(WORDS)) && !str_starts(s->name, STR("__")))
		return true;
	err_set(err, ERR_VALIDATION,
	    "<strong>%.*s</strong>: fieldname cannot be set to reserved keyword "
	    "<strong>%.*s</strong>",
	    STR_FMT(s->doctype), STR_FMT(str_sub(s->name, 0, 64)));
	return err_title(err, "Invalid Fieldname");
}

static bool
check_duplicate(const struct subject *s, struct err *err)
{
	const struct doc *first = doctype_rows_field(s->d, s->name);

	return first == s->row ||
	    err_set(err, ERR_UNIQUE_FIELD_NAME,
		"%.*s: Fieldname %.*s appears multiple times in rows %lld, %lld",
		STR_FMT(s->doctype), STR_FMT(str_sub(s->name, 0, 64)),
		(long long)doctype_rows_int(first, "idx"), row_number(s));
}

static bool
check_name_length(const struct subject *s, struct err *err)
{
	return s->name.len <= NAME_MAX_LEN ||
	    err_set(err, ERR_VALIDATION,
		"Fieldname is limited to %d characters (<strong>%.*s</strong>)", NAME_MAX_LEN,
		STR_FMT(str_sub(s->name, 0, 100)));
}

/* ---- properties */

static bool
check_hidden(const struct subject *s, struct err *err)
{
	return !doctype_rows_flag(s->row, "hidden") || !doctype_rows_flag(s->row, "reqd") ||
	    s->fallback.len > 0 ||
	    err_set(err, ERR_HIDDEN_MANDATORY,
		"%.*s: Field %.*s in row %lld cannot be hidden and mandatory without default",
		STR_FMT(s->doctype), STR_FMT(s->label), row_number(s));
}

static bool
check_unique(const struct subject *s, struct err *err)
{
	return !doctype_rows_flag(s->row, "unique") || s->type == FIELD_DATA ||
	    s->type == FIELD_LINK || s->type == FIELD_READ_ONLY || s->type == FIELD_INT ||
	    err_set(err, ERR_NON_UNIQUE, "%.*s: Fieldtype %.*s for %.*s cannot be unique",
		STR_FMT(s->doctype), STR_FMT(field_type_name(s->type)), STR_FMT(s->label));
}

static bool
check_index(const struct subject *s, struct err *err)
{
	const int column = field_type_column(s->type);

	return !doctype_rows_flag(s->row, "search_index") ||
	    (column != FIELD_NO_COLUMN && column != DB_TYPE_TEXT) ||
	    err_set(err, ERR_CANNOT_INDEX, "%.*s: Fieldtype %.*s for %.*s cannot be indexed",
		STR_FMT(s->doctype), STR_FMT(field_type_name(s->type)), STR_FMT(s->label));
}

static bool
check_data_options(const struct subject *s, struct err *err)
{
	static const struct str WORDS[] = { STR_INIT("Email"), STR_INIT("Name"), STR_INIT("Phone"),
		STR_INIT("URL"), STR_INIT("Barcode"), STR_INIT("IBAN") };

	if (s->type != FIELD_DATA || s->options.len == 0 ||
	    is_one_of(s->options, WORDS, ARRAY_LEN(WORDS)))
		return true;
	err_set(err, ERR_VALIDATION,
	    "<strong>%.*s</strong> is an invalid Data field.<br><br>Only Options allowed for Data "
	    "field are:<br>Email, Name, Phone, URL, Barcode, IBAN",
	    STR_FMT(s->label));
	return err_title(err, "Invalid Data Field");
}

static bool
check_mandatory(const struct subject *s, struct err *err)
{
	return !doctype_rows_flag(s->row, "reqd") || has_value(s->type) ||
	    field_type_is_table(s->type) ||
	    err_set(err, ERR_ILLEGAL_MANDATORY, "%.*s: Field %.*s of type %.*s cannot be mandatory",
		STR_FMT(s->doctype), STR_FMT(s->label), STR_FMT(field_type_name(s->type)));
}

static bool
check_default(const struct subject *s, struct err *err)
{
	struct str option, rest = s->options;

	if (s->type == FIELD_CHECK && !str_eq(s->fallback, STR("0")) &&
	    !str_eq(s->fallback, STR("1")))
		return err_set(err, ERR_VALIDATION,
		    "Default for 'Check' type of field <strong>%.*s</strong> must be either '0' or "
		    "'1'",
		    STR_FMT(s->name));
	if (s->type != FIELD_SELECT || s->fallback.len == 0)
		return true;
	if (s->options.len == 0)
		return err_set(err, ERR_VALIDATION,
		    "Options for <strong>%.*s</strong> must be set before setting the default "
		    "value.",
		    STR_FMT(s->name));
	while (rest.len > 0) {
		str_cut(rest, '\n', &option, &rest);
		if (str_eq(str_trim(option), s->fallback))
			return true;
	}
	return err_set(err, ERR_VALIDATION,
	    "Default value for <strong>%.*s</strong> must be in the list of options.",
	    STR_FMT(s->name));
}

static bool
check_list_view(const struct subject *s, struct err *err)
{
	return !doctype_rows_flag(s->row, "in_list_view") ||
	    (has_value(s->type) && s->type != FIELD_ATTACH_IMAGE) ||
	    (s->type == FIELD_BUTTON && doctype_rows_flag(s->d, "istable")) ||
	    err_set(err, ERR_VALIDATION, "'In List View' not allowed for type %.*s in row %lld",
		STR_FMT(field_type_name(s->type)), row_number(s));
}

static bool
check_numbers(const struct subject *s, struct err *err)
{
	const int64_t length = doctype_rows_int(s->row, "length");
	const int64_t level = doctype_rows_int(s->row, "permlevel");

	if (level < 0 || level > LEVEL_MAX)
		return err_set(err, ERR_VALIDATION,
		    "%.*s: the permlevel of %.*s must be between 0 and %d", STR_FMT(s->doctype),
		    STR_FMT(s->label), LEVEL_MAX);
	if (length < 0 || (field_type_column(s->type) == DB_TYPE_NAME && length > LENGTH_MAX))
		return err_set(err, ERR_VALIDATION, "Length of %.*s should be between 1 and %d",
		    STR_FMT(s->name), LENGTH_MAX);
	return true;
}

static bool
check_fetch(const struct subject *s, struct err *err)
{
	struct str source, target;

	if (!str_cut(str_trim(doctype_rows_text(s->row, "fetch_from")), '.', &source, &target) ||
	    !str_eq(str_trim(source), s->name))
		return true;
	err_set(err, ERR_VALIDATION,
	    "<strong>%.*s</strong> contains an invalid Fetch From expression, Fetch From can't be "
	    "self-referential.",
	    STR_FMT(s->label));
	return err_title(err, "Recursive Fetch From");
}

/* ---- what fields point to */

/* The DocType of that name in any case, or NULL. */
static const struct doctype *
find_nocase(const struct metas *m, struct str name)
{
	const struct doctype *dt = metas_find(m, name);
	size_t at = 0;

	if (dt != NULL)
		return dt;
	while ((dt = metas_next(m, &at)) != NULL) {
		if (str_ieq(dt->name, name))
			return dt;
	}
	return NULL;
}

static bool
check_target(const struct subject *s, struct err *err)
{
	if (s->type != FIELD_LINK && !field_type_is_table(s->type))
		return true;
	if (s->options.len == 0)
		return err_set(err, ERR_DOCTYPE_LINK,
		    "%.*s: Options required for Link or Table type field %.*s in row %lld",
		    STR_FMT(s->doctype), STR_FMT(s->label), row_number(s));
	if (str_eq(s->options, s->doctype) || str_eq(s->options, STR("[Select]")))
		return true;
	const struct doctype *target = find_nocase(s->call->metas, s->options);

	if (target == NULL)
		return err_set(err, ERR_WRONG_OPTIONS,
		    "%.*s: Options must be a valid DocType for field %.*s in row %lld",
		    STR_FMT(s->doctype), STR_FMT(s->label), row_number(s));
	return str_eq(target->name, s->options) ||
	    err_set(err, ERR_DOCTYPE_LINK,
		"%.*s: Options %.*s must be the same as doctype name %.*s for the field %.*s",
		STR_FMT(s->doctype), STR_FMT(s->options), STR_FMT(target->name), STR_FMT(s->label));
}

static bool
refuse_table(const struct subject *s, struct err *err)
{
	err_set(err, ERR_VALIDATION,
	    "Option <strong>%.*s</strong> for field <strong>%.*s</strong> is not a child table",
	    STR_FMT(s->options), STR_FMT(s->name));
	return err_title(err, "Invalid Option");
}

static bool
check_table(const struct subject *s, struct err *err)
{
	const struct doctype *target = metas_find(s->call->metas, s->options);

	if (!field_type_is_table(s->type))
		return true;
	if (str_eq(s->options, s->doctype) || target == NULL || !target->istable)
		return refuse_table(s, err);
	if (doctype_rows_flag(s->d, "istable"))
		return err_set(err, ERR_VALIDATION,
		    "%.*s is a child table: it cannot have the table field %.*s",
		    STR_FMT(s->doctype), STR_FMT(s->label));
	for (size_t i = 0; s->type == FIELD_TABLE_MULTISELECT && i < target->fields_len; i++) {
		if (target->fields[i].type == FIELD_LINK)
			return true;
	}
	return s->type == FIELD_TABLE ||
	    err_set(err, ERR_VALIDATION,
		"DocType <strong>%.*s</strong> provided for the field <strong>%.*s</strong> must "
		"have atleast one Link field",
		STR_FMT(s->options), STR_FMT(s->name));
}

static bool
check_dynamic(const struct subject *s, struct err *err)
{
	const struct doc *pointer;
	enum field_type type;

	if (s->type != FIELD_DYNAMIC_LINK)
		return true;
	pointer = doctype_rows_field(s->d, s->options);
	type = pointer == NULL ? FIELD_DATA : doctype_rows_type(pointer);
	if (type == FIELD_SELECT ||
	    (type == FIELD_LINK && str_eq(doctype_rows_text(pointer, "options"), STR("DocType"))))
		return true;
	return err_set(err, ERR_VALIDATION,
	    "Options 'Dynamic Link' type of field must point to another Link Field with options as "
	    "'DocType'");
}

static check_fn *const CHECKS[] = { check_name, check_reserved, check_duplicate, check_name_length,
	check_hidden, check_unique, check_index, check_fetch, check_data_options, check_target,
	check_mandatory, check_dynamic, check_default, check_list_view, check_table,
	check_numbers };

bool
doctype_fields_check_one(struct call *call, struct doc *d, struct doc *row, struct err *err)
{
	struct subject s = { .call = call,
		.d = d,
		.row = row,
		.doctype = doc_name(d),
		.name = doctype_rows_text(row, "fieldname"),
		.label = doctype_rows_text(row, "label"),
		.options = doctype_rows_text(row, "options"),
		.fallback = doctype_rows_text(row, "default"),
		.type = doctype_rows_type(row) };

	if (s.label.len == 0)
		s.label = s.name;
	for (size_t i = 0; i < ARRAY_LEN(CHECKS); i++) {
		if (!CHECKS[i](&s, err))
			return false;
	}
	return true;
}

/* ---- what the DocType says about fields */

static bool
is_column_name(const struct doc *d, struct str name)
{
	static const struct str STANDARD[] = { STR_INIT("name"), STR_INIT("owner"),
		STR_INIT("creation"), STR_INIT("modified"), STR_INIT("modified_by"),
		STR_INIT("docstatus"), STR_INIT("idx"), STR_INIT("parent"), STR_INIT("parentfield"),
		STR_INIT("parenttype") };
	const struct doc *row = doctype_rows_field(d, name);

	if (row != NULL)
		return has_value(doctype_rows_type(row));
	return is_one_of(name, STANDARD, ARRAY_LEN(STANDARD));
}

static bool
check_search_fields(const struct doc *d, struct err *err)
{
	struct str name, rest = doctype_rows_text(d, "search_fields");

	while (rest.len > 0) {
		str_cut(rest, ',', &name, &rest);
		name = str_trim(name);
		if (!is_column_name(d, name))
			return err_set(err, ERR_VALIDATION, "Search field %.*s is not valid",
			    STR_FMT(str_sub(name, 0, 64)));
	}
	return true;
}

static bool
check_title_field(const struct doc *d, struct err *err)
{
	const struct str name = doctype_rows_text(d, "title_field");

	return name.len == 0 || doctype_rows_field(d, name) != NULL ||
	    err_set(err, ERR_INVALID_FIELD_NAME, "Title field must be a valid fieldname");
}

static bool
check_image_field(const struct doc *d, struct err *err)
{
	const struct str name = doctype_rows_text(d, "image_field");
	const struct doc *row = doctype_rows_field(d, name);

	if (name.len > 0 && row == NULL)
		return err_set(
		    err, ERR_INVALID_FIELD_NAME, "Image field must be a valid fieldname");
	return row == NULL || doctype_rows_type(row) == FIELD_ATTACH_IMAGE ||
	    err_set(err, ERR_INVALID_FIELD_NAME, "Image field must be of type Attach Image");
}

/* "creation", or "status asc, creation desc". */
static bool
check_sort_field(const struct doc *d, struct err *err)
{
	struct str part, name, order, rest = doctype_rows_text(d, "sort_field");

	while (rest.len > 0) {
		str_cut(rest, ',', &part, &rest);
		str_cut(str_trim(part), ' ', &name, &order);
		if (!is_column_name(d, name))
			return err_set(err, ERR_INVALID_FIELD_NAME,
			    "Sort field %.*s must be a valid fieldname",
			    STR_FMT(str_sub(name, 0, 64)));
	}
	return true;
}

bool
doctype_fields_check_names(const struct doc *d, struct err *err)
{
	return check_search_fields(d, err) && check_title_field(d, err) &&
	    check_image_field(d, err) && check_sort_field(d, err);
}

bool
doctype_fields_check(struct call *call, struct doc *d, struct err *err)
{
	const struct doc_rows *rows = doctype_rows_of(d, "fields");

	for (size_t i = 0; i < rows->len; i++) {
		if (!doctype_fields_check_one(call, d, rows->items[i], err))
			return false;
	}
	return doctype_fields_check_names(d, err);
}
