#include "tests/unit/auth_site.h"

static bool
has_role(struct auth_site *site, const struct who *who, const char *role)
{
	uint32_t number;

	return role_find(site->roles, str_from(role), &number) && who_has_role(who, number);
}

static void
roles_are_as_permissions_say(void **state UNUSED)
{
	static const struct {
		const char *user, *role;
		bool has;
	} cases[] = {
		{ "ada@x.test", "System Manager", true },
		{ "ada@x.test", "All", true },
		{ "ada@x.test", "Guest", true },
		{ "ada@x.test", "Desk User", true },
		{ "ADA@x.test", "Cook", false },
		{ "ada@x.test", "Old", false },           /* it is disabled */
		{ "ada@x.test", "Administrator", false }, /* automatic: storing it does nothing */
		{ "bob@x.test", "Cook", true },
		{ "Administrator", "Cook", true },
		{ "Administrator", "System Manager", true },
		{ "Administrator", "Administrator", true },
		{ "Administrator", "Old", false },
		{ "Guest", "Guest", true },
		{ "Guest", "All", false },
	};
	struct auth_site site;

	auth_site_open(&site);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct who *who = auth_find_user(site.auth, str_from(cases[i].user));

		CHECK_CASE(cases[i].role, who != NULL);
		CHECK_CASE(cases[i].role, has_role(&site, who, cases[i].role) == cases[i].has);
	}
	CHECK(auth_find_user(site.auth, STR("nobody")) == NULL);
	CHECK(auth_find_user(site.auth, STR("ada@x.test"))->is_system_manager);
	CHECK(!auth_find_user(site.auth, STR("bob@x.test"))->is_system_manager);
	CHECK(auth_find_user(site.auth, STR("Guest"))->is_guest);

	auth_site_sql(&site, "UPDATE \"tabRole\" SET disabled = 0 WHERE name = 'Old'");
	auth_site_publish(&site, CHANGE_ROLE, "Old");
	CHECK(has_role(&site, auth_find_user(site.auth, STR("ada@x.test")), "Old"));
	auth_site_sql(&site, "UPDATE \"tabRole\" SET disabled = 1 WHERE name = 'Cook'");
	auth_site_publish(&site, CHANGE_ROLE, "Cook");
	CHECK(!has_role(&site, auth_find_user(site.auth, STR("bob@x.test")), "Cook"));
	auth_site_close(&site);
}

static void
every_wrong_pair_is_refused_alike(void **state UNUSED)
{
	struct auth_site site;
	struct key_pair ada, bob, wrong;

	auth_site_open(&site);
	ada = auth_site_key(&site, "ada@x.test");
	bob = auth_site_key(&site, "bob@x.test");
	CHECK_STR(auth_site_user_of(&site, ada), "ada@x.test");
	CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");
	wrong = (struct key_pair){ ada.key, bob.secret };
	CHECK_STR(auth_site_user_of(&site, wrong), "");
	wrong = (struct key_pair){ STR("0000000bad00000"), ada.secret };
	CHECK_STR(auth_site_user_of(&site, wrong), "");
	wrong = (struct key_pair){ ada.key, STR("") };
	CHECK_STR(auth_site_user_of(&site, wrong), "");
	wrong = (struct key_pair){ ada.key, str_sub(ada.secret, 0, ada.secret.len - 1) };
	CHECK_STR(auth_site_user_of(&site, wrong), "");
	auth_site_close(&site);
}

