#include "tests/unit/auth_site.h"

#include "auth/login.h"
#include "auth/strength.h"

/* "password", few rounds: fast, and outdated. */
#define OLD_HASH                                                                                   \
	"$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44"

static void
give_password(struct auth_site *site, const char *user)
{
	CHECK_OK(&site->s, login_store(&site->call, str_from(user), STR(OLD_HASH), &site->s.err));
}

static bool
try_login(struct auth_site *site, const char *usr, const char *pwd)
{
	struct login_verdict v;

	if (!login_judge(&site->call, str_from(usr), str_from(pwd), &v, &site->s.err))
		return false;
	if (v.refused)
		site->s.err = v.refusal;
	return !v.refused;
}

static void
says_what_the_specification_says(void **state UNUSED)
{
	static const struct {
		const char *usr, *pwd, *says; /* NULL: logged in */
	} cases[] = {
		{ "ada@x.test", "password", NULL }, { " ADA@x.test ", "password", NULL },
		{ "ada@x.test", "Password", "Invalid login credentials" },
		{ "nobody@x.test", "password", "Invalid login credentials" },
		{ "Guest", "password", "Invalid login credentials" },
		{ "", "password", "Incomplete login details" },
		{ "ada@x.test", "", "Incomplete login details" },
		{ "0170-1", "password", "Invalid login credentials" }, /* not allowed by settings */
		{ "bob@x.test", "password", "User disabled or missing" },
		{ "bob@x.test", "wrong", "Invalid login credentials" }, /* not whether he is off */
	};
	struct auth_site site;
	char longer[LOGIN_MAX_PASSWORD + 2];

	auth_site_open(&site);
	give_password(&site, "ada@x.test");
	give_password(&site, "bob@x.test");
	auth_site_sql(&site, "UPDATE \"tabUser\" SET enabled = 0 WHERE name = 'bob@x.test'");
	auth_site_sql(&site,
	    "UPDATE \"tabUser\" SET mobile_no = '0170-1', username = 'ada' "
	    "WHERE name = 'ada@x.test'");
	auth_site_publish(&site, CHANGE_USER, "bob@x.test");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const bool ok = try_login(&site, cases[i].usr, cases[i].pwd);

		CHECK_CASE(cases[i].usr, ok == (cases[i].says == NULL));
		if (ok)
			continue;
		CHECK_STR(str_from(site.s.err.msg), cases[i].says);
		CHECK_CASE(cases[i].usr, site.s.err.kind == ERR_AUTHENTICATION);
		CHECK_CASE(cases[i].usr, site.s.err.silent);
	}
	memset(longer, 'x', sizeof(longer));
	longer[LOGIN_MAX_PASSWORD + 1] = '\0';
	CHECK(!try_login(&site, "ada@x.test", longer));
	CHECK_STR(str_from(site.s.err.msg), "Password size exceeded the maximum allowed size");
	auth_site_close(&site);
}

static void
finds_a_user_as_settings_allow(void **state UNUSED)
{
	struct auth_site site;
	struct login_verdict v;

	auth_site_open(&site);
	give_password(&site, "ada@x.test");
	auth_site_sql(&site,
	    "UPDATE \"tabUser\" SET mobile_no = '0170-1', username = 'ada' "
	    "WHERE name = 'ada@x.test'");
	auth_site_sql(&site,
	    "INSERT INTO single (doctype, field, value) VALUES "
	    "('System Settings', 'allow_login_using_mobile_number', '1'), "
	    "('System Settings', 'allow_login_using_user_name', '1')");
	auth_site_publish(&site, CHANGE_SETTINGS, "");
	CHECK_OK(&site.s, login_judge(&site.call, STR("0170-1"), STR("password"), &v, &site.s.err));
	CHECK_STR(v.user, "ada@x.test");
	/* The stored hash is an old one: a new one comes along, and it is current. */
	CHECK(str_starts(v.rehash, STR("$argon2id$")));
	CHECK_OK(&site.s, login_store(&site.call, v.user, v.rehash, &site.s.err));
	CHECK_OK(&site.s, login_judge(&site.call, STR("ada"), STR("password"), &v, &site.s.err));
	CHECK(str_is_null(v.rehash));
	auth_site_sql(&site,
	    "INSERT INTO single (doctype, field, value) VALUES "
	    "('System Settings', 'disable_user_pass_login', '1')");
	auth_site_publish(&site, CHANGE_SETTINGS, "");
	CHECK(!try_login(&site, "ada", "password"));
	CHECK_STR(str_from(site.s.err.msg), "Login with username and password is not allowed.");
	auth_site_close(&site);
}

