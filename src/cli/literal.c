#include "cli/literal.h"

#include "crypto/hex.h"
#include "json/json_out.h"

enum { DEPTH_MAX = 32 };

struct reader {
	struct str text;
	size_t at;
	int depth;
	struct json_out out;
};

static const struct {
	struct str word, json;
} WORDS[] = {
	{ STR_INIT("None"), STR_INIT("null") },
	{ STR_INIT("null"), STR_INIT("null") },
	{ STR_INIT("True"), STR_INIT("true") },
	{ STR_INIT("true"), STR_INIT("true") },
	{ STR_INIT("False"), STR_INIT("false") },
	{ STR_INIT("false"), STR_INIT("false") },
};

static const struct {
	char letter, byte;
} ESCAPES[] = { { 'n', '\n' }, { 't', '\t' }, { 'r', '\r' }, { 'b', '\b' }, { 'f', '\f' },
	{ 'a', '\a' }, { 'v', '\v' }, { '\\', '\\' }, { '\'', '\'' }, { '"', '"' }, { '/', '/' } };

static bool value(struct reader *r, const char *ends, struct err *err);

static bool
refuse(const struct reader *r, struct err *err, const char *what)
{
	return err_set(err, ERR_VALIDATION, "at character %zu of %.*s: %s", r->at + 1,
	    (int)MIN(r->text.len, (size_t)100), r->text.ptr, what);
}

/* The next character that is no blank; '\0' at the end. */
static char
peek(struct reader *r)
{
	while (r->at < r->text.len && char_is_space(r->text.ptr[r->at]))
		r->at++;
	return r->at < r->text.len ? r->text.ptr[r->at] : '\0';
}

/* The code point of digits hex digits; -1: there are none such. */
static int32_t
hex_number(struct reader *r, size_t digits)
{
	int32_t n = 0;

	for (size_t i = 0; i < digits; i++) {
		const int digit = r->at < r->text.len ? char_hex(r->text.ptr[r->at]) : -1;

		if (digit < 0)
			return -1;
		n = n * 16 + digit;
		r->at++;
	}
	return n;
}

static void
put_utf8(struct buf *out, int32_t c)
{
	if (c < 0x80) {
		buf_put_char(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_put_char(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_put_char(out, (char)(0xe0 | c >> 12));
		} else {
			buf_put_char(out, (char)(0xf0 | c >> 18));
			buf_put_char(out, (char)(0x80 | (c >> 12 & 63)));
		}
		buf_put_char(out, (char)(0x80 | (c >> 6 & 63)));
	}
	buf_put_char(out, (char)(0x80 | (c & 63)));
}

/* Two \u escapes make one character when they are surrogates. */
static int32_t
wide_escape(struct reader *r)
{
	const int32_t high = hex_number(r, 4);

	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || !str_starts(str_sub(r->text, r->at, 2), STR("\\u")))
		return -1;
	r->at += 2;
	const int32_t low = hex_number(r, 4);

	return low < 0xdc00 || low > 0xdfff ? -1
					    : 0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00);
}

/* Behind a backslash. */
static bool
escape(struct reader *r, struct buf *out)
{
	const char letter = r->at < r->text.len ? r->text.ptr[r->at++] : '\0';

	for (size_t i = 0; i < ARRAY_LEN(ESCAPES); i++) {
		if (letter == ESCAPES[i].letter) {
			buf_put_char(out, ESCAPES[i].byte);
			return true;
		}
	}
	const int32_t c = letter == 'x' ? hex_number(r, 2) : letter == 'u' ? wide_escape(r) : -1;

	if (c < 0)
		return false;
	put_utf8(out, c);
	return true;
}

static bool
quoted(struct reader *r, struct err *err)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(16 * 1024 * 1024);
	const char quote = r->text.ptr[r->at++];

	while (r->at < r->text.len && r->text.ptr[r->at] != quote) {
		const char c = r->text.ptr[r->at++];

		if (c != '\\')
			buf_put_char(&text, c);
		else if (!escape(r, &text))
			return refuse(r, err, "there is no such escape");
	}
	if (r->at == r->text.len)
		return refuse(r, err, "the quote does not end");
	r->at++;
	if (!buf_ok(&text) || !str_is_utf8(buf_str(&text)))
		return refuse(r, err, "a text must be UTF-8");
	json_add_str(&r->out, text.len == 0 ? STR("") : buf_str(&text));
	return true;
}

