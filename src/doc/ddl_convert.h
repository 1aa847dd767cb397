/*
 * ddl_convert.h - gives a column another type, value by value.
 */
#ifndef DOC_DDL_CONVERT_H
#define DOC_DDL_CONVERT_H

#include "doc/doctype.h"

/*
 * The column of f in the table of dt gets f's type. It has no index. ERR_VALIDATION, naming the
 * document, for a value that does not convert.
 */
MUST_USE bool ddl_convert_column(struct db_conn *c, struct arena *a, const struct doctype *dt,
    const struct field *f, struct err *err);

#endif
