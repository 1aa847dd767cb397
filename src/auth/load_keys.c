#include "auth/load_keys.h"

#include "auth/fill.h"
#include "auth/hash_list.h"
#include "auth/load_rows.h"
#include "base/buf.h"
#include "base/mem.h"

static const struct str SQL_COUNT_KEYS = STR_INIT("SELECT count(*) FROM `tabAPI Key`");
static const struct str SQL_COUNT_SECRETS = STR_INIT("SELECT count(*) FROM secret");
static const struct str SQL_KEYS =
    STR_INIT("SELECT " FILL_KEY_COLUMNS " FROM `tabAPI Key` WHERE `enabled` = 1");
static const struct str SQL_SCOPES =
    STR_INIT("SELECT `parent`, `kind`, `target`, `mask`, `idx` FROM `tabAPI Key Scope` "
	     "WHERE `parenttype` = 'API Key' AND `parentfield` = 'scopes'");
static const struct str SQL_LIMITS =
    STR_INIT("SELECT " FILL_LIMITS_COLUMNS ", `name` FROM `tabAPI Key` "
	     "WHERE `enabled` = 1 AND `limited` = 1");
static const struct str SQL_SECRETS =
    STR_INIT("SELECT " FILL_SECRET_COLUMNS ", api_key FROM secret");
static const struct str SQL_SECRET_USER =
    STR_INIT("SELECT k.`user`, k.`limited`, k.`name` FROM secret s "
	     "JOIN `tabAPI Key` k ON k.`name` = s.api_key WHERE s.name = ?1 AND k.`enabled` = 1");

/* clang-format off */
static const struct load_rows KEYS = { &SQL_KEYS, FILL_KEY_LEN, { FILL_KEY_KINDS } };
static const struct load_rows SCOPES = { &SQL_SCOPES, 5, { VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT, VALUE_INT } };
static const struct load_rows LIMITS = { &SQL_LIMITS, FILL_LIMITS_LEN + 1, { FILL_LIMITS_KINDS, VALUE_TEXT } };
static const struct load_rows SECRETS = { &SQL_SECRETS, FILL_SECRET_LEN + 1, { FILL_SECRET_KINDS, VALUE_TEXT } };
/* clang-format on */

/* Two keys have the same hash: the database is asked for each secret. */
static const uint32_t SEVERAL = UINT32_MAX;

/* A key, until its secrets are in memory. */
struct owner {
	int64_t spent; /* as struct fill_limits has it, with the policy */
	uint32_t user, policy;
	uint32_t scopes; /* the last of its scopes that was read, its number + 1; 0: none */
	bool used;       /* has a secret */
};

/* A scope, until its key's limits are read: there may be several millions. */
struct scope_row {
	uint32_t before; /* as in struct owner */
	uint32_t mask;
	uint32_t target; /* where it begins in the loader's texts */
	uint16_t target_len;
	uint8_t kind, idx;
};

/* Not in memory yet: in a large table each look is a cache miss, so many are fetched at once. */
struct waiting {
	uint64_t name; /* of the secret */
	struct token_slot slot;
	struct fill_limits limits;
};

enum { WAITING_MAX = 64 };

struct loader {
	struct auth *auth;
	struct db_conn *db;
	struct hash_list keys; /* that are switched on */
	struct owner *owners;  /* by their places */
	size_t owners_size;
	bool any_limited;
	size_t meters_len; /* keys that are counted */
	struct scope_row *scopes;
	size_t scopes_len, scopes_size;
	struct buf texts;
	struct waiting waiting[WAITING_MAX];
	size_t waiting_len;
};

static uint64_t
hash_of(const struct loader *l, struct value name)
{
	return token_table_hash(l->auth->tokens, value_str(name));
}

/* NULL: the key is switched off, or there is none. */
static struct owner *
owner_of(struct loader *l, uint64_t hash)
{
	size_t at;

	return hash_list_find(&l->keys, hash, &at) ? &l->owners[at] : NULL;
}

/* --- who owns which key --- */

