#include "api/original.h"

#include "http/byte.h"
#include "http/text.h"

enum { METHOD_MAX = 32 };

static const struct str PREFIX = STR_INIT("/auth/verify");
static const struct str METHODS[] = { STR_INIT("X-Original-Method"),
	STR_INIT("X-Forwarded-Method") };
static const struct str PATHS[] = { STR_INIT("X-Original-URI"), STR_INIT("X-Original-URL"),
	STR_INIT("X-Forwarded-Uri") };

static bool
refuse(struct err *err, struct str name)
{
	return err_set(err, ERR_PERMISSION, "%.*s does not say what was asked", STR_FMT(name));
}

/* *out: the field's value, empty if it is absent; false if it came twice. */
static bool
only_field(const struct call *call, struct str name, struct str *out)
{
	const struct http_head *h = call->fields;
	int seen = 0;

	*out = STR("");
	for (uint32_t i = 0; i < h->fields_len; i++) {
		if (h->fields[i].name.len != name.len ||
		    !str_ieq(http_span_str(call->head, h->fields[i].name), name))
			continue;
		*out = http_span_str(call->head, h->fields[i].value);
		seen++;
	}
	return seen <= 1;
}

static bool
take_method(struct str value, struct str *out)
{
	*out = value;
	return value.len <= METHOD_MAX && http_bytes_are(value, HTTP_BYTE_TOKEN);
}

/* "/a" of "/a?b" and of "https://example.com/a?b". */
static bool
take_path(struct str value, struct str *out)
{
	struct str scheme, host, rest, query;

	if (!http_bytes_are(value, HTTP_BYTE_TARGET))
		return false;
	const bool is_url =
	    str_istarts(value, STR("http")) && http_cut_url(value, &scheme, &host, &rest);

	(void)str_cut(is_url ? rest : value, '?', out, &query);
	if (is_url && out->len == 0)
		*out = STR("/");
	return str_starts(*out, STR("/"));
}

/* The one value of all fields that name it, null if none does. */
static bool
agreed(const struct call *call, const struct str *names, size_t len,
    bool (*take)(struct str value, struct str *out), struct str *out, struct err *err)
{
	struct str value, taken;

	*out = STR_NULL;
	for (size_t i = 0; i < len; i++) {
		if (!only_field(call, names[i], &value))
			return refuse(err, names[i]);
		if (value.len == 0)
			continue;
		if (!take(value, &taken) || (!str_is_null(*out) && !str_eq(*out, taken)))
			return refuse(err, names[i]);
		*out = taken;
	}
	return true;
}

bool
original_read(const struct call *call, struct call_original *out, struct err *err)
{
	struct call_original o = { 0 };

	if (call->from_proxy) {
		if (!agreed(call, METHODS, ARRAY_LEN(METHODS), take_method, &o.method, err) ||
		    !agreed(call, PATHS, ARRAY_LEN(PATHS), take_path, &o.path, err))
			return false;
		const struct str below = str_sub(call->path, PREFIX.len, call->path.len);

		if (str_is_null(o.path) && str_is_null(o.method) && str_starts(below, STR("/")))
			o = (struct call_original){ .method = call->method, .path = below };
	}
	*out = o;
	return true;
}
