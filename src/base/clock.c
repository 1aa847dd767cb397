#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SECONDS_A_DAY = 86400 };

static int64_t
read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * CLOCK_US_PER_S + t.tv_nsec / 1000;
}

int64_t
clock_now_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_tick_us(void)
{
	return read_clock(CLOCK_REALTIME_COARSE);
}

int64_t
clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_boot_ms(void)
{
	return read_clock(CLOCK_BOOTTIME) / 1000;
}

int64_t
clock_cpu_us(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* A directory and a table of zones lie there, too. */
static bool
is_zone_file(const char *path)
{
	char magic[4] = { 0 };
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	const bool read = fread(magic, 1, sizeof(magic), f) == sizeof(magic);

	(void)fclose(f);
	return read && memcmp(magic, "TZif", sizeof(magic)) == 0;
}

bool
clock_set_zone(const char *name)
{
	char path[256];

	if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL ||
	    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name) >= (int)sizeof(path))
		return false;
	if (strcmp(name, "UTC") != 0 && !is_zone_file(path))
		return false;
	setenv("TZ", name, 1);
	tzset();
	return true;
}

struct str
clock_zone(void)
{
	const char *name = getenv("TZ");

	return name == NULL || name[0] == '\0' || name[0] == ':' ? STR("UTC") : str_from(name);
}

