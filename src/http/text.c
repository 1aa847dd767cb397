#include "http/text.h"

#include "http/byte.h"

#include <string.h>

enum { MAX_PAIRS = 1000 };

bool
http_check_text(struct str s, struct err *err)
{
	if (!str_is_utf8(s))
		return err_set(err, ERR_BAD_REQUEST, "A name or value is not UTF-8");
	if (str_find(s, '\0') >= 0)
		return err_set(err, ERR_BAD_REQUEST, "A name or value holds a NUL");
	return true;
}

static bool
needs_decoding(struct str s, bool plus_is_space)
{
	return str_find(s, '%') >= 0 || (plus_is_space && str_find(s, '+') >= 0);
}

bool
http_percent_decode(
    struct arena *a, struct str s, bool plus_is_space, struct str *out, struct err *err)
{
	if (!needs_decoding(s, plus_is_space)) {
		if (!http_check_text(s, err))
			return false;
		*out = s;
		return true;
	}
	char *text = arena_alloc(a, s.len + 1);
	size_t len = 0;

	if (text == NULL)
		return err_memory(err);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '%') {
			const int high = i + 2 < s.len ? char_hex(s.ptr[i + 1]) : -1;
			const int low = i + 2 < s.len ? char_hex(s.ptr[i + 2]) : -1;

			if (high < 0 || low < 0)
				return err_set(
				    err, ERR_BAD_REQUEST, "A %% is not followed by two hex digits");
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		text[len++] = c;
	}
	const struct str decoded = { text, len };

	if (!http_check_text(decoded, err))
		return false;
	*out = decoded;
	return true;
}

static bool
stays(char c, struct str keep)
{
	return http_byte_is(c, HTTP_BYTE_UNRESERVED) || str_find(keep, c) >= 0;
}

static bool
all_stays(struct str s, struct str keep)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!stays(s.ptr[i], keep))
			return false;
	}
	return true;
}

enum { ENCODED_MOST = 3 }; /* bytes that stand for one */

/* How many bytes it has written. */
static size_t
percent_encode(char *text, struct str s, struct str keep)
{
	static const char HEX[] = "0123456789ABCDEF";
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];

		if (stays((char)c, keep)) {
			text[len++] = (char)c;
		} else {
			text[len++] = '%';
			text[len++] = HEX[c >> 4];
			text[len++] = HEX[c & 15];
		}
	}
	return len;
}

void
http_percent_put(struct buf *b, struct str s, struct str keep)
{
	char *to = s.len == 0 ? NULL : buf_room(b, s.len * ENCODED_MOST);

	if (to != NULL)
		buf_grew(b, percent_encode(to, s, keep));
}

bool
http_percent_encode(
    struct arena *a, struct str s, struct str keep, struct str *out, struct err *err)
{
	if (all_stays(s, keep))
		return arena_str(a, str_is_null(s) ? STR("") : s, out, err);
	char *text = s.len > SIZE_MAX / 4 ? NULL : arena_alloc(a, s.len * ENCODED_MOST + 1);

	if (text == NULL)
		return err_memory(err);
	*out = (struct str){ text, percent_encode(text, s, keep) };
	return true;
}

bool
http_parse_form(struct arena *a, struct str text, struct http_pairs *out, struct err *err)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '&';
	if (n > MAX_PAIRS)
		return err_set(err, ERR_TOO_LARGE, "More than %d arguments", MAX_PAIRS);
	struct http_pairs pairs = { .items = ARENA_NEW_ARRAY(a, struct http_pair, n) };

	if (pairs.items == NULL)
		return err_memory(err);
	for (bool more = text.len > 0; more;) {
		struct str one, name, value;
		struct http_pair *pair = &pairs.items[pairs.len];

		more = str_cut(text, '&', &one, &text);
		if (one.len == 0)
			continue;
		str_cut(one, '=', &name, &value);
		if (!http_percent_decode(a, name, true, &pair->name, err) ||
		    !http_percent_decode(a, value, true, &pair->value, err))
			return false;
		pairs.len++;
	}
	*out = pairs;
	return true;
}

bool
http_cut_url(struct str url, struct str *scheme, struct str *authority, struct str *rest)
{
	const ptrdiff_t colon = str_find_str(url, STR("://"));
	size_t end = (size_t)MAX(colon, 0) + 3;

	if (colon < 0)
		return false;
	*scheme = str_sub(url, 0, (size_t)colon);
	*authority = str_sub(url, end, url.len);
	while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?')
		end++;
	authority->len = (size_t)(url.ptr + end - authority->ptr);
	*rest = str_sub(url, end, url.len);
	return true;
}

struct str
http_cookie(struct str field, struct str name)
{
	while (field.len > 0) {
		struct str one, key, value;

		str_cut(field, ';', &one, &field);
		if (str_cut(str_trim(one), '=', &key, &value) && str_eq(key, name))
			return value;
	}
	return STR_NULL;
}

struct str
http_media_type(struct str content_type)
{
	struct str type, rest;

	str_cut(content_type, ';', &type, &rest);
	return str_trim(type);
}

/* q=0 in any of its spellings. */
static bool
is_refused(struct str parameters)
{
	struct str name, value;

	str_cut(parameters, '=', &name, &value);
	value = str_trim(value);
	if (!str_ieq(str_trim(name), STR("q")) || value.len == 0)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] != '0' && value.ptr[i] != '.')
			return false;
	}
	return true;
}

bool
http_accepts_gzip(struct str accept_encoding)
{
	while (accept_encoding.len > 0) {
		struct str one, coding, parameters;

		str_cut(accept_encoding, ',', &one, &accept_encoding);
		str_cut(one, ';', &coding, &parameters);
		if (str_ieq(str_trim(coding), STR("gzip")) && !is_refused(parameters))
			return true;
	}
	return false;
}
