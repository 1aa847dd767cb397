#include "json/json_out.h"

#include "json/json_in.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes that stand in a string as they are. */
/* clang-format off */
static const unsigned char PLAIN[256] = {
	[' ' ... '!'] = 1, ['#' ... '['] = 1, [']' ... '~'] = 1,
};
/* clang-format on */

static void
before_value(struct json_out *o)
{
	if (o->comma && o->spaced)
		buf_lit(o->buf, ", ");
	else if (o->comma)
		buf_put_char(o->buf, ',');
	o->comma = true;
}

static void
open_with(struct json_out *o, char bracket)
{
	before_value(o);
	buf_put_char(o->buf, bracket);
	o->comma = false;
}

static void
close_with(struct json_out *o, char bracket)
{
	buf_put_char(o->buf, bracket);
	o->comma = true;
}

void
json_open_object(struct json_out *o)
{
	open_with(o, '{');
}

void
json_close_object(struct json_out *o)
{
	close_with(o, '}');
}

void
json_open_array(struct json_out *o)
{
	open_with(o, '[');
}

void
json_close_array(struct json_out *o)
{
	close_with(o, ']');
}

static void
put_unit(struct buf *b, uint32_t unit)
{
	static const char HEX[] = "0123456789abcdef";
	const char text[] = { '\\', 'u', HEX[unit >> 12 & 15], HEX[unit >> 8 & 15],
		HEX[unit >> 4 & 15], HEX[unit & 15] };

	buf_put(b, (struct str){ text, sizeof(text) });
}

