#include "auth/publish_keys.h"

#include "auth/ask.h"
#include "auth/fill.h"
#include "base/clock.h"
#include "base/mem.h"

enum { SECRET_NAME_LEN = 15 };

static const struct str SQL_KEYS =
    STR_INIT("SELECT " FILL_KEY_COLUMNS " FROM `tabAPI Key` WHERE `enabled` = 1 AND `name` IN (");
static const struct str SQL_SECRETS =
    STR_INIT("SELECT " FILL_SECRET_COLUMNS ", api_key FROM secret WHERE api_key IN (");
static const struct str SQL_SECRET_KEYS =
    STR_INIT("SELECT name, api_key FROM secret WHERE name IN (");

/* What memory held for a key's hash before the change. */
struct old_slot {
	struct token_slot slot;
	bool stays; /* the same in the database, or another key's that has the same hash */
};

/* A key that is read anew: what its row says of all its secrets. */
struct item {
	struct str name;
	uint64_t hash;
	struct old_slot *old;
	size_t old_len;
	bool is_on, limited; /* is_on: there is such a row */
	uint32_t user;
	struct fill_limits limits; /* held */
};

struct batch {
	struct auth *auth;
	struct db_conn *db;
	struct item items[ASK_MAX];
	size_t len;
};

static void
batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->len; i++) {
		policies_drop(b->auth->policies, b->items[i].limits.policy);
		mem_free(b->items[i].old);
	}
}

static void
read_old(struct auth *a, struct item *item)
{
	struct token_probe p = token_table_find(a->tokens, item->hash);
	struct token_slot slot;

	while (token_table_next(&p, &slot)) {
		item->old = mem_resize(item->old, (item->old_len + 1) * sizeof(item->old[0]));
		item->old[item->old_len++] = (struct old_slot){ slot, false };
	}
}

/* False if a key of the batch has the same hash: what one leaves in memory, the other would take
 * for its own. */
static bool
add_item(struct batch *b, struct str name)
{
	const uint64_t hash = token_table_hash(b->auth->tokens, name);

	for (size_t i = 0; i < b->len; i++) {
		if (b->items[i].hash == hash)
			return false;
	}
	struct item *item = &b->items[b->len++];

	*item = (struct item){ .name = name, .hash = hash };
	read_old(b->auth, item);
	return true;
}

static struct item *
item_named(struct batch *b, struct value name)
{
	for (size_t i = 0; i < b->len; i++) {
		if (str_eq(b->items[i].name, value_str(name)))
			return &b->items[i];
	}
	return NULL;
}

static bool
ask_of_items(const struct batch *b, struct str sql, struct db_rows **rows, struct err *err)
{
	struct str names[ASK_MAX];

	for (size_t i = 0; i < b->len; i++)
		names[i] = b->items[i].name;
	return ask_names(b->db, sql, names, b->len, rows, err);
}

/* --- what the database says --- */

static bool
read_keys(struct batch *b, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!ask_of_items(b, SQL_KEYS, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct item *item = item_named(b, db_column(rows, 0));

		if (item == NULL) /* its name differs in case */
			continue;
		item->is_on = true;
		item->user = users_number(b->auth->users, value_str(db_column(rows, 1)));
		item->limited = db_column(rows, 2).i != 0;
	}
	return step == DB_DONE;
}

/* Of all that have some. */
static bool
read_limits(struct batch *b, struct err *err)
{
	struct item *limited[ASK_MAX];
	struct str names[ASK_MAX];
	struct fill_limits limits[ASK_MAX];
	size_t len = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (!b->items[i].limited)
			continue;
		limited[len] = &b->items[i];
		names[len++] = b->items[i].name;
	}
	if (len == 0)
		return true;
	const bool ok = fill_limits_read(b->auth, b->db, names, len, limits, err);

	for (size_t i = 0; i < len; i++)
		limited[i]->limits = limits[i];
	return ok;
}

static const struct state_secret *
side_of(const struct auth *a, const struct token_slot *slot)
{
	return pool_at(a->secrets, slot->side);
}

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
keep_same(struct auth *a, struct item *item, const struct token_slot *slot, uint64_t name)
{
	for (size_t i = 0; i < item->old_len; i++) {
		const struct token_slot *had = &item->old[i].slot;
		const struct state_secret *side = side_of(a, had);
		const bool same_digest =
		    had->pepper == slot->pepper && digest_equal(&had->digest, &slot->digest);
		const bool same_time =
		    had->not_before == slot->not_before && had->not_after == slot->not_after;

		/* Of one pepper a secret has one digest; a row belongs to one secret. */
		if (side->name != name || side->policy != item->limits.policy ||
		    had->user != slot->user || (!same_digest && had->pepper == slot->pepper))
			continue;
		struct token_slot renewed = *slot;

		renewed.limited = had->limited;
		renewed.side = had->side;
		if (!same_time && !is_valid_now(slot))
			continue;
		if (!same_time || !same_digest)
			fill_renew_secret(a, had, &renewed);
		item->old[i].stays = true;
		return true;
	}
	return false;
}

