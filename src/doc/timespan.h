/*
 * timespan.h - spans of days by their words: "last week", "this quarter" (spec/rest.md 4.5).
 */
#ifndef DOC_TIMESPAN_H
#define DOC_TIMESPAN_H

#include "base/str.h"

/* Days since 1970-01-01, both inclusive. */
struct timespan {
	int64_t from, to;
};

/*
 * The span that word means on the day today. week_start: 0 Monday ... 6 Sunday. False: there is no
 * such word.
 */
MUST_USE bool timespan_find(struct str word, int64_t today, int week_start, struct timespan *out);

/* What "previous" and "next" (ahead) mean by "1 week", "1 month", "3 months", "6 months", "1 year".
 */
MUST_USE bool
timespan_step(struct str length, bool ahead, int64_t today, int week_start, struct timespan *out);

/* 0 Monday ... 6 Sunday by its English name; Sunday for what is none. */
int timespan_weekday(struct str name);

#endif
