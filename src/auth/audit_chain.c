#include "auth/audit_chain.h"

#include "base/clock.h"
#include "json/json_out.h"

#include <stdio.h>

enum { PAGE = 500, LINE_MAX = 8 * 1024 * 1024 };

#define COLUMNS                                                                                    \
	"r.`sequence`, r.`name`, r.`creation`, r.`event`, r.`user`, r.`api_key`, r.`ip_address`, " \
	"r.`reference_doctype`, r.`reference_name`, r.`details`, r.`digest`"

/* Where they stand in a row of COLUMNS, and of PAGE_SQL. */
enum column {
	AT_SEQUENCE,
	AT_NAME,
	AT_CREATION,
	AT_EVENT,
	AT_USER,
	AT_DETAILS = 9,
	AT_DIGEST,
	COLUMNS_LEN,
	AT_OWNER = COLUMNS_LEN,
	AT_MODIFIED,
	AT_MODIFIED_BY,
	AT_SEAL, /* null: no seal ends with this row */
	AT_SEALED_US,
	AT_FIRST,
	AT_PREVIOUS,
	AT_SEAL_DIGEST,
	PAGE_LEN,
};

static const struct str NAMES[] = { STR_INIT("sequence"), STR_INIT("name"), STR_INIT("creation"),
	STR_INIT("event"), STR_INIT("user"), STR_INIT("api_key"), STR_INIT("ip_address"),
	STR_INIT("reference_doctype"), STR_INIT("reference_name"), STR_INIT("details") };

static const struct str ANY_SQL =
    STR_INIT("SELECT 1 FROM `tabAudit Log` WHERE `sequence` = 0 LIMIT 1");
static const struct str HOLD_SQL =
    STR_INIT("INSERT INTO counter (name, value) VALUES ('audit', 0) "
	     "ON CONFLICT (name) DO UPDATE SET value = counter.value RETURNING value");
static const struct str HEAD_SQL =
    STR_INIT("SELECT number, at_us, last_row, digest FROM audit_seal ORDER BY number DESC LIMIT 1");
static const struct str DIGEST_SQL =
    STR_INIT("SELECT `digest` FROM `tabAudit Log` WHERE `sequence` = ?1 LIMIT 1");
static const struct str NEW_SQL =
    STR_INIT("SELECT " COLUMNS " FROM `tabAudit Log` r WHERE r.`sequence` = 0 "
	     "ORDER BY r.`creation`, r.`name` LIMIT ?1");
static const struct str PLACE_SQL =
    STR_INIT("UPDATE `tabAudit Log` SET `sequence` = ?2, `digest` = ?3 WHERE `name` = ?1");
