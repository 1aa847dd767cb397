#include "tests/unit/unit.h"

#include "auth/fence.h"

static void
a_fence_lets_in_whom_its_lists_name(void **state UNUSED)
{
	static const struct {
		const char *allowed, *denied, *address;
		bool in;
	} cases[] = {
		{ "10.0.0.0/8", "", "10.1.2.3", true },
		{ "10.0.0.0/8", "", "11.1.2.3", false },
		{ "10.0.0.0/8", "", "::ffff:10.1.2.3", true },
		{ "10.0.0.0/8", "", "2001:db8::1", false },
		{ "10.0.0.0/8, 2001:db8::/32", "", "2001:db8::1", true },
		{ "10.1.", "", "10.1.9.9", true },
		{ "10.1.", "", "10.11.9.9", false },
		{ "", "10.0.0.0/8", "10.1.2.3", false },
		{ "", "10.0.0.0/8", "11.1.2.3", true },
		{ "10.0.0.0/8", "10.9.0.0/16", "10.9.1.1", false },
		{ "10.0.0.0/8\n11.0.0.0/8", "", "11.9.1.1", true },
		{ "", "10.0.0.0/8", "unix",
		    false }, /* no address is in no network, allowed or not */
		{ "0.0.0.0/0", "", "unix", false },
		{ "not a network", "", "10.1.2.3", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fence *f = fence_new(str_from(cases[i].allowed), str_from(cases[i].denied));

		CHECK_CASE(cases[i].address, f != NULL);
		CHECK_CASE(
		    cases[i].address, fence_allows(f, str_from(cases[i].address)) == cases[i].in);
		fence_free(f);
	}
}

static void
without_lists_there_is_no_fence(void **state UNUSED)
{
	struct fence *none = fence_new(STR(""), STR("  "));

	CHECK(
	    none == NULL && fence_allows(none, STR("10.1.2.3")) && fence_allows(none, STR("unix")));
	fence_free(none);
}

static void
fences_are_the_same_if_both_lists_are(void **state UNUSED)
{
	struct fence *a = fence_new(STR("10.0.0.0/8"), STR("")),
		     *b = fence_new(STR("10.0.0.0/8 "), STR(""));
	struct fence *c = fence_new(STR(""), STR("10.0.0.0/8"));

	CHECK(fence_same(a, b) && fence_same(a, a) && fence_same(NULL, NULL));
	CHECK(!fence_same(a, c) && !fence_same(a, NULL) && !fence_same(NULL, a));
	fence_free(a);
	fence_free(b);
	fence_free(c);
}

UNIT_TESTS(a_fence_lets_in_whom_its_lists_name, without_lists_there_is_no_fence,
    fences_are_the_same_if_both_lists_are)
