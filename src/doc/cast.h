/*
 * cast.h - values on their way from JSON into a document, and from there into a column.
 *
 * A document in the making holds a value as it was validated, which is what the answer to a
 * create or update echoes (spec/rest.md 6): a Date stays as it was sent. The column holds the
 * stored form: cast_stored().
 */
#ifndef DOC_CAST_H
#define DOC_CAST_H

#include "doc/doctype.h"

#include <jansson.h>

/*
 * The value that a body gives a field, with the leniency of spec/rest.md 8: an Int that is no
 * number is 0, commas leave a Float, "" leaves a date null. *truth says that a text field was sent
 * true or false, which is echoed so. ERR_VALIDATION for a list or an object (a JSON field takes an
 * object), for a number beyond 12 digits. Text is the tree's or the arena's.
 */
MUST_USE bool cast_json(struct arena *a, const struct field *field, const json_t *given,
    struct value *out, bool *truth, struct err *err);

/* Is it a whole number, in digits or as text, true, false, or nothing at all? */
bool cast_is_whole(const json_t *given);

/* A property such as "default" as the field's type: always succeeds, "abc" for an Int is 0. */
struct value cast_text(const struct field *field, struct str text);

/*
 * The stored form: text of dates and times in one spelling, numbers of number columns never null,
 * "" of a unique field null. Times carry two digits of hours, so that they sort. ERR_VALIDATION
 * naming the field for a date that is none.
 */
MUST_USE bool cast_stored(
    struct arena *a, const struct field *field, struct value v, struct value *out, struct err *err);

/* A stored value as documents show it: a Time without the zero before its hours. */
struct value cast_shown(const struct field *field, struct value v);

/* Text of any scalar: numbers in decimal; null is "". */
MUST_USE bool cast_to_text(struct arena *a, struct value v, struct str *out, struct err *err);

/* To nine places, as number columns keep it; beyond 1e6 a double holds no more than that. */
double cast_round(double r);

/* No value at all: null, or a text of length 0. */
bool cast_is_empty(struct value v);

/* The same value: kind and content. */
bool cast_equal(struct value a, struct value b);

/* Is text nothing but asterisks (a mask; at least one)? */
bool cast_is_mask(struct str text);

#endif
