#include "db/db.h"

#include "base/clock.h"
#include "db/db_driver.h"
#include "db/db_postgres.h"
#include "db/db_sqlite.h"

/* By what stands before the ':' of a URL. */
static const struct {
	struct str scheme;
	const struct db_driver *driver;
} DRIVERS[] = {
	{ STR_INIT("sqlite"), &DB_SQLITE_DRIVER },
	{ STR_INIT("postgresql"), &DB_POSTGRES_DRIVER },
	{ STR_INIT("postgres"), &DB_POSTGRES_DRIVER },
};

/* NULL: the scheme is unknown. */
static const struct db_driver *
driver_of(struct str url, struct str *place)
{
	struct str scheme;

	str_cut(url, ':', &scheme, place);
	for (size_t i = 0; i < ARRAY_LEN(DRIVERS); i++) {
		if (str_eq(scheme, DRIVERS[i].scheme))
			return DRIVERS[i].driver;
	}
	return NULL;
}

bool
db_url_is_embedded(struct str url)
{
	struct str place;
	const struct db_driver *driver = driver_of(url, &place);

	return driver == NULL ? url.len == 0 : driver->is_embedded;
}

bool
db_open(const struct db_options *options, struct db **out, struct err *err)
{
	struct str place;
	const struct db_driver *driver = driver_of(options->url, &place);

	if (driver != NULL)
		return driver->open(options, place, out, err);
	return err_set(err, ERR_UNAVAILABLE,
	    "[database] url begins with neither postgresql:// nor sqlite:; leave it out for SQLite "
	    "in the data directory");
}

void
db_close(struct db *db)
{
	if (db != NULL)
		db->driver->close(db);
}

bool
db_connect(struct db *db, enum db_mode mode, struct db_conn **out, struct err *err)
{
	if (!db->driver->connect(db, mode, out, err))
		return false;
	(*out)->mode = mode;
	return true;
}

void
db_disconnect(struct db_conn *c)
{
	if (c != NULL)
		c->db->driver->disconnect(c);
}

bool
db_begin(struct db_conn *c, struct err *err)
{
	const int64_t start = clock_mono_us();
	const bool ok = c->db->driver->begin(c, err);

	c->time_us += clock_mono_us() - start;
	return ok;
}

bool
db_commit(struct db_conn *c, struct err *err)
{
	const int64_t start = clock_mono_us();
	const bool ok = c->db->driver->commit(c, err);

	c->time_us += clock_mono_us() - start;
	return ok;
}

void
db_rollback(struct db_conn *c)
{
	const int64_t start = clock_mono_us();

	c->db->driver->rollback(c);
	c->time_us += clock_mono_us() - start;
}

bool
db_end(struct db_conn *c, bool ok, struct err *err)
{
	if (ok && db_commit(c, err))
		return true;
	db_rollback(c);
	return false;
}

bool
db_in_transaction(const struct db_conn *c)
{
	return c->db->driver->in_transaction(c);
}

bool
db_wants_rerun(const struct db_conn *c)
{
	return c->db->driver->wants_rerun(c);
}

bool
db_script(struct db_conn *c, struct str sql, struct err *err)
{
	const int64_t start = clock_mono_us();
	const bool ok = c->db->driver->script(c, sql, err);

	c->time_us += clock_mono_us() - start;
	return ok;
}

bool
db_exec(struct db_conn *c, struct str sql, const struct value *params, size_t len, int64_t *changes,
    struct err *err)
{
	const struct db_driver *driver = c->db->driver;
	const int64_t start = clock_mono_us();
	struct db_rows *r;
	bool ok = driver->query(c, sql, params, len, &r, err);

	if (ok) {
		enum db_step step;

		do
			step = driver->next(r, err);
		while (step == DB_ROW);
		ok = step == DB_DONE;
		const int64_t touched = driver->finish(r);

		if (ok && changes != NULL)
			*changes = touched;
	}
	c->time_us += clock_mono_us() - start;
	return ok;
}

