#include "api/condition.h"

#include "api/answer.h"
#include "api/envelope.h"
#include "http/etag.h"

enum { LIST_TAGGED = 64 * 1024 }; /* a longer list costs more to digest than it saves */

static const struct str IF_MATCH = STR_INIT("If-Match");
static const struct str IF_NONE_MATCH = STR_INIT("If-None-Match");

/* ---- fields that may come in several lines */

/* The next value of that name at *at or behind; null at the end. */
static struct str
next_field(const struct call *call, struct str name, uint32_t *at)
{
	const struct http_head *h = call->fields;

	while (h != NULL && *at < h->fields_len) {
		const uint32_t i = (*at)++;

		if (str_ieq(http_span_str(call->head, h->fields[i].name), name))
			return http_span_str(call->head, h->fields[i].value);
	}
	return STR_NULL;
}

static bool
has_field(const struct call *call, struct str name)
{
	return !str_is_null(call_field(call, name));
}

static bool
names_tag(const struct call *call, struct str name, struct str etag, bool weak)
{
	struct str value;
	uint32_t at = 0;

	while (!str_is_null(value = next_field(call, name, &at))) {
		if (http_etag_among(value, etag, weak))
			return true;
	}
	return false;
}

/* ---- tags */

static void
tag_of_body(const struct call *call, char *text, struct str *etag)
{
	struct digest digest;

	digest_sha256(buf_str(&call->response.body), &digest);
	*etag = http_etag(&digest, text);
}

/* As the client knows it: a 304 has the tag of the 200 that it stands for (RFC 9110 15.4.5). */
static struct str
form_known(const struct call *call, struct str etag)
{
	const struct str field = call_field(call, IF_NONE_MATCH);
	struct str packed;
	struct err ignored;

	if (str_find_str(field, etag) >= 0 ||
	    !http_etag_packed(call->arena, etag, &packed, &ignored) ||
	    str_find_str(field, packed) < 0)
		return etag;
	return packed;
}

bool
condition_tag(struct call *call, struct str etag)
{
	const bool known =
	    has_field(call, IF_NONE_MATCH) && names_tag(call, IF_NONE_MATCH, etag, true);

	if (known)
		call->response.status = 304;
	answer_field(call, "ETag", known ? form_known(call, etag) : etag);
	return known;
}

static MUST_USE bool
check_match(const struct call *call, struct str etag, struct err *err)
{
	if (!has_field(call, IF_MATCH) || names_tag(call, IF_MATCH, etag, false))
		return true;
	return err_set(err, ERR_PRECONDITION,
	    "This is not what If-Match names (any more): read it again, and decide anew");
}

/* ---- reading */

static MUST_USE bool
finish(struct call *call, struct err *err)
{
	char text[HTTP_ETAG_LEN];
	struct str etag;

	tag_of_body(call, text, &etag);
	if (!check_match(call, etag, err))
		return false;
	if (condition_tag(call, etag))
		buf_clear(&call->response.body);
	return true;
}

static MUST_USE bool
write_whole(struct call *call, const struct doc *d, struct err *err)
{
	envelope_value(call, "data");
	if (!doc_write(call, d, DOC_WITHOUT_NULLS, &call->out, err))
		return false;
	envelope_close(call);
	return true;
}

bool
condition_answer_document(struct call *call, const struct doc *d, struct err *err)
{
	return write_whole(call, d, err) && finish(call, err);
}

bool
condition_answer_list(struct call *call, struct err *err)
{
	envelope_close(call);
	if (call->spill.len > 0 || call->response.body.len > LIST_TAGGED ||
	    !buf_ok(&call->response.body))
		return true;
	return finish(call, err);
}

/* ---- changing */

bool
condition_check(struct call *call, const struct doctype *dt, struct str name, struct err *err)
{
	char text[HTTP_ETAG_LEN];
	struct str etag;
	struct doc *d;

	if (!has_field(call, IF_MATCH) && !has_field(call, IF_NONE_MATCH))
		return true;
	if (!doc_read(call, dt, name, &d, err) || !write_whole(call, d, err))
		return false;
	tag_of_body(call, text, &etag);
	call->response.type = STR_NULL;
	envelope_restart(call);
	if (!check_match(call, etag, err))
		return false;
	return !has_field(call, IF_NONE_MATCH) || !names_tag(call, IF_NONE_MATCH, etag, true) ||
	    err_set(err, ERR_PRECONDITION, "This is what If-None-Match excludes");
}

/* Is it return=minimal, as a preference or with parameters behind it? */
static bool
is_return(struct str preference, struct str *value)
{
	struct str first, rest, name;

	str_cut(preference, ';', &first, &rest);
	str_cut(first, '=', &name, value);
	*value = str_trim(*value);
	if (value->len >= 2 && str_starts(*value, STR("\"")) && str_ends(*value, STR("\"")))
		*value = str_sub(*value, 1, value->len - 2);
	return str_ieq(str_trim(name), STR("return"));
}

/* Of several preferences of one name the first counts (RFC 7240 2). */
static bool
prefers_minimal(const struct call *call)
{
	struct str field, one, value;
	uint32_t at = 0;

	while (!str_is_null(field = next_field(call, STR("Prefer"), &at))) {
		while (field.len > 0) {
			str_cut(field, ',', &one, &field);
			if (is_return(one, &value))
				return str_ieq(value, STR("minimal"));
		}
	}
	return false;
}

bool
condition_write(struct call *call, const struct doc *d, struct err *err)
{
	const bool minimal = prefers_minimal(call);

	if (minimal)
		answer_field(call, "Preference-Applied", STR("return=minimal"));
	envelope_value(call, "data");
	return doc_write(call, d, minimal ? DOC_MINIMAL : DOC_WITHOUT_NULLS, &call->out, err);
}
