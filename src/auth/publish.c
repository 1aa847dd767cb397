#include "auth/publish.h"

#include "auth/fill.h"
#include "auth/pepper.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

static const struct str SQL_USER =
    STR_INIT("SELECT " FILL_USER_COLUMNS " FROM \"tabUser\" WHERE name = ?1");
static const struct str SQL_USER_ROLES = STR_INIT(
    "SELECT role FROM \"tabHas Role\" WHERE parent COLLATE NOCASE = ?1 AND parenttype = 'User'");
static const struct str SQL_ROLE_USERS = STR_INIT(
    "SELECT parent FROM \"tabHas Role\" WHERE role COLLATE NOCASE = ?1 AND parenttype = 'User'");
static const struct str SQL_KEY =
    STR_INIT("SELECT " FILL_KEY_COLUMNS " FROM `tabAPI Key` WHERE `name` = ?1 AND `enabled` = 1");
static const struct str SQL_SECRETS =
    STR_INIT("SELECT " FILL_SECRET_COLUMNS " FROM secret WHERE api_key = ?1");
static const struct str SQL_SECRET_KEY = STR_INIT("SELECT api_key FROM secret WHERE name = ?1");
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

/* What memory held for a key's hash before a change. */
struct old_slots {
	struct token_slot *items;
	bool *stays; /* the same in the database, or another key's that has the same hash */
	size_t len;
};

static void
old_slots_free(struct old_slots *o)
{
	mem_free(o->items);
	mem_free(o->stays);
}

static void
old_slots_read(struct auth *a, uint64_t hash, struct old_slots *out)
{
	struct token_probe p = token_table_find(a->tokens, hash);
	struct token_slot slot;

	while (token_table_next(&p, &slot)) {
		out->items = mem_resize(out->items, (out->len + 1) * sizeof(out->items[0]));
		out->items[out->len++] = slot;
	}
	out->stays = MEM_NEW_ARRAY(bool, out->len + 1);
}

static const struct state_secret *
side_of(const struct auth *a, const struct token_slot *slot)
{
	return pool_at(a->secrets, slot->side);
}

/* What a key's row says of all its secrets. */
struct key_row {
	struct str name;
	uint32_t user;
	bool limited;
};

static bool
is_valid_now(const struct token_slot *slot)
{
	const int64_t now_s = clock_now_us() / CLOCK_US_PER_S;

	return slot->not_before <= now_s && (slot->not_after == 0 || now_s < slot->not_after);
}

/* Keeps the slot that says what the row says, so that calls under way with it go on; also one that
 * only ends at another time, as at a rotation with overlap, or whose digest was made anew with
 * another pepper: no request may miss it. */
static bool
keep_same(struct auth *a, struct old_slots *old, const struct token_slot *slot, uint64_t name,
    uint32_t policy)
{
	for (size_t i = 0; i < old->len; i++) {
		const struct token_slot *had = &old->items[i];
		const struct state_secret *side = side_of(a, had);
		const bool same_digest =
		    had->pepper == slot->pepper && digest_equal(&had->digest, &slot->digest);
		const bool same_time =
		    had->not_before == slot->not_before && had->not_after == slot->not_after;

		/* Of one pepper a secret has one digest; a row belongs to one secret. */
		if (side->name != name || side->policy != policy || had->user != slot->user ||
		    (!same_digest && had->pepper == slot->pepper))
			continue;
		struct token_slot renewed = *slot;

		renewed.limited = had->limited;
		renewed.side = had->side;
		if (!same_time && !is_valid_now(slot))
			continue;
		if (!same_time || !same_digest)
			fill_renew_secret(a, had, &renewed);
		old->stays[i] = true;
		return true;
	}
	return false;
}

static bool
is_of_other(struct auth *a, struct db_conn *c, const struct token_slot *slot, struct str key)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	char name[16];
	struct err ignored;

	if (!ask(c, SQL_SECRET_KEY, state_hex15_text(side_of(a, slot)->name, name), &rows,
		&ignored) ||
	    db_next(rows, &ignored) != DB_ROW)
		return false;
	return !str_eq(value_str(db_column(rows, 0)), key);
}

/* Adds the key's secrets that memory does not have. */
static bool
add_secrets(struct auth *a, struct db_conn *c, const struct key_row *key, struct old_slots *old,
    struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct token_slot slot = { .hash = token_table_hash(a->tokens, key->name),
		.user = key->user };
	struct value row[FILL_SECRET_LEN];
	enum db_step step;
	uint64_t name;

	if (!ask(c, SQL_SECRETS, key->name, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		fill_columns(rows, row, FILL_SECRET_LEN);
		if (!fill_read_secret(a, row, &slot, &name, err))
			return false;
		struct fill_limits limits = { 0 };

		if (key->limited && !fill_read_limits(a, c, key->name, &limits, err))
			return false;
		if (keep_same(a, old, &slot, name, limits.policy))
			policies_drop(a->policies, limits.policy);
		else
			fill_secret(a, slot, name, &limits);
	}
	return step == DB_DONE;
}

static bool
read_key(struct auth *a, struct db_conn *c, struct str key, struct old_slots *old, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;

	if (!ask(c, SQL_KEY, key, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	if (step != DB_ROW || !str_eq(value_str(db_column(rows, 0)), key))
		return step != DB_FAILED;
	const struct key_row row = { key, users_number(a->users, value_str(db_column(rows, 1))),
		db_column(rows, 2).i != 0 };

	return add_secrets(a, c, &row, old, err);
}

static bool
publish_key(struct auth *a, struct db_conn *c, struct str key, struct err *err)
{
	CLEANUP(old_slots_free) struct old_slots old = { 0 };
	const uint64_t hash = token_table_hash(a->tokens, key);
	struct token_slot ignored;

	old_slots_read(a, hash, &old);
	const bool ok = read_key(a, c, key, &old, err);

	/* New ones first: a secret that stays valid is never missing. If the database failed, none
	 * stays. */
	for (size_t i = 0; i < old.len; i++) {
		if ((ok && old.stays[i]) || is_of_other(a, c, &old.items[i], key))
			continue;
		fill_end_secret(a, &old.items[i]);
	}
	struct token_probe p = token_table_find(a->tokens, hash);
	const bool after = token_table_next(&p, &ignored);

	if (old.len > 0 && !after)
		atomic_fetch_sub_explicit(&a->keys_len, 1, memory_order_relaxed);
	if (old.len == 0 && after)
		atomic_fetch_add_explicit(&a->keys_len, 1, memory_order_relaxed);
	return ok;
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
	[CHANGE_KEY] = { "key", publish_key, forget_nothing }, /* publish_key() forgets first */
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
