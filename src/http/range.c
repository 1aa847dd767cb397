#include "http/range.h"

/* Digits only; what does not fit is beyond every end. False for anything else. */
static bool
position(struct str s, int64_t *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_digit(s.ptr[i]))
			return false;
	}
	if (s.len == 0)
		return false;
	if (!str_to_int64(s, out))
		*out = INT64_MAX;
	return true;
}

static enum http_range
suffix(struct str text, int64_t size, int64_t *at, int64_t *len)
{
	int64_t n;

	if (!position(text, &n))
		return HTTP_RANGE_WHOLE;
	if (n == 0 || size == 0)
		return HTTP_RANGE_OUTSIDE;
	*len = MIN(n, size);
	*at = size - *len;
	return HTTP_RANGE_PART;
}

enum http_range
http_range_of(struct str field, int64_t size, int64_t *at, int64_t *len)
{
	struct str unit, from, to;
	int64_t first, last = INT64_MAX;

	if (!str_cut(field, '=', &unit, &field) || !str_ieq(str_trim(unit), STR("bytes")) ||
	    str_find(field, ',') >= 0 || !str_cut(field, '-', &from, &to))
		return HTTP_RANGE_WHOLE;
	from = str_trim(from);
	to = str_trim(to);
	if (from.len == 0)
		return suffix(to, size, at, len);
	if (!position(from, &first) || (to.len > 0 && !position(to, &last)) || last < first)
		return HTTP_RANGE_WHOLE;
	if (first >= size)
		return HTTP_RANGE_OUTSIDE;
	*at = first;
	*len = MIN(last, size - 1) - first + 1;
	return HTTP_RANGE_PART;
}
