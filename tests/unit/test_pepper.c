#include "tests/unit/auth_site.h"

#include "auth/pepper.h"
#include "auth/state.h"

/* Adds a pepper, and makes it the one of new secrets, as a commit of that does. */
static void
rotate(struct auth_site *site)
{
	uint32_t at = 0, number = 0;
	struct str id;

	CHECK_OK(&site->s, keyfile_add(site->keys, &site->s.err));
	while (keyfile_next(site->keys, &at, &number, &id))
		;
	const struct value params[] = { value_text(keyfile_id_at(site->keys, number)) };

	CHECK_OK(&site->s,
	    db_exec(site->s.c,
		STR("INSERT INTO site (name, id, created_us) VALUES ('site', '', 0) "
		    "ON CONFLICT (name) DO NOTHING"),
		NULL, 0, NULL, &site->s.err));
	CHECK_OK(&site->s,
	    db_exec(site->s.c, STR("UPDATE site SET pepper = ?1"), params, 1, NULL, &site->s.err));
	auth_site_publish(site, CHANGE_PEPPER, "");
	CHECK(keyfile_current(site->keys) == number);
}

/* What waits, into the database and into memory; without the latter two nothing of it counts. */
static void
renew(struct auth_site *site, bool commits)
{
	struct call *call = &site->call;
	bool more;

	auth_site_begin(site);
	CHECK_OK(&site->s,
	    pepper_flush(site->auth, site->s.c, call->arena, &call->changes, &more, &site->s.err));
	if (!commits) {
		CHECK_OK(
		    &site->s, db_exec(site->s.c, STR("ROLLBACK"), NULL, 0, NULL, &site->s.err));
		call->changes = (struct change_list){ 0 };
		return;
	}
	auth_site_commit(site);
	pepper_flush_written(site->auth);
}

static uint64_t
secrets_of(const struct auth_site *site, uint32_t number)
{
	return atomic_load(&site->auth->by_pepper[number]);
}

static void
a_used_secret_moves_to_the_new_pepper_and_its_calls_go_on(void **state UNUSED)
{
	struct auth_site site;
	struct identity before, after;
	const struct who *who;

	auth_site_open(&site);
	const struct key_pair ada = auth_site_key(&site, "ada@x.test");
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");
	const struct key_pair wrong = { ada.key, bob.secret };

	rotate(&site);
	CHECK(!pepper_flush_due(site.auth));
	CHECK_STR(auth_site_user_of(&site, wrong), "");
	CHECK(!pepper_flush_due(site.auth)); /* a wrong secret makes no digest */
	CHECK(auth_site_identify(
	    &site, auth_site_token(&site, ada.key, ada.secret), STR_NULL, &before));
	CHECK(pepper_flush_due(site.auth));
	renew(&site, true);
	CHECK(!pepper_flush_due(site.auth));
	CHECK(secrets_of(&site, 0) == 1 && secrets_of(&site, 1) == 1);
	CHECK_OK(&site.s, auth_who(site.auth, &before, &who, &site.s.err));
	CHECK(auth_site_identify(
	    &site, auth_site_token(&site, ada.key, ada.secret), STR_NULL, &after));
	CHECK(before.secret == after.secret && before.slot_sequence == after.slot_sequence);
	CHECK(!pepper_flush_due(site.auth)); /* it is renewed */
	CHECK_STR(auth_site_user_of(&site, wrong), "");

	auth_site_load(&site); /* as a new start finds them */
	CHECK(secrets_of(&site, 0) == 1 && secrets_of(&site, 1) == 1);
	CHECK_STR(auth_site_user_of(&site, ada), "ada@x.test");
	CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");
	auth_site_close(&site);
}

