#include "db/bulk.h"

#include "base/mem.h"
#include "db/db_driver.h"
#include "db/sqlb.h"

enum { TEXT_MEMORY = 1024 * 1024 };

struct bulk_load {
	struct db_conn *c;
	const struct bulk_target *to;
	struct arena *arena;
	struct str insert; /* where rows are inserted one by one */
};

/* INSERT INTO table (columns) VALUES (?1, ...) */
static bool
make_insert(struct bulk_load *l, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, l->arena);
	sqlb_lit(&b, "INSERT INTO ");
	sqlb_ident(&b, l->to->table);
	for (size_t i = 0; i < l->to->len; i++) {
		sqlb_text(&b, i == 0 ? STR(" (") : STR(", "));
		sqlb_ident(&b, l->to->columns[i]);
	}
	for (size_t i = 0; i < l->to->len; i++) {
		sqlb_text(&b, i == 0 ? STR(") VALUES (") : STR(", "));
		sqlb_value(&b, value_null());
	}
	sqlb_lit(&b, ")");
	return sqlb_ok(&b, err) && arena_str(l->arena, buf_str(&b.text), &l->insert, err);
}

bool
bulk_load_begin(
    struct db_conn *c, const struct bulk_target *to, struct bulk_load **out, struct err *err)
{
	const struct db_driver *driver = c->db->driver;
	struct bulk_load *l = MEM_NEW(struct bulk_load);

	*l = (struct bulk_load){ .c = c, .to = to, .arena = arena_new(TEXT_MEMORY) };
	if (driver->load_begin != NULL ? driver->load_begin(c, to, err) : make_insert(l, err)) {
		*out = l;
		return true;
	}
	arena_free(l->arena);
	mem_free(l);
	return false;
}

bool
bulk_load_row(struct bulk_load *l, const struct value *row, struct err *err)
{
	const struct db_driver *driver = l->c->db->driver;

	return driver->load_row != NULL ? driver->load_row(l->c, l->to, row, err)
					: db_exec(l->c, l->insert, row, l->to->len, NULL, err);
}

bool
bulk_load_end(struct bulk_load *l, bool ok, struct err *err)
{
	const struct db_driver *driver = l->c->db->driver;

	if (driver->load_end != NULL)
		ok = driver->load_end(l->c, ok, err);
	arena_free(l->arena);
	mem_free(l);
	return ok;
}
