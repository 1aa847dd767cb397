/* The small encodings: percent, forms, cookies, dates, numbers. */
#include "tests/fuzz/fuzz.h"

#include "base/arena.h"
#include "base/clock.h"
#include "http/text.h"

typedef void text_fn(struct arena *a, struct str s);

static bool
is_text(struct str s)
{
	return str_is_utf8(s) && str_find(s, '\0') < 0;
}

static void
percent(struct arena *a, struct str s)
{
	struct str encoded, decoded;
	struct err err;

	if (http_percent_decode(a, s, true, &decoded, &err))
		HOLDS(is_text(decoded) && decoded.len <= s.len);
	if (!http_percent_encode(a, s, STR("/"), &encoded, &err))
		return;
	for (size_t i = 0; i < encoded.len; i++)
		HOLDS(encoded.ptr[i] > ' ' && encoded.ptr[i] < 0x7f);
	if (http_percent_decode(a, encoded, true, &decoded, &err))
		HOLDS(str_eq(decoded, s));
	else
		HOLDS(!is_text(s) || err.kind == ERR_TOO_LARGE);
}

static void
form(struct arena *a, struct str s)
{
	struct http_pairs pairs = { 0 };
	struct err err;

	if (!http_parse_form(a, s, &pairs, &err)) {
		HOLDS(pairs.len == 0);
		return;
	}
	HOLDS(pairs.len <= 1000);
	for (size_t i = 0; i < pairs.len; i++)
		HOLDS(is_text(pairs.items[i].name) && is_text(pairs.items[i].value));
}

/* The first line is the name. */
static void
fields(struct arena *a UNUSED, struct str s)
{
	struct str name;

	str_cut(s, '\n', &name, &s);
	HOLDS(fuzz_inside(http_cookie(s, name), s));
	HOLDS(fuzz_inside(http_media_type(s), s));
	(void)http_accepts_gzip(s);
}

static void
numbers(struct arena *a UNUSED, struct str s)
{
	char text[CLOCK_TEXT_SIZE];
	struct clock_civil c, again;
	int64_t n;
	double d;

	if (clock_parse(s, &c)) {
		HOLDS(clock_is_date(c.year, c.month, c.day));
		HOLDS(clock_parse(clock_format(c, text), &again));
		HOLDS(memcmp(&c, &again, sizeof(c)) == 0);
	}
	if (str_to_int64(s, &n))
		HOLDS(str_to_double(s, &d) || s.len > 100);
	if (str_is_utf8(s))
		HOLDS(str_utf8_len(s) <= s.len);
}

static text_fn *const TESTS[] = { percent, form, fields, numbers };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	text_fn *test = TESTS[fuzz_byte(&bytes) % ARRAY_LEN(TESTS)];
	CLEANUP(arena_freep) struct arena *a = arena_new(4 * 1024 * 1024);
	const struct str copy = fuzz_copy(bytes);

	test(a, copy);
	free((char *)(uintptr_t)copy.ptr);
	return 0;
}
