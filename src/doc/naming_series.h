/*
 * naming_series.h - the grammar of naming series, such as "INV-.YYYY.-.####".
 *
 * A series is split at its dots; each part is a counter ("####", the first one counts), a part of
 * the date (YY YYYY MM DD WW timestamp), a field ("customer" or "{customer}"), or literal.
 */
#ifndef DOC_NAMING_SERIES_H
#define DOC_NAMING_SERIES_H

#include "base/clock.h"
#include "doc/doc.h"

/* The text of a series without its number: name = before, number, after. */
struct naming_series {
	struct str before, after;
	size_t digits; /* the least number of them; 0: the series has no counter */
};

/*
 * Takes a series apart for a document. ERR_NAMING_SERIES for characters that a series may not
 * have or a series without a dot.
 */
MUST_USE bool naming_series_parse(struct arena *a, struct str series, const struct doc *d,
    struct clock_civil now, struct naming_series *out, struct err *err);

/* The same for "format:" texts, where parts stand in braces: "F-{customer}-{####}". */
MUST_USE bool naming_series_format(struct arena *a, struct str format, const struct doc *d,
    struct clock_civil now, struct naming_series *out, struct err *err);

/* "WW": weeks begin on Monday; "00" in January for last year's, "53" in December for next year's.
 */
int naming_series_week(struct clock_civil day);

#endif
