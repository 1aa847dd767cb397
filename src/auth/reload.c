#include "auth/reload.h"

#include "auth/load.h"
#include "base/mem.h"

static const struct str SQL_USERS = STR_INIT("SELECT name FROM \"tabUser\"");

static void
end_slots(struct token_table *t, struct pool *sides)
{
	struct token_walk walk = { 0 };
	struct token_slot slot;

	while (token_table_walk(t, &walk, &slot)) {
		token_table_drop(t, slot.hash, slot.side);
		pool_end(sides, slot.side);
	}
}

/* Those who have an entry and no document. */
static bool
forget_users(struct auth *a, struct db_conn *c, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const uint32_t len = users_len(a->users);
	CLEANUP(mem_freep) bool *seen = MEM_NEW_ARRAY(bool, len + 1);
	enum db_step step;
	uint32_t number;

	if (!db_query(c, SQL_USERS, NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (users_find(a->users, value_str(db_column(rows, 0)), &number) && number < len)
			seen[number] = true;
	}
	for (uint32_t i = 0; step == DB_DONE && i < len; i++) {
		if (!seen[i] && i != a->guest && i != a->administrator)
			users_put(a->users, i, NULL);
	}
	return step == DB_DONE;
}

bool
reload_all(struct auth *a, struct db_conn *c, struct err *err)
{
	end_slots(a->tokens, a->secrets);
	end_slots(a->session_slots, a->sessions);
	atomic_store(&a->keys_len, 0);
	return forget_users(a, c, err) && load_all(a, c, err);
}