static bool
take_key(void *context, struct db_rows *rows, struct err *err UNUSED)
{
	struct loader *l = context;
	size_t at;
	const bool is_new = hash_list_add(&l->keys, hash_of(l, db_column(rows, 0)), &at);

	if (at == l->owners_size) {
		l->owners_size *= 2;
		l->owners = mem_resize(l->owners, l->owners_size * sizeof(l->owners[0]));
	}
	l->owners[at] = (struct owner){
		.user =
		    is_new ? users_number(l->auth->users, value_str(db_column(rows, 1))) : SEVERAL,
	};
	l->any_limited |= db_column(rows, 2).i != 0;
	return true;
}

/* --- what limits it: all scopes first, then each key with its --- */

static bool
take_scope(void *context, struct db_rows *rows, struct err *err)
{
	struct loader *l = context;
	struct owner *owner = owner_of(l, hash_of(l, db_column(rows, 0)));
	const struct str target = value_str(db_column(rows, 2));
	struct limits_scope scope;

	if (owner == NULL)
		return true;
	if (!fill_limits_scope(db_column(rows, 1), db_column(rows, 3), &scope, err))
		return false;
	if (l->scopes_len == l->scopes_size) {
		l->scopes_size = MAX(2 * l->scopes_size, (size_t)1024);
		l->scopes = mem_resize(l->scopes, l->scopes_size * sizeof(l->scopes[0]));
	}
	l->scopes[l->scopes_len] = (struct scope_row){
		.before = owner->scopes,
		.mask = scope.mask,
		.target = (uint32_t)l->texts.len,
		.target_len = (uint16_t)MIN(target.len, (size_t)UINT16_MAX),
		.kind = (uint8_t)scope.kind,
		.idx = (uint8_t)MIN(db_column(rows, 4).i, (int64_t)UINT8_MAX),
	};
	owner->scopes = (uint32_t)++l->scopes_len;
	buf_put(&l->texts, target);
	return buf_ok(&l->texts) || err_memory(err);
}

/* Puts the scopes of a key in order. */
static size_t
scopes_of(const struct loader *l, const struct owner *owner, struct limits_scope *out)
{
	uint8_t order[LIMITS_SCOPES_MAX];
	size_t len = 0;

	for (uint32_t n = owner->scopes; n != 0 && len < LIMITS_SCOPES_MAX;) {
		const struct scope_row *s = &l->scopes[n - 1];
		size_t at = len++;

		for (; at > 0 && order[at - 1] > s->idx; at--) {
			order[at] = order[at - 1];
			out[at] = out[at - 1];
		}
		order[at] = s->idx;
		out[at] = (struct limits_scope){
			.kind = (enum limits_kind)s->kind,
			.target = { l->texts.ptr + s->target, s->target_len },
			.mask = s->mask,
		};
		n = s->before;
	}
	return len;
}

static bool
take_limits(void *context, struct db_rows *rows, struct err *err UNUSED)
{
	struct loader *l = context;
	struct owner *owner = owner_of(l, hash_of(l, db_column(rows, FILL_LIMITS_LEN)));
	struct limits_scope scopes[LIMITS_SCOPES_MAX];
	struct value row[FILL_LIMITS_LEN];
	struct limits draft;

	if (owner == NULL || owner->user == SEVERAL)
		return true;
	fill_columns(rows, row, FILL_LIMITS_LEN);
	fill_limits_draft(row, &draft, &owner->spent);
	draft.scopes = scopes;
	draft.scopes_len = scopes_of(l, owner, scopes);
	l->meters_len += draft.rate.requests > 0 || draft.rate.quota > 0;
	owner->policy = policies_hold(l->auth->policies, &draft);
	return true;
}

static bool
read_limits(struct loader *l, struct err *err)
{
	l->texts = (struct buf)BUF_INIT(UINT32_MAX);
	const bool ok = load_rows_each(l->db, &SCOPES, take_scope, l, err) &&
	    load_rows_each(l->db, &LIMITS, take_limits, l, err);

	pool_reserve(l->auth->meters, l->meters_len + 1);
	buf_free(&l->texts);
	mem_free(l->scopes);
	return ok;
}

