/*
 * list_fields.h - the expressions of "fields": columns, columns over tables and links, aggregates
 * (spec/rest.md 4.3).
 */
#ifndef DOC_LIST_FIELDS_H
#define DOC_LIST_FIELDS_H

#include "doc/list_query.h"

/*
 * Sets out->columns. What the caller may not read is left out without a word, as upstream;
 * ERR_DATA for what is no column.
 */
MUST_USE bool
list_fields_parse(struct call *call, const json_t *given, struct list_query *out, struct err *err);

/* `x` and `tabDT`.`x` become x; another table's name stays and is then unknown. */
struct str list_fields_plain(const struct doctype *dt, struct str text);

#endif
