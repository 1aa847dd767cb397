/*
 * db_note.h - what every driver of db.h is asked alike: rows of a table tabNote (name, title, n,
 * r).
 */
#ifndef TESTS_UNIT_DB_NOTE_H
#define TESTS_UNIT_DB_NOTE_H

#include "tests/unit/unit.h"

#include "db/db.h"

#include <math.h>

/* Fails the test and shows what the error of s says. */
#define CHECK_OK(s, condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("%s: %s (%s)", #condition, (s)->err.msg, (s)->err.cause);         \
	} while (0)

struct db_note {
	const char *what; /* its name, too */
	struct value title;
	int64_t n;
	struct value r;
};

static const UNUSED struct db_note DB_NOTES[] = {
	{ "text", { .kind = VALUE_TEXT, .s = STR_INIT("Zoë") }, 0, { .kind = VALUE_NULL } },
	{ "empty text", { .kind = VALUE_TEXT, .s = STR_INIT("") }, INT64_MAX,
	    { .kind = VALUE_REAL, .r = 0.1 } },
	{ "null", { .kind = VALUE_NULL }, 7, { .kind = VALUE_REAL, .r = 5.0 } },
	{ "least", { .kind = VALUE_NULL }, INT64_MIN, { .kind = VALUE_REAL, .r = -1e300 } },
};

/* Written and read again the row is what it was. */
static inline void
db_note_check(struct db_conn *write, struct db_conn *read, const struct db_note *note)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct {
		struct err err;
	} s;
	const struct value name = value_text(str_from(note->what));
	const struct value params[] = { name, note->title, value_int(note->n), note->r };
	struct value row[4];
	int64_t changes = 0;
	bool found;

	CHECK_OK(&s,
	    db_exec(write, STR("INSERT INTO `tabNote` (name, title, n, r) VALUES (?1, ?2, ?3, ?4)"),
		params, ARRAY_LEN(params), &changes, &s.err));
	CHECK_CASE(note->what, changes == 1);
	CHECK_OK(&s,
	    db_query_row(read, a, STR("SELECT name, title, n, r FROM `tabNote` WHERE name = ?1"),
		&name, 1, row, ARRAY_LEN(row), &found, &s.err));
	CHECK_CASE(note->what, found && row[1].kind == note->title.kind);
	CHECK_CASE(note->what, str_eq(value_str(row[1]), value_str(note->title)));
	CHECK_CASE(note->what, row[2].kind == VALUE_INT && row[2].i == note->n);
	CHECK_CASE(note->what, row[3].kind == note->r.kind);
	if (row[3].kind == VALUE_REAL)
		CHECK_CASE(note->what, fabs(row[3].r - note->r.r) <= 0);
}

#endif
