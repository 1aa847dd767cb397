#include "auth/pepper.h"

#include "auth/judge.h"
#include "auth/state.h"
#include "base/buf.h"
#include "base/clock.h"
#include "crypto/hmac.h"

enum { BATCH = 256 }; /* renewed digests a transaction: each is a change that others follow */

static const struct str SQL_CURRENT = STR_INIT("SELECT pepper FROM site WHERE name = 'site'");
static const struct str SQL_RENEW =
    STR_INIT("UPDATE secret SET pepper = ?2, digest = ?3 WHERE name = ?1 AND pepper <> ?2 "
	     "RETURNING api_key");

/* ---- which one */

bool
pepper_find(const struct auth *a, struct str id, uint32_t *number, struct err *err)
{
	bool changed;

	if (keyfile_pepper(a->keys, id, number) != NULL)
		return true;
	if (!keyfile_refresh(a->keys, &changed, err))
		return false;
	if (keyfile_pepper(a->keys, id, number) != NULL)
		return true;
	return err_set(err, ERR_UNAVAILABLE,
	    "%.*s lacks pepper %.*s, which keys of this site rest on: put its line back, or copy "
	    "the file from a backup or from another node",
	    STR_FMT(keyfile_path(a->keys)), STR_FMT(id));
}

/* The id in the database, into text; empty: none is named. */
static bool
read_current(struct db_conn *c, char *text, struct str *id, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;

	*id = (struct str){ text, 0 };
	if (!db_query(c, SQL_CURRENT, NULL, 0, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	if (step != DB_ROW)
		return step == DB_DONE;
	const struct str found = value_str(db_column(rows, 0));

	if (found.len > PEPPER_ID_MAX)
		return err_set(err, ERR_UNAVAILABLE, "Table site of the database is damaged");
	if (found.len > 0)
		memcpy(text, found.ptr, found.len);
	id->len = found.len;
	return true;
}

bool
pepper_load(struct auth *a, struct db_conn *c, struct err *err)
{
	char text[PEPPER_ID_MAX];
	uint32_t number;
	struct str id;

	if (!read_current(c, text, &id, err))
		return false;
	if (id.len == 0)
		return true;
	if (!pepper_find(a, id, &number, err))
		return false;
	keyfile_use(a->keys, number);
	return true;
}

bool
pepper_current(struct call *call, char *text, struct str *id, struct err *err)
{
	if (!read_current(call->db, text, id, err))
		return false;
	if (id->len == 0)
		*id = keyfile_pepper_id(call->auth->keys);
	return true;
}

bool
pepper_for_new(struct call *call, char *text, struct str *id, struct err *err)
{
	struct keyfile *keys = call->auth->keys;
	uint32_t number;

	if (!pepper_current(call, text, id, err))
		return false;
	if (!pepper_find(call->auth, *id, &number, err))
		return false;
	return keyfile_holds(keys, *id) ||
	    err_set(err, ERR_UNAVAILABLE,
		"%.*s has lost pepper %.*s, which new secrets need: put its line back, or copy the "
		"file from a backup or from another node",
		STR_FMT(keyfile_path(keys)), STR_FMT(*id));
}

/* ---- renewing */

void
pepper_renew(
    struct auth *a, const struct judge_request *request, const struct judgement *j, uint32_t loop)
{
	const struct str parts[] = { request->key, { "", 1 }, request->secret };
	struct renewal renewal = {
		.id = state_life(j->secret, j->generation),
		.pepper = keyfile_current(a->keys),
	};
	bool full;

	if (renewals_wants(a->renewals, loop, renewal.id, &full)) {
		hmac_sign(keyfile_pepper_at(a->keys, renewal.pepper), parts, ARRAY_LEN(parts),
		    &renewal.digest);
		renewals_add(a->renewals, loop, &renewal);
	}
	if (full)
		atomic_store_explicit(&a->flush_wanted, true, memory_order_relaxed);
}

struct target {
	struct auth *auth;
	struct db_conn *db;
	struct arena *arena;
	struct change_list *changes;
};

/* Both columns change in one statement: whenever the process dies, the row is whole. */
static bool
renew_row(void *context, const struct renewal *renewal, struct err *err)
{
	const struct target *t = context;
	const uint32_t number = (uint32_t)renewal->id;
	const struct state_secret *side = pool_at(t->auth->secrets, number);
	const struct str pepper = keyfile_id_at(t->auth->keys, renewal->pepper);
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	char name[16], hex[DIGEST_HEX_LEN];
	enum db_step step;

	/* What lives now is not given to another before this turn ends; what has ended may be. And
	 * never back: another rotation may have come in between. */
	if (!pool_lives(t->auth->secrets, number, (uint32_t)(renewal->id >> 32)) ||
	    renewal->pepper != keyfile_current(t->auth->keys))
		return true;
	const struct value params[] = { value_text(state_hex15_text(side->name, name)),
		value_text(pepper), value_text(digest_to_hex(&renewal->digest, hex)) };

	if (!db_query(t->db, SQL_RENEW, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct str key;

		if (!arena_str(t->arena, value_str(db_column(rows, 0)), &key, err) ||
		    !change_add(t->arena, t->changes, CHANGE_KEY, key, err))
			return false;
	}
	return step == DB_DONE;
}

bool
pepper_flush(struct auth *a, struct db_conn *c, struct arena *arena, struct change_list *changes,
    bool *more, struct err *err)
{
	struct target target = { a, c, arena, changes };

	return renewals_flush(a->renewals, BATCH, renew_row, &target, more, err);
}

void
pepper_flush_written(struct auth *a)
{
	renewals_written(a->renewals);
}

bool
pepper_flush_due(const struct auth *a)
{
	return renewals_any(a->renewals);
}
