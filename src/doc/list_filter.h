/*
 * list_filter.h - filters and or_filters of a list (spec/rest.md 4.4, 4.5).
 */
#ifndef DOC_LIST_FILTER_H
#define DOC_LIST_FILTER_H

#include "doc/list_query.h"

/* Adds filters in every form to out->filters or, any, to out->or_filters. */
MUST_USE bool list_filter_parse(
    struct call *call, const json_t *given, bool any, struct list_query *out, struct err *err);

#endif
