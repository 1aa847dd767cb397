#include "cli/move_table.h"

#include "crypto/digest.h"
#include "crypto/hex.h"
#include "db/bulk.h"
#include "db/sqlb.h"
#include "doc/ddl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TABLE_MEMORY = 16 * 1024 * 1024,
	ROW_MAX = INT32_MAX,
	NAME_SHOWN = 80, /* bytes of a document's name in a message */
};

/* ---- the columns ---- */

/* What a column of a DocType's table holds. */
static enum value_kind
kind_of(const struct doctype *dt, const struct field *f)
{
	if (f->column == DOC_NAME)
		return dt->autoincrement ? VALUE_INT : VALUE_TEXT;
	switch ((enum db_type)field_type_column(f->type)) {
	case DB_TYPE_INT:
	case DB_TYPE_AUTOINCREMENT:
		return VALUE_INT;
	case DB_TYPE_REAL:
	case DB_TYPE_REAL_NULL:
		return VALUE_REAL;
	case DB_TYPE_NAME:
	case DB_TYPE_TEXT:
	case DB_TYPE_DATETIME:
	case DB_TYPE_DATE:
	case DB_TYPE_TIME:
		return VALUE_TEXT;
	}
	return VALUE_TEXT;
}

static int
by_name(const void *a, const void *b)
{
	return str_cmp(
	    ((const struct db_column_info *)a)->name, ((const struct db_column_info *)b)->name);
}

/* Is a column, by the name under which from keeps it, one of the DocType? */
static bool
is_known(const struct doctype *dt, const struct db *from, struct str stored)
{
	char text[DB_NAME_SIZE];

	for (size_t i = 0; i < dt->columns_len; i++) {
		if (str_ieq(db_stored_name(from, dt->columns[i]->name, text), stored))
			return true;
	}
	return false;
}

static bool
set_columns(struct move_table *t, struct arena *a, struct db_column_info *columns, size_t len,
    struct err *err)
{
	t->columns = ARENA_NEW_ARRAY(a, struct str, len + 1);
	t->kinds = ARENA_NEW_ARRAY(a, enum value_kind, len + 1);
	if (t->columns == NULL || t->kinds == NULL)
		return err_memory(err);
	if (len > 0)
		qsort(columns, len, sizeof(columns[0]), by_name);
	for (size_t i = 0; i < len; i++) {
		t->columns[i] = columns[i].name;
		t->kinds[i] = columns[i].kind;
	}
	t->len = len;
	return true;
}

bool
move_table_plan(struct move_table *t, struct db_conn *from, struct db_conn *to, struct arena *a,
    struct err *err)
{
	const struct doctype *dt = t->doctype;
	struct db_column_info *columns, *all;
	size_t len, n = 0;

	if (!db_table_columns(dt == NULL ? to : from, a, t->name, &columns, &len, err))
		return false;
	if (dt == NULL)
		return set_columns(t, a, columns, len, err);
	all = ARENA_NEW_ARRAY(a, struct db_column_info, len + dt->columns_len);
	if (all == NULL)
		return err_memory(err);
	for (size_t i = 0; i < dt->columns_len; i++)
		all[n++] =
		    (struct db_column_info){ dt->columns[i]->name, kind_of(dt, dt->columns[i]) };
	for (size_t i = 0; i < len; i++) {
		if (!is_known(dt, db_conn_db(from), columns[i].name))
			all[n++] = columns[i];
	}
	return set_columns(t, a, all, n, err);
}

/* ---- sums ---- */

/* One value so that no other one looks the same: its kind, how long it is, its text. */
static void
put_value(struct buf *b, struct value v)
{
	switch (v.kind) {
	case VALUE_NULL:
		buf_lit(b, "-\n");
		break;
	case VALUE_INT:
		buf_printf(b, "i%" PRId64 "\n", v.i);
		break;
	case VALUE_REAL:
		buf_printf(b, "r%.17g\n", v.r);
		break;
	case VALUE_TEXT:
		buf_printf(b, "t%zu:", v.s.len);
		buf_put(b, v.s);
		buf_put_char(b, '\n');
		break;
	}
}

