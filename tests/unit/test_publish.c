/* Many keys, users and sessions that change at once, as another node has changed them. */
#include "tests/unit/auth_site.h"

#include "crypto/digest.h"

enum { KEYS = 130 }; /* more than go into two statements, and not a multiple */

struct many {
	struct auth_site site;
	char users[KEYS][32];
	struct key_pair pairs[KEYS];
	struct change_list all;
	char session[DIGEST_HEX_LEN + 1]; /* session_name() */
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
	char sql[500];

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

/* A key with limits says of itself how many scopes it has, and which come first. */
static bool
has_scopes_of(struct many *m, size_t i, size_t len)
{
	const struct str token = auth_site_token(&m->site, m->pairs[i].key, m->pairs[i].secret);
	struct identity id;
	char last[32];

	CHECK_OK(&m->site.s, auth_site_identify(&m->site, token, STR_NULL, &id));
	const struct limits *l = auth_limits(m->site.auth, &id);

	snprintf(last, sizeof(last), "of%zu.last", i);
	return l != NULL && l->scopes_len == len && l->rate.requests == (int64_t)i + 1 &&
	    (len == 0 || str_eq(l->scopes[len - 1].target, str_from(last)));
}

static void
add_scope(struct many *m, size_t i, size_t idx, const char *field, const char *target)
{
	char sql[400];

	snprintf(sql, sizeof(sql),
	    "INSERT INTO \"tabAPI Key Scope\" (name, parent, parenttype, parentfield, idx, kind, "
	    "target) SELECT '%zu.%zu', name, 'API Key', '%s', %zu, 'Method', 'of%zu.%s' FROM "
	    "\"tabAPI Key\" WHERE name",
	    i, idx, field, idx, i, target);
	alter(m, i, sql);
}

static void
each_key_has_its_own_limits_and_scopes_in_their_order(void **state UNUSED)
{
	CLEANUP(mem_freep) struct many *m = MEM_NEW(struct many);
	char sql[400];

	many_open(m);
	for (size_t i = 0; i < KEYS; i++) {
		snprintf(sql, sizeof(sql),
		    "UPDATE \"tabAPI Key\" SET limited = 1, rate_window_s = 60, rate_limit = %zu "
		    "WHERE name",
		    i + 1);
		alter(m, i, sql);
		for (size_t n = i % 4; n > 0; n--)
			add_scope(m, i, n, "scopes", n == i % 4 ? "last" : "other");
		add_scope(m, i, 9, "elsewhere", "wider");
	}
	CHECK(auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	for (size_t i = 0; i < KEYS; i++)
		CHECK(has_scopes_of(m, i, i % 4));

	/* Without the scopes nobody knows what such a key may do. */
	auth_site_sql(&m->site, "ALTER TABLE \"tabAPI Key Scope\" RENAME TO away");
	CHECK(!auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	for (size_t i = 0; i < KEYS; i++)
		CHECK(!is_accepted(m, i));
	auth_site_close(&m->site);
}

static void
note_all(struct many *m, enum change_kind kind, const char *(*name_of)(struct many *m, size_t i))
{
	m->all = (struct change_list){ 0 };
	for (size_t i = 0; i < KEYS; i++)
		CHECK_OK(&m->site.s,
		    change_add(m->site.call.arena, &m->all, kind, str_from(name_of(m, i)),
			&m->site.s.err));
}

static const char *
user_name(struct many *m, size_t i)
{
	return m->users[i];
}

static void
alter_user(struct many *m, size_t i, const char *before, const char *after)
{
	char sql[300];

	snprintf(sql, sizeof(sql), "%s '%s'%s", before, m->users[i], after);
	auth_site_sql(&m->site, sql);
}

/* What memory says of a user, one letter each: Cook, System Manager, new name, disabled. */
static const char *
told_of(struct many *m, size_t i, char *out)
{
	const struct who *who = auth_find_user(m->site.auth, str_from(m->users[i]));
	uint32_t cook;
	size_t n = 0;

	CHECK(role_find(m->site.roles, STR("Cook"), &cook));
	if (who == NULL)
		return "gone";
	if (who_has_role(who, cook))
		out[n++] = 'c';
	if (who->is_system_manager)
		out[n++] = 's';
	if (str_eq(who->full_name, STR("New")))
		out[n++] = 'n';
	if (!who->enabled)
		out[n++] = 'd';
	out[n] = '\0';
	return out;
}

static void
each_user_of_a_long_list_is_as_the_database_says(void **state UNUSED)
{
	static const struct {
		const char *before, *after, *told;
	} cases[] = {
		{ "UPDATE \"tabUser\" SET enabled = 0 WHERE name =", "", "d" },
		{ "DELETE FROM \"tabUser\" WHERE name =", "", "gone" },
		{ "UPDATE \"tabUser\" SET full_name = 'New' WHERE name =", "", "n" },
		{ "INSERT INTO \"tabHas Role\" (name, parenttype, role, parent) SELECT role, "
		  "'User', "
		  "role, ",
		    " FROM (SELECT 'Cook' AS role UNION SELECT 'System Manager')", "cs" },
		{ "SELECT ", "", "" },
	};
	CLEANUP(mem_freep) struct many *m = MEM_NEW(struct many);
	char told[8];

	many_open(m);
	note_all(m, CHANGE_USER, user_name);
	for (size_t i = 0; i < KEYS; i++)
		alter_user(
		    m, i, cases[i % ARRAY_LEN(cases)].before, cases[i % ARRAY_LEN(cases)].after);
	CHECK(auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	for (size_t i = 0; i < KEYS; i++)
		CHECK_STR(str_from(told_of(m, i, told)), cases[i % ARRAY_LEN(cases)].told);

	/* A role that is switched off is taken from all who have it: more than go at once. */
	auth_site_sql(&m->site, "UPDATE \"tabRole\" SET disabled = 1 WHERE name = 'Cook'");
	auth_site_publish(&m->site, CHANGE_ROLE, "Cook");
	for (size_t i = 3; i < KEYS; i += ARRAY_LEN(cases))
		CHECK_STR(str_from(told_of(m, i, told)), "s");
	auth_site_sql(&m->site, "DELETE FROM \"tabHas Role\" WHERE role = 'Cook'");
	auth_site_sql(&m->site,
	    "INSERT INTO \"tabHas Role\" (name, parenttype, role, parent) SELECT name, 'User', "
	    "'Cook', name FROM \"tabUser\"");
	auth_site_sql(&m->site, "UPDATE \"tabRole\" SET disabled = 0 WHERE name = 'Cook'");
	auth_site_publish(&m->site, CHANGE_ROLE, "Cook");
	for (size_t i = 0; i < KEYS; i++)
		CHECK(i % ARRAY_LEN(cases) == 1 || strchr(told_of(m, i, told), 'c') != NULL);

	/* Whose roles cannot be read has none. */
	auth_site_sql(&m->site, "ALTER TABLE \"tabHas Role\" RENAME TO away");
	CHECK(!auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	for (size_t i = 0; i < KEYS; i++)
		CHECK_STR(str_from(told_of(m, i, told)), "gone");
	auth_site_close(&m->site);
}

static const char *
session_name(struct many *m, size_t i)
{
	struct digest digest;

	digest_sha256(str_from(m->users[i]), &digest);
	digest_to_hex(&digest, m->session);
	return m->session;
}

static size_t
sessions_that_live(struct many *m)
{
	char cookie[64];
	struct identity id;
	size_t n = 0;

	for (size_t i = 0; i < KEYS; i++) {
		snprintf(cookie, sizeof(cookie), "sid=%s", m->users[i]);
		CHECK_OK(&m->site.s, auth_site_identify(&m->site, STR_NULL, str_from(cookie), &id));
		n += id.kind == IDENTITY_SESSION;
	}
	return n;
}

static void
each_session_of_a_long_list_is_as_the_database_says(void **state UNUSED)
{
	CLEANUP(mem_freep) struct many *m = MEM_NEW(struct many);
	char sql[400];

	many_open(m);
	const long long expires_us = m->site.now_us + 3600 * CLOCK_US_PER_S;

	note_all(m, CHANGE_SESSION, session_name);
	for (size_t i = 0; i < KEYS; i++) {
		snprintf(sql, sizeof(sql),
		    "INSERT INTO session (name, user, csrf, created_us, expires_us, address, "
		    "agent) "
		    "VALUES ('%s', '%s', 'c', %zu, %lld, '', '')",
		    session_name(m, i), m->users[i], i, expires_us);
		auth_site_sql(&m->site, sql);
	}
	CHECK(sessions_that_live(m) == 0);
	CHECK(auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	CHECK(sessions_that_live(m) == KEYS && auth_counts(m->site.auth).sessions == KEYS);

	auth_site_sql(&m->site, "DELETE FROM session WHERE created_us % 3 = 0");
	CHECK(auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	CHECK(sessions_that_live(m) == KEYS - (KEYS + 2) / 3);

	auth_site_sql(&m->site, "ALTER TABLE session RENAME TO away");
	CHECK(!auth_publish_all(m->site.auth, m->site.s.c, &m->all));
	CHECK(sessions_that_live(m) == 0 && auth_counts(m->site.auth).sessions == 0);
	auth_site_close(&m->site);
}

UNIT_TESTS(each_key_of_a_long_list_is_as_the_database_says,
    one_that_cannot_be_read_takes_no_other_with_it,
    each_key_has_its_own_limits_and_scopes_in_their_order,
    each_user_of_a_long_list_is_as_the_database_says,
    each_session_of_a_long_list_is_as_the_database_says)
