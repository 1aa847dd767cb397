/*
 * setting.h - the table of settings: one row makes a field of struct conf, an option of the
 * file, a variable, a flag and a paragraph of the manual.
 */
#ifndef CONF_SETTING_H
#define CONF_SETTING_H

#include "base/arena.h"
#include "base/buf.h"
#include "conf/conf.h"

enum setting_type {
	SETTING_TEXT,
	SETTING_LIST, /* commas separate, repeating appends */
	SETTING_INT,
	SETTING_BYTES,   /* 65536, 64K, 25M, 1G */
	SETTING_SECONDS, /* 30, 30s */
	SETTING_BOOL,    /* yes, no; on, off; true, false; 1, 0 */
	SETTING_RATE,    /* "SECONDS/WINDOW" or 0 */
	SETTING_LEVEL,
	SETTING_FORMAT,
};

struct setting {
	const char *section, *name;
	enum setting_type type;
	size_t offset; /* of the field in struct conf */
	const char *fallback;
	int64_t least, most;  /* of numbers */
	const char *flag;     /* a shorter flag, "listen"; NULL: none */
	const char *variable; /* a shorter variable; NULL: none */
	bool secret; /* never a plain flag, masked, has a ..._FILE variable and a _file flag */
	bool holds_secret; /* a URL with a password in it: a plain flag, too; masked in part */
	bool live;         /* a reload changes it; the others wait for a new start */
	const char *help;
};

/* Has it a ..._FILE variable and a _file flag? */
static inline bool
setting_has_file(const struct setting *s)
{
	return s->secret || s->holds_secret;
}

extern const struct setting SETTING_ALL[];
extern const size_t SETTING_ALL_LEN;

/*
 * Sets the field from text, which is copied into a. append: a list grows, instead of being
 * replaced. ERR_VALIDATION says what would be right.
 */
MUST_USE bool setting_set(const struct setting *s, struct conf *c, struct arena *a, struct str text,
    bool append, struct err *err);

/* Takes the value over; texts and lists still lie in from's memory. */
void setting_copy(const struct setting *s, struct conf *to, const struct conf *from);

/* Appends the value as the file would have it: yes, 64K, "text", {"a", "b"}; a secret as asterisks.
 */
void setting_print(const struct setting *s, const struct conf *c, struct buf *out);

/* "SYMBOLON_HTTP_RATE_LIMIT". */
void setting_variable(const struct setting *s, struct buf *out);

#endif
