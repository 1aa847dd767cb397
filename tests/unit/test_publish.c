/* Many keys that change at once, as another node has changed them. */
#include "tests/unit/auth_site.h"

enum { KEYS = 130 }; /* more than go into two statements, and not a multiple */

struct many {
	struct auth_site site;
	char users[KEYS][32];
	struct key_pair pairs[KEYS];
	struct change_list all;
};

static void
many_open(struct many *m)
{
	char sql[200];

	auth_site_open(&m->site);
	m->all = (struct change_list){ 0 };
	for (size_t i = 0; i < KEYS; i++) {
		snprintf(m->users[i], sizeof(m->users[i]), "user%zu@x.test", i);
		snprintf(sql, sizeof(sql),
		    "INSERT INTO \"tabUser\" (name, full_name) VALUES ('%s', 'U')", m->users[i]);
		auth_site_sql(&m->site, sql);
		auth_site_publish(&m->site, CHANGE_USER, m->users[i]);
		m->pairs[i] = auth_site_key(&m->site, m->users[i]);
		CHECK_OK(&m->site.s,
		    change_add(
			m->site.call.arena, &m->all, CHANGE_KEY, m->pairs[i].key, &m->site.s.err));
	}
}

/* A statement about the key of one of them, which nobody publishes yet. */
static void
alter(struct many *m, size_t i, const char *before)
{
	char sql[300];

	snprintf(sql, sizeof(sql), "%s = '%.*s'", before, STR_FMT(m->pairs[i].key));
	auth_site_sql(&m->site, sql);
}

static bool
is_accepted(struct many *m, size_t i)
{
	const struct str user = auth_site_user_of(&m->site, m->pairs[i]);

	CHECK(user.len == 0 || str_eq(user, str_from(m->users[i])));
	return user.len > 0;
}

static void
each_key_of_a_long_list_is_as_the_database_says(void **state UNUSED)
{
	static const struct {
		const char *sql;
		bool accepted;
	} cases[] = {
		{ "UPDATE secret SET not_after = 0 WHERE api_key", true },
		{ "DELETE FROM secret WHERE api_key", false },
		{ "UPDATE \"tabAPI Key\" SET enabled = 0 WHERE name", false },
		{ "UPDATE secret SET not_after = 1 WHERE api_key", false },
		{ "UPDATE \"tabAPI Key\" SET limited = 1, allowed_networks = '10.9.0.0/16' WHERE "
		  "name",
		    false },
		{ "UPDATE \"tabAPI Key\" SET limited = 1, allowed_networks = '10.1.0.0/16' WHERE "
		  "name",
		    true },
		{ "UPDATE \"tabAPI Key\" SET \"user\" = 'bob@x.test' WHERE name", true },
	};
	CLEANUP(mem_freep) struct many *m = MEM_NEW(struct many);
	size_t keys = 0;

	many_open(m);
	for (size_t i = 0; i < KEYS; i++) {
		alter(m, i, cases[i % ARRAY_LEN(cases)].sql);
		if (i % ARRAY_LEN(cases) == ARRAY_LEN(cases) - 1)
			snprintf(m->users[i], sizeof(m->users[i]), "bob@x.test");
		CHECK(i % ARRAY_LEN(cases) == ARRAY_LEN(cases) - 1 || is_accepted(m, i));
		keys += i % ARRAY_LEN(cases) != 1 && i % ARRAY_LEN(cases) != 2;
	}
	CHECK(auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	for (size_t i = 0; i < KEYS; i++)
		CHECK_CASE(cases[i % ARRAY_LEN(cases)].sql,
		    is_accepted(m, i) == cases[i % ARRAY_LEN(cases)].accepted);
	CHECK(auth_counts(m->site.auth).keys == keys && auth_counts(m->site.auth).secrets == keys);

	/* And back: what was switched off is read in again. */
	auth_site_sql(&m->site, "UPDATE \"tabAPI Key\" SET enabled = 1, limited = 0");
	auth_site_sql(&m->site, "UPDATE secret SET not_after = 0");
	CHECK(auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	for (size_t i = 0; i < KEYS; i++)
		CHECK(is_accepted(m, i) == (i % ARRAY_LEN(cases) != 1));
	auth_site_close(&m->site);
}

static void
one_that_cannot_be_read_takes_no_other_with_it(void **state UNUSED)
{
	enum { DAMAGED = 60, ENDED = 61 };
	CLEANUP(mem_freep) struct many *m = MEM_NEW(struct many);

	many_open(m);
	alter(m, DAMAGED, "UPDATE secret SET digest = 'x' WHERE api_key");
	alter(m, ENDED, "DELETE FROM secret WHERE api_key");
	CHECK(!auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	for (size_t i = 0; i < KEYS; i++)
		CHECK(is_accepted(m, i) == (i != DAMAGED && i != ENDED));
	CHECK(auth_counts(m->site.auth).keys == KEYS - 2);

	/* Without the table none is trusted. */
	auth_site_sql(&m->site, "ALTER TABLE secret RENAME TO away");
	CHECK(!auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	for (size_t i = 0; i < KEYS; i++)
		CHECK(!is_accepted(m, i));
	CHECK(auth_counts(m->site.auth).keys == 0);
	auth_site_close(&m->site);
}

UNIT_TESTS(
    each_key_of_a_long_list_is_as_the_database_says, one_that_cannot_be_read_takes_no_other_with_it)