static void
a_change_of_the_user_holds_at_once(void **state UNUSED)
{
	static const struct {
		const char *what, *sql, *back;
	} cases[] = {
		{ "disabled", "UPDATE \"tabUser\" SET enabled = 0 WHERE name = 'bob@x.test'",
		    "UPDATE \"tabUser\" SET enabled = 1 WHERE name = 'bob@x.test'" },
		{ "another network",
		    "UPDATE \"tabUser\" SET restrict_ip = '10.2.0.0/16' WHERE name = 'bob@x.test'",
		    "UPDATE \"tabUser\" SET restrict_ip = '10.1.' WHERE name = 'bob@x.test'" },
		{ "gone", "UPDATE \"tabUser\" SET name = 'rob@x.test' WHERE name = 'bob@x.test'",
		    "UPDATE \"tabUser\" SET name = 'bob@x.test' WHERE name = 'rob@x.test'" },
	};
	struct auth_site site;
	struct key_pair bob;

	auth_site_open(&site);
	bob = auth_site_key(&site, "bob@x.test");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auth_site_sql(&site, cases[i].sql);
		auth_site_publish(&site, CHANGE_USER, "bob@x.test");
		CHECK_CASE(cases[i].what, str_eq(auth_site_user_of(&site, bob), STR("")));
		auth_site_sql(&site, cases[i].back);
		auth_site_publish(&site, CHANGE_USER, "bob@x.test");
		CHECK_CASE(cases[i].what, str_eq(auth_site_user_of(&site, bob), STR("bob@x.test")));
	}
	/* Administrator cannot be locked out by a row. */
	auth_site_sql(&site, "UPDATE \"tabUser\" SET enabled = 0 WHERE name = 'Administrator'");
	auth_site_publish(&site, CHANGE_USER, "Administrator");
	CHECK(auth_find_user(site.auth, STR("Administrator"))->enabled);
	auth_site_close(&site);
}

static void
a_waiting_call_is_judged_anew(void **state UNUSED)
{
	struct auth_site site;
	struct identity id;
	const struct who *who;
	int64_t ended;

	auth_site_open(&site);
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	CHECK(
	    auth_site_identify(&site, auth_site_token(&site, bob.key, bob.secret), STR_NULL, &id));
	CHECK(auth_who(site.auth, &id, &who, &site.s.err));

	/* The same rows again: the secret lives on, for calls under way, too. */
	const struct change same = { .kind = CHANGE_KEY, .name = bob.key };

	auth_publish(site.auth, site.s.c, &same);
	CHECK(auth_who(site.auth, &id, &who, &site.s.err));

	auth_site_begin(&site);
	CHECK_OK(&site.s, key_revoke(&site.call, STR("bob@x.test"), &ended, &site.s.err));
	auth_site_commit(&site);
	CHECK(ended == 1);
	CHECK(!auth_who(site.auth, &id, &who, &site.s.err));
	CHECK(site.s.err.kind == ERR_AUTHENTICATION);

	/* A new secret in the freed record does not revive the old identity. */
	auth_site_key(&site, "bob@x.test");
	CHECK(!auth_who(site.auth, &id, &who, &site.s.err));
	CHECK_STR(auth_site_user_of(&site, bob), "");
	auth_site_close(&site);
}