static void
locks_after_too_many_failures(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	give_password(&site, "ada@x.test");
	give_password(&site, "bob@x.test");
	auth_site_sql(&site,
	    "INSERT INTO single (doctype, field, value) VALUES "
	    "('System Settings', 'allow_consecutive_login_attempts', '2')");
	auth_site_publish(&site, CHANGE_SETTINGS, "");
	for (int i = 0; i < 3; i++) {
		CHECK(!try_login(&site, "ada@x.test", "wrong"));
		CHECK(site.s.err.kind == ERR_AUTHENTICATION);
	}
	struct db_conn *const db = site.call.db;

	site.call.db = NULL; /* nobody looks for the hash: the lock is judged before the password */
	CHECK(!try_login(&site, "ada@x.test", "password"));
	site.call.db = db;
	CHECK(site.s.err.kind == ERR_SECURITY && site.s.err.retry_after_s > 0);
	CHECK_STR(str_from(site.s.err.msg),
	    "Your account has been locked and will resume after 60 seconds");
	CHECK(!login_verify(&site.call, STR("ada@x.test"), STR("password"), &site.s.err));
	CHECK(site.s.err.kind == ERR_SECURITY);
	CHECK(!try_login(&site, "bob@x.test", "password")); /* the address is locked, too */
	site.call.peer = STR("10.1.1.2");
	CHECK_OK(&site.s, try_login(&site, "bob@x.test", "password"));
	CHECK(!try_login(&site, "ADA@x.test", "password")); /* the user is locked everywhere */
	site.call.now_us += 61 * CLOCK_US_PER_S;
	site.call.started_us += 61 * CLOCK_US_PER_S;
	CHECK_OK(&site.s, try_login(&site, "ada@x.test", "password"));
	auth_site_close(&site);
}

static void
keeps_to_addresses_and_hours(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	give_password(&site, "ada@x.test");
	auth_site_sql(&site,
	    "UPDATE \"tabUser\" SET restrict_ip = '10.9.0.0/16' "
	    "WHERE name = 'ada@x.test'");
	auth_site_publish(&site, CHANGE_USER, "ada@x.test");
	CHECK(!try_login(&site, "ada@x.test", "password"));
	CHECK_STR(str_from(site.s.err.msg), "Access not allowed from this IP Address");
	auth_site_sql(&site,
	    "UPDATE \"tabUser\" SET restrict_ip = NULL, login_after = 9, "
	    "login_before = 17 WHERE name = 'ada@x.test'");
	auth_site_publish(&site, CHANGE_USER, "ada@x.test");
	for (int hour = 0; hour < 24; hour++) {
		const struct clock_civil at = { .year = 2026, .month = 3, .day = 4, .hour = hour };

		site.call.now_us = clock_from_local(at);
		CHECK(try_login(&site, "ada@x.test", "password") == (hour >= 9 && hour <= 17));
	}
	CHECK_STR(str_from(site.s.err.msg), "Login not allowed at this time");
	auth_site_close(&site);
}

static void
weak_passwords_are_refused_with_a_hint(void **state UNUSED)
{
	static const struct {
		const char *password;
		bool ok;
	} cases[] = {
		{ "", false },
		{ "abc", false },
		{ "password", false },
		{ "ada@x.test", false },
		{ "Gr4nite-Ada-Qz77", true },
		{ "correct horse battery staple", true },
	};
	const struct str guesses[] = { STR("ada@x.test"), STR("Ada"), STR("") };
	struct auth_site site;
	struct str hash, hint;

	auth_site_open(&site);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const bool ok = login_hash_new(&site.call, str_from(cases[i].password), guesses,
		    ARRAY_LEN(guesses), &hash, &site.s.err);

		CHECK_CASE(cases[i].password, ok == cases[i].ok);
		if (!ok)
			CHECK_CASE(cases[i].password, site.s.err.kind == ERR_VALIDATION);
		if (!ok)
			CHECK_STR(str_from(site.s.err.title), "Invalid Password");
	}
	CHECK(strength_score(STR("abcdefgh"), NULL, 0, &hint) < 2);
	CHECK(str_starts(hint, STR("Avoid sequences")) || hint.len > 0);
	auth_site_sql(&site,
	    "INSERT INTO single (doctype, field, value) VALUES "
	    "('System Settings', 'enable_password_policy', '0')");
	auth_site_publish(&site, CHANGE_SETTINGS, "");
	CHECK_OK(&site.s, login_hash_new(&site.call, STR("abc"), NULL, 0, &hash, &site.s.err));
	CHECK_OK(&site.s, login_store(&site.call, STR("ada@x.test"), hash, &site.s.err));
	CHECK_OK(&site.s, login_verify(&site.call, STR("ada@x.test"), STR("abc"), &site.s.err));
	CHECK(!login_verify(&site.call, STR("ada@x.test"), STR("abd"), &site.s.err));
	CHECK_STR(str_from(site.s.err.msg), "Incorrect password");
	auth_site_close(&site);
}

static void
a_password_that_changed_meanwhile_does_not_count(void **state UNUSED)
{
	struct auth_site site;
	struct login_verdict v;

	auth_site_open(&site);
	give_password(&site, "ada@x.test");
	CHECK_OK(
	    &site.s, login_judge(&site.call, STR("ada@x.test"), STR("password"), &v, &site.s.err));
	CHECK(!v.refused);
	CHECK_OK(&site.s, login_confirm(&site.call, &v, &site.s.err));
	CHECK_OK(&site.s, login_store(&site.call, v.user, STR("$argon2id$another"), &site.s.err));
	CHECK(!login_confirm(&site.call, &v, &site.s.err));
	CHECK(site.s.err.kind == ERR_AUTHENTICATION);
	auth_site_sql(&site, "DELETE FROM password");
	CHECK(!login_confirm(&site.call, &v, &site.s.err));
	auth_site_close(&site);
}

UNIT_TESTS(says_what_the_specification_says, finds_a_user_as_settings_allow,
    locks_after_too_many_failures, keeps_to_addresses_and_hours,
    weak_passwords_are_refused_with_a_hint, a_password_that_changed_meanwhile_does_not_count)
