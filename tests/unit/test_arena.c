#include "tests/unit/unit.h"

#include "base/arena.h"

static void
refuses_what_would_pass_the_limit(void **state UNUSED)
{
	static const struct {
		const char *what;
		size_t size;
		bool fits;
	} cases[] = {
		{ "the limit exactly", 64, true },
		{ "one byte more", 65, false },
		{ "a size that wraps when rounded", SIZE_MAX, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new(64);

		CHECK_CASE(cases[i].what, (arena_alloc(a, cases[i].size) != NULL) == cases[i].fits);
	}
}

static void
hands_out_aligned_zeroes(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);

	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *p = arena_alloc(a, size);

		CHECK(p != NULL && (uintptr_t)p % 16 == 0);
		for (size_t i = 0; i < size; i++)
			CHECK(p[i] == 0);
		memset(p, 0xff, size);
	}
}

static void
comes_back_to_a_mark(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);

	CHECK(arena_alloc(a, 5000) != NULL);
	const struct arena_mark mark = arena_mark(a);
	const size_t used = arena_used(a);

	for (int i = 0; i < 50; i++)
		CHECK(arena_alloc(a, 9000) != NULL);
	arena_rewind(a, mark);
	CHECK(arena_used(a) == used);
	arena_reset(a);
	CHECK(arena_used(a) == 0);
}

static void
gives_its_share_of_a_budget_back(void **state UNUSED)
{
	struct budget budget = { .limit = 100 * 1024 };
	struct arena *a = arena_new_shared(64 * 1024, &budget);
	struct arena *b = arena_new_shared(64 * 1024, &budget);

	CHECK(arena_alloc(a, 60 * 1024) != NULL);
	CHECK(arena_alloc(b, 60 * 1024) == NULL);
	arena_free(a);
	CHECK(arena_alloc(b, 60 * 1024) != NULL);
	arena_free(b);
	CHECK(budget.used == 0);
}

static void
copies_texts_as_they_are_and_in_lower_case(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64);
	struct str copy;
	struct err err;

	CHECK(arena_str(a, STR("A\xc3\x84z"), &copy, &err));
	CHECK_STR(copy, "A\xc3\x84z");
	CHECK(arena_str(a, STR_NULL, &copy, &err) && str_is_null(copy));
	CHECK(arena_str_lower(a, STR("A\xc3\x84z"), &copy, &err));
	CHECK_STR(copy, "a\xc3\x84z");
	CHECK(!arena_str_lower(a, (struct str){ "x", SIZE_MAX }, &copy, &err));
	CHECK(err.kind == ERR_TOO_LARGE);
}

UNIT_TESTS(refuses_what_would_pass_the_limit, hands_out_aligned_zeroes, comes_back_to_a_mark,
    gives_its_share_of_a_budget_back, copies_texts_as_they_are_and_in_lower_case)