/* Howard Hinnant, "chrono-compatible low-level date algorithms". */
int64_t
clock_days_from_civil(int year, int month, int day)
{
	const int64_t y = (int64_t)year - (month <= 2);
	const int64_t era = (y >= 0 ? y : y - 399) / 400;
	const int64_t of_era = y - era * 400;
	const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct clock_civil
clock_civil_from_days(int64_t days)
{
	days += 719468;
	const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	const int64_t of_era = days - era * 146097;
	const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	const int64_t shifted = (5 * of_year + 2) / 153;
	const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;

	return (struct clock_civil){ .year = (int)(year + era * 400 + (month <= 2)),
		.month = (int)month,
		.day = (int)(of_year - (153 * shifted + 2) / 5 + 1) };
}

bool
clock_is_date(int year, int month, int day)
{
	static const int DAYS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= DAYS[month - 1] + (month == 2 && leap);
}

int
clock_weekday(int64_t days)
{
	return (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

struct clock_civil
clock_to_utc(int64_t us)
{
	int64_t seconds = us / CLOCK_US_PER_S;
	int64_t fraction = us % CLOCK_US_PER_S;

	if (fraction < 0) {
		fraction += CLOCK_US_PER_S;
		seconds--;
	}
	int64_t days = seconds / SECONDS_A_DAY;
	int64_t rest = seconds % SECONDS_A_DAY;

	if (rest < 0) {
		rest += SECONDS_A_DAY;
		days--;
	}
	struct clock_civil c = clock_civil_from_days(days);

	c.hour = (int)(rest / 3600);
	c.minute = (int)(rest / 60 % 60);
	c.second = (int)(rest % 60);
	c.us = (int)fraction;
	return c;
}

struct clock_civil
clock_to_local(int64_t us)
{
	struct clock_civil c = clock_to_utc(us);
	const time_t seconds = (time_t)(us / CLOCK_US_PER_S - (us % CLOCK_US_PER_S < 0));
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL)
		return c;
	return (struct clock_civil){ .year = tm.tm_year + 1900,
		.month = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.hour = tm.tm_hour,
		.minute = tm.tm_min,
		.second = MIN(tm.tm_sec, 59),
		.us = c.us };
}

/* How far local time is ahead of UTC at an instant. */
static int64_t
offset_at(int64_t seconds)
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	return localtime_r(&t, &tm) == NULL ? 0 : (int64_t)tm.tm_gmtoff;
}

/*
 * Not by mktime(), which picks one of two instants by what it was asked before. A change of the
 * clock lies between the offsets of the days around it; the earlier instant is the one by the
 * offset before it, which also serves for a time that the clock skips.
 */
int64_t
clock_from_local(struct clock_civil c)
{
	const int64_t as_utc = clock_days_from_civil(c.year, c.month, c.day) * SECONDS_A_DAY +
	    (int64_t)c.hour * 3600 + (int64_t)c.minute * 60 + c.second;
	const int64_t before = as_utc - offset_at(as_utc - SECONDS_A_DAY);
	const int64_t after = as_utc - offset_at(as_utc + SECONDS_A_DAY);
	const bool is_after =
	    before + offset_at(before) != as_utc && after + offset_at(after) == as_utc;

	return (is_after ? after : before) * CLOCK_US_PER_S + c.us;
}

/* value as exactly width digits. */
static char *
put_digits(char *p, int value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		p[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return p + width;
}

static char *
put_date(char *p, struct clock_civil c)
{
	p = put_digits(p, c.year, 4);
	*p++ = '-';
	p = put_digits(p, c.month, 2);
	*p++ = '-';
	return put_digits(p, c.day, 2);
}

static char *
put_time(char *p, struct clock_civil c)
{
	p = put_digits(p, c.hour, 2);
	*p++ = ':';
	p = put_digits(p, c.minute, 2);
	*p++ = ':';
	return put_digits(p, c.second, 2);
}

static struct str
put_datetime(struct clock_civil c, char *text, bool fraction)
{
	char *p = put_date(text, c);

	*p++ = ' ';
	p = put_time(p, c);
	if (fraction) {
		*p++ = '.';
		p = put_digits(p, c.us, 6);
	}
	*p = '\0';
	return (struct str){ text, (size_t)(p - text) };
}

struct str
clock_format(struct clock_civil c, char *text)
{
	return put_datetime(c, text, c.us != 0);
}

struct str
clock_stamp(int64_t us, char *text)
{
	return put_datetime(clock_to_local(us), text, true);
}

struct str
clock_format_date(struct clock_civil c, char *text)
{
	char *p = put_date(text, c);

	*p = '\0';
	return (struct str){ text, (size_t)(p - text) };
}

struct str
clock_http_date(int64_t us, char *text)
{
	static const char DAYS[] = "MonTueWedThuFriSatSun";
	static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const struct clock_civil c = clock_to_utc(us);
	const int weekday = clock_weekday(clock_days_from_civil(c.year, c.month, c.day));
	char *p = text;

	memcpy(p, DAYS + (size_t)3 * (size_t)weekday, 3);
	memcpy(p + 3, ", ", 2);
	p = put_digits(p + 5, c.day, 2);
	*p++ = ' ';
	memcpy(p, MONTHS + (size_t)3 * (size_t)(c.month - 1), 3);
	p += 3;
	*p++ = ' ';
	p = put_digits(p, c.year, 4);
	*p++ = ' ';
	p = put_time(p, c);
	memcpy(p, " GMT", 5);
	return (struct str){ text, (size_t)(p + 4 - text) };
}

/* Takes between min and max digits off the front of *s. */
static bool
take_number(struct str *s, int min, int max, int *out)
{
	int n = 0;
	int value = 0;

	while (n < max && (size_t)n < s->len && char_is_digit(s->ptr[n]))
		value = value * 10 + (s->ptr[n++] - '0');
	if (n < min)
		return false;
	*s = str_sub(*s, (size_t)n, s->len);
	*out = value;
	return true;
}

static bool
take_char(struct str *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = str_sub(*s, 1, s->len);
	return true;
}

static bool
take_date(struct str *s, struct clock_civil *c)
{
	struct str rest = *s;

	if (take_number(&rest, 4, 4, &c->year)) {
		if (take_char(&rest, '-')) {
			if (!take_number(&rest, 1, 2, &c->month) || !take_char(&rest, '-') ||
			    !take_number(&rest, 1, 2, &c->day))
				return false;
		} else if (!take_number(&rest, 2, 2, &c->month) ||
		    !take_number(&rest, 2, 2, &c->day)) {
			return false;
		}
	} else if (!take_number(&rest, 1, 2, &c->day) || !take_char(&rest, '-') ||
	    !take_number(&rest, 1, 2, &c->month) || !take_char(&rest, '-') ||
	    !take_number(&rest, 4, 4, &c->year)) {
		return false;
	}
	*s = rest;
	return clock_is_date(c->year, c->month, c->day);
}

static bool
take_fraction(struct str *s, int *us)
{
	int digits = 0;
	int value = 0;

	for (; s->len > 0 && char_is_digit(s->ptr[0]); *s = str_sub(*s, 1, s->len)) {
		if (digits < 6) {
			value = value * 10 + (s->ptr[0] - '0');
			digits++;
		}
	}
	if (digits == 0)
		return false;
	for (; digits < 6; digits++)
		value *= 10;
	*us = value;
	return true;
}

static bool
take_time(struct str *s, struct clock_civil *c)
{
	if (!take_number(s, 1, 2, &c->hour) || !take_char(s, ':') ||
	    !take_number(s, 1, 2, &c->minute))
		return false;
	if (take_char(s, ':')) {
		if (!take_number(s, 1, 2, &c->second))
			return false;
		if (take_char(s, '.') && !take_fraction(s, &c->us))
			return false;
	}
	return c->hour < 24 && c->minute < 60 && c->second < 60;
}

bool
clock_parse(struct str s, struct clock_civil *out)
{
	struct clock_civil c = { 0 };

	s = str_trim(s);
	if (!take_date(&s, &c))
		return false;
	if (s.len > 0) {
		if (!take_char(&s, ' ') && !take_char(&s, 'T'))
			return false;
		if (!take_time(&s, &c))
			return false;
	}
	if (s.len > 0)
		return false;
	*out = c;
	return true;
}