static const struct str COUNT_SQL = STR_INIT("UPDATE counter SET value = ?1 WHERE name = 'audit'");
static const struct str SEAL_SQL =
    STR_INIT("INSERT INTO audit_seal (number, at_us, first_row, last_row, previous, digest) "
	     "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
static const struct str PAGE_SQL =
    STR_INIT("SELECT " COLUMNS ", r.`owner`, r.`modified`, r.`modified_by`, s.number, s.at_us, "
	     "s.first_row, s.previous, s.digest "
	     "FROM `tabAudit Log` r LEFT JOIN audit_seal s ON s.last_row = r.`sequence` "
	     "WHERE r.`sequence` > ?1 ORDER BY r.`sequence`, r.`name` LIMIT ?2");
static const struct str EXPORT_SQL = STR_INIT(
    "SELECT " COLUMNS
    " FROM `tabAudit Log` r WHERE r.`sequence` > ?1 ORDER BY r.`sequence`, r.`name` LIMIT ?2");

/* ---- digests ---- */

struct link {
	char hex[DIGEST_HEX_LEN];
};

static struct str
text_of(const struct link *l)
{
	return (struct str){ l->hex, sizeof(l->hex) };
}

/* What is no digest links to nothing. */
static struct link
link_of(struct str hex)
{
	struct link l;

	memset(l.hex, '0', sizeof(l.hex));
	if (hex.len == sizeof(l.hex))
		memcpy(l.hex, hex.ptr, sizeof(l.hex));
	return l;
}

static struct link
next_link(const struct link *before, struct str text)
{
	struct digest_stream s;
	struct digest d;
	struct link l;

	digest_begin(&s);
	digest_add(&s, text_of(before));
	digest_add(&s, STR("\n"));
	digest_add(&s, text);
	digest_end(&s, &d);
	digest_to_hex(&d, l.hex);
	return l;
}

/* The row as an export has it, up to its digest. sequence: the place that it has, or gets. */
static struct str
line_of(const struct db_rows *rows, int64_t sequence, struct buf *b)
{
	struct json_out o = JSON_OUT(b);

	buf_clear(b);
	json_open_object(&o);
	json_key(&o, NAMES[AT_SEQUENCE]);
	json_add_int(&o, sequence);
	for (size_t i = AT_NAME; i <= AT_DETAILS; i++) {
		const struct str text = value_str(db_column(rows, i));

		json_key(&o, NAMES[i]);
		json_add_str(&o, str_is_null(text) ? STR("") : text);
	}
	json_close_object(&o);
	return buf_str(b);
}

struct seal {
	int64_t number, at_us, first, last;
};

static struct link
seal_link(const struct seal *s, const struct link *before, const struct link *row)
{
	char text[4 * 24 + DIGEST_HEX_LEN + 8];
	const int len = snprintf(text, sizeof(text), "%lld\n%lld\n%lld\n%lld\n%.*s",
	    (long long)s->number, (long long)s->at_us, (long long)s->first, (long long)s->last,
	    STR_FMT(text_of(row)));

	return next_link(before, (struct str){ text, (size_t)len });
}

/* ---- sealing ---- */

bool
audit_chain_head(struct db_conn *c, struct arena *a, struct audit_chain_head *out, struct err *err)
{
	struct value row[4];
	bool found;

	if (!db_query_row(c, a, HEAD_SQL, NULL, 0, row, ARRAY_LEN(row), &found, err))
		return false;
	*out = (struct audit_chain_head){ 0 };
	const struct link l = link_of(found ? value_str(row[3]) : STR_NULL);

	memcpy(out->digest, l.hex, sizeof(out->digest));
	if (found) {
		out->number = row[0].i;
		out->at_us = row[1].i;
		out->last_row = row[2].i;
	}
	return true;
}

/* Rows that get their places. */
struct batch {
	int64_t last;       /* the place before theirs */
	struct link before; /* the digest of the row there */
	struct placed {
		struct str name;
		struct link link;
	} placed[AUDIT_CHAIN_BATCH];
	size_t len;
};

static bool
read_new(struct db_conn *c, struct arena *a, struct batch *batch, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	CLEANUP(buf_free) struct buf b = BUF_INIT(LINE_MAX);
	const struct value limit = value_int(AUDIT_CHAIN_BATCH);
	struct link before = batch->before;
	enum db_step step;

	if (!db_query(c, NEW_SQL, &limit, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct placed *p = &batch->placed[batch->len++];
		const struct str line = line_of(rows, batch->last + (int64_t)batch->len, &b);

		if (!buf_ok(&b))
			return err_memory(err);
		if (!arena_str(a, value_str(db_column(rows, AT_NAME)), &p->name, err))
			return false;
		before = p->link = next_link(&before, line);
	}
	return step == DB_DONE;
}

static bool
write_places(struct db_conn *c, const struct batch *b, struct err *err)
{
	for (size_t i = 0; i < b->len; i++) {
		const struct value params[] = { value_text(b->placed[i].name),
			value_int(b->last + 1 + (int64_t)i),
			value_text(text_of(&b->placed[i].link)) };

		if (!db_exec(c, PLACE_SQL, params, ARRAY_LEN(params), NULL, err))
			return false;
	}
	return true;
}

static bool
write_seal(struct db_conn *c, struct arena *a, const struct batch *b, struct err *err)
{
	struct audit_chain_head head;

	if (!audit_chain_head(c, a, &head, err))
		return false;
	const struct seal s = { head.number + 1, clock_now_us(), b->last + 1,
		b->last + (int64_t)b->len };
	const struct link before = link_of((struct str){ head.digest, sizeof(head.digest) });
	const struct link made = seal_link(&s, &before, &b->placed[b->len - 1].link);
	const struct value params[] = { value_int(s.number), value_int(s.at_us), value_int(s.first),
		value_int(s.last), value_text(text_of(&before)), value_text(text_of(&made)) };
	const struct value count = value_int(s.last);

	return db_exec(c, SEAL_SQL, params, ARRAY_LEN(params), NULL, err) &&
	    db_exec(c, COUNT_SQL, &count, 1, NULL, err);
}

bool
audit_chain_seal(struct db_conn *c, struct arena *a, int64_t *rows, struct err *err)
{
	struct batch *b = ARENA_NEW(a, struct batch);
	struct value any, last, digest = value_null();
	bool found;

	*rows = 0;
	if (b == NULL)
		return err_memory(err);
	if (!db_query_row(c, a, ANY_SQL, NULL, 0, &any, 1, &found, err))
		return false;
	if (!found)
		return true;
	/* From here on no other node seals; what it has sealed meanwhile is seen. */
	if (!db_query_row(c, a, HOLD_SQL, NULL, 0, &last, 1, &found, err) ||
	    !db_query_row(c, a, DIGEST_SQL, &last, 1, &digest, 1, &found, err))
		return false;
	b->last = last.i;
	b->before = link_of(found ? value_str(digest) : STR_NULL);
	b->len = 0;
	if (!read_new(c, a, b, err))
		return false;
	*rows = (int64_t)b->len;
	return b->len == 0 || (write_places(c, b, err) && write_seal(c, a, b, err));
}

/* ---- writing out ---- */

static bool
export_page(
    struct db_conn *c, int64_t *last, int64_t limit, struct buf *out, int64_t *n, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	CLEANUP(buf_free) struct buf b = BUF_INIT(LINE_MAX);
	const struct value params[] = { value_int(*last), value_int(limit) };
	enum db_step step;

	*n = 0;
	if (!db_query(c, EXPORT_SQL, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		const int64_t sequence = db_column(rows, AT_SEQUENCE).i;
		const struct str line = line_of(rows, sequence, &b);
		const struct str digest = value_str(db_column(rows, AT_DIGEST));
		struct json_out o = JSON_OUT(out);

		buf_put(out, str_sub(line, 0, line.len - 1)); /* its end follows */
		buf_lit(out, ",\"digest\":");
		json_add_str(&o, str_is_null(digest) ? STR("") : digest);
		buf_lit(out, "}\n");
		if (!buf_ok(&b) || !buf_ok(out))
			return err_set(err, ERR_TOO_LARGE,
			    "The audit log is larger than an answer may be: ask for a part of it, "
			    "with after and limit");
		*last = sequence;
		++*n;
	}
	return step == DB_DONE;
}

bool
audit_chain_export(struct db_conn *c, int64_t after, int64_t limit, struct buf *out, int64_t *last,
    struct err *err)
{
	int64_t n = 1;

	*last = MAX(after, 0);
	for (; limit > 0 && n > 0; limit -= n) {
		if (!export_page(c, last, MIN(limit, PAGE), out, &n, err))
			return false;
	}
	return true;
}

/* ---- judging ---- */

static const struct str COUNTER_SQL = STR_INIT("SELECT value FROM counter WHERE name = 'audit'");
/* Numbers are all different: the first and the last one tell how many there are. */
static const struct str SEALS_SQL =
    STR_INIT("SELECT (SELECT min(number) FROM audit_seal), (SELECT max(number) FROM audit_seal)");
static const struct str WAITING_SQL =
    STR_INIT("SELECT count(*) FROM `tabAudit Log` WHERE `sequence` = 0");
static const struct str BESIDE_SQL =
    STR_INIT("SELECT `sequence`, `name` FROM `tabAudit Log` WHERE `sequence` < 0 LIMIT 1");
static const struct str SHARED_SQL =
    STR_INIT("SELECT count(*), max(`name`) FROM `tabAudit Log` WHERE `sequence` = ?1");

struct walk {
	struct db_conn *c;
	struct arena *arena;
	const struct audit_chain_part *part;
	struct audit_chain_report *report;
	struct link row, seal; /* the last good ones */
	int64_t last, sealed;  /* the last good row's place; that of the last one under a seal */
	int64_t judged;        /* rows of this part */
	int64_t kept;          /* 1: a seal had the digest that was kept elsewhere */
};

/* Tells the first fault. It is no error; returns true for the caller's sake. */
static bool
tell(struct walk *w, int64_t sequence, struct str name, const char *why, struct err *err)
{
	struct audit_chain_report *r = w->report;

	r->intact = false;
	r->broken = sequence;
	r->why = why;
	return str_is_null(name) || arena_str(w->arena, name, &r->broken_name, err);
}

static bool
same(const struct db_rows *rows, size_t at, size_t other)
{
	return str_eq(value_str(db_column(rows, at)), value_str(db_column(rows, other)));
}

/* NULL: the seal that ends with this row is good. */
static const char *
judge_seal(struct walk *w, const struct db_rows *rows)
{
	const struct seal s = { db_column(rows, AT_SEAL).i, db_column(rows, AT_SEALED_US).i,
		db_column(rows, AT_FIRST).i, w->last };

	if (s.number != w->report->seals + 1 || s.first != w->sealed + 1)
		return "a seal before the one that ends with this row is missing";
	if (!str_eq(value_str(db_column(rows, AT_PREVIOUS)), text_of(&w->seal)))
		return "the seal that ends with this row does not follow the one before";
	const struct link made = seal_link(&s, &w->seal, &w->row);

	if (!str_eq(value_str(db_column(rows, AT_SEAL_DIGEST)), text_of(&made)))
		return "the seal that ends with this row is not the one that was made over it";
	w->seal = made;
	w->sealed = w->last;
	w->report->seals++;
	if (str_eq(w->part->kept, text_of(&made)))
		w->kept = 1;
	return NULL;
}

/* NULL: the row is good. */
static const char *
judge_row(struct walk *w, const struct db_rows *rows, struct buf *b)
{
	const struct str line = line_of(rows, w->last + 1, b);
	const struct link made = next_link(&w->row, line);

	if (db_column(rows, AT_SEQUENCE).i == w->last)
		return "two rows have this place";
	if (!str_eq(value_str(db_column(rows, AT_DIGEST)), text_of(&made)) ||
	    !same(rows, AT_OWNER, AT_USER) || !same(rows, AT_MODIFIED_BY, AT_USER) ||
	    !same(rows, AT_MODIFIED, AT_CREATION))
		return "it was changed, or does not follow the row before";
	w->row = made;
	w->last++;
	w->judged++;
	return db_column(rows, AT_SEAL).kind == VALUE_NULL ? NULL : judge_seal(w, rows);
}

static bool
is_full(const struct walk *w)
{
	return w->judged >= w->part->rows || clock_mono_ms() >= w->part->until_ms;
}

/* The rows after the last good one; *n: how many there were, up to a fault or the part's end. */
static bool
judge_page(struct walk *w, int64_t *n, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	CLEANUP(buf_free) struct buf b = BUF_INIT(LINE_MAX);
	const struct value params[] = { value_int(w->last), value_int(PAGE) };
	enum db_step step;

	*n = 0;
	if (!db_query(w->c, PAGE_SQL, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		const int64_t place = db_column(rows, AT_SEQUENCE).i;

		++*n;
		if (place > w->last + 1)
			return tell(w, w->last + 1, STR_NULL, "it is missing", err);
		const char *why = judge_row(w, rows, &b);

		if (!buf_ok(&b))
			return err_memory(err);
		if (why != NULL)
			return tell(w, place, value_str(db_column(rows, AT_NAME)), why, err);
		if (is_full(w))
			return true;
	}
	return step == DB_DONE;
}

/* What the next page begins behind is one row. */
static bool
judge_place(struct walk *w, struct err *err)
{
	const struct value place = value_int(w->last);
	struct value row[2];
	bool found;

	if (!db_query_row(w->c, w->arena, SHARED_SQL, &place, 1, row, 2, &found, err))
		return false;
	return row[0].i <= 1 ||
	    tell(w, w->last, value_str(row[1]), "two rows have this place", err);
}

/* What paging has not seen: rows beside the chain. */
static bool
judge_others(struct walk *w, struct err *err)
{
	struct value row[2];
	bool found;

	if (!db_query_row(w->c, w->arena, BESIDE_SQL, NULL, 0, row, 2, &found, err))
		return false;
	return !found || tell(w, row[0].i, value_str(row[1]), "no row has this place", err);
}

/* Is the end of the chain where counter and seals say that it is? */
static bool
judge_end(struct walk *w, struct err *err)
{
	struct value seals[2];
	bool found;

	if (!db_query_row(w->c, w->arena, SEALS_SQL, NULL, 0, seals, ARRAY_LEN(seals), &found, err))
		return false;
	const bool any = seals[0].kind != VALUE_NULL;

	if (w->report->all > w->last || (any && seals[1].i > w->report->seals))
		return tell(w, w->last + 1, STR_NULL, "it is missing, and what followed", err);
	if (w->sealed != w->last)
		return tell(w, w->sealed + 1, STR_NULL, "the seal over it is missing", err);
	if (w->report->all != w->last || (any && seals[0].i != 1))
		return tell(
		    w, w->last, STR_NULL, "the counter of places is not the last row's", err);
	return true;
}

static bool
judge_kept(struct walk *w, struct err *err)
{
	return str_is_null(w->part->kept) || w->kept == 1 ||
	    tell(w, 0, STR_NULL, "no seal has the digest that was kept elsewhere", err);
}

/* Where the part before ended: its text, LAST.SEALED.SEALS.KEPT.ROW.SEAL, and back. */
static bool
go_on(struct walk *w, struct str text)
{
	int64_t *const numbers[] = { &w->last, &w->sealed, &w->report->seals, &w->kept };
	struct link *const links[] = { &w->row, &w->seal };
	struct str part;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		str_cut(text, '.', &part, &text);
		if (!str_to_int64(part, numbers[i]) || *numbers[i] < 0)
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		struct digest d;

		str_cut(text, '.', &part, &text);
		if (!digest_from_hex(part, &d))
			return false;
		*links[i] = link_of(part);
	}
	return text.len == 0;
}

static bool
put_next(struct walk *w, struct err *err)
{
	return arena_printf(w->arena, &w->report->next, err, "%lld.%lld.%lld.%lld.%.*s.%.*s",
	    (long long)w->last, (long long)w->sealed, (long long)w->report->seals,
	    (long long)w->kept, STR_FMT(text_of(&w->row)), STR_FMT(text_of(&w->seal)));
}

/* A number; 0 if nothing is there. */
static bool
number_of(struct walk *w, struct str sql, int64_t *out, struct err *err)
{
	struct value v = value_int(0);
	bool found;

	if (!db_query_row(w->c, w->arena, sql, NULL, 0, &v, 1, &found, err))
		return false;
	*out = found ? v.i : 0;
	return true;
}

typedef bool judge_fn(struct walk *w, struct err *err);

/* Goes on until the end of the chain, the part's end, or a fault. */
static bool
walk_on(struct walk *w, struct err *err)
{
	static judge_fn *const REST[] = { judge_others, judge_end, judge_kept };
	int64_t n = 1;

	while (w->report->intact && n > 0) {
		if (w->judged > 0 && is_full(w))
			return put_next(w, err);
		if (!judge_page(w, &n, err) || (n > 0 && w->report->intact && !judge_place(w, err)))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(REST) && w->report->intact; i++) {
		if (!REST[i](w, err))
			return false;
	}
	return true;
}

bool
audit_chain_verify(struct db_conn *c, struct arena *a, const struct audit_chain_part *part,
    struct audit_chain_report *out, struct err *err)
{
	struct walk w = { .c = c,
		.arena = a,
		.part = part,
		.report = out,
		.row = link_of(STR_NULL),
		.seal = link_of(STR_NULL) };

	*out = (struct audit_chain_report){
		.intact = true, .broken_name = STR_NULL, .next = STR_NULL
	};
	if (!str_is_null(part->next) && !go_on(&w, part->next))
		return err_set(err, ERR_VALIDATION,
		    "next is what the answer before gave, as it was: without it the chain is "
		    "judged from its beginning");
	if (!number_of(&w, WAITING_SQL, &out->unsealed, err) ||
	    !number_of(&w, COUNTER_SQL, &out->all, err) ||
	    !audit_chain_head(c, a, &out->head, err) || !walk_on(&w, err))
		return false;
	out->rows = w.last;
	return true;
}