/* Adds the secrets that memory does not have. */
static bool
read_secrets(struct batch *b, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct value row[FILL_SECRET_LEN];
	enum db_step step;
	uint64_t name;

	if (!ask_of_items(b, SQL_SECRETS, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct item *item = item_named(b, db_column(rows, FILL_SECRET_LEN));

		if (item == NULL || !item->is_on)
			continue;
		struct token_slot slot = { .hash = item->hash, .user = item->user };

		fill_columns(rows, row, FILL_SECRET_LEN);
		if (!fill_read_secret(b->auth, row, &slot, &name, err))
			return false;
		if (keep_same(b->auth, item, &slot, name))
			continue;
		policies_again(b->auth->policies, item->limits.policy);
		fill_secret(b->auth, slot, name, &item->limits);
	}
	return step == DB_DONE;
}

/* --- what memory had, and the database has not --- */

/* Slots that do not stay, unless their secrets turn out to be other keys' of the same hash. */
struct ending {
	struct item *items[ASK_MAX];
	struct old_slot *old[ASK_MAX];
	uint64_t secrets[ASK_MAX];
	char text[ASK_MAX][SECRET_NAME_LEN]; /* secrets, as the database has them */
	size_t len;
};

static bool
ask_of_secrets(struct ending *e, struct db_conn *c, struct db_rows **rows, struct err *err)
{
	struct str names[ASK_MAX];

	for (size_t i = 0; i < e->len; i++)
		names[i] = state_hex15_text(e->secrets[i], e->text[i]);
	return ask_names(c, SQL_SECRET_KEYS, names, e->len, rows, err);
}

static void
spare(struct ending *e, struct value secret, struct value key)
{
	uint64_t name;

	if (!state_hex15(value_str(secret), &name))
		return;
	for (size_t i = 0; i < e->len; i++) {
		if (e->secrets[i] == name)
			e->old[i]->stays = !str_eq(e->items[i]->name, value_str(key));
	}
}

/* Ends them. If the database does not say whose they are, none stays. */
static void
end_some(struct batch *b, struct ending *e)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct err ignored;

	if (e->len > 0 && ask_of_secrets(e, b->db, &rows, &ignored)) {
		while (db_next(rows, &ignored) == DB_ROW)
			spare(e, db_column(rows, 0), db_column(rows, 1));
	}
	for (size_t i = 0; i < e->len; i++) {
		if (!e->old[i]->stays)
			fill_end_secret(b->auth, &e->old[i]->slot);
	}
	e->len = 0;
}

static void
end_old(struct batch *b)
{
	CLEANUP(mem_freep) struct ending *e = MEM_NEW(struct ending);

	for (size_t i = 0; i < b->len; i++) {
		struct item *item = &b->items[i];

		for (size_t k = 0; k < item->old_len; k++) {
			struct old_slot *old = &item->old[k];

			if (old->stays)
				continue;
			e->items[e->len] = item;
			e->old[e->len] = old;
			e->secrets[e->len] = side_of(b->auth, &old->slot)->name;
			if (++e->len == ASK_MAX)
				end_some(b, e);
		}
	}
	end_some(b, e);
}

static void
count_keys(struct auth *a, const struct batch *b)
{
	for (size_t i = 0; i < b->len; i++) {
		struct token_probe p = token_table_find(a->tokens, b->items[i].hash);
		struct token_slot ignored;
		const bool had = b->items[i].old_len > 0, has = token_table_next(&p, &ignored);

		if (had && !has)
			atomic_fetch_sub_explicit(&a->keys_len, 1, memory_order_relaxed);
		if (!had && has)
			atomic_fetch_add_explicit(&a->keys_len, 1, memory_order_relaxed);
	}
}

bool
publish_keys(struct auth *a, struct db_conn *c, const struct str *names, size_t len, size_t *done,
    struct err *err)
{
	CLEANUP(mem_freep) struct batch *b = MEM_NEW(struct batch);

	b->auth = a;
	b->db = c;
	while (b->len < len && b->len < ASK_MAX && add_item(b, names[b->len]))
		continue;
	*done = b->len;
	const bool ok = read_keys(b, err) && read_limits(b, err) && read_secrets(b, err);

	/* New ones first: a secret that stays valid is never missing. */
	for (size_t i = 0; !ok && b->len == 1 && i < b->items[0].old_len; i++)
		b->items[0].old[i].stays = false;
	if (ok || b->len == 1)
		end_old(b);
	count_keys(a, b);
	batch_free(b);
	return ok;
}
