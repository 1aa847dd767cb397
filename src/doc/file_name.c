#include "doc/file_name.h"

#include "doc/file_type.h"

/* The length in bytes and the code point of the character at the start of valid UTF-8. */
static size_t
character(struct str s, uint32_t *code)
{
	const unsigned char first = (unsigned char)s.ptr[0];
	const size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	*code = len == 1 ? first : first & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++)
		*code = *code << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	return len;
}

/* What becomes of a character that does not stay as it is. */
/* clang-format off */
static const struct {
	uint32_t first, last;
	char becomes; /* NUL: nothing is left of it */
} CHANGED[] = {
	/* separators, controls, and what turns or hides text */
	{ 0x00, 0x1f, 0 }, { '/', '/', 0 }, { '\\', '\\', 0 }, { 0x7f, 0x9f, 0 }, { 0xad, 0xad, 0 },
	{ 0x34f, 0x34f, 0 }, { 0x61c, 0x61c, 0 }, { 0x115f, 0x1160, 0 }, { 0x17b4, 0x17b5, 0 },
	{ 0x180e, 0x180e, 0 }, { 0x200b, 0x200f, 0 }, { 0x2028, 0x202e, 0 }, { 0x2060, 0x206f, 0 },
	{ 0x3164, 0x3164, 0 }, { 0xfeff, 0xfeff, 0 }, { 0xffa0, 0xffa0, 0 }, { 0xfff9, 0xfffb, 0 },
	{ 0xe0000, 0xe0fff, 0 },
	/* what looks like a blank */
	{ 0xa0, 0xa0, ' ' }, { 0x1680, 0x1680, ' ' }, { 0x2000, 0x200a, ' ' }, { 0x202f, 0x202f, ' ' },
	{ 0x205f, 0x205f, ' ' }, { 0x3000, 0x3000, ' ' },
	/* what a URL or HTML takes for something else */
	{ '%', '%', '_' }, { '?', '?', '_' }, { '#', '#', '_' }, { '<', '<', '_' }, { '>', '>', '_' },
	{ '"', '"', '_' },
};
/* clang-format on */

static bool
is_changed(uint32_t code, char *becomes)
{
	for (size_t i = 0; i < ARRAY_LEN(CHANGED); i++) {
		if (code >= CHANGED[i].first && code <= CHANGED[i].last) {
			*becomes = CHANGED[i].becomes;
			return true;
		}
	}
	return false;
}

static struct str
without_dots(struct str s)
{
	while (s.len > 0 && (s.ptr[0] == '.' || char_is_space(s.ptr[0])))
		s = str_sub(s, 1, s.len);
	while (s.len > 0 && (s.ptr[s.len - 1] == '.' || char_is_space(s.ptr[s.len - 1])))
		s.len--;
	return s;
}

/* The first n characters. */
static struct str
first_characters(struct str s, size_t n)
{
	size_t len = 0;
	uint32_t code;

	for (; n > 0 && len < s.len; n--)
		len += character(str_sub(s, len, s.len), &code);
	return str_sub(s, 0, len);
}

/* What stands before the dot of the extension, and the rest; a long "extension" is none. */
static void
split(struct str name, struct str *stem, struct str *rest)
{
	const struct str extension = file_type_extension(name);
	const size_t end = extension.len == 0 || extension.len > FILE_EXTENSION_MAX
	    ? name.len
	    : name.len - extension.len - 1;

	*stem = str_sub(name, 0, end);
	*rest = str_sub(name, end, name.len);
}

bool
file_name_clean(struct arena *a, struct str name, struct str *out, struct err *err)
{
	char *text = arena_alloc(a, name.len + 1);
	struct str stem, rest;
	size_t len = 0, step;
	uint32_t code;
	char becomes;

	if (text == NULL)
		return err_memory(err);
	for (size_t i = 0; i < name.len; i += step) {
		step = character(str_sub(name, i, name.len), &code);
		if (!is_changed(code, &becomes)) {
			memcpy(text + len, name.ptr + i, step);
			len += step;
		} else if (becomes != 0) {
			text[len++] = becomes;
		}
	}
	const struct str clean = without_dots((struct str){ text, len });

	split(clean, &stem, &rest);
	const size_t more = str_utf8_len(rest);
	const struct str parts[] = { first_characters(stem, FILE_NAME_MAX - more), rest };

	return arena_join(a, parts, ARRAY_LEN(parts), out, err);
}

bool
file_name_with(
    struct arena *a, struct str name, struct str suffix, struct str *out, struct err *err)
{
	struct str stem, rest;

	split(name, &stem, &rest);
	const struct str parts[] = { stem, suffix, rest };

	return arena_join(a, parts, ARRAY_LEN(parts), out, err);
}
