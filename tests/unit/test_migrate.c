#include "tests/unit/scratch.h"

#include "base/asset.h"

static void
runs_what_is_missing_once(void **state UNUSED)
{
	struct scratch s;
	bool pending = false;
	int ran = -1;

	scratch_dir(&s);
	scratch_connect(&s);
	CHECK_OK(&s, migrate_pending(s.db, s.c, &pending, &s.err));
	CHECK(pending);
	CHECK_OK(&s, migrate_run(s.db, s.c, &ran, &s.err));
	CHECK(ran >= 1);
	CHECK(scratch_number(&s, s.c, STR("SELECT count(*) FROM migration")) == ran);
	CHECK(scratch_number(&s, s.c, STR("SELECT count(*) FROM secret")) == 0);
	CHECK_OK(&s, migrate_pending(s.db, s.c, &pending, &s.err));
	CHECK(!pending);
	CHECK_OK(&s, migrate_run(s.db, s.c, &ran, &s.err));
	CHECK(ran == 0);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
records_names_and_checksums_in_order(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024);
	struct value row[2];
	struct scratch s;
	bool found;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s,
	    db_query_row(s.c, a, STR("SELECT name, checksum FROM migration ORDER BY name"), NULL, 0,
		row, 2, &found, &s.err));
	CHECK(found && row[1].s.len == 64);
	CHECK_STR(row[0].s, "0001_base");
	CHECK(asset_find(STR("sql/0001_base.sqlite.sql")) != NULL);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
refuses_a_database_that_went_another_way(void **state UNUSED)
{
	static const struct {
		const char *what, *sql, *says;
	} cases[] = {
		{ "another checksum",
		    "UPDATE migration SET checksum = 'x' WHERE name = '0001_base'", "0001_base" },
		{ "a migration that we do not know",
		    "INSERT INTO migration VALUES ('9999_future', 'x', 0)", "newer symbolon" },
		{ "one that we do not know between ours",
		    "INSERT INTO migration VALUES ('0000_past', 'x', 0)", "newer symbolon" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scratch s;
		struct err err;
		bool pending;
		int ran;

		scratch_dir(&s);
		scratch_open(&s);
		CHECK_OK(&s, db_script(s.c, str_from(cases[i].sql), &s.err));
		CHECK_CASE(cases[i].what, !migrate_run(s.db, s.c, &ran, &err));
		CHECK_CASE(err.msg, err.kind == ERR_UNAVAILABLE && strstr(err.msg, cases[i].says));
		CHECK_CASE(cases[i].what, !migrate_pending(s.db, s.c, &pending, &err));
		scratch_close(&s);
		scratch_remove(&s);
	}
}

static void
leaves_nothing_of_one_that_fails(void **state UNUSED)
{
	struct scratch s;
	struct err err;
	bool has = true;
	int ran;

	scratch_dir(&s);
	scratch_connect(&s);
	/* In the way of a later statement of the first migration. */
	CHECK_OK(&s, db_script(s.c, STR("CREATE TABLE secret (x TEXT)"), &s.err));
	CHECK(!migrate_run(s.db, s.c, &ran, &err));
	CHECK(!db_in_transaction(s.c));
	CHECK_OK(&s, db_has_table(s.c, STR("change"), &has, &s.err));
	CHECK(!has);
	CHECK_OK(&s, db_script(s.c, STR("DROP TABLE secret"), &s.err));
	CHECK_OK(&s, migrate_run(s.db, s.c, &ran, &s.err));
	scratch_close(&s);
	scratch_remove(&s);
}

UNIT_TESTS(runs_what_is_missing_once, records_names_and_checksums_in_order,
    refuses_a_database_that_went_another_way, leaves_nothing_of_one_that_fails)
