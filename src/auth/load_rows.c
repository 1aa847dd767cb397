#include "auth/load_rows.h"

bool
load_rows_each(struct db_conn *c, const struct load_rows *query, load_rows_fn *fn, void *context,
    struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!db_query_many(c, *query->sql, query->kinds, query->len, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!fn(context, rows, err))
			return false;
	}
	return step == DB_DONE;
}
