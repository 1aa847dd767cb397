#include "tests/unit/auth_site.h"

#include "auth/kept_answer.h"

#define REQUEST STR("0123456789abcdef")

static const int64_t DAY_US = KEPT_ANSWER_S * CLOCK_US_PER_S;

static int64_t
rows_of(struct auth_site *site)
{
	return scratch_number(&site->s, site->s.c, STR("SELECT count(*) FROM kept_answer"));
}

static bool
claim(struct auth_site *site, const char *user, struct kept_answer *answer)
{
	bool mine;

	site->call.who = auth_find_user(site->auth, str_from(user));
	CHECK_OK(&site->s,
	    kept_answer_claim(&site->call, STR("key"), REQUEST, &mine, answer, &site->s.err));
	return mine;
}

static void
keep(struct auth_site *site, const char *user, const char *body)
{
	struct kept_answer answer;

	CHECK(claim(site, user, &answer) && str_eq(answer.request, REQUEST));
	answer.status = 200;
	answer.fields = STR("");
	answer.body = str_from(body);
	CHECK_OK(&site->s, kept_answer_store(&site->call, &answer, &site->s.err));
}

static void
a_claim_is_one_users_and_what_he_was_told(void **state UNUSED)
{
	struct kept_answer answer;
	struct auth_site site;
	bool found;

	auth_site_open(&site);
	keep(&site, "ada@x.test", "{}");
	CHECK(!claim(&site, "ada@x.test", &answer) && answer.status == 200);
	CHECK(str_eq(answer.body, STR("{}")) && str_eq(answer.request, REQUEST));
	keep(&site, "bob@x.test", NULL);
	CHECK(!claim(&site, "bob@x.test", &answer) && str_is_null(answer.body));
	CHECK_OK(&site.s, kept_answer_drop(&site.call, answer.name, &site.s.err));
	CHECK_OK(&site.s, kept_answer_find(&site.call, STR("key"), &found, &answer, &site.s.err));
	CHECK(!found && rows_of(&site) == 1);
	auth_site_close(&site);
}

static void
an_answer_is_over_after_a_day(void **state UNUSED)
{
	struct kept_answer answer;
	struct auth_site site;

	auth_site_open(&site);
	keep(&site, "ada@x.test", "{}");
	site.call.now_us += DAY_US - 1;
	CHECK(!claim(&site, "ada@x.test", &answer));
	site.call.now_us += 1;
	CHECK(claim(&site, "ada@x.test", &answer) && rows_of(&site) == 1);
	auth_site_close(&site);
}

static void
sweeps_in_portions_what_is_over(void **state UNUSED)
{
	struct auth_site site;
	bool more;

	auth_site_open(&site);
	keep(&site, "ada@x.test", "{}");
	const int64_t over_us = site.call.now_us + DAY_US;

	auth_site_sql(&site,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
	    "INSERT INTO kept_answer SELECT i, 'r', 200, '', '', i FROM n");
	CHECK_OK(&site.s, kept_answer_sweep(site.s.c, over_us - 1, &more, &site.s.err));
	CHECK(more && rows_of(&site) == 501);
	CHECK_OK(&site.s, kept_answer_sweep(site.s.c, over_us - 1, &more, &site.s.err));
	CHECK(!more && rows_of(&site) == 1);
	CHECK_OK(&site.s, kept_answer_sweep(site.s.c, over_us, &more, &site.s.err));
	CHECK(!more && rows_of(&site) == 0);
	auth_site_close(&site);
}

static void
a_user_has_room_for_so_much(void **state UNUSED)
{
	struct kept_answer answer = { 0 };
	struct auth_site site;
	bool mine;

	auth_site_open(&site);
	keep(&site, "ada@x.test", "{}");
	answer.body = (struct str){ "", (size_t)site.conf.http.max_kept };
	kept_answer_count(&site.call, &answer);
	CHECK(!claim(&site, "ada@x.test", &answer)); /* what is there is told again */
	CHECK(!kept_answer_claim(&site.call, STR("other"), REQUEST, &mine, &answer, &site.s.err));
	CHECK(site.s.err.kind == ERR_TOO_MANY_REQUESTS && site.s.err.retry_after_s > 0);
	keep(&site, "bob@x.test", "{}");
	site.call.started_us += DAY_US;
	site.call.now_us += DAY_US;
	keep(&site, "ada@x.test", NULL);
	auth_site_close(&site);
}

UNIT_TESTS(a_claim_is_one_users_and_what_he_was_told, an_answer_is_over_after_a_day,
    sweeps_in_portions_what_is_over, a_user_has_room_for_so_much)
