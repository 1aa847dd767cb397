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

static void
run(struct scratch *s, const char *sql)
{
	CHECK_OK(s, db_exec(s->c, str_from(sql), NULL, 0, NULL, &s->err));
}

static void
follows_one_history_only(void **state UNUSED)
{
	static const struct {
		const char *what;
		struct change_span span;
		bool whole;
	} cases[] = {
		{ "all", { .after = 0, .to = 3 }, true },
		{ "what came since", { .after = 2, .to = 3, .after_us = 20 }, true },
		{ "nothing", { .after = 3, .to = 3, .after_us = 30 }, true },
		{ "after another second one", { .after = 2, .to = 3, .after_us = 21 }, false },
		{ "after one that is gone", { .after = 4, .to = 4, .after_us = 40 }, false },
		{ "up to one that is not there", { .after = 2, .to = 4, .after_us = 20 }, false },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct change_position position;
	struct change_list list;
	struct scratch s;
	bool whole;

	scratch_dir(&s);
	scratch_open(&s);
	run(&s,
	    "INSERT INTO site (name, id, created_us, pepper, ready) VALUES ('site', "
	    "'0123456789abcdef0123456789abcdef', 0, '', 1)");
	CHECK_OK(&s, change_position(s.c, &position, &s.err));
	CHECK(position.seq == 0 && position.at_us == 0);
	run(&s, "INSERT INTO counter (name, value) VALUES ('change', 3)");
	run(&s,
	    "INSERT INTO change (seq, kind, name, at_us) VALUES (1, 3, 'Clerk', 10), "
	    "(2, 3, 'Guard', 20), (3, 3, 'Cook', 30)");
	CHECK_OK(&s, change_position(s.c, &position, &s.err));
	CHECK(position.seq == 3 && position.at_us == 30);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK_OK(&s, change_read(s.c, a, cases[i].span, &list, &whole, &s.err));
		CHECK_CASE(cases[i].what, whole == cases[i].whole);
	}
	CHECK_OK(&s, change_read(s.c, a, (struct change_span){ 2, 3, 20 }, &list, &whole, &s.err));
	CHECK(list.first == list.last);
	CHECK_STR(list.first->name, "Cook");
	CHECK_OK(&s, change_prune(s.c, 1000, &s.err)); /* the last one stays */
	CHECK(scratch_number(&s, s.c, STR("SELECT count(*) FROM change")) == 1);
	CHECK_OK(&s, change_position(s.c, &position, &s.err));
	CHECK(position.seq == 3 && position.at_us == 30);
	scratch_close(&s);
	scratch_remove(&s);
}

UNIT_TESTS(
    numbers_changes_without_gaps, gathers_each_change_once_and_in_order, follows_one_history_only)
