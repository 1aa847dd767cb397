#include "api/api.h"

#include "api/answer.h"
#include "api/api_file_send.h"
#include "api/api_health.h"
#include "api/api_page.h"
#include "api/api_rest.h"
#include "api/api_verify.h"
#include "api/args.h"
#include "api/envelope.h"
#include "api/idempotency.h"
#include "api/method.h"
#include "api/openapi.h"
#include "api/rate.h"
#include "api/route.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "doc/meta.h"
#include "http/text.h"
#include "json/json_in.h"

#include <stdio.h>

_Static_assert(
    (int)ROUTE_KINDS <= (int)API_ROUTE_CLASSES, "the classes of metrics are the kinds of routes");

const char *
api_route_class(int index)
{
	return index < 0 || index >= ROUTE_KINDS ? NULL : route_class((enum route_kind)index);
}

static bool
is_safe(enum http_verb verb)
{
	return verb == HTTP_GET || verb == HTTP_HEAD || verb == HTTP_OPTIONS;
}

/*
 * Cookies are sent by browsers unasked: an unsafe request of a session comes from no other host
 * and shows the session's token, once there is one (spec/auth.md 9). A login comes from none, too.
 */
static MUST_USE bool
check_csrf(struct call *call, struct err *err)
{
	if (call->identity.kind != IDENTITY_SESSION || is_safe(call->verb))
		return true;
	struct str token = call_field(call, STR("X-Frappe-CSRF-Token"));

	if (str_is_null(token) && !args_str_or_null(call, "csrf_token", &token, err))
		token = STR_NULL;
	if (answer_is_foreign(call))
		return err_set(err, ERR_CSRF, "Invalid Request");
	if (!auth_check_csrf(call->auth, &call->identity, token, err))
		return false;
	call->identity.csrf_checked = true;
	return true;
}

/* "Dashboard Chart" is dashboard_chart in dotted names. */
static void
scrub(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		const char c = name.ptr[i];

		buf_put_char(b, c == ' ' || c == '-' ? '_' : char_lower(c));
	}
}

/* /api/v2/method/User/generate_keys is frappe.core.doctype.user.user.generate_keys. */
static MUST_USE bool
name_of_doctype_method(struct call *call, const struct route *r, struct str *name, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
	const struct doctype *dt = metas_find(call->metas, r->doctype);

	if (dt == NULL)
		return err_set(err, ERR_DOES_NOT_EXIST, "DocType %.*s not found",
		    STR_FMT(str_sub(r->doctype, 0, 140)));
	buf_lit(&b, "frappe.");
	scrub(&b, dt->module);
	buf_lit(&b, ".doctype.");
	scrub(&b, dt->name);
	buf_lit(&b, ".");
	scrub(&b, dt->name);
	buf_lit(&b, ".");
	buf_put(&b, r->method);
	return buf_ok(&b) ? arena_str(call->arena, buf_str(&b), name, err) : err_memory(err);
}

static MUST_USE bool
plan_method(struct call *call, struct str name, struct err *err)
{
	const struct method *m = method_find(call, name);

	args_plan(call)->asked = name;
	if (m == NULL)
		return method_unknown(call, name, err);
	args_plan(call)->method = m;
	if (!method_check(call, m, err))
		return false;
	if (call->who->is_guest && !m->takes_html && !args_clean(call, err))
		return false;
	return method_plan(call, m, err);
}

static MUST_USE bool
plan_route_method(struct call *call, const struct route *r, struct err *err)
{
	struct str name = r->method;

	if (!str_is_null(r->doctype) && !name_of_doctype_method(call, r, &name, err))
		return false;
	return plan_method(call, name, err);
}

static MUST_USE bool
plan_command(struct call *call, const struct route *r, struct err *err)
{
	struct str name;

	if (!args_str_or_null(call, "cmd", &name, err))
		return false;
	if (name.len > 0)
		return plan_method(call, name, err);
	if (r->api)
		return err_set(err, ERR_DOES_NOT_EXIST, "%s", "");
	return api_page_plan(call, r, err);
}

static bool
answer_options(struct call *call, struct err *err)
{
	(void)err;
	call->response.type = STR("text/plain; charset=utf-8");
	return true;
}

static MUST_USE bool
plan_documents(struct call *call, const struct route *r, struct err *err)
{
	return args_parse(call, err) && check_csrf(call, err) && api_rest_plan(call, r, err);
}

static MUST_USE bool
plan_route(struct call *call, const struct route *r, struct err *err)
{
	switch (r->kind) {
	case ROUTE_METHOD:
		return args_parse(call, err) && check_csrf(call, err) &&
		    plan_route_method(call, r, err);
	case ROUTE_COMMAND:
		return args_parse(call, err) && check_csrf(call, err) && plan_command(call, r, err);
	case ROUTE_COLLECTION:
	case ROUTE_DOCUMENT:
	case ROUTE_DOCUMENT_METHOD:
	case ROUTE_COUNT:
	case ROUTE_META:
		return plan_documents(call, r, err);
	case ROUTE_OPENAPI:
		return openapi_plan(call, r, err);
	case ROUTE_HEALTH:
		return route_check_verb(r, call->verb, err) && api_health_plan(call, r, err);
	case ROUTE_ASSET:
	case ROUTE_PAGE:
		return route_check_verb(r, call->verb, err) && api_page_plan(call, r, err);
	case ROUTE_FILE:
		return route_check_verb(r, call->verb, err) && api_file_send_plan(call, r, err);
	case ROUTE_VERIFY:
		return api_verify_plan(call, r, err);
	case ROUTE_NONE:
	case ROUTE_KINDS:
		break;
	}
	return err_set(err, ERR_DOES_NOT_EXIST, "%s", "");
}

