#include "tests/unit/auth_site.h"

#include "auth/key_list.h"
#include "auth/key_report.h"
#include "auth/key_undo.h"
#include "auth/key_uses.h"

static void
a_new_secret_ends_the_old_one_and_keeps_the_key(void **state UNUSED)
{
	struct auth_site site;
	struct key_pair first, second;
	bool made;

	auth_site_open(&site);
	auth_site_begin(&site);
	CHECK_OK(&site.s, key_generate(&site.call, STR("ada@x.test"), &first, &made, &site.s.err));
	auth_site_commit(&site);
	CHECK(made && first.key.len == KEY_LEN && first.secret.len == SECRET_LEN);
	CHECK(str_starts(first.secret, STR("smb_")) && key_secret_is_wellformed(first.secret));
	auth_site_begin(&site);
	CHECK_OK(&site.s, key_generate(&site.call, STR("Ada@x.test"), &second, &made, &site.s.err));
	auth_site_commit(&site);
	CHECK(!made && str_eq(first.key, second.key) && !str_eq(first.secret, second.secret));
	CHECK_STR(auth_site_user_of(&site, first), "");
	CHECK_STR(auth_site_user_of(&site, second), "ada@x.test");
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT count(*) FROM secret")) == 1);
	/* Only the keyed digest is stored. */
	CHECK(scratch_number(&site.s, site.s.c,
		  STR("SELECT count(*) FROM secret WHERE digest LIKE '%smb_%'")) == 0);
	auth_site_close(&site);
}

/* What a rolled-back body made is in no table and in no memory. */
static void
a_body_that_fails_leaves_nothing(void **state UNUSED)
{
	struct auth_site site;
	struct key_pair pair;
	bool made;

	auth_site_open(&site);
	auth_site_begin(&site);
	CHECK_OK(&site.s, key_generate(&site.call, STR("ada@x.test"), &pair, &made, &site.s.err));
	db_rollback(site.s.c);
	site.call.changes = (struct change_list){ 0 };
	CHECK_STR(auth_site_user_of(&site, pair), "");
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT count(*) FROM \"tabAPI Key\"")) == 0);
	auth_site_close(&site);
}

static void
judges_the_form_of_a_secret(void **state UNUSED)
{
	struct auth_site site;
	char typo[SECRET_LEN];

	auth_site_open(&site);
	const struct str secret = auth_site_key(&site, "ada@x.test").secret;

	for (size_t i = 0; i < SECRET_LEN; i++) {
		memcpy(typo, secret.ptr, SECRET_LEN);
		typo[i] = typo[i] == 'x' ? 'y' : 'x';
		CHECK(!key_secret_is_wellformed((struct str){ typo, SECRET_LEN }));
	}
	CHECK(!key_secret_is_wellformed(str_sub(secret, 0, SECRET_LEN - 1)));
	CHECK(!key_secret_is_wellformed(STR("0123456789abcde")));
	auth_site_close(&site);
}

static bool
set(struct auth_site *site, const char *user, struct str key, struct str secret)
{
	auth_site_begin(site);
	const bool ok = key_set(&site->call, str_from(user), key, secret, &site->s.err);

	if (ok) {
		auth_site_commit(site);
	} else {
		db_rollback(site->s.c);
		site->call.changes = (struct change_list){ 0 };
	}
	return ok;
}

static void
sets_a_pair_by_hand(void **state UNUSED)
{
	struct auth_site site;
	const struct key_pair one = { STR("ivankey00000001"), STR("ivansecret00001") };
	const struct key_pair two = { STR("ivankey00000001"), STR("ivansecret00002") };

	auth_site_open(&site);
	const struct key_pair ada = auth_site_key(&site, "ada@x.test");

	CHECK_OK(&site.s, set(&site, "bob@x.test", one.key, one.secret));
	CHECK_STR(auth_site_user_of(&site, one), "bob@x.test");
	CHECK(
	    scratch_number(&site.s, site.s.c, STR("SELECT count(*) FROM secret WHERE weak")) == 1);
	CHECK_OK(
	    &site.s, set(&site, "bob@x.test", one.key, STR_NULL)); /* the same key: no change */
	CHECK_STR(auth_site_user_of(&site, one), "bob@x.test");
	CHECK_OK(&site.s, set(&site, "bob@x.test", STR_NULL, two.secret));
	CHECK_STR(auth_site_user_of(&site, one), "");
	CHECK_STR(auth_site_user_of(&site, two), "bob@x.test");
	CHECK(!set(&site, "bob@x.test", ada.key, STR_NULL) && site.s.err.kind == ERR_UNIQUE);
	CHECK_STR(auth_site_user_of(&site, two), "bob@x.test");
	CHECK_OK(&site.s, set(&site, "bob@x.test", STR_NULL, STR("")));
	CHECK_STR(auth_site_user_of(&site, two), "");
	CHECK_OK(&site.s, set(&site, "bob@x.test", STR_NULL, one.secret));
	CHECK_STR(auth_site_user_of(&site, one), "bob@x.test");
	CHECK(!set(&site, "bob@x.test", STR("a:b"), STR_NULL) && site.s.err.kind == ERR_VALIDATION);
	CHECK(!set(&site, "bob@x.test", STR_NULL, STR("a b")) && site.s.err.kind == ERR_VALIDATION);
	CHECK_OK(&site.s, set(&site, "bob@x.test", STR(""), STR_NULL));
	CHECK_STR(auth_site_user_of(&site, one), "");
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT count(*) FROM \"tabAPI Key\"")) == 1);
	CHECK(!set(&site, "bob@x.test", STR_NULL, STR("secret")));
	auth_site_close(&site);
}

