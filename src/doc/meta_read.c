#include "doc/meta_read.h"

#include "base/log.h"
#include "base/mem.h"
#include "doc/meta_custom.h"

/* Columns of tabDocType that a struct doctype holds, in the order read. */
static const struct str DOCTYPE_SQL = STR_INIT(
    "SELECT `name`, `module`, `autoname`, `naming_rule`, `title_field`, `search_fields`,"
    " `sort_field`, `sort_order`, `nsm_parent_field`, `document_type`, `custom`, `istable`, "
    "`issingle`, "
    "`is_submittable`,"
    " `track_changes`, `allow_rename`, `allow_import`, `show_title_field_in_link`, `is_tree`"
    " FROM `tabDocType` WHERE `name` = ?1");

static const struct str FIELDS_SQL = STR_INIT(
    "SELECT `fieldname`, `label`, `fieldtype`, `options`, `default`, `fetch_from`, `depends_on`,"
    " `mandatory_depends_on`, `read_only_depends_on`, `description`,"
    " `permlevel`, `length`, `precision`, `reqd`, `unique`, `search_index`, `read_only`, `hidden`,"
    " `set_only_once`, `allow_on_submit`, `no_copy`, `non_negative`, `not_nullable`,"
    " `fetch_if_empty`, `ignore_user_permissions`, `ignore_xss_filter`, `is_virtual`,"
    " `in_list_view`, `in_standard_filter`, `bold`"
    " FROM `tabDocField` WHERE `parent` COLLATE NOCASE = ?1 AND `parenttype` = 'DocType' ORDER BY "
    "`idx`, `name`");

static const struct str CUSTOM_FIELDS_SQL = STR_INIT(
    "SELECT " META_CUSTOM_COLUMNS
    " FROM `tabCustom Field` WHERE `dt` COLLATE NOCASE = ?1 ORDER BY `idx`, `creation`, `name`");

#define RIGHT_COLUMNS                                                                              \
	"`select`, `read`, `write`, `create`, `delete`, `submit`, `cancel`, `amend`, `report`,"    \
	" `export`, `import`, `share`, `print`, `email`"

static const struct str PERMS_SQL =
    STR_INIT("SELECT `role`, `permlevel`, `if_owner`, " RIGHT_COLUMNS
	     " FROM `tabDocPerm` WHERE `parent` COLLATE NOCASE = ?1 ORDER BY `idx`, `name`");
static const struct str CUSTOM_PERMS_SQL =
    STR_INIT("SELECT `role`, `permlevel`, `if_owner`, " RIGHT_COLUMNS
	     " FROM `tabCustom DocPerm` WHERE `parent` COLLATE NOCASE = ?1 ORDER BY `name`");

static int64_t
number(const struct db_rows *rows, size_t at, int64_t fallback)
{
	const struct value v = db_column(rows, at);
	int64_t n = fallback;

	if (v.kind == VALUE_INT)
		return v.i;
	if (v.kind == VALUE_TEXT && v.s.len > 0 && str_to_int64(v.s, &n))
		return n;
	return fallback;
}

static bool
text(struct arena *a, const struct db_rows *rows, size_t at, struct str *out, struct err *err)
{
	const struct str s = value_str(db_column(rows, at));

	return s.len == 0 || arena_str(a, s, out, err);
}

static bool
read_texts(
    struct arena *a, const struct db_rows *rows, struct str *const *to, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		if (!text(a, rows, i, to[i], err))
			return false;
	}
	return true;
}

