/*
 * log.h - one structured line an event, as logfmt or JSON, on standard error.
 *
 *   time=2026-11-24T04:10:05.123Z level=info event=request status=200 path=/api/method/ping
 *
 * Never a secret, a cookie, a body or a query string: callers pass what may be
 * read by others. Control bytes and quotes are escaped, so a value cannot forge
 * a line. Lines gather in a buffer a thread and are written by log_flush(),
 * when the buffer is full, and at once for warnings and errors.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

/* Where lines go and which; before threads start, or again on a reload. Default: descriptor 2,
 * LOG_INFO, logfmt. */
void log_open(int fd, enum log_level least, enum log_format format);

/* Would a line of this level be written? */
bool log_enabled(enum log_level level);

struct log_line {
	enum log_level level;
	bool on;
	bool json;
	bool cut;     /* something did not fit */
	size_t swift; /* bytes that logfmt may fill without a look at the rest; 0: it is not on */
	size_t len;
	char text[2048];
};

/*
 * event is a short literal such as "request". A line longer than its buffer is cut: long values
 * are shortened, further ones left out, and it ends in cut=1.
 */
void log_begin(struct log_line *l, enum log_level level, const char *event);
/* log_str(l, key, value): key is a literal. */
#define log_str(l, key, ...) log_add_str((l), STR(" " key "="), (__VA_ARGS__))
#define log_int(l, key, ...) log_add_int((l), STR(" " key "="), (__VA_ARGS__))
/* The same for a value that is known to be of letters, digits and _-.:/ alone: nobody looks. */
#define log_plain(l, key, ...) log_add_plain((l), STR(" " key "="), (__VA_ARGS__))
void log_end(struct log_line *l);

/* What these are: key has its separators, so that logfmt copies it in one piece. */
void log_add_str_slowly(struct log_line *l, struct str key, struct str value);
void log_add_int_slowly(struct log_line *l, struct str key, int64_t value);
void log_add_plain_slowly(struct log_line *l, struct str key, struct str value);
void log_put_value(struct log_line *l, struct str s); /* there is room for it, all escaped */

enum { LOG_AROUND = 8 }; /* bytes around a key and its value */

static inline bool
log_is_swift(const struct log_line *l, size_t bytes)
{
	return l->len + bytes + LOG_AROUND <= l->swift;
}

/* There is room. */
static inline void
log_put(struct log_line *l, struct str s)
{
	memcpy(l->text + l->len, s.ptr, s.len);
	l->len += s.len;
}

static inline void
log_add_str(struct log_line *l, struct str key, struct str value)
{
	if (!log_is_swift(l, key.len + 6 * value.len)) { /* which a byte takes at most */
		log_add_str_slowly(l, key, value);
		return;
	}
	log_put(l, key);
	log_put_value(l, value);
}

static inline void
log_add_int(struct log_line *l, struct str key, int64_t value)
{
	char digits[STR_INT64_SIZE];

	if (!log_is_swift(l, key.len + sizeof(digits))) {
		log_add_int_slowly(l, key, value);
		return;
	}
	log_put(l, key);
	log_put(l, str_from_int64(value, digits));
}

static inline void
log_add_plain(struct log_line *l, struct str key, struct str value)
{
	if (!log_is_swift(l, key.len + value.len)) {
		log_add_plain_slowly(l, key, value);
		return;
	}
	log_put(l, key);
	log_put(l, value);
}

/* A line with one text: log_text(LOG_WARN, "settings", "unknown variable %s", name). */
void log_text(enum log_level level, const char *event, const char *fmt, ...) PRINTF(3, 4);

/* A line for an error: its kind, its message and its cause. */
void log_err(enum log_level level, const char *event, const struct err *err);

/* Writes what the calling thread has gathered. Each thread, once a second and at its end. */
void log_flush(void);

#endif
