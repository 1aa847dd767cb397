#include "tests/unit/scratch.h"

#include "db/change.h"

static void
numbers_changes_without_gaps(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	const struct str last = STR("SELECT max(seq) FROM change");
	struct change_list list = { 0 };
	struct scratch s;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s, db_begin(s.c, &s.err));
	CHECK_OK(&s, change_add(a, &list, CHANGE_USER, STR("ada@example.com"), &s.err));
	CHECK_OK(&s, change_add(a, &list, CHANGE_KEY, STR("0123456789abcde"), &s.err));
	CHECK_OK(&s, change_store(s.c, a, &list, &s.err));
	db_rollback(s.c);
	list = (struct change_list){ 0 };
	CHECK_OK(&s, db_begin(s.c, &s.err));
	CHECK_OK(&s, change_add(a, &list, CHANGE_USER, STR("ada@example.com"), &s.err));
	CHECK_OK(&s, change_store(s.c, a, &list, &s.err));
	CHECK_OK(&s, db_commit(s.c, &s.err));
	CHECK(scratch_number(&s, s.c, last) == 1);
	list = (struct change_list){ 0 };
	CHECK_OK(&s, change_store(s.c, a, &list, &s.err));
	CHECK(scratch_number(&s, s.c, last) == 1);
	CHECK_OK(&s, change_add(a, &list, CHANGE_SETTINGS, STR_NULL, &s.err));
	CHECK_OK(&s, change_add(a, &list, CHANGE_ROLE, STR("Clerk"), &s.err));
	CHECK_OK(&s, change_store(s.c, a, &list, &s.err));
	CHECK(scratch_number(&s, s.c, last) == 3);
	CHECK(scratch_number(&s, s.c, STR("SELECT seq FROM change WHERE name = 'Clerk'")) == 3);
	CHECK(scratch_number(&s, s.c, STR("SELECT value FROM counter WHERE name = 'change'")) == 3);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
gathers_each_change_once_and_in_order(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct change_list list = { 0 };
	struct scratch s;
	char name[] = "Note";

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s, change_add(a, &list, CHANGE_DOCTYPE, str_from(name), &s.err));
	CHECK_OK(&s, change_add(a, &list, CHANGE_ROLE, str_from(name), &s.err));
	CHECK_OK(&s, change_add(a, &list, CHANGE_DOCTYPE, STR("Note"), &s.err));
	memset(name, 'x', sizeof(name) - 1);
	CHECK(list.first->kind == CHANGE_DOCTYPE && list.first->next == list.last);
	CHECK(list.last->kind == CHANGE_ROLE && list.last->next == NULL);
	CHECK_STR(list.first->name, "Note");
	CHECK_OK(&s, change_store(s.c, a, &list, &s.err));
	CHECK(scratch_number(&s, s.c, STR("SELECT count(*) FROM change")) == 2);
	const struct value old = value_text(STR("Note"));

	CHECK_OK(&s,
	    db_exec(s.c,
		STR("UPDATE change SET at_us = 5 WHERE name = ?1 AND seq = (SELECT min(seq) FROM "
		    "change)"),
		&old, 1, NULL, &s.err));
	CHECK_OK(&s, change_prune(s.c, 5, &s.err));
	CHECK(scratch_number(&s, s.c, STR("SELECT count(*) FROM change")) == 2);
	CHECK_OK(&s, change_prune(s.c, 6, &s.err));
	CHECK(scratch_number(&s, s.c, STR("SELECT count(*) FROM change")) == 1);
	scratch_close(&s);
	scratch_remove(&s);
}

UNIT_TESTS(numbers_changes_without_gaps, gathers_each_change_once_and_in_order)