/* --- the secrets, in the order of the table --- */

static bool
ask_owner(struct loader *l, struct waiting *w, bool *found, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	char name[16];
	const struct value params[] = { value_text(state_hex15_text(w->name, name)) };

	if (!db_query(l->db, SQL_SECRET_USER, params, 1, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	*found = step == DB_ROW;
	if (!*found)
		return step != DB_FAILED;
	w->slot.user = users_number(l->auth->users, value_str(db_column(rows, 0)));
	const struct str key = value_str(db_column(rows, 2));

	return db_column(rows, 1).i == 0 ||
	    fill_limits_read(l->auth, l->db, &key, 1, &w->limits, err);
}

/* Says whose secret it is; *found is false if its key is switched off. */
static bool
find_user(struct loader *l, struct waiting *w, bool *found, struct err *err)
{
	struct owner *owner = owner_of(l, w->slot.hash);

	*found = owner != NULL;
	if (!*found)
		return true;
	w->slot.user = owner->user;
	w->limits = (struct fill_limits){ owner->policy, owner->spent };
	policies_again(l->auth->policies, w->limits.policy);
	if (owner->user == SEVERAL && !ask_owner(l, w, found, err))
		return false;
	if (*found && !owner->used)
		atomic_fetch_add_explicit(&l->auth->keys_len, 1, memory_order_relaxed);
	owner->used |= *found;
	return true;
}

static bool
put_waiting(struct loader *l, struct err *err)
{
	size_t n = 0;
	bool found;

	for (size_t i = 0; i < l->waiting_len; i++) {
		if (!find_user(l, &l->waiting[i], &found, err))
			return false;
		if (!found)
			continue;
		l->waiting[n++] = l->waiting[i];
		token_table_prefetch(l->auth->tokens, l->waiting[i].slot.hash);
	}
	for (size_t i = 0; i < n; i++) {
		const struct waiting *w = &l->waiting[i];

		fill_secret(l->auth, w->slot, w->name, &w->limits);
	}
	l->waiting_len = 0;
	return true;
}

static bool
take_secret(void *context, struct db_rows *rows, struct err *err)
{
	struct loader *l = context;
	struct waiting *w = &l->waiting[l->waiting_len];
	struct value row[FILL_SECRET_LEN];

	fill_columns(rows, row, FILL_SECRET_LEN);
	if (!fill_read_secret(l->auth, row, &w->slot, &w->name, err))
		return false;
	w->slot.hash = hash_of(l, db_column(rows, FILL_SECRET_LEN));
	hash_list_prefetch(&l->keys, w->slot.hash);
	return ++l->waiting_len < WAITING_MAX || put_waiting(l, err);
}

/* --- all of it --- */

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

/* The secrets hold what they have of the limits. */
static void
owners_free(struct loader *l)
{
	for (size_t i = 0; l->any_limited && i < l->keys.len; i++)
		policies_drop(l->auth->policies, l->owners[i].policy);
	hash_list_free(&l->keys);
	mem_free(l->owners);
}

bool
load_keys_all(struct auth *a, struct db_conn *c, struct err *err)
{
	struct loader l = { .auth = a, .db = c };
	size_t keys, secrets;

	if (!count(c, SQL_COUNT_KEYS, &keys, err) || !count(c, SQL_COUNT_SECRETS, &secrets, err))
		return false;
	hash_list_init(&l.keys, keys);
	l.owners_size = keys + 1;
	l.owners = MEM_NEW_ARRAY(struct owner, l.owners_size);
	token_table_reserve(a->tokens, secrets);
	pool_reserve(a->secrets, secrets + 1);
	const bool ok = load_rows_each(c, &KEYS, take_key, &l, err) &&
	    (!l.any_limited || read_limits(&l, err)) &&
	    load_rows_each(c, &SECRETS, take_secret, &l, err) && put_waiting(&l, err);

	owners_free(&l);
	return ok;
}
