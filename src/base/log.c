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

static const struct str LEVELS[] = { STR_INIT("debug"), STR_INIT("info"), STR_INIT("warn"),
	STR_INIT("error") };

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

/* A value of bytes that are plain needs no quotes in logfmt; one of bytes that are safe, no escapes
 * inside them. */
enum { PLAIN = 1, SAFE = 2 };

/* clang-format off */
static const unsigned char BYTES[256] = {
	[' ']          = SAFE,
	['!']          = SAFE | PLAIN,
	['#' ... '<']  = SAFE | PLAIN, /* all but " = \ */
	['=']          = SAFE,
	['>' ... '[']  = SAFE | PLAIN,
	[']' ... '~']  = SAFE | PLAIN,
};
/* clang-format on */

/* Bytes outside printable ASCII become \u00XX, in both formats: a log is read with any tool. */
static void
put_escaped(struct log_line *l, struct str s)
{
	static const char HEX[] = "0123456789abcdef";

	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		const char unit[] = { '\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15] };

		if (c == '"' || c == '\\')
			log_put(l, (struct str){ (char[]){ '\\', (char)c }, 2 });
		else if (c < ' ' || c >= 0x7f)
			log_put(l, (struct str){ unit, sizeof(unit) });
		else
			log_put(l, (struct str){ s.ptr + i, 1 });
	}
}

void
log_put_value(struct log_line *l, struct str s)
{
	const unsigned kinds = str_kinds(s, BYTES);

	if (!l->json && s.len > 0 && (kinds & PLAIN) != 0) {
		log_put(l, s);
		return;
	}
	log_put(l, STR("\""));
	if ((kinds & SAFE) != 0)
		log_put(l, s);
	else
		put_escaped(l, s);
	log_put(l, STR("\""));
}

static void
put_key(struct log_line *l, struct str key)
{
	if (!l->json) {
		log_put(l, key);
		return;
	}
	log_put(l, STR(",\""));
	log_put(l, str_sub(key, 1, key.len - 2));
	log_put(l, STR("\":"));
}

/* Whether key and a value of at most len bytes fit, quotes and separators with them. */
static bool
has_room(const struct log_line *l, struct str key, size_t len)
{
	return key.len + len + LOG_AROUND <= sizeof(l->text) - CUT_ROOM - l->len;
}

void
log_add_str_slowly(struct log_line *l, struct str key, struct str value)
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
	log_put_value(l, value);
}

void
log_add_int_slowly(struct log_line *l, struct str key, int64_t value)
{
	char digits[STR_INT64_SIZE];

	if (!l->on)
		return;
	if (!has_room(l, key, sizeof(digits))) {
		l->cut = true;
		return;
	}
	put_key(l, key);
	log_put(l, str_from_int64(value, digits));
}

void
log_add_plain_slowly(struct log_line *l, struct str key, struct str value)
{
	if (!l->on)
		return;
	if (!has_room(l, key, value.len)) {
		l->cut = true;
		return;
	}
	put_key(l, key);
	if (l->json)
		log_put(l, STR("\""));
	log_put(l, value);
	if (l->json)
		log_put(l, STR("\""));
}

/* "2026-11-24T04:10:05.123Z"; all but the milliseconds is kept from line to line. */
static struct str
timestamp(void)
{
	static _Thread_local struct {
		int64_t second;
		char text[CLOCK_TEXT_SIZE];
	} last;
	const int64_t now_us = clock_tick_us();
	const int ms = (int)(now_us % CLOCK_US_PER_S / 1000);
	const size_t len = strlen("2026-11-24T04:10:05.");

	if (last.second != now_us / CLOCK_US_PER_S) {
		last.second = now_us / CLOCK_US_PER_S;
		clock_format(clock_to_utc(last.second * CLOCK_US_PER_S), last.text);
		last.text[10] = 'T';
		memcpy(last.text + len - 1, ".000Z", sizeof(".000Z"));
	}
	last.text[len] = (char)('0' + ms / 100);
	last.text[len + 1] = (char)('0' + ms / 10 % 10);
	last.text[len + 2] = (char)('0' + ms % 10);
	return (struct str){ last.text, len + strlen("000Z") };
}

void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	l->level = level;
	l->on = log_enabled(level);
	l->json = sink.format == LOG_JSON;
	l->cut = false;
	l->swift = l->on && !l->json ? sizeof(l->text) - CUT_ROOM : 0;
	l->len = 0;
	if (!l->on)
		return;
	log_put(l, l->json ? STR("{\"time\":\"") : STR("time="));
	log_put(l, timestamp());
	if (l->json)
		log_put(l, STR("\""));
	log_plain(l, "level", LEVELS[level]);
	log_plain(l, "event", str_from(event));
}

void
log_end(struct log_line *l)
{
	if (!l->on)
		return;
	/* CUT_ROOM is kept free for these. */
	if (l->cut)
		log_put(l, l->json ? STR(",\"cut\":1") : STR(" cut=1"));
	log_put(l, l->json ? STR("}\n") : STR("\n"));
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
