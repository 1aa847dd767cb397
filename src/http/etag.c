#include "http/etag.h"

static const struct str GZIP = STR_INIT("-gzip\"");

struct str
http_etag(const struct digest *digest, char *text)
{
	char hex[DIGEST_HEX_LEN];
	const struct str all = digest_to_hex(digest, hex);

	text[0] = text[HTTP_ETAG_LEN - 1] = '"';
	memcpy(text + 1, all.ptr, HTTP_ETAG_LEN - 2);
	return (struct str){ text, HTTP_ETAG_LEN };
}

bool
http_etag_packed(struct arena *a, struct str etag, struct str *out, struct err *err)
{
	return arena_printf(
	    a, out, err, "%.*s%.*s", STR_FMT(str_sub(etag, 0, etag.len - 1)), STR_FMT(GZIP));
}

static bool
is_same(struct str one, struct str etag)
{
	if (str_eq(one, etag))
		return true;
	return str_ends(one, GZIP) && one.len == etag.len + GZIP.len - 1 &&
	    str_eq(str_sub(one, 0, etag.len - 1), str_sub(etag, 0, etag.len - 1));
}

bool
http_etag_among(struct str field, struct str etag, bool weak)
{
	struct str one;

	if (str_eq(str_trim(field), STR("*")))
		return true;
	while (field.len > 0) {
		str_cut(field, ',', &one, &field); /* there is no comma in ours */
		one = str_trim(one);
		if (str_starts(one, STR("W/"))) {
			if (!weak)
				continue;
			one = str_sub(one, 2, one.len);
		}
		if (is_same(one, etag))
			return true;
	}
	return false;
}