bool
db_query(struct db_conn *c, struct str sql, const struct value *params, size_t len,
    struct db_rows **out, struct err *err)
{
	const int64_t start = clock_mono_us();
	const bool ok = c->db->driver->query(c, sql, params, len, out, err);

	if (ok)
		(*out)->many = false;
	c->time_us += clock_mono_us() - start;
	return ok;
}

bool
db_query_many(struct db_conn *c, struct str sql, const enum value_kind *kinds, size_t len,
    struct db_rows **out, struct err *err)
{
	const struct db_driver *driver = c->db->driver;
	const int64_t start = clock_mono_us();
	const bool ok = driver->query_many == NULL
	    ? driver->query(c, sql, NULL, 0, out, err)
	    : driver->query_many(c, sql, kinds, len, out, err);

	if (ok)
		(*out)->many = true;
	c->time_us += clock_mono_us() - start;
	return ok;
}

enum db_step
db_next(struct db_rows *r, struct err *err)
{
	if (r->many)
		return r->conn->db->driver->next(r, err);
	const int64_t start = clock_mono_us();
	const enum db_step step = r->conn->db->driver->next(r, err);

	r->conn->time_us += clock_mono_us() - start;
	return step;
}

size_t
db_columns(const struct db_rows *r)
{
	return r->conn->db->driver->columns(r);
}

struct value
db_column(const struct db_rows *r, size_t at)
{
	return r->conn->db->driver->column(r, at);
}

void
db_rows_close(struct db_rows *r)
{
	if (r != NULL)
		r->conn->db->driver->finish(r);
}

void
db_rows_closep(struct db_rows **r)
{
	db_rows_close(*r);
	*r = NULL;
}

static bool
copy_row(
    const struct db_rows *r, struct arena *a, struct value *row, size_t columns, struct err *err)
{
	assert(columns <= db_columns(r));
	for (size_t i = 0; i < columns; i++) {
		struct value v = db_column(r, i);

		if (v.kind == VALUE_TEXT && !arena_str(a, v.s, &v.s, err))
			return false;
		row[i] = v;
	}
	return r->conn->db->driver->row_ok(r, err);
}

bool
db_query_row(struct db_conn *c, /* NOLINT(readability-function-size): a query, its values, a row */
    struct arena *a, struct str sql, const struct value *params, size_t len, struct value *row,
    size_t columns, bool *found, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *r = NULL;

	if (!db_query(c, sql, params, len, &r, err))
		return false;
	const enum db_step step = db_next(r, err);

	if (step == DB_FAILED)
		return false;
	if (step == DB_ROW && !copy_row(r, a, row, columns, err))
		return false;
	*found = step == DB_ROW;
	return true;
}

struct str
db_stored_name(const struct db *db, struct str name, char *text)
{
	return db->driver->table_name == NULL ? name : db->driver->table_name(name, text);
}

bool
db_has_table(struct db_conn *c, struct str name, bool *has, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *r = NULL;
	char text[DB_NAME_SIZE];
	const struct value param = value_text(db_stored_name(c->db, name, text));

	if (!db_query(c, c->db->driver->has_table, &param, 1, &r, err))
		return false;
	const enum db_step step = db_next(r, err);

	if (step == DB_FAILED)
		return false;
	*has = step == DB_ROW;
	return true;
}

/* Names, with their types if the driver's query tells them. */
struct names {
	struct db_column_info *items;
	size_t len, size;
};

/* Room for one more; the array that was too small stays in the arena. */
static bool
grow_names(struct arena *a, struct names *n)
{
	const size_t more = n->size == 0 ? 16 : 2 * n->size;
	struct db_column_info *copy;

	if (n->len < n->size)
		return true;
	copy = ARENA_NEW_ARRAY(a, struct db_column_info, more);
	if (copy == NULL)
		return false;
	if (n->len > 0)
		memcpy(copy, n->items, n->len * sizeof(*copy));
	n->items = copy;
	n->size = more;
	return true;
}

