/*
 * db_literal.h - literals of statements, asked of every driver alike: rows that are there have what
 * a new column says.
 */
#ifndef TESTS_UNIT_DB_LITERAL_H
#define TESTS_UNIT_DB_LITERAL_H

#include "tests/unit/db_note.h"

#include "db/sqlb.h"

static const UNUSED struct {
	enum db_type type;
	struct value value;
} DB_LITERALS[] = {
	{ DB_TYPE_TEXT, { .kind = VALUE_TEXT, .s = STR_INIT("") } },
	{ DB_TYPE_TEXT, { .kind = VALUE_TEXT, .s = STR_INIT("it's '' and '") } },
	{ DB_TYPE_NAME, { .kind = VALUE_TEXT, .s = STR_INIT("'); DROP TABLE `tabNote`; --") } },
	{ DB_TYPE_TEXT,
	    { .kind = VALUE_TEXT, .s = STR_INIT("\\'; DROP TABLE \"tabNote\"; --\\") } },
	{ DB_TYPE_TEXT,
	    { .kind = VALUE_TEXT,
		.s = STR_INIT("a\nb\r\t?1 $1 `c` \"d\" $$e$$ /* COLLATE NOCASE") } },
	{ DB_TYPE_TEXT, { .kind = VALUE_TEXT, .s = STR_INIT("Zoë 你 🜍") } },
	{ DB_TYPE_DATE, { .kind = VALUE_TEXT, .s = STR_INIT("2024-01-31") } },
	{ DB_TYPE_INT, { .kind = VALUE_INT, .i = 7 } },
	{ DB_TYPE_INT, { .kind = VALUE_INT, .i = INT64_MAX } },
	{ DB_TYPE_INT, { .kind = VALUE_INT, .i = -INT64_MAX } },
	{ DB_TYPE_REAL, { .kind = VALUE_REAL, .r = 0.1 } },
	{ DB_TYPE_REAL, { .kind = VALUE_REAL, .r = -1e300 } },
	{ DB_TYPE_REAL_NULL, { .kind = VALUE_REAL, .r = 4.9e-17 } },
};

/* The one row of tabNote has the value in a column that is added now. */
static inline void
db_literal_check(struct db_conn *c, enum db_type type, struct value given)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	CLEANUP(sqlb_free) struct sqlb b;
	struct {
		struct err err;
	} s;
	struct value v;
	bool found;

	sqlb_init(&b, a);
	sqlb_lit(&b, "ALTER TABLE `tabNote` ADD COLUMN `added` ");
	sqlb_type(&b, db_conn_db(c), type, given);
	CHECK_OK(&s, sqlb_exec(c, &b, &s.err));
	CHECK_OK(&s,
	    db_query_row(c, a, STR("SELECT added FROM `tabNote`"), NULL, 0, &v, 1, &found, &s.err));
	CHECK(found && v.kind == given.kind);
	if (given.kind == VALUE_TEXT)
		CHECK(str_eq(v.s, given.s));
	else if (given.kind == VALUE_REAL)
		CHECK(fabs(v.r - given.r) <= 0);
	else
		CHECK(v.i == given.i);
	CHECK_OK(&s,
	    db_exec(c, STR("ALTER TABLE `tabNote` DROP COLUMN `added`"), NULL, 0, NULL, &s.err));
}

static inline void
db_literals_check(struct db_conn *c)
{
	struct {
		struct err err;
	} s;

	CHECK_OK(&s,
	    db_exec(c, STR("INSERT INTO `tabNote` (name) VALUES ('one')"), NULL, 0, NULL, &s.err));
	for (size_t i = 0; i < ARRAY_LEN(DB_LITERALS); i++)
		db_literal_check(c, DB_LITERALS[i].type, DB_LITERALS[i].value);
}

#endif
