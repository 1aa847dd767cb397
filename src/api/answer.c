#include "api/answer.h"

#include "api/args.h"
#include "api/method.h"
#include "api/rate.h"
#include "api/route.h"
#include "auth/session.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "http/text.h"

#include <stdio.h>

static const struct str EXPOSED =
    STR_INIT("ETag, Idempotency-Replayed, Preference-Applied, X-Frappe-Request-Id, "
	     "Retry-After, RateLimit, RateLimit-Policy, X-RateLimit-Limit, "
	     "X-RateLimit-Remaining, X-RateLimit-Reset");

static void
add(struct call *call, struct str name, struct str value)
{
	UNSET struct err err;

	if (!http_response_field(&call->response, name, value, &err))
		log_err(LOG_ERROR, "answer", &err);
}

void
answer_field(struct call *call, const char *name, struct str value)
{
	struct str copy;
	UNSET struct err err;

	if (arena_str(call->arena, value, &copy, &err))
		add(call, str_from(name), copy);
	else
		log_err(LOG_WARN, "answer", &err);
}

static void
add_number(struct call *call, const char *name, int64_t n)
{
	struct str text;
	struct err err;

	if (arena_printf(call->arena, &text, &err, "%lld", (long long)n))
		add(call, str_from(name), text);
}

void
answer_page_fields(struct call *call)
{
	/* clang-format off */
	static const struct { struct str name, value; } FIELDS[] = {
		{ STR_INIT("Content-Security-Policy"),
		  STR_INIT("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
			   "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'") },
		{ STR_INIT("X-Content-Type-Options"), STR_INIT("nosniff") },
		{ STR_INIT("Referrer-Policy"), STR_INIT("no-referrer") },
		{ STR_INIT("Cross-Origin-Opener-Policy"), STR_INIT("same-origin") },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_LEN(FIELDS); i++)
		add(call, FIELDS[i].name, FIELDS[i].value);
	if (call->secure)
		add(call, STR("Strict-Transport-Security"), STR("max-age=31536000"));
}

void
answer_redirect(struct call *call, struct str location)
{
	call->response.status = 302;
	call->response.type = STR("text/html; charset=utf-8");
	answer_field(call, "Location", location);
	answer_page_fields(call);
}

static bool
is_allowed_origin(const struct call *call, struct str origin)
{
	const struct conf_list *list = &call->conf->http.allow_cors;

	for (size_t i = 0; i < list->len; i++) {
		if (str_eq(list->items[i], STR("*")) || str_eq(list->items[i], origin))
			return true;
	}
	return false;
}

static void
add_preflight(struct call *call)
{
	const struct str method = call_field(call, STR("Access-Control-Request-Method"));
	const struct str headers = call_field(call, STR("Access-Control-Request-Headers"));

	/* The word None is what clients of Frappe get who do not say which method they mean. */
	answer_field(
	    call, "Access-Control-Allow-Methods", str_is_null(method) ? STR("None") : method);
	if (!str_is_null(headers))
		answer_field(call, "Access-Control-Allow-Headers", headers);
	add(call, STR("Access-Control-Max-Age"), STR("86400"));
}

static void
add_cors(struct call *call)
{
	if (call->conf->http.allow_cors.len == 0)
		return;
	const struct str origin = call_field(call, STR("Origin"));

	add(call, STR("Vary"), STR("Origin"));
	if (str_is_null(origin) || str_eq(origin, STR("null")) || !is_allowed_origin(call, origin))
		return;
	answer_field(call, "Access-Control-Allow-Origin", origin);
	add(call, STR("Access-Control-Allow-Credentials"), STR("true"));
	if (call->verb == HTTP_OPTIONS)
		add_preflight(call);
	else
		add(call, STR("Access-Control-Expose-Headers"), EXPOSED);
}

static bool
is_port(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_digit(s.ptr[i]))
			return false;
	}
	return true;
}

/* "example.com" of "https://example.com:8443" and of "example.com:8443"; of what is neither, all.
 */
static struct str
host_of(struct str origin)
{
	struct str scheme, authority, rest;

	if (http_cut_url(origin, &scheme, &authority, &rest))
		origin = authority;
	if (str_starts(origin, STR("["))) /* an IPv6 address */
		return str_sub(origin, 0, (size_t)MAX(str_find(origin, ']'), 0) + 1);
	struct str host, port;

	str_cut(origin, ':', &host, &port);
	return is_port(port) ? host : origin;
}

/* "https://example.com" of "https://example.com/page"; null if it is no URL. */
static struct str
origin_of(struct str url)
{
	struct str scheme, host, rest;

	if (!http_cut_url(url, &scheme, &host, &rest))
		return STR_NULL;
	return (struct str){ url.ptr, url.len - rest.len };
}

/* Ports do not count, for cookies do not know them either; development servers proxy so. */
bool
answer_is_foreign(const struct call *call)
{
	const struct conf_list *friends = &call->conf->http.allow_cors;
	const struct str host = call_field(call, STR("Host"));
	struct str origin = call_field(call, STR("Origin"));

	if (str_is_null(origin)) {
		if (str_eq(call_field(call, STR("Sec-Fetch-Site")), STR("cross-site")))
			return true;
		origin = origin_of(call_field(call, STR("Referer")));
	}
	if (str_is_null(origin) || str_ieq(host_of(origin), host_of(host)))
		return false;
	/* "*" lets everyone read what guests may read; it vouches for nobody. */
	for (size_t i = 0; i < friends->len; i++) {
		if (str_eq(friends->items[i], origin))
			return false;
	}
	return true;
}

