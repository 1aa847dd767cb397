#include "doc/doctype_sync.h"

#include "doc/ddl.h"

/* A DocType whose table was altered, and those before it. */
struct altered {
	struct str name;
	const struct altered *next;
};

/* Whoever reads need not wait for these. The next change of the DocType makes what is missing. */
static bool
make_indexes(struct call *call, struct err *err)
{
	if (!db_allow_long(call->db, err))
		return false;
	for (const struct altered *t = call->after.what; t != NULL; t = t->next) {
		struct doctype dt;

		if (!metas_read(call->metas, call->db, call->arena, t->name, &dt, err) ||
		    (dt.name.len > 0 && !ddl_index(call->db, call->arena, &dt, err)))
			return false;
	}
	return true;
}

static MUST_USE bool
index_afterwards(struct call *call, struct str name, struct err *err)
{
	struct altered *t = ARENA_NEW(call->arena, struct altered);

	if (t == NULL)
		return err_memory(err);
	*t = (struct altered){ .name = name, .next = call->after.what };
	call->after = (struct call_after){ .run = make_indexes, .what = t };
	return true;
}

static MUST_USE bool
change(struct call *call, const struct doctype *before, const struct doctype *now, struct err *err)
{
	if (!db_allow_long(call->db, err) || !ddl_change(call->db, call->arena, before, now, err))
		return false;
	return !db_alter_stops_reads(db_conn_db(call->db)) ||
	    index_afterwards(call, now->name, err);
}

bool
doctype_sync(struct call *call, struct str name, struct err *err)
{
	const struct doctype *before = metas_find(call->metas, name);
	struct doctype now;
	bool ok;

	if (!metas_read(call->metas, call->db, call->arena, name, &now, err))
		return false;
	if (now.name.len == 0)
		return true;
	ok = before == NULL ? ddl_sync(call->db, call->arena, &now, err)
			    : change(call, before, &now, err);
	return ok && call_change(call, CHANGE_DOCTYPE, now.name, err);
}