static bool
is_json_number(struct str word)
{
	const size_t first = str_starts(word, STR("-")) ? 1 : 0;
	double d;

	if (!str_to_double(word, &d) || first >= word.len || !char_is_digit(word.ptr[first]))
		return false;
	/* "007" is no number of Python's either */
	return word.ptr[first] != '0' || first + 1 == word.len ||
	    !char_is_digit(word.ptr[first + 1]);
}

/* Numbers, words with a meaning, and texts whose quotes the shell ate. */
static bool
bare(struct reader *r, const char *ends, struct err *err)
{
	const size_t start = r->at;

	while (r->at < r->text.len && strchr(ends, r->text.ptr[r->at]) == NULL)
		r->at++;
	const struct str word = str_trim(str_sub(r->text, start, r->at - start));

	if (word.len == 0)
		return refuse(r, err, "a value is missing");
	if (!str_is_utf8(word))
		return refuse(r, err, "a text must be UTF-8");
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (str_eq(word, WORDS[i].word)) {
			json_add_raw(&r->out, WORDS[i].json);
			return true;
		}
	}
	if (is_json_number(word) && word.ptr[word.len - 1] != '.')
		json_add_raw(&r->out, word);
	else
		json_add_str(&r->out, word);
	return true;
}

/* Items up to the closing bracket; a comma may stand before it. */
static bool
list(struct reader *r, char close, const char *ends, struct err *err)
{
	r->at++;
	json_open_array(&r->out);
	while (peek(r) != close) {
		if (!value(r, ends, err))
			return false;
		if (peek(r) == ',')
			r->at++;
		else if (peek(r) != close)
			return refuse(r, err, "a comma or the end of the list is missing");
	}
	r->at++;
	json_close_array(&r->out);
	return true;
}

/* A key is a text: numbers and words are one here, too. */
static bool
key(struct reader *r, struct err *err)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(1024 * 1024);
	struct reader inner = *r;

	inner.out = JSON_OUT(&text);
	if (peek(r) == '"' || peek(r) == '\'') {
		inner.at = r->at;
		if (!quoted(&inner, err))
			return false;
	} else {
		inner.at = r->at;
		while (inner.at < r->text.len && strchr(":,}", r->text.ptr[inner.at]) == NULL)
			inner.at++;
		json_add_str(&inner.out, str_trim(str_sub(r->text, r->at, inner.at - r->at)));
	}
	r->at = inner.at;
	/* Both forms are a JSON string by now: it goes out as the key that it is. */
	json_add_raw(&r->out, buf_str(&text));
	if (peek(r) != ':')
		return refuse(r, err, "a colon is missing");
	r->at++;
	buf_put_char(r->out.buf, ':');
	r->out.comma = false;
	return true;
}

static bool
dict(struct reader *r, struct err *err)
{
	r->at++;
	json_open_object(&r->out);
	while (peek(r) != '}') {
		if (!key(r, err) || !value(r, ",}", err))
			return false;
		if (peek(r) == ',')
			r->at++;
		else if (peek(r) != '}')
			return refuse(r, err, "a comma or the end of the dict is missing");
	}
	r->at++;
	json_close_object(&r->out);
	return true;
}

/* ends: the characters that end a bare word here. */
static bool
value(struct reader *r, const char *ends, struct err *err)
{
	bool ok = false;

	if (r->depth == DEPTH_MAX)
		return refuse(r, err, "it is nested too deeply");
	r->depth++;
	switch (peek(r)) {
	case '\0':
		ok = refuse(r, err, "a value is missing");
		break;
	case '[':
		ok = list(r, ']', ",]", err);
		break;
	case '(':
		ok = list(r, ')', ",)", err);
		break;
	case '{':
		ok = dict(r, err);
		break;
	case '"':
	case '\'':
		ok = quoted(r, err);
		break;
	default:
		ok = bare(r, ends, err);
		break;
	}
	r->depth--;
	return ok;
}

bool
literal_to_json(struct str text, struct buf *out, struct err *err)
{
	struct reader r = { .text = text, .out = JSON_OUT(out) };

	if (!value(&r, "", err))
		return false;
	if (peek(&r) != '\0')
		return refuse(&r, err, "this is too much");
	return buf_ok(out) || err_set(err, ERR_TOO_LARGE, "the arguments are too long");
}
