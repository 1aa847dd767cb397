/* Databases that break off in the middle: reads by a budget of steps, writes by a read connection.
 */
#include "tests/unit/auth_site.h"

#include "auth/key_secret.h"
#include "crypto/digest.h"

enum { STEP = 100, STEPS_MAX = 100 * 1000 }; /* how often SQLite looks at a budget, and enough */

#define SID "0123456789abcdef"

struct fault {
	struct auth_site site;
	struct db_conn *reader;
	struct key_pair ada, bob;
};

static void
insert_session(struct auth_site *site)
{
	char sql[400], hex[DIGEST_HEX_LEN];
	const long long expires_us = site->now_us + 3600 * CLOCK_US_PER_S;
	struct digest digest;

	digest_sha256(STR(SID), &digest);
	digest_to_hex(&digest, hex);
	snprintf(sql, sizeof(sql),
	    "INSERT INTO session (name, user, csrf, created_us, expires_us, address, agent) VALUES "
	    "('%.*s', 'ada@x.test', 'c', 0, %lld, '', '')",
	    DIGEST_HEX_LEN, hex, expires_us);
	auth_site_sql(site, sql);
}

static void
fault_open(struct fault *f)
{
	auth_site_open(&f->site);
	f->ada = auth_site_key(&f->site, "ada@x.test");
	f->bob = auth_site_key(&f->site, "bob@x.test");
	insert_session(&f->site);
	auth_site_load(&f->site);
	CHECK_OK(&f->site.s, db_connect(f->site.s.db, DB_READ, &f->reader, &f->site.s.err));
}

static void
fault_close(struct fault *f)
{
	db_disconnect(f->reader);
	auth_site_close(&f->site);
}

static bool
session_lives(struct fault *f)
{
	struct identity id;

	CHECK_OK(&f->site.s, auth_site_identify(&f->site, STR_NULL, STR("sid=" SID), &id));
	return id.kind == IDENTITY_SESSION;
}

static void
a_start_fails_wherever_the_database_breaks_off(void **state UNUSED)
{
	struct fault f;
	int failed = 0;
	bool ok = false;

	fault_open(&f);
	for (int64_t steps = 1; !ok && steps < STEPS_MAX; steps += STEP / 10) {
		const struct auth_options options = { .conf = &f.site.conf,
			.turns = f.site.turns,
			.roles = f.site.roles,
			.keys = f.site.keys };

		auth_free(f.site.auth);
		f.site.auth = auth_new(&options);
		db_set_budget(f.reader, steps);
		ok = auth_load(f.site.auth, f.reader, &f.site.s.err);
		CHECK(ok || f.site.s.err.kind == ERR_OVER_BUDGET);
		failed += !ok;
	}
	CHECK(ok && failed > 3);
	CHECK_STR(auth_site_user_of(&f.site, f.ada), "ada@x.test");
	CHECK(session_lives(&f));
	fault_close(&f);
}

static void
a_start_refuses_damaged_rows(void **state UNUSED)
{
	static const struct {
		const char *damage, *back;
	} cases[] = {
		{ "UPDATE secret SET digest = 'no hex'", NULL },
		{ "UPDATE secret SET name = 'NO HEX OF OURS!' WHERE rowid = 1", NULL },
		{ "UPDATE session SET name = 'no hex'", NULL },
		{ "ALTER TABLE \"tabAPI Key\" RENAME TO away",
		    "ALTER TABLE away RENAME TO \"tabAPI Key\"" },
		{ "ALTER TABLE secret RENAME TO away", "ALTER TABLE away RENAME TO secret" },
		{ "ALTER TABLE session RENAME TO away", "ALTER TABLE away RENAME TO session" },
		{ "ALTER TABLE single RENAME TO away", "ALTER TABLE away RENAME TO single" },
		{ "ALTER TABLE tabUser RENAME TO away", "ALTER TABLE away RENAME TO tabUser" },
		{ "ALTER TABLE tabRole RENAME TO away", "ALTER TABLE away RENAME TO tabRole" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f;

		fault_open(&f);
		auth_site_sql(&f.site, cases[i].damage);
		CHECK_CASE(cases[i].damage,
		    !auth_load(f.site.auth, f.site.s.c, &f.site.s.err) &&
			f.site.s.err.kind == ERR_INTERNAL && f.site.s.err.cause[0] != '\0');
		if (cases[i].back != NULL)
			auth_site_sql(&f.site, cases[i].back);
		fault_close(&f);
	}
}

/* --- publishing --- */

static bool
bob_is_in(struct fault *f)
{
	return auth_site_user_of(&f->site, f->bob).len > 0;
}

static bool
bob_cooks(struct fault *f)
{
	const struct who *who = auth_find_user(f->site.auth, STR("bob@x.test"));
	uint32_t cook;

	return who != NULL && role_find(f->site.roles, STR("Cook"), &cook) &&
	    who_has_role(who, cook);
}

/* Whatever could not be read of a change that takes something away: it is not there any more. */
static void
what_cannot_be_published_is_not_trusted(void **state UNUSED)
{
	static const struct {
		const char *sql;
		enum change_kind kind;
		const char *name; /* NULL: bob's key, "sid": the session */
		bool (*still)(struct fault *f);
	} cases[] = {
		{ "UPDATE \"tabUser\" SET enabled = 0 WHERE name = 'bob@x.test'", CHANGE_USER,
		    "bob@x.test", bob_is_in },
		{ "DELETE FROM secret", CHANGE_KEY, NULL, bob_is_in },
		{ "UPDATE \"tabAPI Key\" SET enabled = 0", CHANGE_KEY, NULL, bob_is_in },
		{ "UPDATE \"tabRole\" SET disabled = 1 WHERE name = 'Cook'", CHANGE_ROLE, "Cook",
		    bob_cooks },
		{ "DELETE FROM session", CHANGE_SESSION, "sid", session_lives },
	};
	char hex[DIGEST_HEX_LEN + 1] = { 0 };
	struct digest digest;

	digest_sha256(STR(SID), &digest);
	digest_to_hex(&digest, hex);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f;
		int64_t steps;

		fault_open(&f);
		const struct change change = { .kind = cases[i].kind,
			.name = cases[i].name == NULL           ? f.bob.key
			    : strcmp(cases[i].name, "sid") == 0 ? str_from(hex)
								: str_from(cases[i].name) };

		CHECK_CASE(cases[i].sql, cases[i].still(&f));
		auth_site_sql(&f.site, cases[i].sql);
		for (steps = 1; steps < 12 * STEP; steps += STEP / 4) {
			db_set_budget(f.reader, steps);
			auth_publish(f.site.auth, f.reader, &change);
			CHECK_CASE(cases[i].sql, !cases[i].still(&f));
		}
		fault_close(&f);
	}
}

