/* Multipart bodies: whole, and cut into pieces. The first line is the content type. */
#include "tests/fuzz/fuzz.h"

#include "base/arena.h"
#include "http/multipart.h"

enum { ARENA = 16 * 1024 * 1024 };

static bool
is_text(struct str s)
{
	return str_is_utf8(s) && str_find(s, '\0') < 0;
}

/* Feeds pieces of step bytes; the sum of all ends, or -1 if it is refused or cut short. */
static int64_t
feed(struct str type, struct str s, size_t step)
{
	struct multipart *m = calloc(1, sizeof(*m));
	int64_t sum = 0;
	struct err err;
	bool over = !multipart_begin(m, type, &err);

	if (over)
		sum = -1;
	for (size_t at = 0; at < s.len && !over; at += step) {
		struct str piece = fuzz_copy(str_sub(s, at, step));
		char *const copy = (char *)(uintptr_t)piece.ptr;
		enum multipart_event event;

		while (!over && (event = multipart_next(m, &piece, &err)) != MULTIPART_MORE) {
			over = event == MULTIPART_DONE || event == MULTIPART_REFUSED;
			if (event == MULTIPART_REFUSED)
				sum = -1;
			if (event == MULTIPART_END)
				sum += m->part_at * 7 + m->part_len;
			HOLDS(m->part_len >= 0 && m->at <= (int64_t)s.len);
		}
		free(copy);
	}
	free(m);
	return over ? sum : -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(ARENA);
	const struct str all = fuzz_copy((struct str){ (const char *)data, size });
	struct http_parts parts = { 0 };
	struct str type, s = all;
	struct err err;

	str_cut(s, '\n', &type, &s);
	const int64_t whole = feed(type, s, s.len + 1);

	HOLDS(feed(type, s, 1) == whole && feed(type, s, 7) == whole);
	if (!http_parse_multipart(a, s, type, &parts, &err))
		HOLDS(parts.len == 0);
	else
		HOLDS(whole >= 0);
	for (size_t i = 0; i < parts.len; i++) {
		const struct http_part *part = &parts.items[i];

		HOLDS(is_text(part->name) && is_text(part->filename));
		HOLDS(fuzz_inside(part->bytes, s) && part->len == (int64_t)part->bytes.len);
		HOLDS(part->is_file || is_text(part->bytes));
		HOLDS(i == 0 || part->at > part[-1].at + part[-1].len); /* they follow each other */
	}
	free((char *)(uintptr_t)all.ptr);
	arena_free(a);
	return 0;
}