static void
keys_go_along_and_go_away_with_their_user(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	auth_site_begin(&site);
	auth_site_sql(
	    &site, "UPDATE \"tabUser\" SET name = 'rob@x.test' WHERE name = 'bob@x.test'");
	CHECK_OK(&site.s,
	    key_rename_user(&site.call, STR("bob@x.test"), STR("rob@x.test"), &site.s.err));
	CHECK_OK(&site.s, call_change(&site.call, CHANGE_USER, STR("bob@x.test"), &site.s.err));
	CHECK_OK(&site.s, call_change(&site.call, CHANGE_USER, STR("rob@x.test"), &site.s.err));
	auth_site_commit(&site);
	CHECK_STR(auth_site_user_of(&site, bob), "rob@x.test");

	auth_site_begin(&site);
	auth_site_sql(&site, "DELETE FROM \"tabUser\" WHERE name = 'rob@x.test'");
	CHECK_OK(&site.s, key_forget_user(&site.call, STR("rob@x.test"), &site.s.err));
	CHECK_OK(&site.s, call_change(&site.call, CHANGE_USER, STR("rob@x.test"), &site.s.err));
	auth_site_commit(&site);
	CHECK_STR(auth_site_user_of(&site, bob), "");
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT count(*) FROM \"tabAPI Key\"")) == 0);
	auth_site_close(&site);
}

static void
lists_keys_without_their_secrets(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	const struct key_pair ada = auth_site_key(&site, "ada@x.test");
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	CHECK_OK(&site.s, key_list(&site.call, STR_NULL, &site.call.out, &site.s.err));
	struct str json = buf_str(&site.call.response.body);

	CHECK(str_find_str(json, ada.key) > 0 && str_find_str(json, bob.key) > 0);
	CHECK(str_find_str(json, STR("\"state\":\"active\"")) > 0);
	CHECK(str_find_str(json, ada.secret) < 0 && str_find_str(json, STR("digest")) < 0);
	buf_clear(&site.call.response.body);
	site.call.out = JSON_OUT(&site.call.response.body);
	CHECK_OK(&site.s, key_list(&site.call, STR("bob@x.test"), &site.call.out, &site.s.err));
	json = buf_str(&site.call.response.body);
	CHECK(str_find_str(json, ada.key) < 0 && str_find_str(json, bob.key) > 0);
	auth_site_close(&site);
}

static void
what_was_revoked_among_many_keeps_its_secrets_for_ten_minutes(void **state UNUSED)
{
	const struct str secrets = STR("SELECT count(*) FROM secret");
	struct auth_site site;
	bool revoked;
	struct key_undo undo;

	auth_site_open(&site);
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	site.call.who = auth_find_user(site.auth, STR("ada@x.test"));
	auth_site_begin(&site);
	CHECK_OK(&site.s, key_undo_begin(&site.call, STR("lost"), &undo, &site.s.err));
	CHECK_OK(&site.s, key_undo_revoke(&site.call, &undo, bob.key, &revoked, &site.s.err));
	auth_site_commit(&site);
	CHECK(revoked && undo.ended == 1);
	CHECK_STR(auth_site_user_of(&site, bob), "");
	const int64_t final_us = site.call.now_us + KEY_UNDO_S * CLOCK_US_PER_S;

	CHECK_OK(&site.s, key_undo_sweep(site.s.c, final_us - 1, &site.s.err));
	CHECK(scratch_number(&site.s, site.s.c, secrets) == 1);
	CHECK_OK(&site.s, key_undo_sweep(site.s.c, final_us, &site.s.err));
	CHECK(scratch_number(&site.s, site.s.c, secrets) == 0);
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT count(*) FROM key_undo")) == 0);
	auth_site_close(&site);
}

