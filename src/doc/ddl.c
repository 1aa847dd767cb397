#include "doc/ddl.h"

#include "db/sqlb.h"

static bool
run(struct db_conn *c, struct sqlb *b, struct err *err)
{
	return sqlb_ok(b, err) && db_exec(c, buf_str(&b->text), NULL, 0, NULL, err);
}

static void
put_column(struct db *db, struct sqlb *b, const struct doctype *dt, const struct field *f)
{
	sqlb_ident(b, f->name);
	sqlb_lit(b, " ");
	if (f->column == DOC_NAME && dt->autoincrement)
		sqlb_text(b, db_type_ddl(db, DB_TYPE_AUTOINCREMENT));
	else
		sqlb_text(b, db_type_ddl(db, (enum db_type)field_type_column(f->type)));
}

static bool
make_table(
    struct db *db, struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b;

	sqlb_init(&b, a);
	sqlb_lit(&b, "CREATE TABLE ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " (");
	for (size_t i = 0; i < dt->columns_len; i++) {
		if (i > 0)
			sqlb_lit(&b, ", ");
		put_column(db, &b, dt, dt->columns[i]);
	}
	sqlb_lit(&b, ")");
	return run(c, &b, err);
}

static bool
add_column(struct db *db, struct db_conn *c, struct arena *a, const struct doctype *dt,
    const struct field *f, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b;

	sqlb_init(&b, a);
	sqlb_lit(&b, "ALTER TABLE ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " ADD COLUMN ");
	put_column(db, &b, dt, f);
	return run(c, &b, err);
}

/* An index "tabDT:field" over the field, then name (so that a sort by it is settled by the index).
 */
static bool
add_index(struct db_conn *c, struct arena *a, const struct doctype *dt, const struct field *f,
    bool unique, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b;
	struct str name;

	if (!arena_printf(a, &name, err, "tab%.*s:%.*s%s", STR_FMT(dt->name), STR_FMT(f->name),
		unique ? ":unique" : ""))
		return false;
	sqlb_init(&b, a);
	sqlb_text(&b,
	    unique ? STR("CREATE UNIQUE INDEX IF NOT EXISTS ")
		   : STR("CREATE INDEX IF NOT EXISTS "));
	sqlb_ident(&b, name);
	sqlb_lit(&b, " ON ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " (");
	sqlb_ident(&b, f->name);
	if (!unique)
		sqlb_lit(&b, ", `name`");
	sqlb_lit(&b, ")");
	return run(c, &b, err);
}

static bool
wants_index(const struct doctype *dt, const struct field *f)
{
	return f->column == DOC_CREATION || f->search_index || f->type == FIELD_LINK ||
	    (dt->istable && f->column == DOC_PARENT) || str_eq(f->name, dt->sort_field);
}

static bool
add_indexes(struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err)
{
	for (size_t i = 0; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];
		const bool unique = f->column == DOC_NAME ? !dt->autoincrement : f->unique;

		if (unique && !add_index(c, a, dt, f, true, err))
			return false;
		if (!unique && wants_index(dt, f) && !add_index(c, a, dt, f, false, err))
			return false;
	}
	return true;
}

/* Which of the DocType's columns the table has; none: there is no table. */
static bool
read_columns(struct db_conn *c, const struct doctype *dt, struct arena *a, bool **has, bool *any,
    struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct str table;
	enum db_step step;

	*any = false;
	*has = ARENA_NEW_ARRAY(a, bool, dt->columns_len);
	if (*has == NULL || !arena_printf(a, &table, err, "tab%.*s", STR_FMT(dt->name)))
		return *has == NULL ? err_memory(err) : false;
	const struct value params[] = { value_text(table) };

	if (!db_query(c, STR("SELECT name FROM pragma_table_info(?1)"), params, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		const struct field *f = doctype_field(dt, value_str(db_column(rows, 0)));

		*any = true;
		if (f != NULL && f->column >= 0)
			(*has)[f->column] = true;
	}
	return step == DB_DONE;
}

bool
ddl_sync(
    struct db *db, struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err)
{
	bool *has;
	bool any;

	if (dt->issingle)
		return true;
	if (!read_columns(c, dt, a, &has, &any, err))
		return false;
	if (!any)
		return make_table(db, c, a, dt, err) && add_indexes(c, a, dt, err);
	for (size_t i = 0; i < dt->columns_len; i++) {
		if (!has[i] && !add_column(db, c, a, dt, dt->columns[i], err))
			return false;
	}
	return add_indexes(c, a, dt, err);
}

bool
ddl_drop(struct db_conn *c, struct arena *a, struct str doctype, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b;

	sqlb_init(&b, a);
	sqlb_lit(&b, "DROP TABLE IF EXISTS ");
	sqlb_table(&b, doctype);
	return run(c, &b, err);
}
