/*
 * unit.h - what every unit test includes first: cmocka and what it needs before it.
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/str.h"

/* Fails the test and names the case of a table that did it. */
#define CHECK_CASE(what, condition)                                                                \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fail_msg("case \"%s\": %s", (what), #condition);                           \
			abort(); /* fail_msg() does not return, but does not say so */             \
		}                                                                                  \
	} while (0)

#define CHECK(condition) CHECK_CASE(__func__, condition)

/* The slice has exactly this text. */
#define CHECK_STR(s, text)                                                                         \
	do {                                                                                       \
		const struct str check_s = (s);                                                    \
		const char *check_text = (text);                                                   \
		if (!str_eq(check_s, str_from(check_text))) {                                      \
			fail_msg("%s is \"%.*s\", not \"%s\"", #s, STR_FMT(check_s), check_text);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* clang-format off */
#define UNIT_TEST_1(f) cmocka_unit_test(f),
#define UNIT_EACH_1(f) UNIT_TEST_1(f)
#define UNIT_EACH_2(f, ...) UNIT_TEST_1(f) UNIT_EACH_1(__VA_ARGS__)
#define UNIT_EACH_3(f, ...) UNIT_TEST_1(f) UNIT_EACH_2(__VA_ARGS__)
#define UNIT_EACH_4(f, ...) UNIT_TEST_1(f) UNIT_EACH_3(__VA_ARGS__)
#define UNIT_EACH_5(f, ...) UNIT_TEST_1(f) UNIT_EACH_4(__VA_ARGS__)
#define UNIT_EACH_6(f, ...) UNIT_TEST_1(f) UNIT_EACH_5(__VA_ARGS__)
#define UNIT_EACH_7(f, ...) UNIT_TEST_1(f) UNIT_EACH_6(__VA_ARGS__)
#define UNIT_EACH_8(f, ...) UNIT_TEST_1(f) UNIT_EACH_7(__VA_ARGS__)
#define UNIT_EACH_9(f, ...) UNIT_TEST_1(f) UNIT_EACH_8(__VA_ARGS__)
#define UNIT_EACH_10(f, ...) UNIT_TEST_1(f) UNIT_EACH_9(__VA_ARGS__)
#define UNIT_EACH_11(f, ...) UNIT_TEST_1(f) UNIT_EACH_10(__VA_ARGS__)
#define UNIT_EACH_12(f, ...) UNIT_TEST_1(f) UNIT_EACH_11(__VA_ARGS__)
#define UNIT_EACH_13(f, ...) UNIT_TEST_1(f) UNIT_EACH_12(__VA_ARGS__)
#define UNIT_EACH_14(f, ...) UNIT_TEST_1(f) UNIT_EACH_13(__VA_ARGS__)
#define UNIT_EACH_15(f, ...) UNIT_TEST_1(f) UNIT_EACH_14(__VA_ARGS__)
#define UNIT_EACH_16(f, ...) UNIT_TEST_1(f) UNIT_EACH_15(__VA_ARGS__)
#define UNIT_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, pick, ...) pick
#define UNIT_EACH(...) UNIT_PICK(__VA_ARGS__, UNIT_EACH_16, UNIT_EACH_15, UNIT_EACH_14, UNIT_EACH_13, \
	UNIT_EACH_12, UNIT_EACH_11, UNIT_EACH_10, UNIT_EACH_9, UNIT_EACH_8, UNIT_EACH_7, UNIT_EACH_6, \
	UNIT_EACH_5, UNIT_EACH_4, UNIT_EACH_3, UNIT_EACH_2, UNIT_EACH_1, )(__VA_ARGS__)
/* clang-format on */

/* The program: runs the named tests (1 to 16 of them), which take (void **state). */
#define UNIT_TESTS(...)                                                                            \
	int main(void)                                                                             \
	{                                                                                          \
		const struct CMUnitTest tests[] = { UNIT_EACH(__VA_ARGS__) };                      \
                                                                                                   \
		return cmocka_run_group_tests(tests, NULL, NULL);                                  \
	}

#endif
