#include "auth/ask.h"

#include "db/sqlb.h"

enum { ASK_ARENA = 64 * 1024 };

bool
ask_names(struct db_conn *c, struct str sql, const struct str *names, size_t len,
    struct db_rows **rows, struct err *err)
{
	CLEANUP(arena_freep) struct arena *arena = arena_new(ASK_ARENA);
	CLEANUP(sqlb_free) struct sqlb b;
	const size_t places = len == 1 ? 1 : ASK_MAX;

	assert(len > 0 && len <= places);
	sqlb_init(&b, arena);
	sqlb_text(&b, sql);
	for (size_t i = 0; i < places; i++) {
		if (i > 0)
			sqlb_lit(&b, ", ");
		sqlb_value(&b, value_text(names[MIN(i, len - 1)]));
	}
	sqlb_lit(&b, ")");
	return sqlb_query(c, &b, rows, err);
}
