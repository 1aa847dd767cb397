#include "tests/unit/unit.h"

#include "auth/role.h"

#include <stdio.h>

static void
numbers_are_given_once(void **state UNUSED)
{
	struct role_names *r = role_names_new();
	struct err err;
	uint32_t one, two;

	CHECK(role_find(r, STR("system manager"), &one) && one == ROLE_SYSTEM_MANAGER);
	CHECK(!role_find(r, STR("Cook"), &one));
	CHECK(role_number(r, STR("Cook"), &one, &err) && one >= ROLE_FIXED_LEN);
	CHECK(role_number(r, STR("COOK"), &two, &err) && one == two);
	CHECK_STR(role_name(r, one), "Cook");
	CHECK_STR(role_name(r, ROLE_DESK_USER), "Desk User");
	role_names_free(r);
}

static void
there_is_an_end_to_roles(void **state UNUSED)
{
	struct role_names *r = role_names_new();
	struct err err;
	char name[16];
	uint32_t number;

	for (int i = ROLE_FIXED_LEN; i < ROLE_MAX; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		CHECK(role_number(r, str_from(name), &number, &err) && number == (uint32_t)i);
	}
	CHECK(!role_number(r, STR("one more"), &number, &err) && err.kind == ERR_TOO_LARGE);
	CHECK(role_number(r, STR("R77"), &number, &err) && number == 77);
	role_names_free(r);
}

UNIT_TESTS(numbers_are_given_once, there_is_an_end_to_roles)
