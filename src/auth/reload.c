#include "auth/reload.h"

#include "auth/fill.h"
#include "auth/load.h"
#include "base/mem.h"

static const struct str SQL_USERS = STR_INIT("SELECT name FROM \"tabUser\"");

static void
end_all(struct auth *a, struct token_table *t,
    void (*end)(struct auth *a, const struct token_slot *slot))
{
	struct token_walk walk = { 0 };
	struct token_slot slot;

	while (token_table_walk(t, &walk, &slot))
		end(a, &slot);
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
	end_all(a, a->tokens, fill_end_secret);
	end_all(a, a->session_slots, fill_end_session);
	atomic_store(&a->keys_len, 0);
	return forget_users(a, c, err) && load_all(a, c, err);
}
