#include "http/text.h"

#include <string.h>

enum { MAX_PAIRS = 1000, MAX_PARTS = 1000 };

static int
hex_value(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
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
		if (!str_is_utf8(s) || str_find(s, '\0') >= 0)
			return err_set(err, ERR_BAD_REQUEST, "A name or value is not UTF-8");
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
			const int high = i + 2 < s.len ? hex_value(s.ptr[i + 1]) : -1;
			const int low = i + 2 < s.len ? hex_value(s.ptr[i + 2]) : -1;

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

	if (!str_is_utf8(decoded) || str_find(decoded, '\0') >= 0)
		return err_set(err, ERR_BAD_REQUEST, "A name or value is not UTF-8");
	*out = decoded;
	return true;
}

bool
http_percent_encode(
    struct arena *a, struct str s, struct str keep, struct str *out, struct err *err)
{
	static const char HEX[] = "0123456789ABCDEF";
	char *text = s.len > SIZE_MAX / 4 ? NULL : arena_alloc(a, s.len * 3 + 1);
	size_t len = 0;

	if (text == NULL)
		return err_memory(err);
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];

		if (char_is_word((char)c) || c == '-' || c == '.' || c == '~' ||
		    str_find(keep, (char)c) >= 0) {
			text[len++] = (char)c;
		} else {
			text[len++] = '%';
			text[len++] = HEX[c >> 4];
			text[len++] = HEX[c & 15];
		}
	}
	*out = (struct str){ text, len };
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
	*out = (struct http_pairs){ .items = ARENA_NEW_ARRAY(a, struct http_pair, n) };
	if (out->items == NULL)
		return err_memory(err);
	for (bool more = text.len > 0; more;) {
		struct str one, name, value;
		struct http_pair *pair = &out->items[out->len];

		more = str_cut(text, '&', &one, &text);
		if (one.len == 0)
			continue;
		str_cut(one, '=', &name, &value);
		if (!http_percent_decode(a, name, true, &pair->name, err) ||
		    !http_percent_decode(a, value, true, &pair->value, err))
			return false;
		out->len++;
	}
	return true;
}

/* The value of a parameter: name="boundary" of `multipart/form-data; boundary="x"`. */
static struct str
parameter(struct str field, struct str name)
{
	struct str rest;

	str_cut(field, ';', &field, &rest);
	while (rest.len > 0) {
		struct str key, value;
		const ptrdiff_t quote = str_find(rest, '"');
		const ptrdiff_t semicolon = str_find(rest, ';');

		str_cut(rest, '=', &key, &value);
		if (quote >= 0 && (semicolon < 0 || quote < semicolon)) {
			value = str_sub(rest, (size_t)quote + 1, rest.len);
			str_cut(value, '"', &value, &rest);
			str_cut(rest, ';', &field, &rest);
		} else {
			str_cut(value, ';', &value, &rest);
			value = str_trim(value);
		}
		if (str_ieq(str_trim(key), name))
			return value;
	}
	return STR_NULL;
}

/* The fields of one part, up to its empty line. */
static bool
parse_part_head(struct str head, struct http_part *part, struct err *err)
{
	while (head.len > 0) {
		struct str line, name, value;

		str_cut(head, '\n', &line, &head);
		str_cut(line, ':', &name, &value);
		value = str_trim(value);
		if (str_ieq(str_trim(name), STR("content-disposition"))) {
			part->name = parameter(value, STR("name"));
			part->filename = parameter(value, STR("filename"));
			part->is_file = !str_is_null(part->filename);
		} else if (str_ieq(str_trim(name), STR("content-type"))) {
			part->type = value;
		}
	}
	if (str_is_null(part->name))
		return err_set(err, ERR_BAD_REQUEST, "A part of the multipart body has no name");
	if (!str_is_utf8(part->name) || (part->is_file && !str_is_utf8(part->filename)))
		return err_set(err, ERR_BAD_REQUEST, "A name in the multipart body is not UTF-8");
	return true;
}

static bool
parse_parts(struct str rest, struct str delimiter, struct http_parts *out, struct err *err)
{
	for (;;) {
		/* rest begins behind a delimiter: "--" ends the body, CRLF begins a part. */
		if (str_starts(rest, STR("--")))
			return true;
		const ptrdiff_t head = str_find_str(rest, STR("\r\n\r\n"));
		const ptrdiff_t end = str_find_str(rest, delimiter);

		if (!str_starts(rest, STR("\r\n")) || head < 0 || end < head)
			return err_set(err, ERR_BAD_REQUEST, "The multipart body is malformed");
		if (out->len == MAX_PARTS)
			return err_set(err, ERR_TOO_LARGE, "More than %d parts", MAX_PARTS);
		struct http_part *part = &out->items[out->len++];

		*part = (struct http_part){ 0 };
		if (!parse_part_head(
			str_sub(rest, 2, (size_t)head - 2 + (head < 2 ? 2 : 0)), part, err))
			return false;
		part->bytes = str_sub(rest, (size_t)head + 4, (size_t)MAX(end - head - 4, 0));
		rest = str_sub(rest, (size_t)end + delimiter.len, rest.len);
	}
}

bool
http_parse_multipart(struct arena *a, struct str body, struct str content_type,
    struct http_parts *out, struct err *err)
{
	const struct str boundary = parameter(content_type, STR("boundary"));
	struct str delimiter, first;

	if (boundary.len == 0 || boundary.len > 70)
		return err_set(err, ERR_BAD_REQUEST, "The multipart body names no boundary");
	if (!arena_printf(a, &delimiter, err, "\r\n--%.*s", STR_FMT(boundary)))
		return false;
	*out = (struct http_parts){ .items = ARENA_NEW_ARRAY(a, struct http_part, MAX_PARTS) };
	if (out->items == NULL)
		return err_memory(err);
	/* The first delimiter may stand at the very start; a preamble is skipped. */
	first = str_sub(delimiter, 2, delimiter.len);
	if (str_starts(body, first))
		return parse_parts(str_sub(body, first.len, body.len), delimiter, out, err);
	const ptrdiff_t at = str_find_str(body, delimiter);

	if (at < 0)
		return err_set(err, ERR_BAD_REQUEST, "The multipart body is malformed");
	return parse_parts(
	    str_sub(body, (size_t)at + delimiter.len, body.len), delimiter, out, err);
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

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (char_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/*
 * As Python's binascii: foreign characters are dropped, padding ends a quantum; one
 * character over, or a quantum without its padding, is an error.
 */
bool
http_base64_decode(struct arena *a, struct str s, struct str *out, struct err *err)
{
	char *bytes = arena_alloc(a, s.len / 4 * 3 + 4);
	uint32_t bits = 0;
	size_t len = 0;
	int quad = 0, pads = 0;

	if (bytes == NULL)
		return err_memory(err);
	for (size_t i = 0; i < s.len; i++) {
		const int v = base64_value(s.ptr[i]);

		if (s.ptr[i] == '=' && quad >= 2 && quad + ++pads >= 4) {
			quad = 0;
			break;
		}
		if (v < 0)
			continue;
		pads = 0;
		bits = bits << 6 | (uint32_t)v;
		if (quad > 0)
			bytes[len++] = (char)(bits >> (6 - 2 * quad));
		quad = (quad + 1) % 4;
	}
	if (quad != 0)
		return err_set(err, ERR_AUTHORIZATION_TOKEN,
		    "Failed to decode token, please provide a valid base64-encoded token.");
	*out = (struct str){ bytes, len };
	return true;
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
