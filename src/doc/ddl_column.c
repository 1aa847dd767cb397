#include "doc/ddl_column.h"

void
ddl_column_define(const struct db_conn *c, struct sqlb *b, const struct doctype *dt,
    const struct field *f, struct value fill)
{
	const struct db *db = db_conn_db(c);

	sqlb_ident(b, f->name);
	sqlb_lit(b, " ");
	if (f->column != DOC_NAME) {
		sqlb_type(b, db, (enum db_type)field_type_column(f->type), fill);
		return;
	}
	if (dt->autoincrement) {
		sqlb_text(b, db_type_ddl(db, DB_TYPE_AUTOINCREMENT));
	} else {
		sqlb_text(b, db_type_ddl(db, DB_TYPE_NAME));
		sqlb_lit(b, " NOT NULL");
	}
	sqlb_lit(b, " PRIMARY KEY");
}

/* ALTER TABLE of dt, as far as what is to be altered. */
static void
begin_alter(struct sqlb *b, struct arena *a, const struct doctype *dt)
{
	sqlb_init(b, a);
	sqlb_lit(b, "ALTER TABLE ");
	sqlb_table(b, dt->name);
}

bool
ddl_column_add(struct db_conn *c, struct arena *a, const struct doctype *dt, const struct field *f,
    struct value fill, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	begin_alter(&b, a, dt);
	sqlb_lit(&b, " ADD COLUMN ");
	ddl_column_define(c, &b, dt, f, fill);
	return sqlb_exec(c, &b, err);
}

bool
ddl_column_rename(struct db_conn *c, struct arena *a, const struct doctype *dt, struct str from,
    struct str to, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	begin_alter(&b, a, dt);
	sqlb_lit(&b, " RENAME COLUMN ");
	sqlb_ident(&b, from);
	sqlb_lit(&b, " TO ");
	sqlb_ident(&b, to);
	return sqlb_exec(c, &b, err);
}

bool
ddl_column_drop(
    struct db_conn *c, struct arena *a, const struct doctype *dt, struct str name, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	begin_alter(&b, a, dt);
	sqlb_lit(&b, " DROP COLUMN ");
	sqlb_ident(&b, name);
	return sqlb_exec(c, &b, err);
}

bool
ddl_column_set(struct db_conn *c, struct arena *a, const struct doctype *dt, const struct field *f,
    struct ddl_column_cell cell, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, a);
	sqlb_lit(&b, "UPDATE ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " SET ");
	sqlb_ident(&b, f->name);
	sqlb_lit(&b, " = ");
	sqlb_value(&b, cell.value);
	sqlb_lit(&b, " WHERE `name` = ");
	sqlb_value(&b, cell.name);
	return sqlb_exec(c, &b, err);
}
