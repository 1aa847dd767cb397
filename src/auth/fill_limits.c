#include "auth/fill_limits.h"

#include "auth/ask.h"
#include "auth/fill.h"
#include "base/buf.h"
#include "base/mem.h"

static const struct str SQL_LIMITS =
    STR_INIT("SELECT " FILL_LIMITS_COLUMNS ", `name` FROM `tabAPI Key` WHERE `name` IN (");
/* In no order: they are put in the order of idx here. */
static const struct str SQL_SCOPES = STR_INIT(
    "SELECT `kind`, `target`, `mask`, `parent`, `idx` FROM `tabAPI Key Scope` "
    "WHERE `parenttype` = 'API Key' AND `parentfield` = 'scopes' AND `parent` COLLATE NOCASE IN (");

enum { TEXTS_MOST = ASK_MAX * LIMITS_SCOPES_MAX * 1024 };

/* A scope of one of the keys, until the limits of that are read. */
struct row {
	size_t key; /* its place among the names */
	int64_t idx;
	struct limits_scope scope; /* its target is set once all texts are there */
	size_t from, to;           /* where they have it */
};

struct reading {
	struct auth *auth;
	struct db_conn *db;
	const struct str *names;
	size_t len;
	struct row *rows;
	size_t rows_len, rows_size;
	struct buf texts;
};

void
fill_limits_draft(const struct value *row, struct limits *draft, int64_t *spent)
{
	*draft = (struct limits){
		.allowed = value_str(row[0]),
		.denied = value_str(row[1]),
		.read_only = fill_int(row[2]) != 0,
		.rate = { fill_seconds(row[3]), fill_seconds(row[4]),
		    MAX(fill_int(row[5]), INT64_C(0)) },
	};
	*spent = fill_int(row[6]);
}

bool
fill_limits_scope(struct value kind, struct value mask, struct limits_scope *out, struct err *err)
{
	out->mask = fill_seconds(mask);
	return limits_kind_find(value_str(kind), &out->kind) ||
	    err_set(err, ERR_INTERNAL, "A scope in the database is damaged");
}

/* False: its name differs in case. */
static bool
place_of(const struct reading *r, struct value name, size_t *place)
{
	for (size_t i = 0; i < r->len; i++) {
		*place = i;
		if (str_eq(r->names[i], value_str(name)))
			return true;
	}
	return false;
}

static bool
take_scope(struct reading *r, const struct db_rows *rows, struct err *err)
{
	struct row row = { .idx = fill_int(db_column(rows, 4)), .from = r->texts.len };

	if (!place_of(r, db_column(rows, 3), &row.key))
		return true;
	if (!fill_limits_scope(db_column(rows, 0), db_column(rows, 2), &row.scope, err))
		return false;
	buf_put(&r->texts, value_str(db_column(rows, 1)));
	row.to = r->texts.len;
	if (r->rows_len == r->rows_size) {
		r->rows_size = MAX(2 * r->rows_size, (size_t)16);
		r->rows = mem_resize(r->rows, r->rows_size * sizeof(r->rows[0]));
	}
	r->rows[r->rows_len++] = row;
	return buf_ok(&r->texts) || err_memory(err);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->idx > y->idx) - (x->idx < y->idx);
}

static bool
read_scopes(struct reading *r, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!ask_names(r->db, SQL_SCOPES, r->names, r->len, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!take_scope(r, rows, err))
			return false;
	}
	if (r->rows_len > 0)
		qsort(r->rows, r->rows_len, sizeof(r->rows[0]), compare_rows);
	for (size_t i = 0; i < r->rows_len; i++) {
		struct row *row = &r->rows[i];

		row->scope.target = (struct str){ r->texts.ptr + row->from, row->to - row->from };
	}
	return step != DB_FAILED;
}

static size_t
scopes_of(const struct reading *r, size_t key, struct limits_scope *out)
{
	size_t n = 0;

	for (size_t i = 0; i < r->rows_len && n < LIMITS_SCOPES_MAX; i++) {
		if (r->rows[i].key == key)
			out[n++] = r->rows[i].scope;
	}
	return n;
}

static bool
read_keys(struct reading *r, struct fill_limits *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct limits_scope scopes[LIMITS_SCOPES_MAX];
	struct value row[FILL_LIMITS_LEN];
	struct limits draft;
	enum db_step step;
	size_t key;

	if (!ask_names(r->db, SQL_LIMITS, r->names, r->len, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!place_of(r, db_column(rows, FILL_LIMITS_LEN), &key))
			continue;
		fill_columns(rows, row, FILL_LIMITS_LEN);
		fill_limits_draft(row, &draft, &out[key].spent);
		draft.scopes = scopes;
		draft.scopes_len = scopes_of(r, key, scopes);
		out[key].policy = policies_hold(r->auth->policies, &draft);
	}
	return step != DB_FAILED;
}

bool
fill_limits_read(struct auth *a, struct db_conn *c, const struct str *names, size_t len,
    struct fill_limits *out, struct err *err)
{
	struct reading r = {
		.auth = a, .db = c, .names = names, .len = len, .texts = BUF_INIT(TEXTS_MOST)
	};

	for (size_t i = 0; i < len; i++)
		out[i] = (struct fill_limits){ 0 };
	const bool ok = read_scopes(&r, err) && read_keys(&r, out, err);

	buf_free(&r.texts);
	mem_free(r.rows);
	return ok;
}
