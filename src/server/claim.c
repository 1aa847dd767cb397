#include "server/claim.h"

#include "base/clock.h"
#include "crypto/random.h"
#include "db/change.h"

enum { ID_LEN = 32 };

static const struct str READ =
    STR_INIT("SELECT pepper, ready, id, created_us FROM site WHERE name = 'site'");
static const struct str INSERT = STR_INIT(
    "INSERT INTO site (name, id, created_us, pepper, ready) VALUES ('site', ?1, ?2, ?3, ?4) "
    "ON CONFLICT (name) DO NOTHING");
static const struct str FOLLOW = STR_INIT("UPDATE site SET pepper = ?1 WHERE name = 'site'");
static const struct str KNOWN = STR_INIT("SELECT 1 FROM pepper WHERE name = ?1");
static const struct str NOTE = STR_INIT("INSERT INTO pepper (name, since_us) VALUES (?1, ?2) ON "
					"CONFLICT (name) DO NOTHING");
static const struct str FINISH =
    STR_INIT("UPDATE site SET ready = 1 WHERE name = 'site' AND ready = 0");
static const struct str END_MOVE =
    STR_INIT("UPDATE site SET ready = 1, created_us = ?1 WHERE name = 'site' AND ready < 0");

/* Column "ready": 0 before the first start is over, 1 after it. */
enum { READY_MOVING = -1, READY_BEGUN = 0 };

static bool
copy(char *to, size_t *len, struct value v, struct err *err)
{
	const struct str s = value_str(v);

	if (s.len > CLAIM_TEXT)
		return err_set(err, ERR_UNAVAILABLE, "Table site of the database is damaged");
	if (s.len > 0)
		memcpy(to, s.ptr, s.len);
	*len = s.len;
	return true;
}

static enum claim_state
state_of(int64_t ready)
{
	if (ready < 0)
		return CLAIM_MOVING;
	return ready == READY_BEGUN ? CLAIM_BEGUN : CLAIM_READY;
}

bool
claim_read(struct db_conn *c, struct claim *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct db_column_info *columns;
	size_t len;

	*out = (struct claim){ 0 };
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);

	/* Before the migration that brings the last of them nobody has claimed anything. */
	if (!db_table_columns(c, a, STR("site"), &columns, &len, err))
		return false;
	if (len == 0 || !str_eq(columns[len - 1].name, STR("ready")))
		return true;
	if (!db_query(c, READ, NULL, 0, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	if (step != DB_ROW)
		return step == DB_DONE;
	out->state = state_of(db_column(rows, 1).i);
	out->created_us = db_column(rows, 3).i;
	return copy(out->pepper, &out->pepper_len, db_column(rows, 0), err) &&
	    copy(out->id, &out->id_len, db_column(rows, 2), err);
}

static bool
run(struct db_conn *c, struct str sql, const struct value *params, size_t len, int64_t *changes,
    struct err *err)
{
	return db_begin(c, err) && db_end(c, db_exec(c, sql, params, len, changes, err), err);
}

static bool
make(struct db_conn *c, struct str pepper, int64_t ready, bool *made, struct err *err)
{
	char id[ID_LEN];
	int64_t changes = 0;

	random_hex(id, sizeof(id));
	const struct value params[] = { value_text((struct str){ id, sizeof(id) }),
		value_int(clock_now_us()), value_text(pepper), value_int(ready) };

	if (!run(c, INSERT, params, ARRAY_LEN(params), &changes, err))
		return false;
	*made = changes > 0;
	return true;
}

bool
claim_make(struct db_conn *c, struct str pepper, bool *made, struct err *err)
{
	return make(c, pepper, READY_BEGUN, made, err);
}

bool
claim_begin_move(struct db_conn *c, struct str pepper, bool *made, struct err *err)
{
	return make(c, pepper, READY_MOVING, made, err);
}

bool
claim_end_move(struct db_conn *c, int64_t created_us, struct err *err)
{
	const struct value params[] = { value_int(created_us) };

	return run(c, END_MOVE, params, 1, NULL, err);
}

bool
claim_check(const struct claim *claim, struct err *err)
{
	return claim->state != CLAIM_MOVING ||
	    err_set(err, ERR_UNAVAILABLE,
		"The database is half filled by symbolon migrate-database: run that again to its "
		"end, or "
		"give symbolon another database");
}

bool
claim_knows(struct db_conn *c, struct str pepper, bool *known, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value name = value_text(pepper);

	if (!db_query(c, KNOWN, &name, 1, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	*known = step == DB_ROW;
	return step != DB_FAILED;
}

/* Other nodes make new secrets with it, too. */
static bool
follow(struct db_conn *c, struct str pepper, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	const struct value params[] = { value_text(pepper), value_int(clock_now_us()) };
	struct change_list changes = { 0 };

	return db_exec(c, FOLLOW, params, 1, NULL, err) &&
	    db_exec(c, NOTE, params, ARRAY_LEN(params), NULL, err) &&
	    change_add(a, &changes, CHANGE_PEPPER, STR(""), err) &&
	    change_store(c, a, &changes, err);
}

bool
claim_follow(struct db_conn *c, struct str pepper, struct err *err)
{
	return db_begin(c, err) && db_end(c, follow(c, pepper, err), err);
}

bool
claim_finish(struct db_conn *c, struct err *err)
{
	return run(c, FINISH, NULL, 0, NULL, err);
}
