#include "tests/unit/unit.h"

#include "auth/users.h"

#include <stdio.h>

static struct who *
entry(const char *name, uint32_t role)
{
	const struct who from = { .name = str_from(name), .full_name = STR("F"), .enabled = true };

	return users_entry_new(&from, &role, 1);
}

static void
a_name_keeps_its_number(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct users *u = users_new(turns);
	char name[32];
	uint32_t number;

	for (uint32_t i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "user%u@x.test", i);
		CHECK(users_number(u, str_from(name)) == i);
	}
	CHECK(users_len(u) == 10000);
	CHECK(users_find(u, STR("USER9999@X.test"), &number) && number == 9999);
	CHECK(!users_find(u, STR("nobody"), &number));
	CHECK(users_at(u, 9999) == NULL);
	users_put(u, 9999, entry("user9999@x.test", 70));
	const struct who *who = users_at(u, 9999);

	CHECK_STR(who->name, "user9999@x.test");
	CHECK_STR(who->full_name, "F");
	CHECK(str_is_null(who->language));
	CHECK(who_has_role(who, 70) && !who_has_role(who, 69) && !who_has_role(who, 4000));
	users_put(u, 9999, entry("User9999@x.test", 1));
	CHECK_STR(users_at(u, 9999)->name, "User9999@x.test");
	users_put(u, 9999, NULL);
	CHECK(users_at(u, 9999) == NULL && users_find(u, STR("user9999@x.test"), &number));
	users_free(u);
	turns_free(turns);
}

static void
last_active_is_due_once_a_minute(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct users *u = users_new(turns);
	const uint32_t number = users_number(u, STR("a"));

	CHECK(users_active_due(u, number, 1000));
	CHECK(!users_active_due(u, number, 1059));
	CHECK(users_active_due(u, number, 1060));
	users_free(u);
	turns_free(turns);
}

UNIT_TESTS(a_name_keeps_its_number, last_active_is_due_once_a_minute)
