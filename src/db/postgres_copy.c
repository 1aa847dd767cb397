#include "db/postgres_copy.h"

/* A byte, and the letter that stands for it after a backslash. */
static const struct {
	char byte, letter;
} ESCAPES[] = {
	{ '\\', '\\' },
	{ '\t', 't' },
	{ '\n', 'n' },
	{ '\r', 'r' },
	{ '\b', 'b' },
	{ '\f', 'f' },
	{ '\v', 'v' },
};

/* How many bytes at the beginning stand for themselves. */
static size_t
plain_len(struct str s)
{
	size_t i = 0;

	while (i < s.len && s.ptr[i] != '\\' && !(s.ptr[i] >= '\b' && s.ptr[i] <= '\r'))
		i++;
	return i;
}

static void
put_escaped(struct buf *b, char c)
{
	buf_put_char(b, '\\');
	for (size_t i = 0; i < ARRAY_LEN(ESCAPES); i++) {
		if (ESCAPES[i].byte == c)
			buf_put_char(b, ESCAPES[i].letter);
	}
}

static bool
put_text(struct buf *b, struct str s, struct err *err)
{
	if (s.len > 0 && memchr(s.ptr, 0, s.len) != NULL)
		return err_set(
		    err, ERR_DATA, "The text holds a NUL, which the database cannot store");
	if (!str_is_utf8(s))
		return err_set(
		    err, ERR_DATA, "The text is not UTF-8, and the database stores nothing else");
	while (s.len > 0) {
		const size_t len = plain_len(s);

		buf_put(b, str_sub(s, 0, len));
		if (len < s.len)
			put_escaped(b, s.ptr[len]);
		s = str_sub(s, len + 1, s.len);
	}
	return true;
}

bool
postgres_copy_put(struct buf *b, struct value v, struct err *err)
{
	switch (v.kind) {
	case VALUE_NULL:
		buf_lit(b, "\\N");
		return true;
	case VALUE_INT:
		buf_put_int(b, v.i);
		return true;
	case VALUE_REAL:
		buf_printf(b, "%.17g", v.r);
		return true;
	case VALUE_TEXT:
		return put_text(b, v.s, err);
	}
	return false;
}

static char
unescaped(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(ESCAPES); i++) {
		if (ESCAPES[i].letter == letter)
			return ESCAPES[i].byte;
	}
	return letter;
}

/* Undoes the escapes from at on, in place, to the next tab or the end; where that is. */
static char *
unescape(char *at, const char *end, char **to)
{
	char *out = at;

	while (at < end && *at != '\t') {
		if (*at == '\\' && at + 1 < end) {
			*out++ = unescaped(at[1]);
			at += 2;
		} else {
			*out++ = *at++;
		}
	}
	*to = out;
	return at;
}

static bool
parse_value(struct str text, enum value_kind kind, struct value *out)
{
	int64_t i;
	double r;

	switch (kind) {
	case VALUE_INT:
		if (!str_to_int64(text, &i))
			return false;
		*out = value_int(i);
		return true;
	case VALUE_REAL:
		if (!str_to_double(text, &r))
			return false;
		*out = value_real(r);
		return true;
	case VALUE_NULL:
	case VALUE_TEXT:
		*out = value_text(text);
		return true;
	}
	return false;
}

bool
postgres_copy_parse(
    char *line, size_t line_len, const enum value_kind *kinds, size_t len, struct value *out)
{
	char *at = line, *end = line + line_len, *to;

	if (line_len > 0 && end[-1] == '\n')
		end--;
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && at++ == end) /* a tab stands between two */
			return false;
		char *const from = at;

		if (end - from >= 2 && from[0] == '\\' && from[1] == 'N') {
			out[i] = value_null();
			at = from + 2;
		} else {
			at = unescape(from, end, &to);
			if (!parse_value(
				(struct str){ from, (size_t)(to - from) }, kinds[i], &out[i]))
				return false;
		}
		if (at < end && *at != '\t')
			return false;
	}
	return at == end;
}