static bool
add_row(struct move_sum *sum, struct buf *b, const struct value *row, size_t len, struct err *err)
{
	struct digest digest;
	uint64_t lanes[MOVE_TABLE_LANES];

	buf_clear(b);
	for (size_t i = 0; i < len; i++)
		put_value(b, row[i]);
	if (!buf_ok(b))
		return err_memory(err);
	digest_sha256(buf_str(b), &digest);
	memcpy(lanes, digest.bytes, sizeof(lanes));
	for (size_t i = 0; i < MOVE_TABLE_LANES; i++)
		sum->lanes[i] += lanes[i];
	sum->rows++;
	return true;
}

struct str
move_table_hex(const struct move_sum *sum, char *text)
{
	hex_encode((const uint8_t *)sum->lanes, sizeof(sum->lanes), text);
	return (struct str){ text, MOVE_TABLE_HEX };
}

/* ---- rows ---- */

static void
put_select(struct sqlb *b, struct arena *a, const struct move_table *t)
{
	sqlb_init(b, a);
	for (size_t i = 0; i < t->len; i++) {
		sqlb_text(b, i == 0 ? STR("SELECT ") : STR(", "));
		sqlb_ident(b, t->columns[i]);
	}
	sqlb_lit(b, " FROM ");
	sqlb_ident(b, t->name);
}

bool
move_table_count(struct move_table *t, struct db_conn *from, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(TABLE_MEMORY);
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	struct value n;
	bool found;

	sqlb_init(&b, a);
	sqlb_lit(&b, "SELECT count(*) FROM ");
	sqlb_ident(&b, t->name);
	if (!sqlb_query_row(from, &b, &n, 1, &found, err))
		return false;
	t->rows = n.i;
	return true;
}

/* What happens to each row of one reading of the table. */
struct reading {
	const struct move_table *table;
	struct bulk_load *load; /* NULL: it is only summed */
	struct move_sum *sum;
	struct move_progress *progress;
	struct buf text;
	struct value *row;
};

/* ... in words for whoever has to mend it. */
static bool
bad_row(const struct reading *r, struct err *err)
{
	const struct err why = *err;
	struct str name = STR_NULL;

	for (size_t i = 0; i < r->table->len; i++) {
		if (str_eq(r->table->columns[i], STR("name")))
			name = str_sub(value_str(r->row[i]), 0, NAME_SHOWN);
	}
	err_set(err, why.kind, "%.*s %.*s: %s", STR_FMT(r->table->name), STR_FMT(name), why.msg);
	return err_cause(err, "%s", why.cause);
}

static bool
take_row(struct reading *r, struct db_rows *rows, struct err *err)
{
	for (size_t i = 0; i < r->table->len; i++) {
		r->row[i] = db_column(rows, i);
		if (r->row[i].kind != VALUE_NULL && r->row[i].kind != r->table->kinds[i]) {
			err_set(err, ERR_DATA, "%.*s holds a value of another type than its column",
			    STR_FMT(r->table->columns[i]));
			return bad_row(r, err);
		}
	}
	if (!add_row(r->sum, &r->text, r->row, r->table->len, err))
		return false;
	if (r->load != NULL && !bulk_load_row(r->load, r->row, err))
		return bad_row(r, err);
	move_progress_row(r->progress);
	return true;
}

static bool
read_rows(struct reading *r, struct db_conn *c, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(TABLE_MEMORY);
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step = DB_DONE;
	bool ok = true;

	put_select(&b, a, r->table);
	r->text = BUF_INIT(ROW_MAX);
	r->row = ARENA_NEW_ARRAY(a, struct value, r->table->len);
	if (r->row == NULL)
		return err_memory(err);
	if (!sqlb_ok(&b, err) ||
	    !db_query_many(c, buf_str(&b.text), r->table->kinds, r->table->len, &rows, err))
		return false;
	while (ok && (step = db_next(rows, err)) == DB_ROW)
		ok = take_row(r, rows, err);
	buf_free(&r->text);
	return ok && step == DB_DONE;
}

static bool
load_rows(struct move_table *t, struct db_conn *from, struct db_conn *to, struct move_progress *p,
    struct err *err)
{
	const struct bulk_target target = { t->name, t->columns, t->len };
	struct reading r = { .table = t, .sum = &t->sum, .progress = p };

