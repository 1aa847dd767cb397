#include "http/text.h"

#include "http/byte.h"

#include <string.h>

enum { MAX_PAIRS = 1000, MAX_PARTS = 1000 };

/* Names and values are texts: UTF-8, and no NUL. */
static bool
check_text(struct str s, struct err *err)
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
		if (!check_text(s, err))
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
			const int high = i + 2 < s.len ? http_byte_hex(s.ptr[i + 1]) : -1;
			const int low = i + 2 < s.len ? http_byte_hex(s.ptr[i + 2]) : -1;

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

	if (!check_text(decoded, err))
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

bool
http_percent_encode(
    struct arena *a, struct str s, struct str keep, struct str *out, struct err *err)
{
	static const char HEX[] = "0123456789ABCDEF";

	if (all_stays(s, keep))
		return arena_str(a, str_is_null(s) ? STR("") : s, out, err);
	char *text = s.len > SIZE_MAX / 4 ? NULL : arena_alloc(a, s.len * 3 + 1);
	size_t len = 0;

	if (text == NULL)
		return err_memory(err);
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

/* Cuts a quoted string behind its first '"' into what it holds, as sent, and what follows. */
static bool
cut_quoted(struct str s, struct str *held, struct str *rest)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"') {
			*held = str_sub(s, 0, i);
			*rest = str_sub(s, i + 1, s.len);
			return true;
		}
		/* Only \" is an escape: some clients send Windows paths as they are. */
		if (s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == '"')
			i++;
	}
	return false;
}

/*
 * The value of a parameter: name="boundary" of `multipart/form-data; boundary="x"`. Null if it is
 * absent or cannot be read.
 */
static struct str
parameter(struct str field, struct str name)
{
	struct str rest;

	str_cut(field, ';', &field, &rest);
	while (rest.len > 0) {
		struct str key, value;
		const ptrdiff_t equals = str_find(rest, '=');

		if (equals < 0)
			return STR_NULL;
		key = str_trim(str_sub(rest, 0, (size_t)equals));
		rest = str_trim(str_sub(rest, (size_t)equals + 1, rest.len));
		if (str_starts(rest, STR("\""))) {
			if (!cut_quoted(str_sub(rest, 1, rest.len), &value, &rest))
				return STR_NULL;
			str_cut(rest, ';', &field, &rest);
		} else {
			str_cut(rest, ';', &value, &rest);
			value = str_trim(value);
		}
		if (str_ieq(key, name))
			return value;
	}
	return STR_NULL;
}

/* The fields of one part, each ended by CRLF. */
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
	return check_text(part->name, err) && check_text(part->filename, err);
}

static bool
malformed_multipart(struct err *err)
{
	return err_set(err, ERR_BAD_REQUEST, "The multipart body is malformed");
}

/*
 * Takes one part off *rest, which begins behind a delimiter: CRLF, fields, an empty line, bytes,
 * the next delimiter. The CRLF of a part without bytes may serve twice (RFC 2046 5.1.1).
 */
static bool
take_part(struct str *rest, struct str delimiter, struct http_part *part, struct err *err)
{
	if (!str_starts(*rest, STR("\r\n")))
		return malformed_multipart(err);
	const ptrdiff_t fields_end = str_find_str(*rest, STR("\r\n\r\n"));
	const ptrdiff_t end = str_find_str(*rest, delimiter);

	if (fields_end < 0 || end < fields_end)
		return malformed_multipart(err);
	const size_t at = (size_t)fields_end + 4;

	*part = (struct http_part){ .bytes = str_sub(*rest, at, MAX((size_t)end, at) - at) };
	if (!parse_part_head(
		str_sub(str_sub(*rest, 0, (size_t)fields_end), 2, SIZE_MAX), part, err))
		return false;
	*rest = str_sub(*rest, (size_t)end + delimiter.len, rest->len);
	return part->is_file || check_text(part->bytes, err);
}

bool
http_parse_multipart(struct arena *a, struct str body, struct str content_type,
    struct http_parts *out, struct err *err)
{
	const struct str boundary = parameter(content_type, STR("boundary"));
	struct http_parts parts = { .items = ARENA_NEW_ARRAY(a, struct http_part, MAX_PARTS) };
	struct str delimiter, rest;

	if (parts.items == NULL)
		return err_memory(err);
	if (boundary.len == 0 || boundary.len > 70)
		return err_set(err, ERR_BAD_REQUEST, "The multipart body names no boundary");
	if (!arena_printf(a, &delimiter, err, "\r\n--%.*s", STR_FMT(boundary)))
		return false;
	/* The first delimiter may stand at the very start; a preamble is skipped. */
	if (str_starts(body, str_sub(delimiter, 2, delimiter.len))) {
		rest = str_sub(body, delimiter.len - 2, body.len);
	} else {
		const ptrdiff_t first = str_find_str(body, delimiter);

		if (first < 0)
			return malformed_multipart(err);
		rest = str_sub(body, (size_t)first + delimiter.len, body.len);
	}
	while (!str_starts(rest, STR("--"))) {
		if (parts.len == MAX_PARTS)
			return err_set(err, ERR_TOO_LARGE, "More than %d parts", MAX_PARTS);
		if (!take_part(&rest, delimiter, &parts.items[parts.len++], err))
			return false;
	}
	*out = parts;
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
