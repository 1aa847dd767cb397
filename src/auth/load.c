#include "auth/load.h"

#include "auth/fill.h"
#include "auth/pages.h"
#include "auth/vault.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

static const struct str SQL_USERS = STR_INIT("SELECT " FILL_USER_COLUMNS " FROM \"tabUser\"");
static const struct str SQL_HAS_ROLE =
    STR_INIT("SELECT parent, role FROM \"tabHas Role\" WHERE parenttype = 'User'");
static const struct str SQL_KEYS =
    STR_INIT("SELECT " FILL_KEY_COLUMNS " FROM `tabAPI Key` WHERE `enabled` = 1");
static const struct str SQL_SECRET_USER =
    STR_INIT("SELECT k.`user`, k.`limited`, k.`name` FROM secret s "
	     "JOIN `tabAPI Key` k ON k.`name` = s.api_key WHERE s.name = ?1 AND k.`enabled` = 1");
static const struct str SQL_COUNT_KEYS = STR_INIT("SELECT count(*) FROM `tabAPI Key`");
static const struct str SQL_COUNT_SECRETS = STR_INIT("SELECT count(*) FROM secret");
static const struct str SQL_SECRETS =
    STR_INIT("SELECT " FILL_SECRET_COLUMNS ", api_key FROM secret");
static const struct str SQL_SESSIONS =
    STR_INIT("SELECT " FILL_SESSION_COLUMNS " FROM session WHERE expires_us > ?1");

typedef bool row_fn(void *context, struct db_rows *rows, struct err *err);

/* A query, and what its columns are: there may be a million rows. */
struct query {
	const struct str *sql;
	size_t len;
	enum value_kind kinds[FILL_USER_LEN];
};

/* clang-format off */
static const struct query USERS = { &SQL_USERS, FILL_USER_LEN, { FILL_USER_KINDS } };
static const struct query HAS_ROLE = { &SQL_HAS_ROLE, 2, { VALUE_TEXT, VALUE_TEXT } };
static const struct query KEYS = { &SQL_KEYS, FILL_KEY_LEN, { FILL_KEY_KINDS } };
static const struct query SECRETS = { &SQL_SECRETS, FILL_SECRET_LEN + 1, { FILL_SECRET_KINDS, VALUE_TEXT } };
/* clang-format on */

static bool
each_row(struct db_conn *c, const struct query *query, row_fn *fn, void *context, struct err *err)
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

static bool
count(struct db_conn *c, struct str sql, size_t *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;

	if (!db_query(c, sql, NULL, 0, &rows, err))
		return false;
	if (db_next(rows, err) == DB_FAILED)
		return false;
	*out = (size_t)db_column(rows, 0).i;
	return true;
}

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
	bool ok = each_row(c, &HAS_ROLE, take_grant, &g, err);

	if (ok && g.len > 0)
		qsort(g.items, g.len, sizeof(g.items[0]), compare_grants);
	ok = ok && each_row(c, &USERS, take_user, &g, err);
	mem_free(g.items);
	return ok;
}

/* --- keys: who owns which first, then the secrets in the order of the table --- */

/* Two keys have the same hash, or the key has limits: the database is asked for each secret. */
static const uint32_t SEVERAL = UINT32_MAX;

struct owner {
	uint64_t hash; /* 0: free */
	uint32_t user;
	bool used; /* has a secret */
};

/* Not in memory yet: in a large table each look is a cache miss, so many are fetched at once. */
struct waiting {
	uint64_t name; /* of the secret */
	struct token_slot slot;
	struct limits *limits;
};

enum { WAITING_MAX = 64 };

struct owners {
	struct auth *auth;
	struct db_conn *db;
	struct owner *items;
	size_t len; /* a power of two */
	struct waiting waiting[WAITING_MAX];
	size_t waiting_len;
};

static struct owner *
home_of(const struct owners *o, uint64_t hash)
{
	return &o->items[hash & (o->len - 1)];
}

static struct owner *
owner_of(const struct owners *o, uint64_t hash)
{
	struct owner *at = home_of(o, hash), *end = o->items + o->len;

	while (at->hash != 0 && at->hash != hash)
		at = at + 1 == end ? o->items : at + 1;
	return at;
}