	t->sum = (struct move_sum){ 0 };
	if (!bulk_load_begin(to, &target, &r.load, err))
		return false;
	const bool ok = read_rows(&r, from, err);

	return bulk_load_end(r.load, ok, err);
}

/* ---- the table ---- */

/* A column whose field is gone: it serves again when the field comes back. */
static bool
add_column(struct move_table *t, struct db_conn *to, size_t at, struct arena *a, struct err *err)
{
	static const enum db_type TYPES[] = {
		[VALUE_INT] = DB_TYPE_INT,
		[VALUE_REAL] = DB_TYPE_REAL_NULL,
		[VALUE_TEXT] = DB_TYPE_TEXT,
	};
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, a);
	sqlb_lit(&b, "ALTER TABLE ");
	sqlb_ident(&b, t->name);
	sqlb_lit(&b, " ADD COLUMN ");
	sqlb_ident(&b, t->columns[at]);
	sqlb_lit(&b, " ");
	sqlb_type(&b, db_conn_db(to), TYPES[t->kinds[at]], value_null());
	return sqlb_exec(to, &b, err);
}

/* What a migration has put into the table is in the source, too, as it is now. */
static bool
empty(struct move_table *t, struct db_conn *to, struct arena *a, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, a);
	sqlb_lit(&b, "DELETE FROM ");
	sqlb_ident(&b, t->name);
	return sqlb_exec(to, &b, err);
}

static bool
is_among(const struct db_column_info *columns, size_t len, const struct db *db, struct str name)
{
	char text[DB_NAME_SIZE];
	const struct str stored = db_stored_name(db, name, text);

	for (size_t i = 0; i < len; i++) {
		if (str_ieq(columns[i].name, stored))
			return true;
	}
	return false;
}

static bool
make_columns(struct move_table *t, struct db_conn *to, struct arena *a, struct err *err)
{
	struct db_column_info *columns;
	size_t len;

	if (!db_table_columns(to, a, t->name, &columns, &len, err))
		return false;
	for (size_t i = 0; i < t->len; i++) {
		if (!is_among(columns, len, db_conn_db(to), t->columns[i]) &&
		    !add_column(t, to, i, a, err))
			return false;
	}
	return true;
}

static bool
make_table(struct move_table *t, struct db_conn *to, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(TABLE_MEMORY);
	bool has;

	if (!db_has_table(to, t->name, &has, err) || (has && !empty(t, to, a, err)))
		return false;
	if (t->doctype == NULL)
		return true;
	return (has ? ddl_sync(to, a, t->doctype, err) : ddl_make(to, a, t->doctype, err)) &&
	    make_columns(t, to, a, err);
}

static bool
copy(struct move_table *t, struct db_conn *from, struct db_conn *to, struct move_progress *p,
    struct err *err)
{
	if (!db_begin(to, err))
		return false;
	return db_end(to, make_table(t, to, err) && load_rows(t, from, to, p, err), err);
}

static bool
check(struct move_table *t, struct db_conn *to, struct move_progress *p, struct err *err)
{
	struct move_sum sum = { 0 };
	struct reading r = { .table = t, .sum = &sum, .progress = p };

	move_progress_checks(p);
	if (!read_rows(&r, to, err))
		return false;
	if (sum.rows != t->sum.rows)
		return err_set(err, ERR_DATA,
		    "%.*s: %" PRId64 " rows were sent and %" PRId64 " are there", STR_FMT(t->name),
		    t->sum.rows, sum.rows);
	return memcmp(sum.lanes, t->sum.lanes, sizeof(sum.lanes)) == 0 ||
	    err_set(err, ERR_DATA, "%.*s: the rows that are there are not those that were sent",
		STR_FMT(t->name));
}

static bool
add_indexes(struct move_table *t, struct db_conn *to, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(TABLE_MEMORY);

	if (t->doctype == NULL)
		return true;
	return db_begin(to, err) && db_end(to, ddl_sync(to, a, t->doctype, err), err);
}

bool
move_table_run(struct move_table *t, struct db_conn *from, struct db_conn *to,
    struct move_progress *p, struct err *err)
{
	move_progress_table(p, t->name, t->rows);
	if (!copy(t, from, to, p, err) || !check(t, to, p, err) || !add_indexes(t, to, err))
		return false;
	move_progress_end(p);
	return true;
}
