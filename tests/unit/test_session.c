#include "tests/unit/auth_site.h"

#include "auth/session.h"
#include "crypto/digest.h"

/* "sid=..." in the call's arena. */
static struct str
start(struct auth_site *site, const char *user)
{
	struct str sid, cookie;

	auth_site_begin(site);
	CHECK_OK(&site->s, session_start(&site->call, str_from(user), &sid, &site->s.err));
	auth_site_commit(site);
	CHECK(sid.len == SESSION_SID_LEN);
	CHECK_OK(&site->s,
	    arena_printf(site->call.arena, &cookie, &site->s.err, "a=b; sid=%.*s", STR_FMT(sid)));
	return cookie;
}

static bool
is_live(struct auth_site *site, struct str cookie)
{
	struct identity id;

	CHECK_OK(&site->s, auth_site_identify(site, STR_NULL, cookie, &id));
	CHECK(id.kind == IDENTITY_SESSION || id.session_expired);
	return id.kind == IDENTITY_SESSION;
}

/* By the id that people see: only that one, and only if it is the user's. */
static void
end_by_id(struct auth_site *site, struct str cookie)
{
	const struct str sid = str_sub(cookie, cookie.len - SESSION_SID_LEN, SESSION_SID_LEN);
	struct digest digest;
	char hex[DIGEST_HEX_LEN];
	int64_t ended;

	digest_sha256(sid, &digest);
	const struct str id = str_sub(digest_to_hex(&digest, hex), 0, SESSION_ID_LEN);

	auth_site_begin(site);
	CHECK_OK(&site->s, session_end_id(&site->call, STR("Guest"), id, &ended, &site->s.err));
	CHECK(ended == 0);
	CHECK_OK(&site->s,
	    session_end_id(&site->call, STR("ada@x.test"), str_sub(id, 0, SESSION_ID_LEN - 1),
		&ended, &site->s.err));
	CHECK(ended == 0);
	CHECK_OK(
	    &site->s, session_end_id(&site->call, STR("ada@x.test"), id, &ended, &site->s.err));
	CHECK(ended == 1);
	auth_site_commit(site);
	CHECK(!is_live(site, cookie));
}

static void
lives_until_it_is_ended(void **state UNUSED)
{
	struct auth_site site;
	struct identity id;
	const struct who *who;

	auth_site_open(&site);
	const struct str cookie = start(&site, "ada@x.test");

	CHECK(auth_site_identify(&site, STR_NULL, cookie, &id) && id.kind == IDENTITY_SESSION);
	CHECK_OK(&site.s, auth_who(site.auth, &id, &who, &site.s.err));
	CHECK_STR(who->name, "ada@x.test");
	/* Only its SHA-256 is stored. */
	CHECK(scratch_number(&site.s, site.s.c,
		  STR("SELECT count(*) FROM session WHERE length(name) = 64")) == 1);
	auth_site_load(&site); /* a new start */
	CHECK(auth_site_identify(&site, STR_NULL, cookie, &id) && id.kind == IDENTITY_SESSION);

	site.call.identity = id;
	auth_site_begin(&site);
	CHECK_OK(&site.s, session_end(&site.call, &site.s.err));
	auth_site_commit(&site);
	CHECK(!is_live(&site, cookie));
	CHECK(!auth_who(site.auth, &id, &who, &site.s.err));
	CHECK(auth_counts(site.auth).sessions == 0);
	auth_site_close(&site);
}

static void
a_sweep_ends_what_was_over(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	const struct str kept = start(&site, "ada@x.test");
	const int64_t expires =
	    scratch_number(&site.s, site.s.c, STR("SELECT expires_us FROM session"));

	auth_site_begin(&site);
	CHECK_OK(&site.s,
	    session_sweep(site.s.c, site.call.arena, &site.call.changes, expires, &site.s.err));
	auth_site_commit(&site);
	CHECK(is_live(&site, kept));
	auth_site_begin(&site);
	CHECK_OK(&site.s,
	    session_sweep(site.s.c, site.call.arena, &site.call.changes, expires + 1, &site.s.err));
	auth_site_commit(&site);
	CHECK(!is_live(&site, kept));
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT count(*) FROM session")) == 0);
	auth_site_close(&site);
}

