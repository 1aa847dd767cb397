/*
 * value.h - one value of a document, of a column or of a statement's parameter.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include "base/str.h"

enum value_kind {
	VALUE_NULL,
	VALUE_INT,  /* also Check: 0 or 1 */
	VALUE_REAL, /* Float, Currency, Percent, Rating, Duration */
	VALUE_TEXT, /* also dates and times, as spec/rest.md 8 writes them */
};

struct value {
	enum value_kind kind;
	union {
		int64_t i;
		double r;
		struct str s; /* who owns the bytes is said where the value is handed out */
	};
};

static inline struct value
value_null(void)
{
	return (struct value){ .kind = VALUE_NULL };
}

static inline struct value
value_int(int64_t i)
{
	return (struct value){ .kind = VALUE_INT, .i = i };
}

static inline struct value
value_real(double r)
{
	return (struct value){ .kind = VALUE_REAL, .r = r };
}

/* A null slice gives the null value. */
static inline struct value
value_text(struct str s)
{
	return str_is_null(s) ? value_null() : (struct value){ .kind = VALUE_TEXT, .s = s };
}

/* The text of a VALUE_TEXT; STR_NULL for every other kind. */
static inline struct str
value_str(struct value v)
{
	return v.kind == VALUE_TEXT ? v.s : STR_NULL;
}

#endif