/* Verifiers and probes ask often, and each stands for a request that is limited elsewhere. */
static bool
is_limited(enum route_kind kind)
{
	return kind != ROUTE_VERIFY && kind != ROUTE_HEALTH;
}

bool
api_plan(struct call *call, struct err *err)
{
	struct route *r = ARENA_NEW(call->arena, struct route);

	if (r == NULL)
		return err_memory(err);
	if (!args_new(call, err))
		return false;
	const bool found = route_find(call->arena, call->path, r, err);

	call->v2 = r->v2;
	call->route_class = (int)r->kind;
	args_plan(call)->route = r;
	args_plan(call)->planned_us = rate_clock_us(call->rate);
	if (!found)
		return false;
	if (is_limited(r->kind) && !rate_check(call->rate, call->started_us, err))
		return false;
	if (call->verb == HTTP_OPTIONS && r->kind != ROUTE_VERIFY) {
		call->plan = (struct plan){ .run = RUN_MEMORY, .body = answer_options };
		return true;
	}
	return plan_route(call, r, err) && idempotency_plan(call, err);
}

bool
api_plan_method(struct call *call, struct str name, const json_t *args, struct err *err)
{
	const struct method *m = method_find(call, name);

	if (!args_from_json(call, args, err))
		return false;
	args_plan(call)->asked = name;
	if (m == NULL)
		return method_unknown(call, name, err);
	return method_plan(call, m, err);
}

bool
api_plan_later(struct call *call, struct err *err)
{
	const struct call_later later = call->later;
	const json_t *args;

	call->later = (struct call_later){ 0 };
	call->job = later.job;
	return json_parse(call->arena, later.args, &args, err) && args_from_json(call, args, err) &&
	    later.plan(call, err);
}

/* The largest file comes with fields and delimiters around it. */
enum { AROUND_FILE = 64 * 1024 };

static bool
is_json_request(const struct call *call)
{
	struct str type = http_media_type(call_field(call, STR("Content-Type")));

	return !str_istarts(type, STR("multipart/"));
}

bool
api_body_limit(struct call *call, int64_t *limit, struct err *err)
{
	const struct conf *conf = call->conf;

	(void)err;
	if (route_is_verify(call->path) || call->identity.kind == IDENTITY_LOCAL)
		*limit = conf->http.max_body;
	else if (call->identity.kind == IDENTITY_GUEST)
		*limit = conf->http.max_guest_body;
	else
		*limit =
		    is_json_request(call) ? conf->http.max_json : conf->http.max_body + AROUND_FILE;
	return true;
}

void
api_finish(struct call *call)
{
	UNSET struct err err;

	if (str_is_null(call->response.type) && call->response.status != 204)
		envelope_close(call);
	if (!buf_ok(&call->response.body)) {
		err_set(
		    &err, ERR_TOO_LARGE, "The answer is too large: ask for fewer rows or fields");
		api_fail(call, &err);
		return;
	}
	answer_fields(call, NULL);
}

/* Frappe's exc: on every error but 404 and CSRF, unless System Settings forbid it
 * (spec/rpc.md 5.1). */
static bool
shows_exc(const struct call *call, const struct err *err)
{
	if (err_status(err->kind) == 404 || err->kind == ERR_CSRF)
		return false;
	return call->auth == NULL || auth_settings(call->auth).error_traceback;
}

static void
fail_json(struct call *call, const struct err *err)
{
	const struct args_plan *p = args_plan(call);
	const bool as_message = err->kind == ERR_AUTHENTICATION && p != NULL && p->method != NULL &&
	    p->method->says_message;
	struct err shown = *err;

	/* A refused credential has no text but its class (spec/auth.md 2.4). */
	if (err->kind == ERR_AUTHENTICATION && !as_message)
		shown.msg[0] = '\0';
	call->v2 = route_is_v2(call->path);
	envelope_error(call, &shown, shows_exc(call, err), as_message);
}

void
api_fail(struct call *call, const struct err *err)
{
	const struct args_plan *p = args_plan(call);
	char allow[ROUTE_ALLOW_SIZE];

	call_drop_file(call);
	http_response_reset(&call->response, (size_t)call->conf->http.max_response);
	call->out = JSON_OUT(&call->response.body);
	call->response.status = err_status(err->kind);
	if (route_is_verify(call->path))
		api_verify_fail(call, err);
	else if (answer_wants_json(call))
		fail_json(call, err);
	else
		api_page_error(call, err);
	if (err->kind == ERR_METHOD_NOT_ALLOWED && p != NULL && p->route != NULL)
		answer_field(call, "Allow", route_allow(p->route, allow));
	answer_fields(call, err);
}

void
api_refuse(const struct err *err, struct str request_id, struct str date, struct buf *out)
{
	struct http_response r = { .status = err_status(err->kind),
		.type = STR("application/json"),
		.close = true,
		.body = BUF_INIT(16 * 1024) };
	const struct http_write how = { .date = date, .request_id = request_id };
	char retry[16];
	struct err ignored;

	envelope_refusal(err, request_id, &r.body);
	if (err->retry_after_s > 0) {
		const int len = snprintf(retry, sizeof(retry), "%d", err->retry_after_s);

		(void)!http_response_field(
		    &r, STR("Retry-After"), (struct str){ retry, (size_t)len }, &ignored);
	}
	http_response_write(&r, &how, out);
	http_response_free(&r);
}