static void
slides_and_expires(void **state UNUSED)
{
	struct auth_site site;
	const int64_t hour_us = 3600 * CLOCK_US_PER_S;

	auth_site_open(&site);
	const struct str cookie = start(&site, "ada@x.test"); /* 170 hours */

	site.now_us += 169 * hour_us;
	CHECK(is_live(&site, cookie)); /* moves to 169 + 170 */
	auth_site_flush(&site);
	CHECK(scratch_number(&site.s, site.s.c, STR("SELECT expires_us FROM session")) ==
	    site.now_us + 170 * hour_us);
	site.now_us += 169 * hour_us;
	CHECK(is_live(&site, cookie));
	site.now_us += 170 * hour_us;
	CHECK(!is_live(&site, cookie));
	auth_site_close(&site);
}

static void
ends_with_its_user_and_keeps_to_his_addresses(void **state UNUSED)
{
	struct auth_site site;
	struct identity id;

	auth_site_open(&site);
	const struct str cookie = start(&site, "bob@x.test");

	auth_site_sql(
	    &site, "UPDATE \"tabUser\" SET restrict_ip = '10.9.' WHERE name = 'bob@x.test'");
	auth_site_publish(&site, CHANGE_USER, "bob@x.test");
	CHECK(!auth_site_identify(&site, STR_NULL, cookie, &id));
	CHECK_STR(str_from(site.s.err.msg), "Access not allowed from this IP Address");
	site.call.peer = STR("10.9.0.1");
	CHECK(is_live(&site, cookie));
	auth_site_sql(&site, "UPDATE \"tabUser\" SET enabled = 0 WHERE name = 'bob@x.test'");
	auth_site_publish(&site, CHANGE_USER, "bob@x.test");
	CHECK(!is_live(&site, cookie));
	auth_site_close(&site);
}

static void
a_token_wins_over_a_cookie(void **state UNUSED)
{
	struct auth_site site;
	struct identity id;

	auth_site_open(&site);
	const struct key_pair ada = auth_site_key(&site, "ada@x.test");
	const struct str token = auth_site_token(&site, ada.key, ada.secret);
	const struct str cookie = start(&site, "bob@x.test");

	CHECK(auth_site_identify(&site, token, cookie, &id) && id.kind == IDENTITY_TOKEN);
	CHECK(auth_site_identify(&site, token, STR("sid=old"), &id));
	CHECK(id.kind == IDENTITY_TOKEN && id.session_expired);
	CHECK(!auth_site_identify(&site, STR("token a:b"), cookie, &id));
	CHECK(!auth_site_identify(&site, STR("token nope"), cookie, &id));
	CHECK(!auth_site_identify(&site, STR("Digest nope"), cookie, &id));
	site.conf.auth.token_first = false; /* the old precedence */
	CHECK(auth_site_identify(&site, token, cookie, &id) && id.kind == IDENTITY_SESSION);
	CHECK(!auth_site_identify(&site, STR("token a:b"), cookie, &id));
	auth_site_close(&site);
}

static void
asks_for_the_token_once_a_page_has_it(void **state UNUSED)
{
	struct auth_site site;
	struct identity id;
	struct str token, again;

	auth_site_open(&site);
	CHECK(auth_site_identify(&site, STR_NULL, start(&site, "ada@x.test"), &id));
	CHECK(auth_check_csrf(site.auth, &id, STR_NULL, &site.s.err));
	site.conf.auth.strict_csrf = true;
	CHECK(!auth_check_csrf(site.auth, &id, STR_NULL, &site.s.err));
	CHECK(site.s.err.kind == ERR_CSRF);
	site.conf.auth.strict_csrf = false;
	site.call.identity = id;
	CHECK(str_is_null(session_csrf_peek(&site.call)));
	auth_site_begin(&site);
	CHECK_OK(&site.s, session_csrf(&site.call, &token, &site.s.err));
	auth_site_commit(&site);
	CHECK_OK(&site.s, session_csrf(&site.call, &again, &site.s.err));
	CHECK(token.len == 56 && str_eq(token, again));
	CHECK(str_eq(session_csrf_peek(&site.call), token));
	CHECK(auth_check_csrf(site.auth, &id, token, &site.s.err));
	CHECK(!auth_check_csrf(site.auth, &id, STR_NULL, &site.s.err));
	CHECK(!auth_check_csrf(site.auth, &id, STR(""), &site.s.err));
	CHECK(!auth_check_csrf(site.auth, &id, str_sub(token, 0, 55), &site.s.err));
	id.kind = IDENTITY_TOKEN;
	CHECK(auth_check_csrf(site.auth, &id, STR_NULL, &site.s.err));
	auth_site_close(&site);
}