/* --- writing --- */

static bool
generate(struct call *call, struct err *err)
{
	struct key_pair pair;
	bool made;

	return key_generate(call, STR("bob@x.test"), &pair, &made, err);
}

static bool
generate_first(struct call *call, struct err *err)
{
	struct key_pair pair;
	bool made;

	return key_generate(call, STR("Administrator"), &pair, &made, err);
}

static struct str bob_key;

static bool
set_both(struct call *call, struct err *err)
{
	return key_set(call, STR("bob@x.test"), STR("0123456789abcde"), STR("secret"), err);
}

static bool
set_none(struct call *call, struct err *err)
{
	return key_set(call, STR("bob@x.test"), STR(""), STR_NULL, err);
}

static bool
set_no_secret(struct call *call, struct err *err)
{
	return key_set(call, STR("bob@x.test"), STR_NULL, STR(""), err);
}

static bool
rotate(struct call *call, struct err *err)
{
	struct str secret;

	return key_rotate(call, bob_key, 3600, &secret, err);
}

static bool
revoke_one(struct call *call, struct err *err)
{
	int64_t ended;

	return key_revoke_one(call, bob_key, STR("lost"), &ended, err);
}

static bool
end_overlap(struct call *call, struct err *err)
{
	int64_t ended;

	return key_secret_end_overlap(call, bob_key, &ended, err);
}

static bool
apply_window(struct call *call, struct err *err)
{
	return key_secret_apply_window(call, bob_key, err);
}

static bool
revoke_all(struct call *call, struct err *err)
{
	int64_t ended;

	return key_revoke(call, STR("bob@x.test"), &ended, err);
}

static bool
forget(struct call *call, struct err *err)
{
	return key_forget_user(call, STR("ada@x.test"), err);
}

static bool
move(struct call *call, struct err *err)
{
	return key_rename_user(call, STR("ada@x.test"), STR("eve@x.test"), err);
}

/* Every table that a body needs, away or not to be written: an error, and nothing has changed. */
static void
a_body_that_breaks_off_says_so(void **state UNUSED)
{
	static const struct {
		const char *what;
		bool (*body)(struct call *call, struct err *err);
	} bodies[] = {
		{ "generate", generate },
		{ "generate a first one", generate_first },
		{ "set both", set_both },
		{ "set none", set_none },
		{ "set no secret", set_no_secret },
		{ "rotate", rotate },
		{ "end overlap", end_overlap },
		{ "apply window", apply_window },
		{ "revoke one", revoke_one },
		{ "revoke", revoke_all },
		{ "forget", forget },
		{ "move", move },
	};
	static const char *const TABLES[] = { "\"tabAPI Key\"", "secret", "session", "password" };
	struct fault f;
	char sql[100];

	fault_open(&f);
	bob_key = f.bob.key;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		int failed = 0;

		f.site.call.db = f.reader;
		for (int64_t steps = 1; steps < 3 * STEP; steps += STEP / 4) {
			db_set_budget(f.reader, steps);
			CHECK_CASE(bodies[i].what, !bodies[i].body(&f.site.call, &f.site.s.err));
		}
		f.site.call.db = f.site.s.c;
		for (size_t t = 0; t < ARRAY_LEN(TABLES); t++) {
			auth_site_begin(&f.site);
			snprintf(sql, sizeof(sql), "ALTER TABLE %s RENAME TO away", TABLES[t]);
			auth_site_sql(&f.site, sql);
			failed += !bodies[i].body(&f.site.call, &f.site.s.err);
			db_rollback(f.site.s.c);
		}
		CHECK_CASE(bodies[i].what, failed > 0);
		f.site.call.changes = (struct change_list){ 0 };
	}
	auth_site_load(&f.site);
	CHECK_STR(auth_site_user_of(&f.site, f.bob), "bob@x.test");
	CHECK_STR(auth_site_user_of(&f.site, f.ada), "ada@x.test");
	CHECK(session_lives(&f));
	fault_close(&f);
}

UNIT_TESTS(a_start_fails_wherever_the_database_breaks_off, a_start_refuses_damaged_rows,
    what_cannot_be_published_is_not_trusted, a_body_that_breaks_off_says_so)
