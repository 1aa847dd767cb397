#include "auth/pepper_desk.h"

#include "auth/audit.h"
#include "auth/pepper.h"
#include "auth/state.h"
#include "base/buf.h"
#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct str SQL_COUNTS =
    STR_INIT("SELECT pepper, count(*) FROM secret GROUP BY pepper ORDER BY pepper");
static const struct str SQL_COUNT = STR_INIT("SELECT count(*) FROM secret WHERE pepper = ?1");
static const struct str SQL_WAS_CURRENT = STR_INIT("SELECT since_us FROM pepper WHERE name = ?1");
static const struct str SQL_SET = STR_INIT("UPDATE site SET pepper = ?1 WHERE name = 'site'");
static const struct str SQL_NOTE =
    STR_INIT("INSERT INTO pepper (name, since_us) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE "
	     "SET since_us = excluded.since_us");
static const struct str SQL_FORGET = STR_INIT("DELETE FROM pepper WHERE name = ?1");
static const struct str SQL_NODES = STR_INIT("SELECT name, peppers, seen_us FROM pepper_node "
					     "WHERE seen_us > ?1 AND name <> ?2 ORDER BY name");
static const struct str SQL_SEE =
    STR_INIT("INSERT INTO pepper_node (name, peppers, seen_us) VALUES (?1, ?2, ?3) ON CONFLICT "
	     "(name) DO UPDATE SET peppers = excluded.peppers, seen_us = excluded.seen_us");
static const struct str SQL_LEAVE =
    STR_INIT("DELETE FROM pepper_node WHERE name = ?1 OR seen_us < ?2");

enum {
	NODE_MAX = 4096 + 256, /* host and path */
	IDS_MAX = KEYFILE_PEPPERS_MAX * (PEPPER_ID_MAX + 2),
	SETTLE_S = 60, /* writes of other nodes that began before a rotation have ended by then */
};
#define GONE_US (4 * PEPPER_DESK_NODE_S * CLOCK_US_PER_S)

/* ---- nodes */

/* "host:/var/lib/symbolon/symbolon.key" */
static struct str
node_name(const struct auth *a, char *text)
{
	const struct str path = keyfile_path(a->keys);
	char host[256] = "", real[PATH_MAX];
	const bool is_there = realpath(path.ptr, real) != NULL;

	(void)gethostname(host, sizeof(host) - 1);
	snprintf(text, NODE_MAX, "%s:%s", host, is_there ? real : path.ptr);
	return str_from(text);
}

bool
pepper_desk_note_node(const struct auth *a, struct db_conn *c, bool leaves, struct err *err)
{
	CLEANUP(buf_free) struct buf ids = BUF_INIT(IDS_MAX + 1);
	char text[NODE_MAX];
	uint32_t at = 0, number;
	const int64_t now_us = clock_now_us();
	const struct value name = value_text(node_name(a, text));
	struct str id;

	if (leaves) {
		const struct value gone[] = { name, value_int(now_us - 100 * GONE_US) };

		return db_exec(c, SQL_LEAVE, gone, ARRAY_LEN(gone), NULL, err);
	}
	while (keyfile_next(a->keys, &at, &number, &id))
		buf_printf(&ids, " %.*s ", STR_FMT(id));
	const struct value params[] = { name, value_text(buf_str(&ids)), value_int(now_us) };

	return db_exec(c, SQL_SEE, params, ARRAY_LEN(params), NULL, err);
}

typedef bool node_fn(void *context, struct db_rows *row, struct err *err);

/* The other nodes that live. */
static bool
each_node(struct call *call, node_fn *fn, void *context, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	char text[NODE_MAX];
	const struct value params[] = { value_int(clock_now_us() - GONE_US),
		value_text(node_name(call->auth, text)) };
	enum db_step step;

	if (!db_query(call->db, SQL_NODES, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!fn(context, rows, err))
			return false;
	}
	return step == DB_DONE;
}

static bool
node_has(const struct db_rows *row, struct str pepper)
{
	char wanted[PEPPER_ID_MAX + 2];

	wanted[0] = ' ';
	memcpy(wanted + 1, pepper.ptr, pepper.len);
	wanted[pepper.len + 1] = ' ';
	return str_find_str(value_str(db_column(row, 1)), (struct str){ wanted, pepper.len + 2 }) >=
	    0;
}

/* ---- status */

struct status {
	struct call *call;
	struct json_out *out;
};

static bool
put_node(void *context, struct db_rows *row, struct err *err)
{
	const struct status *s = context;
	struct keyfile *keys = s->call->auth->keys;
	char stamp[CLOCK_TEXT_SIZE];
	uint32_t at = 0, number;
	struct str id;

	(void)err;
	json_open_object(s->out);
	json_put_str(s->out, "node", value_str(db_column(row, 0)));
	json_put_str(s->out, "seen", clock_stamp(db_column(row, 2).i, stamp));
	json_key(s->out, STR("lacks"));
	json_open_array(s->out);
	while (keyfile_next(keys, &at, &number, &id)) {
		if (!node_has(row, id))
			json_add_str(s->out, id);
	}
	json_close_array(s->out);
	json_close_object(s->out);
	return true;
}

