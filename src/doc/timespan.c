#include "doc/timespan.h"

#include "base/clock.h"

enum unit { DAYS, WEEKS, MONTHS, QUARTERS, YEARS };

/* From the first day of unit number from to the last one of unit number to; this one is 0. */
/* clang-format off */
static const struct {
	struct str word;
	enum unit unit;
	int from, to;
} SPANS[] = {
	{ STR_INIT("last 7 days"),   DAYS,     -7,  0 },
	{ STR_INIT("last 14 days"),  DAYS,     -14, 0 },
	{ STR_INIT("last 30 days"),  DAYS,     -30, 0 },
	{ STR_INIT("last week"),     WEEKS,    -1,  -1 },
	{ STR_INIT("last month"),    MONTHS,   -1,  -1 },
	{ STR_INIT("last quarter"),  QUARTERS, -1,  -1 },
	{ STR_INIT("last 6 months"), QUARTERS, -2,  -1 },
	{ STR_INIT("last year"),     YEARS,    -1,  -1 },
	{ STR_INIT("yesterday"),     DAYS,     -1,  -1 },
	{ STR_INIT("today"),         DAYS,     0,   0 },
	{ STR_INIT("tomorrow"),      DAYS,     1,   1 },
	{ STR_INIT("this week"),     WEEKS,    0,   0 },
	{ STR_INIT("this month"),    MONTHS,   0,   0 },
	{ STR_INIT("this quarter"),  QUARTERS, 0,   0 },
	{ STR_INIT("this year"),     YEARS,    0,   0 },
	{ STR_INIT("next 7 days"),   DAYS,     0,   7 },
	{ STR_INIT("next 14 days"),  DAYS,     0,   14 },
	{ STR_INIT("next 30 days"),  DAYS,     0,   30 },
	{ STR_INIT("next week"),     WEEKS,    1,   1 },
	{ STR_INIT("next month"),    MONTHS,   1,   1 },
	{ STR_INIT("next quarter"),  QUARTERS, 1,   1 },
	{ STR_INIT("next 6 months"), QUARTERS, 1,   2 },
	{ STR_INIT("next year"),     YEARS,    1,   1 },
};

static const struct { struct str length, last, next; } STEPS[] = {
	{ STR_INIT("1 week"),   STR_INIT("last week"),     STR_INIT("next week") },
	{ STR_INIT("1 month"),  STR_INIT("last month"),    STR_INIT("next month") },
	{ STR_INIT("3 months"), STR_INIT("last quarter"),  STR_INIT("next quarter") },
	{ STR_INIT("6 months"), STR_INIT("last 6 months"), STR_INIT("next 6 months") },
	{ STR_INIT("1 year"),   STR_INIT("last year"),     STR_INIT("next year") },
};

static const struct str WEEKDAYS[] = { STR_INIT("Monday"), STR_INIT("Tuesday"), STR_INIT("Wednesday"),
	STR_INIT("Thursday"), STR_INIT("Friday"), STR_INIT("Saturday"), STR_INIT("Sunday") };
/* clang-format on */

static const int MONTHS_OF[] = { [MONTHS] = 1, [QUARTERS] = 3, [YEARS] = 12 };

/* The first day of unit number n, counted from the one that holds today. */
static int64_t
first_day(enum unit unit, int64_t n, int64_t today, int week_start)
{
	switch (unit) {
	case DAYS:
		return today + n;
	case WEEKS:
		return today - (clock_weekday(today) - week_start + 7) % 7 + 7 * n;
	case MONTHS:
	case QUARTERS:
	case YEARS:
		break;
	}
	const struct clock_civil c = clock_civil_from_days(today);
	const int64_t length = MONTHS_OF[unit];
	const int64_t months = ((c.year * INT64_C(12) + c.month - 1) / length + n) * length;

	return clock_days_from_civil((int)(months / 12), (int)(months % 12) + 1, 1);
}

bool
timespan_find(struct str word, int64_t today, int week_start, struct timespan *out)
{
	for (size_t i = 0; i < ARRAY_LEN(SPANS); i++) {
		if (!str_eq(SPANS[i].word, word))
			continue;
		out->from = first_day(SPANS[i].unit, SPANS[i].from, today, week_start);
		out->to = first_day(SPANS[i].unit, SPANS[i].to + 1, today, week_start) - 1;
		return true;
	}
	return false;
}

bool
timespan_step(struct str length, bool ahead, int64_t today, int week_start, struct timespan *out)
{
	for (size_t i = 0; i < ARRAY_LEN(STEPS); i++) {
		if (str_eq(STEPS[i].length, length))
			return timespan_find(
			    ahead ? STEPS[i].next : STEPS[i].last, today, week_start, out);
	}
	return false;
}

int
timespan_weekday(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(WEEKDAYS); i++) {
		if (str_eq(WEEKDAYS[i], name))
			return (int)i;
	}
	return (int)ARRAY_LEN(WEEKDAYS) - 1;
}