static void
too_many_sessions_end_the_oldest(void **state UNUSED)
{
	struct auth_site site;
	struct str cookies[4];

	auth_site_open(&site);
	for (int i = 0; i < 3; i++) {
		site.call.now_us += 1000;
		cookies[i] = start(&site, "ada@x.test");
	}
	CHECK(is_live(&site, cookies[0]) && is_live(&site, cookies[1]));
	auth_site_sql(&site,
	    "INSERT INTO single (doctype, field, value) VALUES "
	    "('System Settings', 'deny_multiple_sessions', '1')");
	auth_site_publish(&site, CHANGE_SETTINGS, "");
	site.call.now_us += 1000;
	cookies[3] = start(&site, "ada@x.test"); /* simultaneous_sessions is 2 */
	CHECK(!is_live(&site, cookies[0]) && !is_live(&site, cookies[1]));
	CHECK(is_live(&site, cookies[2]) && is_live(&site, cookies[3]));

	CHECK(auth_site_identify(&site, STR_NULL, cookies[3], &site.call.identity));
	auth_site_begin(&site);
	CHECK_OK(&site.s, session_end_all(&site.call, STR("ada@x.test"), true, NULL, &site.s.err));
	auth_site_commit(&site);
	CHECK(!is_live(&site, cookies[2]) && is_live(&site, cookies[3]));
	end_by_id(&site, cookies[3]);
	cookies[3] = start(&site, "ada@x.test");
	CHECK(is_live(&site, cookies[3]));
	auth_site_begin(&site);
	CHECK_OK(&site.s, session_end_all(&site.call, STR("ada@x.test"), false, NULL, &site.s.err));
	auth_site_commit(&site);
	CHECK(!is_live(&site, cookies[3]));
	auth_site_close(&site);
}

static struct str
set_cookie(const struct http_response *r, size_t at)
{
	CHECK(at < r->fields_len && str_ieq(r->fields[at].name, STR("Set-Cookie")));
	return r->fields[at].value;
}

static void
cookies_have_their_attributes(void **state UNUSED)
{
	struct auth_site site;

	auth_site_open(&site);
	struct http_response *r = &site.call.response;

	site.call.who = auth_find_user(site.auth, STR("ada@x.test"));
	CHECK_OK(&site.s, session_cookies_set(&site.call, site.call.who, STR("abc"), &site.s.err));
	CHECK(r->fields_len == 5); /* no image: no cookie */
	const struct str sid = set_cookie(r, 0);

	CHECK(str_starts(sid, STR("sid=abc; Expires=")));
	CHECK(str_ends(sid, STR(" GMT; Max-Age=612000; HttpOnly; Path=/; SameSite=Lax")));
	CHECK_STR(set_cookie(r, 1), "system_user=yes; Path=/; SameSite=Lax");
	CHECK_STR(set_cookie(r, 2), "full_name=Ada%20L; Path=/; SameSite=Lax");
	CHECK_STR(set_cookie(r, 3), "user_id=ada%40x.test; Path=/; SameSite=Lax");
	CHECK_STR(set_cookie(r, 4), "user_lang=en; Path=/; SameSite=Lax");

	http_response_reset(r, 1024);
	site.call.secure = true;
	CHECK_OK(&site.s, session_cookies_clear(&site.call, &site.s.err));
	CHECK(r->fields_len == 6);
	CHECK_STR(set_cookie(r, 0), "sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure");

	http_response_reset(r, 1024);
	site.call.identity.kind = IDENTITY_TOKEN;
	CHECK_OK(&site.s, session_cookies_resend(&site.call, &site.s.err));
	CHECK(r->fields_len == 0);
	site.call.identity.kind = IDENTITY_GUEST;
	CHECK_OK(&site.s, session_cookies_resend(&site.call, &site.s.err));
	CHECK(str_starts(set_cookie(r, 0), STR("sid=Guest; ")));
	CHECK(str_ends(set_cookie(r, 0), STR("; Secure")));
	auth_site_close(&site);
}

UNIT_TESTS(lives_until_it_is_ended, a_sweep_ends_what_was_over, slides_and_expires,
    ends_with_its_user_and_keeps_to_his_addresses, a_token_wins_over_a_cookie,
    asks_for_the_token_once_a_page_has_it, too_many_sessions_end_the_oldest,
    cookies_have_their_attributes)
