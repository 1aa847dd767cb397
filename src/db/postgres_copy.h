/*
 * postgres_copy.h - the text form of COPY: lines of values; for db/ only.
 */
#ifndef DB_POSTGRES_COPY_H
#define DB_POSTGRES_COPY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

/* Appends one value; the caller puts tabs between them and a newline after the last. ERR_DATA: a
 * text that PostgreSQL cannot store. */
MUST_USE bool postgres_copy_put(struct buf *b, struct value v, struct err *err);

/*
 * Takes a line apart, with or without its newline, into len values of these kinds. Texts point into
 * the line, where escapes are undone. False: it has another number of values, or one of another
 * kind.
 */
MUST_USE bool postgres_copy_parse(
    char *line, size_t line_len, const enum value_kind *kinds, size_t len, struct value *out);

#endif
