/*
 * list_parse.h - from the arguments of a list to its checked tree.
 */
#ifndef DOC_LIST_PARSE_H
#define DOC_LIST_PARSE_H

#include "doc/list_query.h"

/* Checks rights and names. ERR_PERMISSION, ERR_DATA, ERR_VALIDATION, ERR_DOES_NOT_EXIST (rest.md
 * 4). */
MUST_USE bool list_parse(
    struct call *call, const struct list_args *args, struct list_query *out, struct err *err);

/* The field that a list may name: known, with a column, of a readable level, no Password; ERR_DATA.
 */
MUST_USE bool list_field(const struct list_query *q, const struct doctype *dt, struct str name,
    const struct field **out, struct err *err);

#endif