static bool
read_properties(
    struct arena *a, struct db_conn *c, struct str name, struct doctype *dt, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct str *const texts[] = { &dt->name, &dt->module, &dt->autoname, &dt->naming_rule,
		&dt->title_field, &dt->search_fields, &dt->sort_field, &dt->sort_order,
		&dt->nsm_parent_field, &dt->document_type };
	bool *const flags[] = { &dt->custom, &dt->istable, &dt->issingle, &dt->is_submittable,
		&dt->track_changes, &dt->allow_rename, &dt->allow_import,
		&dt->show_title_field_in_link, &dt->is_tree };
	const struct value params[] = { value_text(name) };

	if (!db_query(c, DOCTYPE_SQL, params, 1, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	if (step != DB_ROW)
		return step == DB_DONE;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		*flags[i] = number(rows, ARRAY_LEN(texts) + i, 0) != 0;
	return read_texts(a, rows, texts, ARRAY_LEN(texts), err);
}

static bool
read_field(struct arena *a, const struct db_rows *rows, struct field *f, struct err *err)
{
	struct str type = STR_NULL;
	struct str *const texts[] = { &f->name, &f->label, &type, &f->options, &f->fallback,
		&f->fetch_from, &f->depends_on, &f->mandatory_depends_on, &f->read_only_depends_on,
		&f->description };
	bool *const flags[] = { &f->reqd, &f->unique, &f->search_index, &f->read_only, &f->hidden,
		&f->set_only_once, &f->allow_on_submit, &f->no_copy, &f->non_negative,
		&f->not_nullable, &f->fetch_if_empty, &f->ignore_user_permissions,
		&f->ignore_xss_filter, &f->is_virtual, &f->in_list_view, &f->in_standard_filter,
		&f->bold };

	if (!read_texts(a, rows, texts, ARRAY_LEN(texts), err))
		return false;
	if (!field_type_find(type, &f->type)) {
		/* A row that another program wrote must not keep the site from starting. */
		log_text(LOG_WARN, "doctype",
		    "field %.*s has the unknown type %.*s: taken for Data", STR_FMT(f->name),
		    STR_FMT(type));
		f->type = FIELD_DATA;
	}
	const size_t at = ARRAY_LEN(texts);

	f->permlevel = (int32_t)(number(rows, at, 0) & 15);
	f->length = (int32_t)MIN(number(rows, at + 1, 0), 1000);
	f->precision = (int32_t)number(rows, at + 2, -1);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		*flags[i] = number(rows, at + 3 + i, 0) != 0;
	return true;
}

struct fields {
	struct field *list;
	size_t len, size;
};

static void
free_fields(struct fields *fields)
{
	mem_free(fields->list);
}

/* Fields in the order of their rows, behind those that are there; those of a site where they say.
 */
static bool
read_fields(struct arena *a, struct db_conn *c, struct str sql, struct str name,
    struct fields *fields, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(name) };
	enum db_step step;

	if (!db_query(c, sql, params, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct field f = { 0 };

		if (fields->len == fields->size) {
			fields->size = fields->size == 0 ? 64 : 2 * fields->size;
			fields->list =
			    mem_resize(fields->list, fields->size * sizeof(*fields->list));
		}
		if (!read_field(a, rows, &f, err))
			return false;
		if (db_columns(rows) > META_CUSTOM_AFTER)
			meta_custom_insert(fields->list, &fields->len, f,
			    value_str(db_column(rows, META_CUSTOM_AFTER)));
		else
			fields->list[fields->len++] = f;
	}
	return step == DB_DONE;
}

static bool
read_perm(const struct db_rows *rows, struct role_names *roles, struct perm *p, struct err *err)
{
	*p = (struct perm){ .permlevel = (int32_t)(number(rows, 1, 0) & 15),
		.if_owner = number(rows, 2, 0) != 0 };
	for (size_t i = 0; i < RIGHT_LEN; i++)
		p->rights |= number(rows, 3 + i, 0) != 0 ? BIT(i) : 0;
	return role_number(roles, value_str(db_column(rows, 0)), &p->role, err);
}

struct perms {
	struct perm *list;
	size_t len;
};

static void
free_perms(struct perms *p)
{
	mem_free(p->list);
}

static bool
read_perms(struct db_conn *c, struct role_names *roles, struct str sql, struct str name,
    struct perms *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(name) };
	enum db_step step;
	size_t size = 0;

	if (!db_query(c, sql, params, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (out->len == size) {
			size = size == 0 ? 16 : 2 * size;
			out->list = mem_resize(out->list, size * sizeof(*out->list));
		}
		if (!read_perm(rows, roles, &out->list[out->len++], err))
			return false;
	}
	return step == DB_DONE;
}

/* Custom DocPerm rows replace the shipped ones, but not for the DocTypes that make DocTypes. */
static bool
may_customise(const struct doctype *dt)
{
	static const struct str FIXED[] = { STR_INIT("DocType"), STR_INIT("DocField"),
		STR_INIT("DocPerm"), STR_INIT("Custom DocPerm") };

	for (size_t i = 0; i < ARRAY_LEN(FIXED); i++) {
		if (str_eq(FIXED[i], dt->name))
			return false;
	}
	return true;
}

static bool
take_perms(struct db_conn *c, struct arena *a, struct role_names *roles, struct doctype *dt,
    struct err *err)
{
	CLEANUP(free_perms) struct perms found = { 0 };

	if (dt->istable)
		return true; /* judged by the parent */
	if (may_customise(dt) && !read_perms(c, roles, CUSTOM_PERMS_SQL, dt->name, &found, err))
		return false;
	if (found.len == 0 && !read_perms(c, roles, PERMS_SQL, dt->name, &found, err))
		return false;
	struct perm *perms = ARENA_NEW_ARRAY(a, struct perm, found.len);

	if (perms == NULL)
		return err_memory(err);
	if (found.len > 0)
		memcpy(perms, found.list, found.len * sizeof(*perms));
	dt->perms = perms;
	dt->perms_len = found.len;
	return true;
}

/* Rows of some DocTypes are asked for if there are any, and so are rules that name documents. */
static bool
find_use(struct db_conn *c, struct arena *a, struct doctype *dt, struct err *err)
{
	static const struct {
		struct str doctype, sql;
	} KEPT[] = {
		{ STR_INIT("User Permission"),
		    STR_INIT("SELECT 1 FROM `tabUser Permission` LIMIT 1") },
		{ STR_INIT("DocShare"), STR_INIT("SELECT 1 FROM `tabDocShare` LIMIT 1") },
		{ STR_INIT("DefaultValue"), STR_INIT("SELECT 1 FROM `tabDefaultValue` LIMIT 1") },
	};
	static const struct str RULES_SQL =
	    STR_INIT("SELECT 1 FROM `tabDocument Naming Rule`"
		     " WHERE `document_type` = ?1 AND `disabled` = 0 LIMIT 1");
	const struct value name = value_text(dt->name);
	struct value one;

	for (size_t i = 0; i < ARRAY_LEN(KEPT); i++) {
		if (str_eq(KEPT[i].doctype, dt->name))
			return db_query_row(c, a, KEPT[i].sql, NULL, 0, &one, 1, &dt->in_use, err);
	}
	return dt->istable || dt->issingle ||
	    db_query_row(c, a, RULES_SQL, &name, 1, &one, 1, &dt->has_naming_rules, err);
}

bool
meta_read(struct db_conn *c, struct arena *a, struct role_names *roles, struct str name,
    struct doctype *out, struct err *err)
{
	CLEANUP(free_fields) struct fields fields = { 0 };
	struct doctype dt = { 0 };

	*out = (struct doctype){ 0 };
	if (!read_properties(a, c, name, &dt, err))
		return false;
	if (dt.name.len == 0)
		return true;
	if (!read_fields(a, c, FIELDS_SQL, dt.name, &fields, err) ||
	    !read_fields(a, c, CUSTOM_FIELDS_SQL, dt.name, &fields, err) ||
	    !meta_custom_set(c, a, &dt, fields.list, fields.len, err) ||
	    !doctype_finish(a, &dt, fields.list, fields.len, err) ||
	    !take_perms(c, a, roles, &dt, err) || !find_use(c, a, &dt, err))
		return false;
	*out = dt;
	return true;
}