static void
uses_of_a_day_add_up_and_go_when_they_are_old(void **state UNUSED)
{
	static const struct str COUNT = STR_INIT("SELECT coalesce(sum(uses), 0) FROM key_use");
	const int64_t day_us = 24 * 3600 * CLOCK_US_PER_S;
	struct auth_site site;

	auth_site_open(&site);
	struct scratch *s = &site.s;
	const struct str key = auth_site_key(&site, "ada@x.test").key;
	const int64_t today = key_uses_day(site.call.now_us);

	CHECK(key_uses_day(day_us - 1) == 0 && key_uses_day(day_us) == 1);
	CHECK_OK(s, key_uses_add(s->c, today, STR("one"), key, 3, &s->err));
	CHECK_OK(s, key_uses_add(s->c, today, STR("one"), key, 4, &s->err));
	CHECK_OK(s, key_uses_add(s->c, today, STR("two"), key, 10, &s->err));
	CHECK_OK(s, key_uses_add(s->c, today - 1, STR("one"), key, 100, &s->err));
	CHECK(scratch_number(s, s->c, STR("SELECT count(*) FROM key_use")) == 3);
	CHECK(scratch_number(s, s->c, COUNT) == 117);
	const int64_t later = site.call.now_us + KEY_USES_DAYS * day_us;

	CHECK_OK(s, key_uses_sweep(s->c, later - day_us, &s->err));
	CHECK(scratch_number(s, s->c, COUNT) == 117);
	CHECK_OK(s, key_uses_sweep(s->c, later, &s->err));
	CHECK(scratch_number(s, s->c, COUNT) == 17);
	CHECK_OK(s, key_uses_add(s->c, today, STR("other"), STR("other"), 1, &s->err));
	CHECK_OK(s, key_uses_forget(&site.call, key, &s->err));
	CHECK(scratch_number(s, s->c, COUNT) == 1);
	auth_site_close(&site);
}

/* More than a step looks at, of which each third has a weak secret and no use. */
static void
findings_are_counted_in_steps(void **state UNUSED)
{
	static const struct str FILL = STR_INIT(
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) "
	    "INSERT INTO `tabAPI Key` (name, user, enabled, creation, last_used) "
	    "SELECT printf('%015d', i), 'ada@x.test', i <= 29000, '2020-01-01 00:00:00', "
	    "CASE WHEN i % 3 > 0 THEN '2020-01-02 00:00:00' END FROM n");
	static const struct str FILL_SECRETS =
	    STR_INIT("INSERT INTO secret (name, api_key, pepper, digest, weak, created_us) "
		     "SELECT name, name, 'p', 'd', last_used IS NULL, 0 FROM `tabAPI Key`");
	struct key_count count = { 0 };
	struct auth_site site;
	bool done;

	auth_site_open(&site);
	struct scratch *s = &site.s;

	CHECK_OK(s, db_exec(s->c, FILL, NULL, 0, NULL, &s->err));
	CHECK_OK(s, db_exec(s->c, FILL_SECRETS, NULL, 0, NULL, &s->err));
	CHECK_OK(s, key_count_step(site.auth, s->c, site.call.now_us, &count, &done, &s->err));
	CHECK(!done && count.of[KEY_NEVER_USED] == KEY_COUNT_STEP / 3);
	CHECK_OK(s, key_count_step(site.auth, s->c, site.call.now_us, &count, &done, &s->err));
	CHECK(done && count.of[KEY_NEVER_USED] == 29000 / 3);
	CHECK(count.of[KEY_WEAK] == 29000 / 3 && count.of[KEY_STALE] == 29000 - 29000 / 3);
	CHECK(count.of[KEY_EXPIRING] == 0 && count.of[KEY_OWNER_DISABLED] == 0);
	auth_site_close(&site);
}

UNIT_TESTS(findings_are_counted_in_steps, uses_of_a_day_add_up_and_go_when_they_are_old,
    what_was_revoked_among_many_keeps_its_secrets_for_ten_minutes,
    a_new_secret_ends_the_old_one_and_keeps_the_key, a_body_that_fails_leaves_nothing,
    judges_the_form_of_a_secret, sets_a_pair_by_hand, keys_go_along_and_go_away_with_their_user,
    lists_keys_without_their_secrets)