static bool
take_key(void *context, struct db_rows *rows, struct err *err UNUSED)
{
	struct owners *o = context;
	const uint64_t hash = token_table_hash(o->auth->tokens, value_str(db_column(rows, 0)));
	struct owner *at = owner_of(o, hash);
	const bool limited = db_column(rows, 2).i != 0;

	*at = (struct owner){
		.hash = hash,
		.user = at->hash != 0 || limited
		    ? SEVERAL
		    : users_number(o->auth->users, value_str(db_column(rows, 1))),
	};
	return true;
}

static bool
ask_owner(struct owners *o, struct waiting *w, bool *found, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	char name[16];
	const struct value params[] = { value_text(state_hex15_text(w->name, name)) };

	if (!db_query(o->db, SQL_SECRET_USER, params, 1, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	*found = step == DB_ROW;
	if (!*found)
		return step != DB_FAILED;
	w->slot.user = users_number(o->auth->users, value_str(db_column(rows, 0)));
	return db_column(rows, 1).i == 0 ||
	    fill_read_limits(o->db, value_str(db_column(rows, 2)), &w->limits, err);
}

/* Says whose secret it is; *found is false if its key is switched off. */
static bool
find_user(struct owners *o, struct waiting *w, bool *found, struct err *err)
{
	struct owner *owner = owner_of(o, w->slot.hash);

	*found = owner->hash != 0;
	w->slot.user = owner->user;
	w->limits = NULL;
	if (owner->user == SEVERAL && !ask_owner(o, w, found, err))
		return false;
	if (*found && !owner->used)
		atomic_fetch_add_explicit(&o->auth->keys_len, 1, memory_order_relaxed);
	owner->used |= *found;
	return true;
}

static bool
put_waiting(struct owners *o, struct err *err)
{
	size_t n = 0;
	bool found;

	for (size_t i = 0; i < o->waiting_len; i++) {
		if (!find_user(o, &o->waiting[i], &found, err))
			return false;
		if (!found)
			continue;
		o->waiting[n++] = o->waiting[i];
		token_table_prefetch(o->auth->tokens, o->waiting[i].slot.hash);
	}
	for (size_t i = 0; i < n; i++)
		fill_secret(o->auth, o->waiting[i].slot, o->waiting[i].name, o->waiting[i].limits);
	o->waiting_len = 0;
	return true;
}

static bool
take_secret(void *context, struct db_rows *rows, struct err *err)
{
	struct owners *o = context;
	struct waiting *w = &o->waiting[o->waiting_len];
	struct value row[FILL_SECRET_LEN];

	fill_columns(rows, row, FILL_SECRET_LEN);
	if (!fill_read_secret(o->auth, row, &w->slot, &w->name, err))
		return false;
	w->slot.hash =
	    token_table_hash(o->auth->tokens, value_str(db_column(rows, FILL_SECRET_LEN)));
	__builtin_prefetch(home_of(o, w->slot.hash), 1);
	return ++o->waiting_len < WAITING_MAX || put_waiting(o, err);
}

static bool
load_keys(struct auth *a, struct db_conn *c, struct err *err)
{
	struct owners o = { .auth = a, .db = c, .len = 256 };
	size_t keys, secrets;

	if (!count(c, SQL_COUNT_KEYS, &keys, err) || !count(c, SQL_COUNT_SECRETS, &secrets, err))
		return false;
	while (o.len < 2 * keys)
		o.len *= 2;
	o.items = pages_map(o.len * sizeof(o.items[0]));
	token_table_reserve(a->tokens, secrets);
	pool_reserve(a->secrets, secrets + 1);
	const bool ok = each_row(c, &KEYS, take_key, &o, err) &&
	    each_row(c, &SECRETS, take_secret, &o, err) && put_waiting(&o, err);

	pages_unmap(o.items, o.len * sizeof(o.items[0]));
	return ok;
}

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
	return fill_roles(a, c, err) && fill_settings(a, c, err) && load_users(a, c, err) &&
	    load_keys(a, c, err) && load_sessions(a, c, err) && vault_check(a, c, err);
}
