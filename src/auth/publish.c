#include "auth/publish.h"

#include "auth/ask.h"
#include "auth/fill.h"
#include "auth/pepper.h"
#include "auth/publish_keys.h"
#include "auth/publish_users.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

static const struct str SQL_ROLE_USERS = STR_INIT(
    "SELECT parent FROM \"tabHas Role\" WHERE role COLLATE NOCASE = ?1 AND parenttype = 'User'");
static const struct str SQL_SESSIONS =
    STR_INIT("SELECT " FILL_SESSION_COLUMNS " FROM session WHERE name IN (");

enum { NAMES_ARENA = 64 * 1024 };

/* --- users and roles --- */

static void
forget_user(struct auth *a, struct str name)
{
	uint32_t number;

	if (users_find(a->users, name, &number) && number != a->guest)
		users_put(a->users, number, NULL);
}

/* Users who are read anew as soon as enough of them have come together. */
struct readers {
	struct auth *auth;
	struct db_conn *db;
	struct arena *arena; /* of the names: entries in memory come and go */
	struct str names[ASK_MAX];
	size_t len;
};

/* One who cannot be read takes no other with him, and is forgotten. */
static bool
read_some(struct readers *r, struct err *err)
{
	const size_t len = r->len;
	size_t done;
	bool ok = true;

	r->len = 0;
	if (len == 0 || publish_users(r->auth, r->db, r->names, len, &done, err))
		return true;
	for (size_t i = 0; i < len; i++) {
		if (publish_users(r->auth, r->db, &r->names[i], 1, &done, err))
			continue;
		forget_user(r->auth, r->names[i]);
		ok = false;
	}
	return ok;
}

static bool
read_user(struct readers *r, struct str name, struct err *err)
{
	if (r->len == 0)
		arena_reset(r->arena);
	if (!arena_str(r->arena, name, &r->names[r->len], err))
		return false;
	return ++r->len < ASK_MAX || read_some(r, err);
}

static bool
read_users_of_role(struct readers *r, struct str name, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(name) };
	enum db_step step;

	if (!db_query(r->db, SQL_ROLE_USERS, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!read_user(r, value_str(db_column(rows, 0)), err))
			return false;
	}
	return step == DB_DONE && read_some(r, err);
}

/* Every user who had the role in memory or has it in the database, and Administrator, who has all.
 */
static bool
publish_role(struct auth *a, struct db_conn *c, struct str name, struct err *err)
{
	CLEANUP(arena_freep) struct arena *arena = arena_new(NAMES_ARENA);
	struct readers r = { .auth = a, .db = c, .arena = arena };
	const uint32_t len = users_len(a->users);
	uint32_t role;
	bool ok = true;

	if (!role_number(a->roles, name, &role, err) || !fill_roles(a, c, err))
		return false;
	for (uint32_t i = 0; i < len; i++) {
		const struct who *w = users_at(a->users, i);

		if (w == NULL || w->is_guest || (!who_has_role(w, role) && !w->is_administrator))
			continue;
		ok &= read_user(&r, w->name, err);
	}
	ok &= read_some(&r, err);
	return ok && read_users_of_role(&r, name, err);
}

/* Takes the role from all who have it in memory; Administrator needs none. */
static void
forget_role(struct auth *a, struct str name)
{
	CLEANUP(mem_freep) uint32_t *roles = MEM_NEW_ARRAY(uint32_t, ROLE_MAX);
	const uint32_t len = users_len(a->users);
	uint32_t role;

	if (!role_find(a->roles, name, &role))
		return;
	a->roles_on[role / 64] &= ~(UINT64_C(1) << (role % 64));
	for (uint32_t i = 0; i < len; i++) {
		const struct who *w = users_at(a->users, i);
		size_t n = 0;

		if (w == NULL || w->is_administrator || !who_has_role(w, role))
			continue;
		struct who without = *w;

		for (uint32_t r = 0; r < ROLE_MAX; r++) {
			if (r != role && who_has_role(w, r))
				roles[n++] = r;
		}
		without.is_system_manager &= role != ROLE_SYSTEM_MANAGER;
		fill_entry(a, &without, roles, n);
	}
}

/* --- sessions --- */

static void
forget_session(struct auth *a, struct str name)
{
	struct digest digest;
	struct token_slot slot;

	if (!digest_from_hex(name, &digest) || !fill_find_session(a, &digest, &slot))
		return;
	fill_end_session(a, &slot);
}

