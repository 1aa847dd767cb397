#include "api/api_verify.h"

#include "api/original.h"
#include "auth/auth.h"
#include "auth/credential.h"
#include "auth/who_fields.h"
#include "http/text.h"

/* The api-key as it came; it is one of ours, or nobody were here. */
static MUST_USE bool
key_of(struct call *call, struct str *key, struct err *err)
{
	UNSET struct credential c; /* a KiB a request, set by credential_parse() */
	const struct str field = http_span_str(call->head, call->fields->known[HTTP_AUTHORIZATION]);

	*key = call->identity.key;
	if (!str_is_null(*key))
		return http_percent_encode(call->arena, *key, WHO_FIELDS_KEEP, key, err);
	const bool ok = credential_parse(field, &c) != CREDENTIAL_PAIR ||
	    http_percent_encode(call->arena, c.key, WHO_FIELDS_KEEP, key, err);

	credential_wipe(&c);
	return ok;
}

/* What is told of the user is ready, and copied: the answer may leave in another turn. */
static MUST_USE bool
put_fields(struct call *call, struct err *err)
{
	const bool is_token = call->identity.kind == IDENTITY_TOKEN;
	struct str parts[] = { call->who->fields, STR("X-Symbolon-Auth: session"), STR(""),
		STR("\r\nContent-Length: 0\r\n") };

	if (str_is_null(call->who->fields))
		return err_set(err, ERR_UNAVAILABLE, "The user has too many roles for one answer");
	if (is_token && !key_of(call, &parts[2], err))
		return false;
	if (is_token)
		parts[1] = STR("X-Symbolon-Auth: token\r\nX-Symbolon-Key: ");
	return arena_join(call->arena, parts, ARRAY_LEN(parts), &call->response.lines, err);
}

static bool
has_role(const struct call *call, struct str name)
{
	uint32_t number;

	return role_find(auth_role_names(call->auth), name, &number) &&
	    who_has_role(call->who, number);
}

/* "role:NAME" or "scope:NAME". */
static bool
has_what_is_needed(const struct call *call, struct str need)
{
	static const struct str ROLE = STR_INIT("role:"), SCOPE = STR_INIT("scope:");

	if (str_starts(need, ROLE))
		return has_role(call, str_sub(need, ROLE.len, need.len));
	return str_starts(need, SCOPE) &&
	    limits_have_name(
		auth_limits(call->auth, &call->identity), str_sub(need, SCOPE.len, need.len));
}

/* Every role=NAME of the query must be one of the caller's, every need= be met. */
static MUST_USE bool
check_needs(struct call *call, struct err *err)
{
	struct http_pairs pairs = { 0 };

	if (call->query.len > 0 && !http_parse_form(call->arena, call->query, &pairs, err))
		return false;
	for (size_t i = 0; i < pairs.len; i++) {
		const struct http_pair *p = &pairs.items[i];

		if (str_eq(p->name, STR("role")) && !has_role(call, p->value))
			return err_set(err, ERR_PERMISSION, "The user lacks a role");
		if (str_eq(p->name, STR("need")) && !has_what_is_needed(call, p->value))
			return err_set(
			    err, ERR_PERMISSION, "The user or the key lacks what is needed");
	}
	return true;
}

/* The request that the proxy asks about must be one that the key is for. */
static MUST_USE bool
check_limits(const struct call *call, struct err *err)
{
	const struct limits *l = auth_limits(call->auth, &call->identity);
	const enum http_verb verb = http_verb_of(call->original.method);
	const bool reads = verb == HTTP_GET || verb == HTTP_HEAD || verb == HTTP_OPTIONS;

	if (l == NULL)
		return true;
	if (l->read_only && !reads)
		return err_set(err, ERR_PERMISSION, "This API key may only read");
	return limits_allow_path(l, call->original.path, BIT(verb)) ||
	    err_set(err, ERR_PERMISSION, "The scopes of this API key do not name this path");
}

static bool
verify(struct call *call, struct err *err)
{
	if (call->who->is_guest)
		return err_set(err, ERR_AUTHENTICATION, "No credential");
	if (!check_needs(call, err) || !check_limits(call, err))
		return false;
	call->response.status = 204;
	return put_fields(call, err);
}

bool
api_verify_plan(struct call *call, const struct route *r, struct err *err)
{
	(void)r;
	if (!original_read(call, &call->original, err))
		return false;
	call->plan = (struct plan){ .run = RUN_MEMORY, .body = verify };
	return true;
}

void
api_verify_fail(struct call *call, const struct err *err)
{
	const int status = err_status(err->kind);
	struct err ignored;

	/* For the log: a refused credential has not come as far as the plan. */
	(void)!original_read(call, &call->original, &ignored);
	/* Whatever else is wrong with the request: it is from nobody. nginx knows these only. */
	if (status == 403)
		call->response.status = 403;
	else
		call->response.status = status >= 500 ? 503 : 401;
}
