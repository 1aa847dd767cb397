#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { GATHERED = 32 * 1024, CUT_ROOM = 16 };

/* The sink: set before threads start, and again on a reload (the one global that a log needs). */
static struct {
	_Atomic int fd;
	_Atomic enum log_level least;
	_Atomic enum log_format format;
} sink = { .fd = 2, .least = LOG_INFO };

static _Thread_local struct {
	size_t len;
	char text[GATHERED];
} gathered;

static const char *const LEVELS[] = { "debug", "info", "warn", "error" };

void
log_open(int fd, enum log_level least, enum log_format format)
{
	sink.fd = fd;
	sink.least = least;
	sink.format = format;
}

bool
log_enabled(enum log_level level)
{
	return level >= sink.least;
}

void
log_flush(void)
{
	size_t done = 0;

	while (done < gathered.len) {
		const ssize_t n = write(sink.fd, gathered.text + done, gathered.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* nobody can be told */
		done += (size_t)n;
	}
	gathered.len = 0;
}

static void
put(struct log_line *l, const char *text, size_t len)
{
	if (l->on && len <= sizeof(l->text) - CUT_ROOM - l->len) {
		memcpy(l->text + l->len, text, len);
		l->len += len;
	}
}

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			return false;
	}
	return s.len > 0;
}

/* Bytes outside printable ASCII become \u00XX, in both formats: a log is read with any tool. */
static void
put_quoted(struct log_line *l, struct str s)
{
	static const char HEX[] = "0123456789abcdef";

	put(l, "\"", 1);
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\') {
			put(l, (char[]){ '\\', (char)c }, 2);
		} else if (c < ' ' || c >= 0x7f) {
			put(l, (char[]){ '\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15] }, 6);
		} else {
			put(l, &s.ptr[i], 1);
		}
	}
	put(l, "\"", 1);
}

static void
put_key(struct log_line *l, const char *key)
{
	const bool json = sink.format == LOG_JSON;

	if (l->len > 0)
		put(l, json ? "," : " ", 1);
	if (json)
		put(l, "\"", 1);
	put(l, key, strlen(key));
	put(l, json ? "\":" : "=", json ? 2 : 1);
}

/* Whether key and a value of at most len bytes fit, quotes and separators with them. */
static bool
has_room(const struct log_line *l, const char *key, size_t len)
{
	return strlen(key) + len + 8 <= sizeof(l->text) - CUT_ROOM - l->len;
}

void
log_str(struct log_line *l, const char *key, struct str value)
{
	if (!l->on)
		return;
	/* A byte takes six at most. What would not fit is left out whole: the line stays
	 * well-formed. */
	if (!has_room(l, key, 6 * value.len)) {
		value = str_sub(value, 0, (sizeof(l->text) - CUT_ROOM - l->len) / 16);
		l->cut = true;
	}
	if (!has_room(l, key, 6 * value.len))
		return;
	put_key(l, key);
	if (sink.format == LOG_LOGFMT && is_plain(value))
		put(l, value.ptr, value.len);
	else
		put_quoted(l, value);
}

void
log_int(struct log_line *l, const char *key, int64_t value)
{
	char digits[24];
	const int len = snprintf(digits, sizeof(digits), "%lld", (long long)value);

	if (!l->on)
		return;
	if (!has_room(l, key, (size_t)len)) {
		l->cut = true;
		return;
	}
	put_key(l, key);
	put(l, digits, (size_t)len);
}

/* "2026-11-24T04:10:05.123Z" */
static struct str
timestamp(char *text)
{
	struct clock_civil c = clock_to_utc(clock_now_us());
	const int ms = c.us / 1000;

	c.us = 0;
	const struct str s = clock_format(c, text);

	text[10] = 'T';
	const int len = snprintf(text + s.len, CLOCK_TEXT_SIZE - s.len, ".%03dZ", ms);

	return (struct str){ text, s.len + (size_t)len };
}

void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	char text[CLOCK_TEXT_SIZE];

	l->level = level;
	l->on = log_enabled(level);
	l->cut = false;
	l->len = 0;
	if (!l->on)
		return;
	if (sink.format == LOG_JSON)
		put(l, "{", 1);
	const struct str now = timestamp(text);

	if (sink.format == LOG_JSON) {
		put(l, "\"time\":", 7);
		put_quoted(l, now);
	} else {
		put(l, "time=", 5);
		put(l, now.ptr, now.len);
	}
	log_str(l, "level", str_from(LEVELS[level]));
	log_str(l, "event", str_from(event));
}

static void
append(struct log_line *l, const char *text)
{
	memcpy(l->text + l->len, text, strlen(text));
	l->len += strlen(text);
}

void
log_end(struct log_line *l)
{
	if (!l->on)
		return;
	/* CUT_ROOM is kept free for these. */
	if (l->cut)
		append(l, sink.format == LOG_JSON ? ",\"cut\":1" : " cut=1");
	append(l, sink.format == LOG_JSON ? "}\n" : "\n");
	if (l->len > sizeof(gathered.text) - gathered.len)
		log_flush();
	memcpy(gathered.text + gathered.len, l->text, l->len);
	gathered.len += l->len;
	if (l->level >= LOG_WARN)
		log_flush();
}

void
log_text(enum log_level level, const char *event, const char *fmt, ...)
{
	struct log_line l;
	char text[1024];
	va_list args;

	log_begin(&l, level, event);
	if (!l.on)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_str(&l, "text", str_from(text));
	log_end(&l);
}

void
log_err(enum log_level level, const char *event, const struct err *err)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_str(&l, "error", str_from(err_exc_type(err->kind)));
	log_str(&l, "text", str_from(err->msg));
	if (err->cause[0] != '\0')
		log_str(&l, "cause", str_from(err->cause));
	log_end(&l);
}