static bool
publish_sessions(struct auth *a, struct db_conn *c, const struct str *names, size_t len,
    size_t *done, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct value row[FILL_SESSION_LEN];
	bool found[ASK_MAX] = { false };
	enum db_step step;

	*done = len;
	if (!ask_names(c, SQL_SESSIONS, names, len, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		fill_columns(rows, row, FILL_SESSION_LEN);
		if (!fill_session(a, row, err))
			return false;
		for (size_t i = 0; i < len; i++)
			found[i] |= str_eq(names[i], value_str(row[0]));
	}
	for (size_t i = 0; step == DB_DONE && i < len; i++) {
		if (!found[i])
			forget_session(a, names[i]);
	}
	return step == DB_DONE;
}

/* --- all kinds --- */

static bool
publish_settings(struct auth *a, struct db_conn *c, struct str name UNUSED, struct err *err)
{
	return fill_settings(a, c, err);
}

static bool
publish_pepper(struct auth *a, struct db_conn *c, struct str name UNUSED, struct err *err)
{
	return pepper_load(a, c, err);
}

static void
forget_nothing(struct auth *a UNUSED, struct str name UNUSED)
{
}

/* One by one, or many in few statements, of which *done, from the first, were taken on. */
typedef bool publish_one(struct auth *a, struct db_conn *c, struct str name, struct err *err);
typedef bool publish_many(struct auth *a, struct db_conn *c, const struct str *names, size_t len,
    size_t *done, struct err *err);

/* clang-format off */
static const struct {
	publish_one *one;
	publish_many *many;
	void (*forget)(struct auth *a, struct str name); /* if it could not be read */
} KINDS[] = {
	[CHANGE_USER] = { NULL, publish_users, forget_user },
	[CHANGE_KEY] = { NULL, publish_keys, forget_nothing }, /* which forgets by itself */
	[CHANGE_SESSION] = { NULL, publish_sessions, forget_session },
	[CHANGE_ROLE] = { publish_role, NULL, forget_role },
	[CHANGE_SETTINGS] = { publish_settings, NULL, forget_nothing },
	[CHANGE_PEPPER] = { publish_pepper, NULL, forget_nothing },
};
/* clang-format on */

static bool
is_ours(enum change_kind kind)
{
	return (size_t)kind < ARRAY_LEN(KINDS) && KINDS[kind].forget != NULL;
}

bool
publish_change(struct auth *a, struct db_conn *c, const struct change *change)
{
	enum { ATTEMPTS = 3, COMPLAIN_EVERY_MS = 1000 };
	const enum change_kind kind = change->kind;
	struct err err;
	size_t done;

	if (!is_ours(kind))
		return true;
	for (int i = 0; i < ATTEMPTS; i++) {
		if (KINDS[kind].many != NULL ? KINDS[kind].many(a, c, &change->name, 1, &done, &err)
					     : KINDS[kind].one(a, c, change->name, &err))
			return true;
	}
	KINDS[kind].forget(a, change->name);
	/* What cannot be published is tried again twenty times a second. */
	if (clock_mono_ms() - a->complained_ms >= COMPLAIN_EVERY_MS) {
		a->complained_ms = clock_mono_ms();
		log_err(LOG_ERROR, "publish", &err);
	}
	return false;
}

/* Those of a kind in a list from change on, as many as go at once; what follows them is *next. */
static bool
publish_some(struct auth *a, struct db_conn *c, enum change_kind kind, const struct change *change,
    const struct change **next)
{
	const struct change *all[ASK_MAX];
	struct str names[ASK_MAX];
	size_t len = 0, done = 0;
	struct err err;
	bool ok = true;

	for (; change != NULL && len < ASK_MAX; change = change->next) {
		if (change->kind != kind)
			continue;
		all[len] = change;
		names[len++] = change->name;
	}
	*next = change;
	if (len > 1 && KINDS[kind].many(a, c, names, len, &done, &err)) {
		if (done < len)
			*next = all[done];
		return true;
	}
	/* One that cannot be read takes no other with it. */
	for (size_t i = 0; i < len; i++)
		ok &= publish_change(a, c, all[i]);
	return ok;
}

bool
publish_all(struct auth *a, struct db_conn *c, const struct change_list *changes)
{
	bool ok = true;

	for (const struct change *change = changes->first; change != NULL; change = change->next) {
		if (is_ours(change->kind) && KINDS[change->kind].many == NULL)
			ok &= publish_change(a, c, change);
	}
	for (size_t kind = 0; kind < ARRAY_LEN(KINDS); kind++) {
		const struct change *change = KINDS[kind].many == NULL ? NULL : changes->first;

		while (change != NULL)
			ok &= publish_some(a, c, (enum change_kind)kind, change, &change);
	}
	return ok;
}