static void
a_secret_holds_within_its_time(void **state UNUSED)
{
	struct auth_site site;
	char sql[200];

	auth_site_open(&site);
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");
	const struct change change = { .kind = CHANGE_KEY, .name = bob.key };
	const long long now_s = site.now_us / CLOCK_US_PER_S;
	const struct {
		const char *what;
		long long from, to;
		bool ok;
	} cases[] = {
		{ "for ever", 0, 0, true },
		{ "from now", now_s, 0, true },
		{ "from the next second", now_s + 1, 0, false },
		{ "until the next second", 0, now_s + 1, true },
		{ "until now", 0, now_s, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(sql, sizeof(sql), "UPDATE secret SET not_before = %lld, not_after = %lld",
		    cases[i].from, cases[i].to);
		auth_site_sql(&site, sql);
		auth_publish(site.auth, site.s.c, &change);
		CHECK_CASE(cases[i].what, (auth_site_user_of(&site, bob).len > 0) == cases[i].ok);
	}
	auth_site_sql(&site, "UPDATE secret SET not_after = 0, not_before = 0");
	auth_site_sql(&site, "UPDATE \"tabAPI Key\" SET enabled = 0");
	auth_publish(site.auth, site.s.c, &change);
	CHECK_STR(auth_site_user_of(&site, bob), "");
	CHECK(auth_counts(site.auth).secrets == 0 && auth_counts(site.auth).keys == 0);
	auth_site_close(&site);
}

/* Another pepper in front: new secrets are signed with it, old ones judged with the old. */
static void
add_pepper(struct auth_site *site)
{
	const char *path = scratch_file(&site->s, "symbolon.key");
	char text[1024] = { 0 };
	FILE *file = fopen(path, "r+");
	char *line;

	CHECK(file != NULL && fread(text, 1, sizeof(text) - 1, file) > 0);
	CHECK((line = strchr(text, '\n')) != NULL);
	rewind(file);
	fprintf(file, "%.*s\npepper other %064d%s", (int)(line - text), text, 7, line);
	CHECK(fclose(file) == 0);
	keyfile_free(site->keys);
	CHECK_OK(&site->s, keyfile_open(path, &site->keys, &site->s.err));
	auth_site_load(site);
}

static void
secrets_of_a_key_may_overlap(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	for (int other_pepper = 0; other_pepper < 2; other_pepper++) {
		const struct key_pair old = auth_site_key(&site, "bob@x.test");

		auth_site_sql(&site, "CREATE TABLE kept AS SELECT * FROM secret");
		if (other_pepper)
			add_pepper(&site);
		CHECK_STR(auth_site_user_of(&site, old), "bob@x.test");
		const struct key_pair new = auth_site_key(&site, "bob@x.test");
		const struct change change = { .kind = CHANGE_KEY, .name = new.key };
		const struct key_pair wrong = { new.key, STR("nope") };

		CHECK_STR(auth_site_user_of(&site, old), "");
		auth_site_sql(&site, "INSERT INTO secret SELECT * FROM kept");
		auth_site_sql(&site, "DROP TABLE kept");
		auth_publish(site.auth, site.s.c, &change);
		CHECK(auth_counts(site.auth).secrets == 2 && auth_counts(site.auth).keys == 1);
		CHECK_STR(auth_site_user_of(&site, old), "bob@x.test");
		CHECK_STR(auth_site_user_of(&site, new), "bob@x.test");
		CHECK_STR(auth_site_user_of(&site, wrong), "");
	}
	auth_site_close(&site);
}

static void
a_right_secret_is_accepted_among_wrong_tries(void **state UNUSED)
{
	struct auth_site site;
	struct identity id;

	auth_site_open(&site);
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");
	const struct str wrong = auth_site_token(&site, bob.key, STR("nope"));

	for (int i = 0; i < 100; i++) {
		CHECK(!auth_site_identify(&site, wrong, STR_NULL, &id));
		CHECK(site.s.err.kind == ERR_AUTHENTICATION);
	}
	CHECK(!auth_site_identify(&site, wrong, STR_NULL, &id));
	CHECK(site.s.err.kind == ERR_TOO_MANY_REQUESTS);
	CHECK(site.s.err.retry_after_s >= 1 && site.s.err.retry_after_s <= 60);
	CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");

	site.call.peer = STR("10.1.1.2"); /* another address has tries of its own */
	CHECK(!auth_site_identify(&site, wrong, STR_NULL, &id));
	CHECK(site.s.err.kind == ERR_AUTHENTICATION);
	site.call.peer = STR("10.1.1.1");
	site.now_us += 61 * CLOCK_US_PER_S;
	CHECK(!auth_site_identify(&site, wrong, STR_NULL, &id));
	CHECK(site.s.err.kind == ERR_AUTHENTICATION);
	CHECK(auth_counts(site.auth).throttled == 1);
	auth_site_close(&site);
}

static void
what_is_unusable_is_refused_and_what_is_absent_is_guest(void **state UNUSED)
{
	static const struct {
		const char *field;
		int kind; /* of the error; -1: a guest */
	} cases[] = {
		{ "", -1 },
		{ "  ", -1 },
		{ "token", ERR_AUTHENTICATION },
		{ "token nope", ERR_AUTHENTICATION },
		{ "Digest nope", ERR_AUTHENTICATION },
		{ "Basic abcde", ERR_AUTHORIZATION_TOKEN },
	};
	struct auth_site site;
	struct identity id;

	auth_site_open(&site);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const bool ok = auth_site_identify(&site, str_from(cases[i].field), STR_NULL, &id);

		CHECK_CASE(cases[i].field, ok == (cases[i].kind == -1));
		CHECK_CASE(cases[i].field,
		    ok ? id.kind == IDENTITY_GUEST : (int)site.s.err.kind == cases[i].kind);
	}
	CHECK(auth_site_identify(&site, STR_NULL, STR("sid=Guest; a=b"), &id));
	CHECK(id.kind == IDENTITY_GUEST && !id.session_expired);
	CHECK(auth_site_identify(&site, STR_NULL, STR("sid=0123456789abcdef"), &id));
	CHECK(id.kind == IDENTITY_GUEST && id.session_expired);
	auth_site_close(&site);
}

