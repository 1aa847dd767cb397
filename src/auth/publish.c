#include "auth/publish.h"

#include "auth/fill.h"
#include "auth/pepper.h"
#include "auth/publish_keys.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

static const struct str SQL_USER =
    STR_INIT("SELECT " FILL_USER_COLUMNS " FROM \"tabUser\" WHERE name = ?1");
static const struct str SQL_USER_ROLES = STR_INIT(
    "SELECT role FROM \"tabHas Role\" WHERE parent COLLATE NOCASE = ?1 AND parenttype = 'User'");
static const struct str SQL_ROLE_USERS = STR_INIT(
    "SELECT parent FROM \"tabHas Role\" WHERE role COLLATE NOCASE = ?1 AND parenttype = 'User'");
static const struct str SQL_SESSION =
    STR_INIT("SELECT " FILL_SESSION_COLUMNS " FROM session WHERE name = ?1");

/* A query with one text. */
static bool
ask(struct db_conn *c, struct str sql, struct str param, struct db_rows **rows, struct err *err)
{
	const struct value params[] = { value_text(param) };

	return db_query(c, sql, params, 1, rows, err);
}

/* --- users and roles --- */

static bool
user_roles(struct auth *a, struct db_conn *c, struct str name, uint32_t *roles, size_t *len,
    struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	*len = 0;
	if (!ask(c, SQL_USER_ROLES, name, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW && *len < ROLE_MAX) {
		if (!role_number(a->roles, value_str(db_column(rows, 0)), &roles[*len], err))
			return false;
		(*len)++;
	}
	return step != DB_FAILED;
}

static bool
publish_user(struct auth *a, struct db_conn *c, struct str name, struct err *err)
{
	CLEANUP(mem_freep) uint32_t *roles = MEM_NEW_ARRAY(uint32_t, ROLE_MAX);
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct value row[FILL_USER_LEN];
	uint32_t number;
	size_t len;

	if (!user_roles(a, c, name, roles, &len, err) || !ask(c, SQL_USER, name, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	if (step == DB_FAILED)
		return false;
	if (step == DB_ROW) {
		fill_columns(rows, row, FILL_USER_LEN);
		fill_user(a, row, roles, len);
	} else if (users_find(a->users, name, &number) && number != a->administrator &&
	    number != a->guest) {
		users_put(a->users, number, NULL);
	}
	return true;
}

static void
forget_user(struct auth *a, struct str name)
{
	uint32_t number;

	if (users_find(a->users, name, &number) && number != a->guest)
		users_put(a->users, number, NULL);
}

/* Every user who had the role in memory or has it in the database, and Administrator, who has all.
 */
static bool
publish_role(struct auth *a, struct db_conn *c, struct str name, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const uint32_t len = users_len(a->users);
	uint32_t role;
	enum db_step step;

	if (!role_number(a->roles, name, &role, err) || !fill_roles(a, c, err))
		return false;
	for (uint32_t i = 0; i < len; i++) {
		const struct who *w = users_at(a->users, i);

		if (w == NULL || w->is_guest || (!who_has_role(w, role) && !w->is_administrator))
			continue;
		if (!publish_user(a, c, w->name, err)) {
			users_put(a->users, i, NULL);
			return false;
		}
	}
	if (!ask(c, SQL_ROLE_USERS, name, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!publish_user(a, c, value_str(db_column(rows, 0)), err))
			return false;
	}
	return step == DB_DONE;
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

/* --- keys --- */

static bool
publish_key(struct auth *a, struct db_conn *c, struct str name, struct err *err)
{
	size_t done;

	return publish_keys(a, c, &name, 1, &done, err);
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
publish_session(struct auth *a, struct db_conn *c, struct str name, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct value row[FILL_SESSION_LEN];

	if (!ask(c, SQL_SESSION, name, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	if (step == DB_DONE)
		forget_session(a, name);
	if (step != DB_ROW)
		return step == DB_DONE;
	fill_columns(rows, row, FILL_SESSION_LEN);
	return fill_session(a, row, err);
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

static const struct {
	const char *what;
	bool (*publish)(struct auth *a, struct db_conn *c, struct str name, struct err *err);
	void (*forget)(struct auth *a, struct str name); /* if it could not be read */
} KINDS[] = {
	[CHANGE_USER] = { "user", publish_user, forget_user },
	[CHANGE_KEY] = { "key", publish_key, forget_nothing }, /* publish_keys() forgets */
	[CHANGE_SESSION] = { "session", publish_session, forget_session },
	[CHANGE_ROLE] = { "role", publish_role, forget_role },
	[CHANGE_SETTINGS] = { "settings", publish_settings, forget_nothing },
	[CHANGE_PEPPER] = { "pepper", publish_pepper, forget_nothing },
};

bool
publish_change(struct auth *a, struct db_conn *c, const struct change *change)
{
	enum { ATTEMPTS = 3, COMPLAIN_EVERY_MS = 1000 };
	struct err err;

	if ((size_t)change->kind >= ARRAY_LEN(KINDS) || KINDS[change->kind].publish == NULL)
		return true;
	for (int i = 0; i < ATTEMPTS; i++) {
		if (KINDS[change->kind].publish(a, c, change->name, &err))
			return true;
	}
	KINDS[change->kind].forget(a, change->name);
	/* What cannot be published is tried again twenty times a second. */
	if (clock_mono_ms() - a->complained_ms >= COMPLAIN_EVERY_MS) {
		a->complained_ms = clock_mono_ms();
		log_err(LOG_ERROR, "publish", &err);
	}
	return false;
}

/* The keys of a list from change on, as many as go at once; what follows them is *next. */
static bool
publish_some_keys(
    struct auth *a, struct db_conn *c, const struct change *change, const struct change **next)
{
	const struct change *keys[PUBLISH_KEYS_MAX];
	struct str names[PUBLISH_KEYS_MAX];
	size_t len = 0, done = 0;
	struct err err;
	bool ok = true;

	for (; change != NULL && len < PUBLISH_KEYS_MAX; change = change->next) {
		if (change->kind != CHANGE_KEY)
			continue;
		keys[len] = change;
		names[len++] = change->name;
	}
	*next = change;
	if (len == 0)
		return true;
	if (len > 1 && publish_keys(a, c, names, len, &done, &err)) {
		if (done < len)
			*next = keys[done];
		return true;
	}
	/* One that cannot be read takes no other with it. */
	for (size_t i = 0; i < len; i++)
		ok &= publish_change(a, c, keys[i]);
	return ok;
}

bool
publish_all(struct auth *a, struct db_conn *c, const struct change_list *changes)
{
	bool ok = true;

	for (const struct change *change = changes->first; change != NULL; change = change->next) {
		if (change->kind != CHANGE_KEY)
			ok &= publish_change(a, c, change);
	}
	for (const struct change *change = changes->first; change != NULL;)
		ok &= publish_some_keys(a, c, change, &change);
	return ok;
}