static void
put_code_point(struct buf *b, uint32_t c)
{
	if (c >= 0x10000) {
		put_unit(b, 0xd800 + ((c - 0x10000) >> 10));
		put_unit(b, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		put_unit(b, c);
	}
}

/* The code point at p[0..left), which starts with a byte over 0x7f; *step is its length. */
static uint32_t
decode(const unsigned char *p, size_t left, size_t *step)
{
	const size_t want = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	*step = 1;
	if (left < want || !str_is_utf8((struct str){ (const char *)p, want }))
		return 0xfffd;
	*step = want;
	uint32_t c = p[0] & (0xffU >> (want + 1));

	for (size_t i = 1; i < want; i++)
		c = c << 6 | (p[i] & 0x3fU);
	return c;
}

static void
put_escape(struct buf *b, unsigned char c, size_t *step)
{
	static const char SHORT[] = "\"\"\\\\\nn\rr\tt\bb\ff";

	*step = 1;
	for (size_t i = 0; i + 1 < sizeof(SHORT); i += 2) {
		if ((unsigned char)SHORT[i] == c) {
			buf_put(b, (struct str){ (const char[]){ '\\', SHORT[i + 1] }, 2 });
			return;
		}
	}
	put_unit(b, c);
}

/* Sixteen bytes at a time, which compilers have instructions for. */
typedef signed char lanes __attribute__((vector_size(16)));

/* Does none of the sixteen bytes at p need an escape? Those of non-ASCII are negative. */
static bool
are_plain(const char *p)
{
	lanes bytes;
	uint64_t found[2];

	memcpy(&bytes, p, sizeof(bytes));
	bytes = (bytes < ' ') | (bytes == '"') | (bytes == '\\') | (bytes == 0x7f);
	memcpy(found, &bytes, sizeof(found));
	return (found[0] | found[1]) == 0;
}

static bool
is_plain(struct str s)
{
	if (s.len < sizeof(lanes))
		return str_kinds(s, PLAIN) != 0;
	for (size_t i = 0; i + sizeof(lanes) < s.len; i += sizeof(lanes)) {
		if (!are_plain(s.ptr + i))
			return false;
	}
	return are_plain(s.ptr + s.len - sizeof(lanes));
}

/* The length of the run at the start of s that needs no escape. */
static size_t
plain_len(struct str s)
{
	size_t len = 0;

	while (s.len - len >= sizeof(lanes) && are_plain(s.ptr + len))
		len += sizeof(lanes);
	while (len < s.len && PLAIN[(unsigned char)s.ptr[len]] != 0)
		len++;
	return len;
}

/* Text with bytes that need an escape. Runs of plain ones are copied whole. */
static void
put_escaped(struct buf *b, struct str s)
{
	while (s.len > 0) {
		const size_t plain = plain_len(s);
		size_t step = 0;

		buf_put(b, (struct str){ s.ptr, plain });
		if (plain < s.len && (unsigned char)s.ptr[plain] > 0x7f)
			put_code_point(
			    b, decode((const unsigned char *)s.ptr + plain, s.len - plain, &step));
		else if (plain < s.len)
			put_escape(b, (unsigned char)s.ptr[plain], &step);
		s = str_sub(s, plain + step, s.len);
	}
}

/*
 * Text as a string, the separator before it, and a colon after it if it is a key. Most texts are
 * plain, and leave in one piece.
 */
static void
put_plain(struct json_out *o, struct str s, bool is_key)
{
	enum { AROUND = 2 /* comma and blank */ + 2 /* quotes */ + 2 /* colon and blank */ };
	char *const room = buf_room(o->buf, s.len + AROUND);
	char *to = room;

	if (to == NULL)
		return;
	if (o->comma)
		*to++ = ',';
	if (o->comma && o->spaced)
		*to++ = ' ';
	*to++ = '"';
	if (s.len > 0)
		memcpy(to, s.ptr, s.len);
	to += s.len;
	*to++ = '"';
	if (is_key)
		*to++ = ':';
	if (is_key && o->spaced)
		*to++ = ' ';
	o->comma = !is_key;
	buf_grew(o->buf, (size_t)(to - room));
}

static void
put_escaped_string(struct json_out *o, struct str s, bool is_key)
{
	before_value(o);
	buf_put_char(o->buf, '"');
	put_escaped(o->buf, s);
	buf_put_char(o->buf, '"');
	if (is_key)
		buf_put(o->buf, o->spaced ? STR(": ") : STR(":"));
	o->comma = !is_key;
}

static void
put_string(struct json_out *o, struct str s, bool is_key)
{
	if (is_plain(s))
		put_plain(o, s, is_key);
	else
		put_escaped_string(o, s, is_key);
}

void
json_key(struct json_out *o, struct str key)
{
	put_string(o, key, true);
}

void
json_add_null(struct json_out *o)
{
	before_value(o);
	buf_lit(o->buf, "null");
}

void
json_add_bool(struct json_out *o, bool b)
{
	before_value(o);
	buf_put(o->buf, b ? STR("true") : STR("false"));
}

void
json_add_int(struct json_out *o, int64_t n)
{
	before_value(o);
	buf_put_int(o->buf, n);
}

void
json_add_str(struct json_out *o, struct str s)
{
	if (str_is_null(s)) {
		json_add_null(o);
		return;
	}
	put_string(o, s, false);
}

enum { REAL_SIZE = 40 };

/*
 * The shortest text that reads back as r, in Python's repr() form: digits and point for 1e-4 <= |r|
 * < 1e16, else an exponent of at least two digits. r is no whole number below 1e15.
 */
static size_t
format_real(double r, char text[static REAL_SIZE])
{
	/* No two numbers of 15 digits share a double, but for those that lack bits. */
	int digits = fabs(r) < DBL_MIN ? 1 : DBL_DIG;

	if (fabs(r) >= 1e15 && fabs(r) < 1e16)
		return (size_t)snprintf(text, REAL_SIZE, "%.1f", r);
	for (; digits < DBL_DECIMAL_DIG; digits++) {
		const int len = snprintf(text, REAL_SIZE, "%.*g", digits, r);

		if (strtod(text, NULL) == r)
			return (size_t)len;
	}
	return (size_t)snprintf(text, REAL_SIZE, fabs(r) < 1e15 ? "%.17g" : "%.16e", r);
}

enum { PLACES = 9, BILLION = 1000 * 1000 * 1000 };

/* Is r one of the numbers that most columns hold: n billionths, and no more than 15 digits, of
 * which a double keeps every one? */
static bool
is_plain_real(double r, int64_t *n)
{
	if (fabs(r) < 1e-4 || fabs(r) >= 1e6)
		return false;
	*n = (int64_t)round(fabs(r) * BILLION);
	return (double)*n / BILLION == fabs(r);
}

static void
put_plain_real(struct buf *b, double r, int64_t n)
{
	const int64_t billion = BILLION;
	char digits[STR_INT64_SIZE];
	/* A leading 1 keeps the zeros behind the point. */
	struct str fraction = str_from_int64(billion + n % billion, digits);

	fraction = str_sub(fraction, 1, PLACES);
	while (fraction.len > 1 && fraction.ptr[fraction.len - 1] == '0')
		fraction.len--;
	if (r < 0)
		buf_put_char(b, '-');
	buf_put_int(b, n / billion);
	buf_put_char(b, '.');
	buf_put(b, fraction);
}

void
json_add_real(struct json_out *o, double r)
{
	char text[REAL_SIZE];
	int64_t n;

	before_value(o);
	if (!isfinite(r)) { /* refused where it came in; JSON has no word for it */
		buf_lit(o->buf, "null");
		return;
	}
	if (r == floor(r) && fabs(r) < 1e15) {
		buf_put_int(o->buf, (int64_t)r);
		buf_lit(o->buf, ".0");
	} else if (is_plain_real(r, &n)) {
		put_plain_real(o->buf, r, n);
	} else {
		buf_put(o->buf, (struct str){ text, format_real(r, text) });
	}
}

void
json_add_value(struct json_out *o, struct value v)
{
	switch (v.kind) {
	case VALUE_NULL:
		json_add_null(o);
		break;
	case VALUE_INT:
		json_add_int(o, v.i);
		break;
	case VALUE_REAL:
		json_add_real(o, v.r);
		break;
	case VALUE_TEXT:
		json_add_str(o, v.s);
		break;
	}
}

static void
add_object(struct json_out *o, const json_t *v)
{
	json_open_object(o);
	for (struct json_member m = json_first(v); m.value != NULL; m = json_next(m)) {
		json_key(o, m.key);
		json_add_tree(o, m.value);
	}
	json_close_object(o);
}

void
json_add_tree(struct json_out *o, const json_t *v)
{
	switch (v == NULL ? JSON_NULL : json_typeof(v)) {
	case JSON_NULL:
		json_add_null(o);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		json_add_bool(o, json_is_true(v));
		break;
	case JSON_INTEGER:
		json_add_int(o, json_integer_value(v));
		break;
	case JSON_REAL:
		json_add_real(o, json_real_value(v));
		break;
	case JSON_STRING:
		json_add_str(o, json_text(v));
		break;
	case JSON_ARRAY:
		json_open_array(o);
		for (size_t i = 0; i < json_array_size(v); i++)
			json_add_tree(o, json_array_get(v, i));
		json_close_array(o);
		break;
	case JSON_OBJECT:
		add_object(o, v);
		break;
	}
}

void
json_add_raw(struct json_out *o, struct str json)
{
	before_value(o);
	buf_put(o->buf, json);
}

void
json_add_packed(struct json_out *o, const struct str *items, size_t len)
{
	struct buf inner = BUF_INIT(o->buf->cap);
	struct json_out list = JSON_OUT(&inner);

	list.spaced = true;
	json_open_array(&list);
	for (size_t i = 0; i < len; i++)
		json_add_str(&list, items[i]);
	json_close_array(&list);
	if (buf_ok(&inner))
		json_add_str(o, buf_str(&inner));
	else
		o->buf->overrun = true;
	buf_free(&inner);
}

void
json_put_null(struct json_out *o, const char *key)
{
	put_plain(o, str_from(key), true);
	json_add_null(o);
}

void
json_put_bool(struct json_out *o, const char *key, bool b)
{
	put_plain(o, str_from(key), true);
	json_add_bool(o, b);
}

void
json_put_int(struct json_out *o, const char *key, int64_t n)
{
	put_plain(o, str_from(key), true);
	json_add_int(o, n);
}

void
json_put_str(struct json_out *o, const char *key, struct str s)
{
	put_plain(o, str_from(key), true);
	json_add_str(o, s);
}

void
json_put_value(struct json_out *o, const char *key, struct value v)
{
	put_plain(o, str_from(key), true);
	json_add_value(o, v);
}