/* Has it ever been current? */
static bool
was_current(struct call *call, struct str id, int64_t *since_us, bool *was, struct err *err)
{
	const struct value name = value_text(id);
	struct value row;

	if (!db_query_row(call->db, call->arena, SQL_WAS_CURRENT, &name, 1, &row, 1, was, err))
		return false;
	*since_us = *was ? row.i : 0;
	return true;
}

static bool
count_of(struct call *call, struct str id, int64_t *n, struct err *err)
{
	const struct value name = value_text(id);
	struct value row;
	bool found;

	if (!db_query_row(call->db, call->arena, SQL_COUNT, &name, 1, &row, 1, &found, err))
		return false;
	*n = found ? row.i : 0;
	return true;
}

struct counts {
	size_t len;
	struct {
		struct str id;
		int64_t n;
	} items[KEYFILE_PEPPERS_MAX];
};

/* How many secrets each has: one pass over the table. */
static bool
read_counts(struct call *call, struct counts *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	out->len = 0;
	if (!db_query(call->db, SQL_COUNTS, NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW && out->len < KEYFILE_PEPPERS_MAX) {
		if (!arena_str(
			call->arena, value_str(db_column(rows, 0)), &out->items[out->len].id, err))
			return false;
		out->items[out->len++].n = db_column(rows, 1).i;
	}
	return step != DB_FAILED;
}

static int64_t
secrets_of(const struct counts *counts, struct str id)
{
	for (size_t i = 0; i < counts->len; i++) {
		if (str_eq(counts->items[i].id, id))
			return counts->items[i].n;
	}
	return 0;
}

static bool
put_pepper(struct call *call, struct str id, struct str current, int64_t secrets, struct err *err)
{
	struct json_out *o = &call->out;
	char stamp[CLOCK_TEXT_SIZE];
	int64_t since_us;
	bool was;

	if (!was_current(call, id, &since_us, &was, err))
		return false;
	const bool is_current = str_eq(id, current);

	json_open_object(o);
	json_put_str(o, "pepper", id);
	json_put_str(o, "state",
	    !keyfile_holds(call->auth->keys, id) ? STR("lost")
		: is_current                     ? STR("current")
		: was || secrets > 0             ? STR("old")
						 : STR("new"));
	json_put_int(o, "secrets", secrets);
	json_put_str(o, "current_since", was ? clock_stamp(since_us, stamp) : STR_NULL);
	json_close_object(o);
	return true;
}

/* The answer's "peppers": those of the file, and those that it should have. */
static bool
put_peppers(struct call *call, struct str current, struct err *err)
{
	struct counts *counts = ARENA_NEW(call->arena, struct counts);
	uint32_t at = 0, number;
	struct str id;

	if (counts == NULL)
		return err_memory(err);
	if (!read_counts(call, counts, err))
		return false;
	json_key(&call->out, STR("peppers"));
	json_open_array(&call->out);
	while (keyfile_next(call->auth->keys, &at, &number, &id)) {
		if (!put_pepper(call, id, current, secrets_of(counts, id), err))
			return false;
	}
	for (size_t i = 0; i < counts->len; i++) {
		if (!keyfile_holds(call->auth->keys, counts->items[i].id) &&
		    !put_pepper(call, counts->items[i].id, current, counts->items[i].n, err))
			return false;
	}
	if (!keyfile_holds(call->auth->keys, current) && secrets_of(counts, current) == 0 &&
	    !put_pepper(call, current, current, 0, err))
		return false;
	json_close_array(&call->out);
	return true;
}

bool
pepper_desk_status(struct call *call, struct err *err)
{
	struct status s = { call, &call->out };
	char text[PEPPER_ID_MAX];
	struct str current;

	if (!pepper_current(call, text, &current, err))
		return false;
	json_open_object(&call->out);
	json_put_str(&call->out, "current", current);
	if (!put_peppers(call, current, err))
		return false;
	json_key(&call->out, STR("nodes"));
	json_open_array(&call->out);
	if (!each_node(call, put_node, &s, err))
		return false;
	json_close_array(&call->out);
	json_close_object(&call->out);
	return true;
}

/* ---- rotating */

/* The first pepper of the file that has not been current and that nothing rests on. */
static bool
find_new(struct call *call, struct str current, struct str *out, struct err *err)
{
	uint32_t at = 0, number;
	int64_t since_us, secrets;
	bool was;

	while (keyfile_next(call->auth->keys, &at, &number, out)) {
		if (str_eq(*out, current))
			continue;
		if (!was_current(call, *out, &since_us, &was, err) ||
		    !count_of(call, *out, &secrets, err))
			return false;
		if (!was && secrets == 0)
			return true;
	}
	*out = STR_NULL;
	return true;
}

/* Nodes that lack a pepper, into the answer. */
struct lacking {
	struct json_out *out;
	struct str pepper;
	size_t n;
};

static bool
put_lacking(void *context, struct db_rows *row, struct err *err)
{
	struct lacking *l = context;

	(void)err;
	if (node_has(row, l->pepper))
		return true;
	json_add_str(l->out, value_str(db_column(row, 0)));
	l->n++;
	return true;
}

static bool
make_current(struct call *call, struct str id, struct str before, struct err *err)
{
	const struct value set = value_text(id);
	const struct value note[] = { set, value_int(clock_now_us()) };
	const struct audit_pair pair = { "before", value_text(before) };

	return db_exec(call->db, SQL_SET, &set, 1, NULL, err) &&
	    db_exec(call->db, SQL_NOTE, note, ARRAY_LEN(note), NULL, err) &&
	    audit_add_pairs(
		call, AUDIT_PEPPER_ROTATED, (struct audit_about){ STR(""), id }, &pair, 1, err) &&
	    call_change(call, CHANGE_PEPPER, STR(""), err);
}

bool
pepper_desk_rotate(struct call *call, struct err *err)
{
	struct json_out *o = &call->out;
	char text[PEPPER_ID_MAX];
	struct lacking lacking = { .out = o };
	struct str current;
	bool changed;

	if (!keyfile_refresh(call->auth->keys, &changed, err) ||
	    !pepper_for_new(call, text, &current, err) ||
	    !find_new(call, current, &lacking.pepper, err))
		return false;
	if (str_is_null(lacking.pepper) &&
	    (!keyfile_add(call->auth->keys, err) || !find_new(call, current, &lacking.pepper, err)))
		return false;
	json_open_object(o);
	json_put_str(o, "pepper", lacking.pepper);
	json_key(o, STR("lacking"));
	json_open_array(o);
	if (!each_node(call, put_lacking, &lacking, err))
		return false;
	json_close_array(o);
	json_put_bool(o, "current", lacking.n == 0);
	json_put_str(o, "before", current);
	json_close_object(o);
	return lacking.n > 0 || make_current(call, lacking.pepper, current, err);
}

/* ---- removing */

static bool
count_one(void *context, struct db_rows *row, struct err *err)
{
	(void)row;
	(void)err;
	++*(size_t *)context;
	return true;
}

/* A write of another node may have begun before the rotation and end after this. */
static bool
check_settled(struct call *call, struct str current, struct err *err)
{
	size_t others = 0;
	int64_t since_us;
	bool was;

	if (!each_node(call, count_one, &others, err) ||
	    !was_current(call, current, &since_us, &was, err))
		return false;
	const int64_t left_us = since_us + SETTLE_S * CLOCK_US_PER_S - clock_now_us();

	return others == 0 || left_us <= 0 ||
	    err_set(err, ERR_VALIDATION,
		"The rotation was a moment ago, and other nodes may still be writing: try again in "
		"%d seconds",
		(int)(left_us / CLOCK_US_PER_S) + 1);
}

static bool
check_unused(struct call *call, struct str id, struct str current, struct err *err)
{
	int64_t secrets;

	if (!keyfile_holds(call->auth->keys, id))
		return err_set(err, ERR_DOES_NOT_EXIST, "%.*s has no pepper %.*s",
		    STR_FMT(keyfile_path(call->auth->keys)), STR_FMT(str_sub(id, 0, 40)));
	if (str_eq(id, current))
		return err_set(err, ERR_VALIDATION,
		    "Pepper %.*s is the one of new secrets: symbolon pepper rotate makes another",
		    STR_FMT(id));
	if (!count_of(call, id, &secrets, err))
		return false;
	return secrets == 0 ? check_settled(call, current, err)
			    : err_set(err, ERR_VALIDATION,
				  "%lld secrets rest on pepper %.*s: each is renewed at its next "
				  "use, and symbolon pepper status shows how many are left. "
				  "symbolon keys report lists keys that nobody uses: rotate or "
				  "revoke those",
				  (long long)secrets, STR_FMT(id));
}

bool
pepper_desk_remove(struct call *call, struct str id, struct err *err)
{
	const struct value name = value_text(id);
	char text[PEPPER_ID_MAX];
	struct str current;
	bool changed;

	if (!keyfile_refresh(call->auth->keys, &changed, err) ||
	    !pepper_for_new(call, text, &current, err))
		return false;
	/* The file last: if anything else fails, nothing has happened. */
	if (!check_unused(call, id, current, err) ||
	    !audit_add(
		call, AUDIT_PEPPER_REMOVED, (struct audit_about){ STR(""), id }, STR_NULL, err) ||
	    !db_exec(call->db, SQL_FORGET, &name, 1, NULL, err) ||
	    !keyfile_remove(call->auth->keys, id, err))
		return false;
	json_open_object(&call->out);
	json_put_str(&call->out, "removed", id);
	json_close_object(&call->out);
	return true;
}
