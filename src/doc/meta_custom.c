#include "doc/meta_custom.h"

static const struct str SETTERS_SQL =
    STR_INIT("SELECT `doctype_or_field`, COALESCE(`field_name`, ''), `property`,"
	     " COALESCE(`value`, '') FROM `tabProperty Setter` WHERE `doc_type` COLLATE NOCASE = ?1"
	     " ORDER BY `creation`, `name`");

enum property_kind {
	PROPERTY_TEXT,
	PROPERTY_FLAG,
	PROPERTY_NUMBER,
	PROPERTY_TYPE,
	PROPERTY_SHOWN, /* stored, shown in forms, of no effect here */
};

struct property {
	struct str name;
	enum property_kind kind;
	size_t at;
};

#define OF_FIELD(member, kind)                                                                     \
	{                                                                                          \
		STR_INIT(#member), kind, offsetof(struct field, member)                            \
	}
#define OF_DOCTYPE(member, kind)                                                                   \
	{                                                                                          \
		STR_INIT(#member), kind, offsetof(struct doctype, member)                          \
	}
#define SHOWN(name)                                                                                \
	{                                                                                          \
		STR_INIT(name), PROPERTY_SHOWN, 0                                                  \
	}

static const struct property OF_FIELDS[] = {
	OF_FIELD(label, PROPERTY_TEXT),
	OF_FIELD(options, PROPERTY_TEXT),
	{ STR_INIT("default"), PROPERTY_TEXT, offsetof(struct field, fallback) },
	OF_FIELD(fetch_from, PROPERTY_TEXT),
	OF_FIELD(depends_on, PROPERTY_TEXT),
	OF_FIELD(mandatory_depends_on, PROPERTY_TEXT),
	OF_FIELD(read_only_depends_on, PROPERTY_TEXT),
	OF_FIELD(description, PROPERTY_TEXT),
	{ STR_INIT("fieldtype"), PROPERTY_TYPE, offsetof(struct field, type) },
	OF_FIELD(permlevel, PROPERTY_NUMBER),
	OF_FIELD(length, PROPERTY_NUMBER),
	OF_FIELD(precision, PROPERTY_NUMBER),
	OF_FIELD(reqd, PROPERTY_FLAG),
	OF_FIELD(unique, PROPERTY_FLAG),
	OF_FIELD(search_index, PROPERTY_FLAG),
	OF_FIELD(read_only, PROPERTY_FLAG),
	OF_FIELD(hidden, PROPERTY_FLAG),
	OF_FIELD(set_only_once, PROPERTY_FLAG),
	OF_FIELD(allow_on_submit, PROPERTY_FLAG),
	OF_FIELD(no_copy, PROPERTY_FLAG),
	OF_FIELD(non_negative, PROPERTY_FLAG),
	OF_FIELD(fetch_if_empty, PROPERTY_FLAG),
	OF_FIELD(ignore_user_permissions, PROPERTY_FLAG),
	OF_FIELD(ignore_xss_filter, PROPERTY_FLAG),
	OF_FIELD(in_list_view, PROPERTY_FLAG),
	OF_FIELD(in_standard_filter, PROPERTY_FLAG),
	OF_FIELD(bold, PROPERTY_FLAG),
	SHOWN("placeholder"),
	SHOWN("print_hide"),
	SHOWN("report_hide"),
	SHOWN("print_width"),
	SHOWN("width"),
	SHOWN("columns"),
	SHOWN("collapsible"),
	SHOWN("collapsible_depends_on"),
	SHOWN("in_global_search"),
	SHOWN("in_preview"),
	SHOWN("allow_in_quick_entry"),
	SHOWN("translatable"),
	SHOWN("link_filters"),
	SHOWN("sort_options"),
	SHOWN("hide_days"),
	SHOWN("hide_seconds"),
};

static const struct property OF_DOCTYPES[] = {
	OF_DOCTYPE(title_field, PROPERTY_TEXT),
	OF_DOCTYPE(search_fields, PROPERTY_TEXT),
	OF_DOCTYPE(sort_field, PROPERTY_TEXT),
	OF_DOCTYPE(sort_order, PROPERTY_TEXT),
	OF_DOCTYPE(document_type, PROPERTY_TEXT),
	OF_DOCTYPE(track_changes, PROPERTY_FLAG),
	OF_DOCTYPE(allow_rename, PROPERTY_FLAG),
	OF_DOCTYPE(allow_import, PROPERTY_FLAG),
	OF_DOCTYPE(show_title_field_in_link, PROPERTY_FLAG),
	SHOWN("image_field"),
	SHOWN("quick_entry"),
	SHOWN("editable_grid"),
	SHOWN("max_attachments"),
	SHOWN("default_print_format"),
	SHOWN("description"),
	SHOWN("allow_copy"),
	SHOWN("hide_toolbar"),
	SHOWN("track_views"),
};

static const struct property *
find(const struct property *all, size_t len, struct str name)
{
	for (size_t i = 0; i < len; i++) {
		if (str_eq(all[i].name, name))
			return &all[i];
	}
	return NULL;
}

bool
meta_custom_is_field_property(struct str property)
{
	return find(OF_FIELDS, ARRAY_LEN(OF_FIELDS), property) != NULL;
}

bool
meta_custom_is_doctype_property(struct str property)
{
	return find(OF_DOCTYPES, ARRAY_LEN(OF_DOCTYPES), property) != NULL;
}

void
meta_custom_insert(struct field *fields, size_t *len, struct field f, struct str after)
{
	size_t at = *len;

	for (size_t i = 0; i < *len; i++) {
		if (str_eq(fields[i].name, f.name))
			return;
		if (str_eq(fields[i].name, after))
			at = i + 1;
	}
	memmove(fields + at + 1, fields + at, (*len - at) * sizeof(*fields));
	fields[at] = f;
	++*len;
}

static int64_t
number_of(struct str text)
{
	int64_t n;

	return str_to_int64(text, &n) && n >= 0 && n <= 1000 ? n : 0;
}

/* object: a struct field or struct doctype. What is no value of its kind changes nothing. */
static bool
set(struct arena *a, void *object, const struct property *p, struct str value, struct err *err)
{
	char *at = (char *)object + p->at;

	switch (p->kind) {
	case PROPERTY_TEXT:
		*(struct str *)(void *)at = STR_NULL;
		return value.len == 0 || arena_str(a, value, (struct str *)(void *)at, err);
	case PROPERTY_FLAG:
		*(bool *)(void *)at = number_of(value) != 0;
		break;
	case PROPERTY_NUMBER:
		*(int32_t *)(void *)at = (int32_t)number_of(value);
		break;
	case PROPERTY_TYPE:
		(void)field_type_find(value, (enum field_type *)(void *)at);
		break;
	case PROPERTY_SHOWN:
		break;
	}
	return true;
}

static bool
apply(const struct db_rows *rows, struct arena *a, struct doctype *dt, struct field *fields,
    size_t len, struct err *err)
{
	const struct str kind = value_str(db_column(rows, 0)), name = value_str(db_column(rows, 1)),
			 property = value_str(db_column(rows, 2)),
			 value = value_str(db_column(rows, 3));
	const struct property *p;

	if (str_eq(kind, STR("DocType"))) {
		p = find(OF_DOCTYPES, ARRAY_LEN(OF_DOCTYPES), property);
		return p == NULL || set(a, dt, p, value, err);
	}
	p = find(OF_FIELDS, ARRAY_LEN(OF_FIELDS), property);
	for (size_t i = 0; p != NULL && i < len; i++) {
		if (str_eq(fields[i].name, name) && !set(a, &fields[i], p, value, err))
			return false;
	}
	return true;
}

bool
meta_custom_set(struct db_conn *c, struct arena *a, struct doctype *dt, struct field *fields,
    size_t len, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value name = value_text(dt->name);
	enum db_step step;

	if (!db_query(c, SETTERS_SQL, &name, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!apply(rows, a, dt, fields, len, err))
			return false;
	}
	return step == DB_DONE;
}
