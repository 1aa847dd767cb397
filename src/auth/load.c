#include "auth/load.h"

#include "auth/fill.h"
#include "auth/load_keys.h"
#include "auth/load_rows.h"
#include "auth/pepper.h"
#include "auth/vault.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

static const struct str SQL_USERS = STR_INIT("SELECT " FILL_USER_COLUMNS " FROM \"tabUser\"");
static const struct str SQL_HAS_ROLE =
    STR_INIT("SELECT parent, role FROM \"tabHas Role\" WHERE parenttype = 'User'");
static const struct str SQL_SESSIONS =
    STR_INIT("SELECT " FILL_SESSION_COLUMNS " FROM session WHERE expires_us > ?1");

/* clang-format off */
static const struct load_rows USERS = { &SQL_USERS, FILL_USER_LEN, { FILL_USER_KINDS } };
static const struct load_rows HAS_ROLE = { &SQL_HAS_ROLE, 2, { VALUE_TEXT, VALUE_TEXT } };
/* clang-format on */

/* --- users: all stored roles first, sorted, then each user with his --- */

struct grant {
	uint32_t user, role;
};

struct grants {
	struct auth *auth;
	struct grant *items;
	size_t len, size;
	uint32_t roles[ROLE_MAX]; /* of the user that is being taken */
};

static bool
take_grant(void *context, struct db_rows *rows, struct err *err)
{
	struct grants *g = context;
	uint32_t role;

	if (!role_number(g->auth->roles, value_str(db_column(rows, 1)), &role, err))
		return false;
	if (g->len == g->size) {
		g->size = MAX(2 * g->size, (size_t)1024);
		g->items = mem_resize(g->items, g->size * sizeof(g->items[0]));
	}
	g->items[g->len++] =
	    (struct grant){ users_number(g->auth->users, value_str(db_column(rows, 0))), role };
	return true;
}

static int
compare_grants(const void *a, const void *b)
{
	const uint32_t x = ((const struct grant *)a)->user, y = ((const struct grant *)b)->user;

	return x < y ? -1 : x > y;
}

/* The position of the first grant of a user, or of the one behind it. */
static size_t
first_grant(const struct grants *g, uint32_t user)
{
	size_t from = 0, to = g->len;

	while (from < to) {
		const size_t middle = from + (to - from) / 2;

		if (g->items[middle].user < user)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool
take_user(void *context, struct db_rows *rows, struct err *err UNUSED)
{
	struct grants *g = context;
	struct value row[FILL_USER_LEN];
	size_t n = 0;

	fill_columns(rows, row, FILL_USER_LEN);
	const uint32_t user = users_number(g->auth->users, value_str(row[0]));

	for (size_t i = first_grant(g, user); i < g->len && g->items[i].user == user; i++) {
		if (n < ROLE_MAX)
			g->roles[n++] = g->items[i].role;
	}
	fill_user(g->auth, row, g->roles, n);
	return true;
}

static bool
load_users(struct auth *a, struct db_conn *c, struct err *err)
{
	struct grants g = { .auth = a };
	bool ok = load_rows_each(c, &HAS_ROLE, take_grant, &g, err);

	if (ok && g.len > 0)
		qsort(g.items, g.len, sizeof(g.items[0]), compare_grants);
	ok = ok && load_rows_each(c, &USERS, take_user, &g, err);
	mem_free(g.items);
	return ok;
}

/* --- the rest --- */

static bool
load_sessions(struct auth *a, struct db_conn *c, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_int(clock_now_us()) };
	struct value row[FILL_SESSION_LEN];
	enum db_step step;

	if (!db_query(c, SQL_SESSIONS, params, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		fill_columns(rows, row, FILL_SESSION_LEN);
		if (!fill_session(a, row, err))
			return false;
	}
	return step == DB_DONE;
}

bool
load_all(struct auth *a, struct db_conn *c, struct err *err)
{
	return pepper_load(a, c, err) && fill_roles(a, c, err) && fill_settings(a, c, err) &&
	    load_users(a, c, err) && load_keys_all(a, c, err) && load_sessions(a, c, err) &&
	    vault_check(a, c, err);
}