bool
answer_wants_json(const struct call *call)
{
	if (route_is_api(call->path))
		return true;
	if (str_ieq(call_field(call, STR("X-Requested-With")), STR("XMLHttpRequest")))
		return true;
	return str_find_str(call_field(call, STR("Accept")), STR("application/json")) >= 0;
}

static void
add_rate(struct call *call)
{
	const struct rate r = rate_now(call->rate, call->started_us);

	if (r.limit_us == 0)
		return;
	add_number(call, "X-RateLimit-Limit", r.limit_us);
	add_number(call, "X-RateLimit-Remaining", r.remaining_us);
	add_number(call, "X-RateLimit-Reset", r.reset_s);
}

/* A number with the text before it. */
struct counted {
	struct str text;
	int64_t n;
};

enum { COUNTED_MOST = 3 }; /* in one field */

/* Without printf(), which would double the cost of a verify. */
static MUST_USE bool
join_counted(
    struct call *call, const struct counted *items, size_t len, struct str *out, struct err *err)
{
	char digits[COUNTED_MOST][STR_INT64_SIZE];
	struct str parts[2 * COUNTED_MOST];

	assert(len <= COUNTED_MOST);
	for (size_t i = 0; i < len; i++) {
		parts[2 * i] = items[i].text;
		parts[2 * i + 1] = str_from_int64(items[i].n, digits[i]);
	}
	return arena_join(call->arena, parts, 2 * len, out, err);
}

/* Of the key: draft-ietf-httpapi-ratelimit-headers-10, structured fields. */
static void
add_key_rate(struct call *call)
{
	struct meter_limits of;
	struct meter_left left;
	struct str policy_text, now_text;
	UNSET struct err err;

	if (!call->identity.limited ||
	    !auth_rate(call->auth, &call->identity, call->started_us, &of, &left))
		return;
	const bool rate = of.requests > 0, quota = of.quota > 0;
	const struct counted policy[] = { { STR("\"rate\";q="), of.requests },
		{ STR(";w="), of.window_s },
		{ rate ? STR(", \"quota\";q=") : STR("\"quota\";q="), of.quota } };
	const struct counted now[] = { { STR("\"rate\";r="), left.requests },
		{ STR(";t="), left.window_s },
		{ rate ? STR(", \"quota\";r=") : STR("\"quota\";r="), left.quota } };
	const size_t first = rate ? 0 : 2, len = (rate ? 2 : 0) + (quota ? 1 : 0);

	if (!join_counted(call, policy + first, len, &policy_text, &err) ||
	    !join_counted(call, now + first, len, &now_text, &err)) {
		log_err(LOG_ERROR, "answer", &err);
		return;
	}
	add(call, STR("RateLimit-Policy"), policy_text);
	add(call, STR("RateLimit"), now_text);
}

static bool
has_cookies(const struct http_response *r)
{
	for (size_t i = 0; i < r->fields_len; i++) {
		if (str_ieq(r->fields[i].name, STR("Set-Cookie")))
			return true;
	}
	return false;
}

/* Paths that a browser asks beside its pages, and programs that never keep a cookie. */
static bool
is_without_cookies(const struct call *call)
{
	const struct args_plan *p = args_plan(call);

	if (call->verb == HTTP_OPTIONS || route_is_verify(call->path))
		return true;
	if (p == NULL || p->route == NULL)
		return false;
	return p->route->kind == ROUTE_ASSET || p->route->kind == ROUTE_FILE ||
	    p->route->kind == ROUTE_HEALTH;
}

static void
add_cookies(struct call *call, const struct err *err)
{
	const struct args_plan *p = args_plan(call);
	const bool keeps = p != NULL && p->method != NULL && p->method->keeps_cookies;
	UNSET struct err ignored;
	bool ok;

	/* An explicit credential asks for no cookies (spec/auth.md 2.5), nor does one over its
	 * limit. */
	call->response.no_cookies = call->identity.kind == IDENTITY_TOKEN ||
	    call->identity.kind == IDENTITY_LOCAL || call->identity.limited ||
	    is_without_cookies(call);
	if (call->response.no_cookies || has_cookies(&call->response) || (err != NULL && keeps))
		return;
	if ((err != NULL && err->kind == ERR_AUTHENTICATION) || call->identity.session_expired)
		ok = session_cookies_clear(call, &ignored);
	else
		ok = session_cookies_resend(call, &ignored);
	if (!ok)
		log_err(LOG_WARN, "cookies", &ignored);
}

void
answer_fields(struct call *call, const struct err *err)
{
	const struct args_plan *p = args_plan(call);

	add_cookies(call, err);
	add_cors(call);
	add_rate(call);
	add_key_rate(call);
	if (err != NULL && err->retry_after_s > 0)
		add_number(call, "Retry-After", err->retry_after_s);
	/* Never a Basic challenge: browsers would ask for a password. */
	if (call->response.status == 401 &&
	    (route_is_api(call->path) || route_is_verify(call->path)))
		add(call, STR("WWW-Authenticate"), STR("token realm=\"symbolon\""));
	if (p != NULL && p->planned_us > 0)
		rate_add(call->rate, call->started_us, clock_mono_us() - p->planned_us);
}
