#include "auth/credential.h"

typedef enum credential_kind scheme_fn(struct str text, struct credential *out);

static scheme_fn plain_pair, basic_pair;

static const struct {
	struct str name;
	scheme_fn *parse;
} SCHEMES[] = {
	{ STR_INIT("token"), plain_pair },
	{ STR_INIT("Bearer"), plain_pair },
	{ STR_INIT("Basic"), basic_pair },
};

/* The length of s up to its first blank. */
static size_t
word_len(struct str s)
{
	const ptrdiff_t space = str_find(s, ' ');

	if (space >= 0)
		s.len = (size_t)space;
	const ptrdiff_t tab = str_find(s, '\t');

	return tab >= 0 ? (size_t)tab : s.len;
}

static enum credential_kind
plain_pair(struct str text, struct credential *out)
{
	if (text.len > CREDENTIAL_MAX)
		return CREDENTIAL_UNUSABLE;
	return str_cut(text, ':', &out->key, &out->secret) ? CREDENTIAL_PAIR : CREDENTIAL_UNUSABLE;
}

/*
 * As Python's b64decode: foreign characters are dropped, what follows complete padding is not
 * looked at. False: the digits do not fill whole groups. *len may exceed the buffer: then the rest
 * was counted only.
 */
static bool
base64_decode(struct str text, char *out, size_t size, size_t *len)
{
	uint32_t bits = 0;
	int in_group = 0, pads = 0;

	*len = 0;
	for (size_t i = 0; i < text.len; i++) {
		const int digit = char_base64(text.ptr[i], '+');

		if (text.ptr[i] == '=' && in_group >= 2 && in_group + ++pads >= 4)
			return true;
		if (digit < 0)
			continue;
		pads = 0;
		bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
		in_group = (in_group + 1) % 4;
		if (in_group == 1)
			continue;
		if (*len < size) /* 12, 18, 24 bits: 4, 2, 0 of them wait for the next digit */
			out[*len] = (char)(bits >> (in_group == 0 ? 0 : 8 - 2 * in_group));
		(*len)++;
	}
	return in_group == 0;
}

static enum credential_kind
basic_pair(struct str text, struct credential *out)
{
	size_t len;

	const bool whole = base64_decode(text, out->decoded, sizeof(out->decoded), &len);

	out->decoded_len = MIN(len, sizeof(out->decoded));
	if (!whole)
		return CREDENTIAL_BAD_BASE64;
	const struct str pair = { out->decoded, out->decoded_len };

	if (len > sizeof(out->decoded) || !str_is_utf8(pair))
		return CREDENTIAL_UNUSABLE;
	return plain_pair(pair, out);
}

enum credential_kind
credential_parse(struct str field, struct credential *out)
{
	const struct str text = str_trim(field);

	out->decoded_len = 0;
	if (text.len == 0)
		return CREDENTIAL_NONE;
	const struct str scheme = str_sub(text, 0, word_len(text));
	const struct str rest = str_trim(str_sub(text, scheme.len, SIZE_MAX));

	if (rest.len == 0 || word_len(rest) < rest.len)
		return CREDENTIAL_UNUSABLE;
	for (size_t i = 0; i < ARRAY_LEN(SCHEMES); i++) {
		if (str_ieq(scheme, SCHEMES[i].name))
			return SCHEMES[i].parse(rest, out);
	}
	return CREDENTIAL_UNUSABLE;
}

void
credential_wipe(struct credential *c)
{
	explicit_bzero(c->decoded, c->decoded_len);
}
