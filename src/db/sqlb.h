/*
 * sqlb.h - builds SQL text with bound values; the only way to make SQL at run time.
 *
 * Text comes from literals (sqlb_lit takes nothing else) and from identifiers,
 * which are quoted here and must come from DocType metadata. Values become
 * parameters. Memory is the arena's.
 */
#ifndef DB_SQLB_H
#define DB_SQLB_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"
#include "db/db.h"

enum { SQLB_MAX_PARAMS = 32000, SQLB_MAX_TEXT = 1024 * 1024 };

struct sqlb {
	struct arena *arena;
	struct buf text; /* heap: sqlb_free() */
	struct value *params;
	size_t params_len, params_size;
	bool failed;           /* too many parameters or no memory; sqlb_ok() */
	const struct err *why; /* sqlb_fail(); NULL: the statement is too large */
};

void sqlb_init(struct sqlb *b, struct arena *a);
void sqlb_free(struct sqlb *b); /* for CLEANUP(), too */

/* Appends a string literal: sqlb_lit(b, " WHERE "). */
#define sqlb_lit(b, literal) sqlb_text((b), STR(literal))
void sqlb_text(struct sqlb *b, struct str constant); /* a constant of the program, never input */

/* Appends a quoted identifier: a column, or a table with its "tab" prefix (`tabToDo`). */
void sqlb_ident(struct sqlb *b, struct str name);
void sqlb_table(struct sqlb *b, struct str doctype);
/* A column with its table, as it is written where a statement may join others: `tabToDo`.`name`. */
void sqlb_column(struct sqlb *b, struct str doctype, struct str column);

/* Appends a parameter; v's text must outlive the statement. */
void sqlb_value(struct sqlb *b, struct value v);
void sqlb_int(struct sqlb *b, int64_t n);

/* A part of it cannot be made: running it fails with that error. */
void sqlb_fail(struct sqlb *b, const struct err *why);

/*
 * Appends a value as a literal, for the places of DDL where no parameter may stand. Text is quoted
 * and its quotes are doubled, which is all that either database looks at within (PostgreSQL with
 * standard_conforming_strings, which each connection sets); a NUL, and a number that is none, are
 * refused.
 */
void sqlb_literal(struct sqlb *b, struct value v);

/* Appends a column's type, and what it has where a row does not say; fill null: what its type has.
 */
void sqlb_type(struct sqlb *b, const struct db *db, enum db_type type, struct value fill);

/* The statement is run as db_exec(), db_query() and db_query_row() do; the row's memory is b's
 * arena. ERR_TOO_LARGE if anything was refused. */
MUST_USE bool sqlb_exec(struct db_conn *c, const struct sqlb *b, struct err *err);
MUST_USE bool
sqlb_query(struct db_conn *c, const struct sqlb *b, struct db_rows **rows, struct err *err);
MUST_USE bool sqlb_query_row(struct db_conn *c, const struct sqlb *b, struct value *row,
    size_t columns, bool *found, struct err *err);

/* ERR_TOO_LARGE if anything was refused, or the error of sqlb_fail(). */
MUST_USE bool sqlb_ok(const struct sqlb *b, struct err *err);

#endif