static void
a_start_finds_everything_again(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	const struct key_pair ada = auth_site_key(&site, "ada@x.test");
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	auth_site_load(&site);
	CHECK_STR(auth_site_user_of(&site, ada), "ada@x.test");
	CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");
	CHECK(auth_counts(site.auth).keys == 2 && auth_counts(site.auth).secrets == 2);

	/* A pepper that the file lacks: refuse, and name the file. */
	auth_site_sql(&site, "UPDATE secret SET pepper = 'elsewhere'");
	CHECK(!auth_load(site.auth, site.s.c, &site.s.err));
	CHECK(site.s.err.kind == ERR_UNAVAILABLE);
	CHECK(strstr(site.s.err.msg, "symbolon.key") != NULL);
	auth_site_close(&site);
}

static void
uses_are_written_in_batches(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	for (int i = 0; i < 5; i++)
		CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");
	for (int again = 0; again < 2; again++) {
		auth_site_flush(&site);
		CHECK(scratch_number(&site.s, site.s.c, STR("SELECT uses FROM secret")) == 5);
		CHECK(
		    scratch_number(&site.s, site.s.c, STR("SELECT uses FROM \"tabAPI Key\"")) == 5);
	}
	CHECK(scratch_number(&site.s, site.s.c,
		  STR("SELECT count(*) FROM \"tabAPI Key\" WHERE last_used > '2' AND "
		      "last_used_address = '10.1.1.1'")) == 1);
	CHECK(scratch_number(&site.s, site.s.c,
		  STR("SELECT count(*) FROM \"tabUser\" WHERE last_active IS NOT NULL AND "
		      "name = 'bob@x.test'")) == 1);
	auth_site_close(&site);
}

/* What could not be written, or was not committed, is counted again next time. */
static void
a_failed_flush_loses_no_uses(void **state UNUSED)
{
	struct auth_site site;
	bool more;

	auth_site_open(&site);
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");
	auth_site_sql(&site, "ALTER TABLE secret RENAME TO away");
	CHECK(!auth_flush_counters(site.auth, site.s.c, &more, &site.s.err));
	auth_site_sql(&site, "ALTER TABLE away RENAME TO secret");
	for (int i = 0; i < 2; i++) {
		auth_site_begin(&site);
		CHECK_OK(&site.s, auth_flush_counters(site.auth, site.s.c, &more, &site.s.err));
		CHECK(scratch_number(&site.s, site.s.c, STR("SELECT uses FROM secret")) == 1);
		db_rollback(site.s.c);
	}
	auth_site_flush(&site);
	auth_site_flush(&site);
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT uses FROM secret")) == 1);
	auth_site_close(&site);
}

/* Two loops saw the key; the one that is written last saw it first. */
static void
the_last_use_of_all_loops_counts(void **state UNUSED)
{
	static const char *const ADDRESSES[] = { "10.1.1.9", "10.1.1.1" };
	struct auth_site site;
	struct identity id;

	auth_site_open(&site);
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	for (uint32_t loop = 1; loop <= 2; loop++) {
		const struct auth_request request = {
			.has_authorization = true,
			.authorization = auth_site_token(&site, bob.key, bob.secret),
			.address = str_from(ADDRESSES[loop - 1]),
			.now_us = site.now_us - loop * CLOCK_US_PER_S,
			.mono_us = site.now_us - loop * CLOCK_US_PER_S,
			.loop = loop,
		};

		CHECK_OK(&site.s, auth_identify(site.auth, &request, &id, &site.s.err));
	}
	auth_site_flush(&site);
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT uses FROM \"tabAPI Key\"")) == 2);
	CHECK(
	    scratch_number(&site.s, site.s.c,
		STR("SELECT count(*) FROM \"tabAPI Key\" WHERE last_used_address = '10.1.1.9'")) ==
	    1);
	auth_site_close(&site);
}