static void
what_was_not_committed_comes_again_and_what_is_late_changes_nothing(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	const struct key_pair ada = auth_site_key(&site, "ada@x.test");
	const struct key_pair bob = auth_site_key(&site, "bob@x.test");

	rotate(&site);
	CHECK_STR(auth_site_user_of(&site, ada), "ada@x.test");
	CHECK_STR(auth_site_user_of(&site, bob), "bob@x.test");
	renew(&site, false);
	CHECK(pepper_flush_due(site.auth) && secrets_of(&site, 0) == 2);
	CHECK_STR(auth_site_user_of(&site, ada), "ada@x.test");
	(void)auth_site_key(&site, "bob@x.test"); /* the one that waits has ended */
	rotate(&site);                            /* and for ada another pepper has come */
	renew(&site, true);
	CHECK(secrets_of(&site, 0) == 1 && secrets_of(&site, 1) == 1 && secrets_of(&site, 2) == 0);
	CHECK_STR(auth_site_user_of(&site, ada), "ada@x.test");
	renew(&site, true);
	CHECK(secrets_of(&site, 0) == 0 && secrets_of(&site, 2) == 1);
	CHECK_STR(auth_site_user_of(&site, ada), "ada@x.test");
	CHECK_STR(auth_site_user_of(&site, bob), "");
	auth_site_close(&site);
}

/* As many digests for all as the key needs that has secrets of two peppers. */
static void
a_key_with_two_peppers_costs_no_more_than_others(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	const struct key_pair old = auth_site_key(&site, "bob@x.test");

	rotate(&site);
	CHECK(atomic_load(&site.auth->digests) == 1);
	auth_site_begin(&site);
	struct str secret;

	CHECK_OK(&site.s, key_rotate(&site.call, old.key, 3600, &secret, &site.s.err));
	auth_site_commit(&site);
	CHECK(atomic_load(&site.auth->digests) == 2);
	const struct key_pair new = { old.key, secret }, wrong = { old.key, STR("nope") };

	CHECK_STR(auth_site_user_of(&site, old), "bob@x.test");
	CHECK_STR(auth_site_user_of(&site, new), "bob@x.test");
	CHECK_STR(auth_site_user_of(&site, wrong), "");
	renew(&site, true);
	CHECK(secrets_of(&site, 1) == 2);
	CHECK_STR(auth_site_user_of(&site, old), "bob@x.test");
	CHECK_STR(auth_site_user_of(&site, new), "bob@x.test");
	CHECK_STR(auth_site_user_of(&site, wrong), "");
	auth_site_close(&site);
}

static bool
count(void *context, const struct renewal *renewal, struct err *err UNUSED)
{
	size_t *n = context;

	CHECK(renewal->pepper == 3 && renewal->digest.bytes[5] == (uint8_t)renewal->id);
	++*n;
	return true;
}

static void
the_table_of_a_loop_is_bounded(void **state UNUSED)
{
	struct renewals *r = renewals_new();
	struct err err;
	size_t taken = 0, n = 0, batch;
	bool full = false, more = true;

	for (uint64_t id = 1; id <= 4L * RENEW_LEN; id++) {
		struct renewal renewal = { .id = id, .pepper = 3 };

		renewal.digest.bytes[5] = (uint8_t)id;
		if (!renewals_wants(r, 2, id, &full))
			continue;
		renewals_add(r, 2, &renewal);
		CHECK(!renewals_wants(r, 2, id, &full) && !full); /* once */
		taken++;
	}
	CHECK(taken > RENEW_LEN / 2 && taken <= RENEW_LEN);
	while (more) {
		batch = 0;
		CHECK(renewals_flush(r, 100, count, &batch, &more, &err) && batch <= 100);
		n += batch;
		renewals_written(r);
	}
	CHECK(n == taken && !renewals_any(r));
	renewals_free(r);
}

UNIT_TESTS(a_used_secret_moves_to_the_new_pepper_and_its_calls_go_on,
    what_was_not_committed_comes_again_and_what_is_late_changes_nothing,
    a_key_with_two_peppers_costs_no_more_than_others, the_table_of_a_loop_is_bounded)
