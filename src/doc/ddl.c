#include "doc/ddl.h"

#include "doc/cast.h"
#include "doc/column.h"
#include "doc/ddl_column.h"
#include "doc/ddl_convert.h"

bool
ddl_make(struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, a);
	sqlb_lit(&b, "CREATE TABLE ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " (");
	for (size_t i = 0; i < dt->columns_len; i++) {
		if (i > 0)
			sqlb_lit(&b, ", ");
		ddl_column_define(c, &b, dt, dt->columns[i], value_null());
	}
	for (size_t i = 0; i < dt->marks_len; i++) {
		sqlb_lit(&b, ", ");
		ddl_column_define(c, &b, dt, &dt->marks[i], value_null());
	}
	sqlb_lit(&b, ")");
	return sqlb_exec(c, &b, err);
}

/* The literal default of a new field; null if it has none. */
static struct value
literal_default(const struct field *f)
{
	static const struct str WORDS[] = { STR_INIT("__user"), STR_INIT("Today"),
		STR_INIT("Now") };

	if (f->fallback.len == 0 || f->fallback.ptr[0] == ':' || f->unique)
		return value_null();
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (str_ieq(f->fallback, WORDS[i]))
			return value_null();
	}
	return cast_text(f, f->fallback);
}

/* Documents that are there get the default of a new field. */
static bool
add_column(struct db_conn *c, struct arena *a, const struct doctype *dt, const struct field *f,
    struct err *err)
{
	struct value v = literal_default(f);

	return (v.kind == VALUE_NULL || cast_stored(a, f, v, &v, err)) &&
	    ddl_column_add(c, a, dt, f, v, err);
}

/* ---- indexes ---- */

enum index_kind {
	INDEX_NONE,
	INDEX_PLAIN,
	INDEX_UNIQUE,
};

/* Which index the column of a field is to have. */
static enum index_kind
index_of(const struct db *db, const struct doctype *dt, const struct field *f)
{
	if (f == NULL || f->column < 0)
		return INDEX_NONE;
	if (f->column == DOC_NAME) /* the key, which may compare with case */
		return dt->autoincrement || db_key_folds(db) ? INDEX_NONE : INDEX_UNIQUE;
	if (f->unique)
		return INDEX_UNIQUE;
	if (dt->istable && f->column == DOC_PARENT)
		return INDEX_PLAIN;
	if (f->search_index || f->type == FIELD_LINK || f->type == FIELD_DYNAMIC_LINK)
		return INDEX_PLAIN;
	if (!dt->istable && (f->column == DOC_CREATION || str_eq(f->name, dt->sort_field)))
		return INDEX_PLAIN;
	return INDEX_NONE;
}

static bool
index_name(struct arena *a, const struct doctype *dt, struct str field, enum index_kind kind,
    struct str *out, struct err *err)
{
	return arena_printf(a, out, err, "tab%.*s:%.*s%s", STR_FMT(dt->name), STR_FMT(field),
	    kind == INDEX_UNIQUE ? ":unique" : "");
}

/* As lists are ordered: without case, null first. */
static void
put_indexed(struct sqlb *b, const struct doctype *dt, const struct field *f)
{
	sqlb_ident(b, f->name);
	sqlb_text(b, column_nocase(dt, f));
	sqlb_lit(b, " ASC");
}