/* What both databases call the types that we give to columns (db_type_ddl()). */
static enum value_kind
kind_of(struct str type)
{
	if (str_ieq(type, STR("integer")) || str_ieq(type, STR("bigint")))
		return VALUE_INT;
	if (str_ieq(type, STR("real")) || str_ieq(type, STR("double precision")))
		return VALUE_REAL;
	return VALUE_TEXT;
}

static bool
read_names(struct db_conn *c, struct arena *a, struct str sql, const struct value *param,
    struct names *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *r = NULL;
	enum db_step step;

	*out = (struct names){ 0 };
	if (!db_query(c, sql, param, param == NULL ? 0 : 1, &r, err))
		return false;
	while ((step = db_next(r, err)) == DB_ROW) {
		if (!grow_names(a, out))
			return err_memory(err);
		struct db_column_info *item = &out->items[out->len++];

		if (db_columns(r) > 1)
			item->kind = kind_of(value_str(db_column(r, 1)));
		if (!arena_str(a, value_str(db_column(r, 0)), &item->name, err))
			return false;
	}
	return step == DB_DONE;
}

bool
db_table_columns(struct db_conn *c, struct arena *a, struct str table, struct db_column_info **out,
    size_t *len, struct err *err)
{
	char text[DB_NAME_SIZE];
	const struct value param = value_text(db_stored_name(c->db, table, text));
	struct names n;

	if (!read_names(c, a, c->db->driver->table_columns, &param, &n, err))
		return false;
	*out = n.items;
	*len = n.len;
	return true;
}

bool
db_tables(struct db_conn *c, struct arena *a, struct str **out, size_t *len, struct err *err)
{
	struct names n;

	if (!read_names(c, a, c->db->driver->tables, NULL, &n, err))
		return false;
	struct str *names = ARENA_NEW_ARRAY(a, struct str, n.len + 1);

	if (names == NULL)
		return err_memory(err);
	for (size_t i = 0; i < n.len; i++)
		names[i] = n.items[i].name;
	*out = names;
	*len = n.len;
	return true;
}

bool
db_others(struct db_conn *c, int64_t *n, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *r = NULL;

	*n = 0;
	if (c->db->driver->others.len == 0)
		return true;
	if (!db_query(c, c->db->driver->others, NULL, 0, &r, err) || db_next(r, err) == DB_FAILED)
		return false;
	*n = db_column(r, 0).i;
	return true;
}

void
db_heard(struct db *db, int64_t mono_ms)
{
	if (db->driver->heard != NULL)
		db->driver->heard(db, mono_ms);
}

const struct db *
db_conn_db(const struct db_conn *c)
{
	return c->db;
}

struct str
db_conflict(const struct db_conn *c)
{
	return c->db->driver->conflict(c);
}

void
db_set_budget(struct db_conn *c, int64_t steps)
{
	c->db->driver->set_budget(c, steps);
}

void
db_set_deadline(struct db_conn *c, int64_t mono_ms)
{
	c->db->driver->set_deadline(c, mono_ms);
}

bool
db_allow_long(struct db_conn *c, struct err *err)
{
	return c->db->driver->allow_long == NULL || c->db->driver->allow_long(c, err);
}

int64_t
db_take_time_us(struct db_conn *c)
{
	const int64_t us = c->time_us;

	c->time_us = 0;
	return us;
}

struct str
db_type_ddl(const struct db *db, enum db_type type)
{
	return db->driver->type_ddl(type);
}

struct str
db_dialect(const struct db *db)
{
	return str_from(db->driver->dialect);
}

bool
db_is_embedded(const struct db *db)
{
	return db->driver->is_embedded;
}

bool
db_alter_stops_reads(const struct db *db)
{
	return db->driver->alter_stops_reads;
}

bool
db_key_folds(const struct db *db)
{
	return db->driver->key_folds;
}

struct str
db_row_lock(const struct db_conn *c)
{
	return c->mode == DB_WRITE ? c->db->driver->row_lock : STR("");
}
