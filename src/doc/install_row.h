/*
 * install_row.h - rows that the program itself writes at a site's first start.
 *
 * A row begins with its DocType's defaults; one statement a DocType serves all its rows.
 */
#ifndef DOC_INSTALL_ROW_H
#define DOC_INSTALL_ROW_H

#include "doc/doctype.h"

/* How rows of one DocType are written. */
struct install_kind {
	const struct doctype *doctype;
	struct str sql;
	struct value *defaults; /* columns_len of them */
};

struct install_row {
	const struct install_kind *kind;
	struct value *values;
};

/* now: the text of creation and modified. All memory is the arena's. */
MUST_USE bool install_row_kind(struct arena *a, const struct doctype *dt, struct str now,
    struct install_kind *out, struct err *err);

/* A row with that name; null: a random one. */
MUST_USE bool install_row_begin(struct arena *a, const struct install_kind *kind, struct str name,
    struct install_row *out, struct err *err);

/* Sets a column from text or a number; a name that is no column is ignored. */
MUST_USE bool install_row_text(
    struct arena *a, struct install_row *r, struct str name, struct str text, struct err *err);
void install_row_int(struct install_row *r, struct str name, int64_t n);

/* Makes it a row of a table: parent, parentfield, parenttype, idx. */
void install_row_child(
    struct install_row *r, struct str parenttype, struct str parent, struct str field, size_t idx);

/* Writes it; a row of that name that is there already stays as it is (*made false; may be NULL). */
MUST_USE bool
install_row_write(struct db_conn *c, const struct install_row *r, bool *made, struct err *err);

#endif
