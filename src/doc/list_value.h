/*
 * list_value.h - values of filters, as the columns that they are compared with hold them
 * (spec/rest.md 4.5).
 */
#ifndef DOC_LIST_VALUE_H
#define DOC_LIST_VALUE_H

#include "doc/list_query.h"

#include <jansson.h>

/*
 * A scalar for a column of the field's type: numbers from text, dates and times in their stored
 * form, text from numbers. Null of a Date is today. ERR_VALIDATION for a list or an object, and for
 * what is no date; IN and NOT IN take that as it is, since it matches nothing.
 */
MUST_USE bool list_value(struct call *call, const struct field *field, enum list_op op,
    const json_t *given, struct value *out, struct err *err);

/* The same for a scalar that is no JSON any more. */
MUST_USE bool list_value_of(struct call *call, const struct field *field, enum list_op op,
    struct value v, struct value *out, struct err *err);

/* Both bounds of BETWEEN; a date as the upper one of a Datetime means the end of that day. A
 * missing or empty date is today. */
MUST_USE bool list_value_bounds(struct call *call, const struct field *field, const json_t *given,
    struct value *out, struct err *err);

/* The bounds of a Date or Datetime that lies within days (since 1970-01-01). */
MUST_USE bool list_value_days(struct call *call, const struct field *field, int64_t from,
    int64_t to, struct value *out, struct err *err);

#endif