/* A check by hand, on no loop, is no use; a secret that has ended has none to be written. */
static void
what_is_no_use_is_not_counted(void **state UNUSED)
{
	struct auth_site site;
	struct identity id;

	auth_site_open(&site);
	const struct key_pair ada = auth_site_key(&site, "ada@x.test");
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");
	const struct auth_request request = {
		.has_authorization = true,
		.authorization = auth_site_token(&site, ada.key, ada.secret),
		.address = STR("10.1.1.1"),
		.now_us = site.now_us,
		.mono_us = site.now_us,
	};

	CHECK_OK(&site.s, auth_identify(site.auth, &request, &id, &site.s.err));
	CHECK(auth_counts(site.auth).accepted == 1);
	CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");
	auth_site_key(&site, "bob@x.test");
	auth_site_flush(&site);
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT sum(uses) FROM \"tabAPI Key\"")) == 0);
	CHECK(!auth_flush_due(site.auth) && auth_counts(site.auth).uses_dropped == 0);
	auth_site_close(&site);
}

/* A change that cannot be read leaves nothing to trust. */
static void
a_failed_publication_refuses(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	const struct key_pair ada = auth_site_key(&site, "ada@x.test");
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");
	const struct change change = { .kind = CHANGE_KEY, .name = ada.key };

	auth_site_sql(&site, "ALTER TABLE \"tabAPI Key\" RENAME TO away");
	auth_publish(site.auth, site.s.c, &change);
	CHECK_STR(auth_site_user_of(&site, ada), "");
	CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");
	auth_site_sql(&site, "ALTER TABLE \"tabUser\" RENAME TO away2");
	auth_site_publish(&site, CHANGE_USER, "bob@x.test");
	CHECK_STR(auth_site_user_of(&site, bob), "");
	auth_site_close(&site);
}

static void
settings_have_defaults_and_change(void **state UNUSED)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "06:00", 6 * 3600 },
		{ "06:00:30", 6 * 3600 + 30 },
		{ "", 240 * 3600 },
		{ "soon", 240 * 3600 },
		{ "00:00", 240 * 3600 },
	};
	struct auth_site site;
	char sql[200];

	auth_site_open(&site);
	struct auth_settings s = auth_settings(site.auth);

	CHECK(s.error_traceback && s.password_policy && !s.deny_multiple_sessions);
	CHECK(s.minimum_password_score == 2 && s.consecutive_attempts == 10 && s.lock_s == 60);
	CHECK(s.session_s == 170 * 3600);
	auth_site_sql(&site,
	    "INSERT INTO single (doctype, field, value) VALUES "
	    "('System Settings', 'allow_error_traceback', '0'), "
	    "('System Settings', 'session_expiry', ''), "
	    "('System Settings', 'allow_consecutive_login_attempts', '3')");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(sql, sizeof(sql),
		    "UPDATE single SET value = '%s' WHERE field = 'session_expiry'", cases[i].text);
		auth_site_sql(&site, sql);
		auth_site_publish(&site, CHANGE_SETTINGS, "");
		s = auth_settings(site.auth);
		CHECK_CASE(cases[i].text, s.session_s == cases[i].seconds);
	}
	CHECK(!s.error_traceback && s.consecutive_attempts == 3 && s.lock_s == 60);
	auth_site_close(&site);
}

UNIT_TESTS(roles_are_as_permissions_say, every_wrong_pair_is_refused_alike,
    a_change_of_the_user_holds_at_once, a_waiting_call_is_judged_anew,
    a_secret_holds_within_its_time, secrets_of_a_key_may_overlap,
    a_right_secret_is_accepted_among_wrong_tries,
    what_is_unusable_is_refused_and_what_is_absent_is_guest, a_start_finds_everything_again,
    uses_are_written_in_batches, a_failed_flush_loses_no_uses, the_last_use_of_all_loops_counts,
    what_is_no_use_is_not_counted, a_failed_publication_refuses, settings_have_defaults_and_change)
