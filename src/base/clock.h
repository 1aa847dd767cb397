/*
 * clock.h - clocks, and date and time texts as documents carry them.
 *
 * Wall time is an int64_t of microseconds since 1970 UTC ("_us"). Texts are in
 * the site's time zone without naming it: "2024-01-31 09:05:03.123456"
 * (spec/rest.md 8).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

#define CLOCK_US_PER_S INT64_C(1000000)

int64_t clock_now_us(void);  /* wall */
int64_t clock_tick_us(void); /* wall, as of the system's last tick, some ms ago: costs less */
int64_t clock_mono_ms(void); /* CLOCK_MONOTONIC, for deadlines */
int64_t clock_mono_us(void);
int64_t clock_boot_ms(void); /* CLOCK_BOOTTIME: runs while the machine sleeps; for leases */
int64_t clock_cpu_us(void);  /* CPU time of the calling thread */

struct clock_civil {
	int year; /* 1 .. 9999 */
	int month, day, hour, minute, second, us;
};

/*
 * Sets the site's zone for the whole process (an IANA name such as
 * "Europe/Berlin"). False, and nothing changes, if the system does not know it.
 * Once, before threads start.
 */
MUST_USE bool clock_set_zone(const char *name);

/* The name of the zone as it was set; "UTC" before that. */
struct str clock_zone(void);

/* Wall time in the site's zone; clock_to_utc for headers. */
struct clock_civil clock_to_local(int64_t us);
struct clock_civil clock_to_utc(int64_t us);

/* The instant of a local civil time; the earlier one where a clock change makes two. A time that
 * the clock skips is taken by the offset before the change. */
int64_t clock_from_local(struct clock_civil c);

/* Days since 1970-01-01 of a civil date, and back (proleptic Gregorian). */
int64_t clock_days_from_civil(int year, int month, int day);
struct clock_civil clock_civil_from_days(int64_t days);
bool clock_is_date(int year, int month, int day); /* is there such a day? years 1 .. 9999 */

/* 0 Monday ... 6 Sunday. */
int clock_weekday(int64_t days);

enum { CLOCK_TEXT_SIZE = 32 };

/*
 * "2024-01-31 09:05:03.123456"; without the fraction if us is 0. Writes to text,
 * which holds CLOCK_TEXT_SIZE bytes, and returns the slice over it.
 */
struct str clock_format(struct clock_civil c, char *text);

/* The local text of an instant, always with six digits (spec/documents.md: creation, modified). */
struct str clock_stamp(int64_t us, char *text);

/* "2024-01-31". */
struct str clock_format_date(struct clock_civil c, char *text);

/*
 * Parses "YYYY-MM-DD[( |T)HH:MM[:SS[.ffffff]]]" and the lenient forms of
 * spec/rest.md 8 ("2024-5-6", "20240506", "05-05-2024" day first). False for
 * anything else, for zones and for days that do not exist.
 */
MUST_USE bool clock_parse(struct str s, struct clock_civil *out);

/* "Tue, 24 Nov 2026 04:10:05 GMT" (RFC 9110 5.6.7); writes CLOCK_TEXT_SIZE bytes at most. */
struct str clock_http_date(int64_t us, char *text);

#endif