static bool
make_index(struct db_conn *c, struct arena *a, const struct doctype *dt, const struct field *f,
    struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	const enum index_kind kind = index_of(db_conn_db(c), dt, f);
	struct str name;

	if (kind == INDEX_NONE)
		return true;
	if (!index_name(a, dt, f->name, kind, &name, err))
		return false;
	sqlb_init(&b, a);
	sqlb_text(&b,
	    kind == INDEX_UNIQUE ? STR("CREATE UNIQUE INDEX IF NOT EXISTS ")
				 : STR("CREATE INDEX IF NOT EXISTS "));
	sqlb_ident(&b, name);
	sqlb_lit(&b, " ON ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " (");
	put_indexed(&b, dt, f);
	if (dt->istable && f->column == DOC_PARENT)
		sqlb_lit(&b, ", `idx` ASC");
	if (kind != INDEX_UNIQUE) {
		sqlb_lit(&b, ", ");
		put_indexed(&b, dt, dt->columns[DOC_NAME]);
	}
	sqlb_lit(&b, ")");
	return sqlb_exec(c, &b, err);
}

/* Those of this kind that are not there yet; INDEX_NONE: of any. */
static bool
make_indexes(struct db_conn *c, struct arena *a, const struct doctype *dt, enum index_kind kind,
    struct err *err)
{
	for (size_t i = 0; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];

		if (kind != INDEX_NONE && kind != index_of(db_conn_db(c), dt, f))
			continue;
		if (!make_index(c, a, dt, f, err))
			return false;
	}
	return true;
}

bool
ddl_index(struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err)
{
	return dt->issingle || make_indexes(c, a, dt, INDEX_NONE, err);
}

static bool
drop_index(struct db_conn *c, struct arena *a, const struct doctype *dt, struct str field,
    enum index_kind kind, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	struct str name;

	if (kind == INDEX_NONE)
		return true;
	if (!index_name(a, dt, field, kind, &name, err))
		return false;
	sqlb_init(&b, a);
	sqlb_lit(&b, "DROP INDEX IF EXISTS ");
	sqlb_ident(&b, name);
	return sqlb_exec(c, &b, err);
}

/* ---- making ---- */

/* Where it stands among the DocType's columns and the marks behind them; -1: it has no column. */
static ptrdiff_t
place_of(const struct doctype *dt, const struct field *f)
{
	if (f == NULL || !field_is_listed(f))
		return -1;
	return f->is_mark ? (ptrdiff_t)dt->columns_len + (f - dt->marks) : f->column;
}

/* What of the DocType's columns and marks the table has (VALUE_NULL: has not); *any false: there is
 * no table. */
static bool
read_columns(struct db_conn *c, struct arena *a, const struct doctype *dt, enum value_kind **has,
    bool *any, struct err *err)
{
	struct db_column_info *columns;
	struct str table;
	size_t len;

	*has = ARENA_NEW_ARRAY(a, enum value_kind, dt->columns_len + dt->marks_len);
	if (*has == NULL)
		return err_memory(err);
	if (!arena_printf(a, &table, err, "tab%.*s", STR_FMT(dt->name)) ||
	    !db_table_columns(c, a, table, &columns, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		const ptrdiff_t place = place_of(dt, doctype_field(dt, columns[i].name));

		if (place >= 0)
			(*has)[place] = columns[i].kind;
	}
	*any = len > 0;
	return true;
}

static bool
add_marks(struct db_conn *c, struct arena *a, const struct doctype *dt, const enum value_kind *has,
    struct err *err)
{
	for (size_t i = 0; i < dt->marks_len; i++) {
		if (has[dt->columns_len + i] == VALUE_NULL &&
		    !ddl_column_add(c, a, dt, &dt->marks[i], value_null(), err))
			return false;
	}
	return true;
}

bool
ddl_sync(struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err)
{
	enum value_kind *has;
	bool any;

	if (dt->issingle)
		return true;
	if (!read_columns(c, a, dt, &has, &any, err))
		return false;
	if (!any)
		return ddl_make(c, a, dt, err) && ddl_index(c, a, dt, err);
	for (size_t i = 0; i < dt->columns_len; i++) {
		if (has[i] == VALUE_NULL && !add_column(c, a, dt, dt->columns[i], err))
			return false;
	}
	return add_marks(c, a, dt, has, err) && ddl_index(c, a, dt, err);
}

bool
ddl_sync_marks(struct db_conn *c, struct arena *a, struct str doctype, struct err *err)
{
	struct doctype dt = { .name = doctype };
	enum value_kind *has;
	bool any;

	return doctype_finish(a, &dt, NULL, 0, err) && read_columns(c, a, &dt, &has, &any, err) &&
	    (!any || add_marks(c, a, &dt, has, err));
}

bool
ddl_drop(struct db_conn *c, struct arena *a, struct str doctype, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, a);
	sqlb_lit(&b, "DROP TABLE IF EXISTS ");
	sqlb_table(&b, doctype);
	return sqlb_exec(c, &b, err);
}

/* ---- changing ---- */

static bool
has_rows(struct db_conn *c, struct arena *a, const struct doctype *dt, bool *out, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	struct value one;

	sqlb_init(&b, a);
	sqlb_lit(&b, "SELECT 1 FROM ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " LIMIT 1");
	return sqlb_query_row(c, &b, &one, 1, out, err);
}

/* From or to autoincrement: the key changes its type, which an empty table alone can bear. */
static bool
change_names(struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err)
{
	bool any;

	if (!has_rows(c, a, dt, &any, err))
		return false;
	if (any)
		return err_set(
		    err, ERR_VALIDATION, "Cannot change to/from Autoincrement naming rule");
	return ddl_drop(c, a, dt->name, err) && ddl_sync(c, a, dt, err);
}

static bool
same_column(const struct field *a, const struct field *b)
{
	return a != NULL && a->column >= 0 &&
	    field_type_column(a->type) == field_type_column(b->type);
}

/* May the column that a field left behind be used as it is? Whatever is in it is a value of f. */
static bool
serves_again(const struct field *f, enum value_kind kind)
{
	const enum db_type type = (enum db_type)field_type_column(f->type);

	return type == DB_TYPE_INT
	    ? kind == VALUE_INT
	    : kind == VALUE_TEXT && (type == DB_TYPE_NAME || type == DB_TYPE_TEXT);
}

/* Indexes that are no longer wanted, or whose column is about to be made anew. */
static bool
drop_indexes(struct db_conn *c, struct arena *a, const struct doctype *old,
    const struct doctype *dt, struct err *err)
{
	for (size_t i = 0; i < old->columns_len; i++) {
		const struct field *before = old->columns[i];
		const struct field *f = doctype_field(dt, before->name);
		const enum index_kind kind = index_of(db_conn_db(c), old, before);

		if (f != NULL && f->column >= 0 && kind == index_of(db_conn_db(c), dt, f) &&
		    same_column(before, f))
			continue;
		if (!drop_index(c, a, dt, before->name, kind, err))
			return false;
	}
	return true;
}

static bool
change_columns(struct db_conn *c, struct arena *a, const struct doctype *old,
    const struct doctype *dt, struct err *err)
{
	enum value_kind *has;
	bool any, ok = true;

	if (!read_columns(c, a, dt, &has, &any, err))
		return false;
	for (size_t i = DOC_NAME + 1; ok && i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];
		const struct field *before = doctype_field(old, f->name);

		if (has[i] == VALUE_NULL)
			ok = add_column(c, a, dt, f, err);
		else if (before == NULL ? !serves_again(f, has[i]) : !same_column(before, f))
			ok = ddl_convert_column(c, a, dt, f, err);
	}
	return ok && add_marks(c, a, dt, has, err);
}

/* Empty texts become null, and then no value may be there twice. */
static bool
make_unique(struct db_conn *c, struct arena *a, const struct doctype *dt, const struct field *f,
    struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb empty = { 0 };
	CLEANUP(sqlb_free) struct sqlb twice = { 0 };
	struct value n;
	bool found;

	sqlb_init(&empty, a);
	sqlb_init(&twice, a);
	sqlb_lit(&empty, "UPDATE ");
	sqlb_table(&empty, dt->name);
	sqlb_lit(&empty, " SET ");
	sqlb_ident(&empty, f->name);
	sqlb_lit(&empty, " = NULL WHERE ");
	sqlb_ident(&empty, f->name);
	sqlb_lit(&empty, " = ''");
	sqlb_lit(&twice, "SELECT count(*) FROM ");
	sqlb_table(&twice, dt->name);
	sqlb_lit(&twice, " WHERE ");
	sqlb_ident(&twice, f->name);
	sqlb_lit(&twice, " IS NOT NULL GROUP BY ");
	sqlb_ident(&twice, f->name);
	sqlb_text(&twice, column_nocase(dt, f));
	sqlb_lit(&twice, " HAVING count(*) > 1 LIMIT 1");
	if ((field_type_column(f->type) == DB_TYPE_NAME && !sqlb_exec(c, &empty, err)) ||
	    !sqlb_query_row(c, &twice, &n, 1, &found, err))
		return false;
	return !found ||
	    err_set(err, ERR_NON_UNIQUE,
		"%.*s: Field '%.*s' cannot be set as Unique as it has non-unique values",
		STR_FMT(dt->name), STR_FMT(f->label.len > 0 ? f->label : f->name));
}

static bool
make_uniques(struct db_conn *c, struct arena *a, const struct doctype *old,
    const struct doctype *dt, struct err *err)
{
	for (size_t i = 0; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];

		if (f->unique &&
		    index_of(db_conn_db(c), old, doctype_field(old, f->name)) != INDEX_UNIQUE &&
		    !make_unique(c, a, dt, f, err))
			return false;
	}
	return true;
}

bool
ddl_change(struct db_conn *c, struct arena *a, const struct doctype *old, const struct doctype *dt,
    struct err *err)
{
	if (dt->issingle || old->issingle)
		return ddl_sync(c, a, dt, err);
	if (dt->autoincrement != old->autoincrement)
		return change_names(c, a, dt, err);
	const enum index_kind kind =
	    db_alter_stops_reads(db_conn_db(c)) ? INDEX_UNIQUE : INDEX_NONE;

	return drop_indexes(c, a, old, dt, err) && change_columns(c, a, old, dt, err) &&
	    make_uniques(c, a, old, dt, err) && make_indexes(c, a, dt, kind, err);
}
