/*
 * move_table.h - one table on its way from a database into another.
 *
 * Values are compared in one text form, whatever the databases store: the sum of SHA-256 over all
 * rows, in whatever order they come.
 */
#ifndef CLI_MOVE_TABLE_H
#define CLI_MOVE_TABLE_H

#include "cli/move_progress.h"
#include "db/db.h"
#include "doc/doctype.h"

enum { MOVE_TABLE_LANES = 4, MOVE_TABLE_HEX = 64 };

struct move_sum {
	int64_t rows;
	uint64_t lanes[MOVE_TABLE_LANES];
};

struct move_table {
	struct str name;               /* "tabToDo" */
	const struct doctype *doctype; /* NULL: a table of our own, which migrations make */
	struct str *columns;           /* sorted */
	enum value_kind *kinds;
	size_t len;
	int64_t rows;
	struct move_sum sum;
};

/* Fills in the columns: those of the DocType or of the table in to, and those of the table in from
 * whose field is gone. */
MUST_USE bool move_table_plan(struct move_table *t, struct db_conn *from, struct db_conn *to,
    struct arena *a, struct err *err);

MUST_USE bool move_table_count(struct move_table *t, struct db_conn *from, struct err *err);

/*
 * Makes the table of a DocType, copies all rows in one transaction, reads them back, compares, and
 * adds the indexes. ERR_DATA names the row that to cannot store.
 */
MUST_USE bool move_table_run(struct move_table *t, struct db_conn *from, struct db_conn *to,
    struct move_progress *p, struct err *err);

/* The sum in hex; text has MOVE_TABLE_HEX bytes. */
struct str move_table_hex(const struct move_sum *sum, char *text);

#endif
