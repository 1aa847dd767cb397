#include "api/idempotency.h"

#include "api/answer.h"
#include "api/args.h"
#include "api/bulk.h"
#include "api/envelope.h"
#include "auth/kept_answer.h"
#include "auth/who.h"
#include "json/json_in.h"

enum {
	KEY_MAX = 255,
	KEPT_MAX = 64 * 1024,
	CUT_MAX = 8 * 1024 * 1024, /* what is larger is not even read for what can be kept of it */
	FIELDS_MAX = 4 * 1024,
};

static const struct str IDEMPOTENCY_KEY = STR_INIT("Idempotency-Key");
static const struct str JSON_TYPE = STR_INIT("application/json");

struct idempotency {
	call_fn *prepare, *body; /* those that are wrapped */
	bool (*next)(struct call *call, bool ok, const struct err *err);
	struct str key;
	struct str request;  /* digest of it, as hex */
	bool answered;       /* found before the body: nothing has been prepared */
	bool claimed, again; /* of a call with parts: the first one's outcome */
};

/* ---- the answer that is kept */

/* Members that hold a secret in answers that say they do. */
static bool
is_secret(struct str key, const json_t *v)
{
	static const struct str NAMES[] = { STR_INIT("api_secret"), STR_INIT("redirect_to") };

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		if (str_eq(key, NAMES[i]))
			return json_is_string(v);
	}
	return false;
}

/* Do the envelope's ends write it? */
static bool
is_of_envelope(struct str key)
{
	static const struct str NAMES[] = { STR_INIT("_server_messages"), STR_INIT("messages"),
		STR_INIT("session_expired") };

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		if (str_eq(key, NAMES[i]))
			return true;
	}
	return false;
}

/* The tree with null for secrets, which are counted. */
static void
write_without_secrets(struct json_out *o, const json_t *v, size_t *withheld)
{
	if (json_is_object(v)) {
		json_open_object(o);
		for (struct json_member m = json_first(v); m.value != NULL; m = json_next(m)) {
			const bool secret = is_secret(m.key, m.value);

			*withheld += secret;
			json_key(o, m.key);
			if (secret)
				json_add_null(o);
			else
				write_without_secrets(o, m.value, withheld);
		}
		json_close_object(o);
	} else if (json_is_array(v)) {
		json_open_array(o);
		for (size_t i = 0; i < json_array_size(v); i++)
			write_without_secrets(o, json_array_get(v, i), withheld);
		json_close_array(o);
	} else {
		json_add_tree(o, v);
	}
}

/* Name, modified and DocType of a document. */
static bool
write_minimal(struct json_out *o, const json_t *v)
{
	static const char *const KEYS[] = { "name", "modified", "doctype" };

	if (!json_is_string(json_object_get(v, "doctype")))
		return false;
	json_open_object(o);
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		const json_t *member = json_object_get(v, KEYS[i]);

		json_key(o, str_from(KEYS[i]));
		if (member == NULL)
			json_add_null(o);
		else
			json_add_tree(o, member);
	}
	json_close_object(o);
	return true;
}

/* The members of the answer but the envelope's; minimal: documents are cut. *fit: all of them are
 * written, and no secret is among them. */
static void
write_members(struct call *call, const json_t *answer, bool minimal, bool *fit)
{
	size_t withheld = 0;

	json_open_object(&call->out);
	*fit = true;
	for (struct json_member m = json_first(answer); m.value != NULL; m = json_next(m)) {
		if (is_of_envelope(m.key))
			continue;
		json_key(&call->out, m.key);
		if (!minimal)
			write_without_secrets(&call->out, m.value, &withheld);
		else if (!write_minimal(&call->out, m.value))
			*fit = false;
		if (!*fit)
			return;
	}
	*fit = minimal || withheld > 0;
}

/*
 * Writes the answer anew, without what is not kept of it, and with a message that says so. *out is
 * null if that cannot be. The answer itself stays as it is.
 */
static MUST_USE bool
rewrite(struct call *call, bool minimal, const char *text, struct str *out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(KEPT_MAX);
	struct call_message *const first = call->messages, *const last = call->messages_last;
	const json_t *answer;
	bool fit = false, ok = true;

	*out = STR_NULL;
	if (!json_parse_buf(call->arena, &call->response.body, &answer, err))
		return false;
	call->out = JSON_OUT(&b);
	write_members(call, answer, minimal, &fit);
	if (fit) {
		ok = call_message(call, NULL, "orange", false, str_from(text), err);
		envelope_close(call);
		call->messages = first;
		call->messages_last = last;
		if (last != NULL)
			last->next = NULL;
	}
	call->out = JSON_OUT(&call->response.body);
	return ok && (!fit || !buf_ok(&b) || arena_str(call->arena, buf_str(&b), out, err));
}

/* What is kept of the body; null: nothing. */
static MUST_USE bool
body_to_keep(struct call *call, struct str *out, struct err *err)
{
	*out = STR_NULL;
	if (call->response.secret)
		return rewrite(call, false,
		    "This was done when it was asked for first, and its secret was shown then. "
		    "Secrets are not kept: if it was lost, make another.",
		    out, err);
	if (!buf_ok(&call->response.body) || call->spill.len > 0 ||
	    call->response.body.len > CUT_MAX)
		return true;
	if (call->response.body.len == 0)
		return arena_str(call->arena, STR(""), out, err);
	if (call->response.body.len > KEPT_MAX)
		return rewrite(call, true,
		    "This was done when it was asked for first. The answer was too large to be "
		    "kept: read the document.",
		    out, err);
	return arena_str(call->arena, buf_str(&call->response.body), out, err);
}

static MUST_USE bool
fields_to_keep(struct call *call, struct str *out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(FIELDS_MAX);
	const struct http_response *r = &call->response;

	for (size_t i = 0; i < r->fields_len; i++)
		buf_printf(
		    &b, "%.*s: %.*s\r\n", STR_FMT(r->fields[i].name), STR_FMT(r->fields[i].value));
	if (!buf_ok(&b))
		return err_set(err, ERR_INTERNAL, "The fields of an answer are too long to keep");
	return arena_str(call->arena, b.len == 0 ? STR("") : buf_str(&b), out, err);
}

static bool
sets_cookies(const struct http_response *r)
{
	for (size_t i = 0; i < r->fields_len; i++) {
		if (str_ieq(r->fields[i].name, STR("Set-Cookie")))
			return true;
	}
	return false;
}

/* Is it one to give again? */
static bool
is_kept(const struct call *call)
{
	const struct http_response *r = &call->response;

	return call->refusal == NULL && call->file.fd < 0 && !sets_cookies(r) &&
	    (str_is_null(r->type) || str_eq(r->type, JSON_TYPE));
}

static MUST_USE bool
keep(struct call *call, struct kept_answer *answer, struct err *err)
{
	if (!is_kept(call))
		return kept_answer_drop(call, answer->name, err);
	if (str_is_null(call->response.type) && call->response.status != 204)
		envelope_close(call);
	answer->status = call->response.status;
	if (!fields_to_keep(call, &answer->fields, err) || !body_to_keep(call, &answer->body, err))
		return false;
	/* Of a secret that was not found nothing is kept. */
	if (call->response.secret && str_is_null(answer->body))
		return kept_answer_drop(call, answer->name, err);
	return kept_answer_store(call, answer, err);
}

/* ---- the answer that is given again */

static MUST_USE bool
add_fields(struct call *call, struct str fields, struct err *err)
{
	struct str line, name, value;

	while (str_part(&fields, STR("\r\n"), &line)) {
		if (!str_cut(line, ':', &name, &value) ||
		    !http_response_field(&call->response, name, str_trim(value), err))
			return false;
	}
	return http_response_literal(
	    &call->response, STR("Idempotency-Replayed"), STR("true"), err);
}

static MUST_USE bool
give_again(struct call *call, const struct idempotency *once, const struct kept_answer *answer,
    struct err *err)
{
	if (!str_eq(answer->request, once->request))
		return err_set(err, ERR_KEY_REUSED,
		    "This Idempotency-Key came with another request before. A new request has a "
		    "new key");
	if (answer->status == 0)
		return err_set(err, ERR_DUPLICATE,
		    "This is still being done, or was broken off. It is not done again: see how "
		    "far it came");
	if (str_is_null(answer->body))
		return err_set(err, ERR_DUPLICATE,
		    "This was done when it was asked for first, and is not done again. The answer "
		    "was too large to be kept");
	call->response.status = answer->status;
	if (answer->body.len > 0)
		call->response.type = JSON_TYPE;
	buf_clear(&call->response.body);
	buf_put(&call->response.body, answer->body);
	return add_fields(call, answer->fields, err);
}

/* ---- phases */

static bool
prepare_once(struct call *call, struct err *err)
{
	struct idempotency *once = args_plan(call)->once;
	struct kept_answer answer;

	return kept_answer_find(call, once->key, &once->answered, &answer, err) &&
	    (once->answered || once->prepare(call, err));
}

static bool
run_once(struct call *call, struct err *err)
{
	struct idempotency *once = args_plan(call)->once;
	struct kept_answer answer;
	bool mine;

	if (!kept_answer_claim(call, once->key, once->request, &mine, &answer, err))
		return false;
	if (!mine)
		return give_again(call, once, &answer, err);
	if (once->answered)
		return kept_answer_ended(err);
	return once->body(call, err) && keep(call, &answer, err);
}

/*
 * Of a call with parts (api/bulk.h) the first pass is the claim, which stands alone, so that of two
 * only one goes on; the last one keeps the answer.
 */
static bool
run_part_once(struct call *call, struct err *err)
{
	struct idempotency *once = args_plan(call)->once;
	struct kept_answer answer = { .request = once->request };

	if (once->claimed) {
		if (!once->body(call, err))
			return false;
		if (!bulk_is_over(bulk_of(call)))
			return true;
		return kept_answer_name(call, once->key, &answer.name, err) &&
		    keep(call, &answer, err);
	}
	bool mine = false;

	once->again = false;
	if (!kept_answer_claim(call, once->key, once->request, &mine, &answer, err))
		return false;
	once->again = !mine;
	if (!mine)
		return give_again(call, once, &answer, err);
	kept_answer_count(call, &answer);
	return true;
}

static bool
next_once(struct call *call, bool ok, const struct err *err)
{
	struct idempotency *once = args_plan(call)->once;

	if (once->claimed)
		return once->next(call, ok, err);
	once->claimed = ok && !once->again;
	return once->claimed;
}

/* ---- planning */

/* Delimiters, which clients make anew each time, do not count. */
static void
add_parts(struct digest_stream *s, const struct call *call, const struct http_parts *parts)
{
	for (size_t i = 0; i < parts->len; i++) {
		const struct http_part *p = &parts->items[i];

		digest_add_text(s, p->name);
		digest_add_text(s, p->is_file ? p->filename : STR(""));
		digest_add_text(s, p->type);
		digest_add_text(s, str_sub(call->body, (size_t)p->at, (size_t)p->len));
	}
}

static MUST_USE bool
digest_request(struct call *call, struct str *out, struct err *err)
{
	const struct str type = http_media_type(call_field(call, STR("Content-Type")));
	const struct http_parts *parts = args_parts(call->args);
	char hex[DIGEST_HEX_LEN];
	struct digest_stream s;
	struct digest digest;

	digest_begin(&s);
	digest_add_text(&s, call->path);
	digest_add_text(&s, call->query);
	digest_add_text(&s, type);
	if (parts->len > 0)
		add_parts(&s, call, parts);
	else
		digest_add_text(&s, call->body);
	digest_end(&s, &digest);
	return arena_str(call->arena, digest_to_hex(&digest, hex), out, err);
}

/* A quoted string (RFC 9651 3.3.3) is what stands between the quotes. */
static MUST_USE bool
check_key(struct str *key, struct err *err)
{
	bool ok = true;

	if (key->len >= 2 && str_starts(*key, STR("\"")) && str_ends(*key, STR("\"")))
		*key = str_sub(*key, 1, key->len - 2);
	for (size_t i = 0; i < key->len; i++)
		ok = ok && key->ptr[i] >= ' ' && key->ptr[i] <= '~';
	return (ok && key->len > 0 && key->len <= KEY_MAX) ||
	    err_set(err, ERR_BAD_REQUEST,
		"An Idempotency-Key is 1 to %d printable ASCII characters, such as a UUID",
		(int)KEY_MAX);
}

static size_t
count_field(const struct call *call, struct str name)
{
	size_t n = 0;

	for (uint32_t i = 0; i < call->fields->fields_len; i++)
		n += str_ieq(http_span_str(call->head, call->fields->fields[i].name), name);
	return n;
}

bool
idempotency_plan(struct call *call, struct err *err)
{
	if (call->verb != HTTP_POST || !call_writes(call) || call->who->is_guest)
		return true;
	struct str key = call_field(call, IDEMPOTENCY_KEY);

	if (str_is_null(key))
		return true;
	struct idempotency *once = ARENA_NEW(call->arena, struct idempotency);

	if (once == NULL)
		return err_memory(err);
	if (count_field(call, IDEMPOTENCY_KEY) > 1)
		return err_set(err, ERR_BAD_REQUEST, "There is more than one Idempotency-Key");
	if (!check_key(&key, err) || !digest_request(call, &once->request, err))
		return false;
	once->key = key;
	once->body = call->plan.body;
	once->prepare = call->plan.prepare;
	once->next = call->plan.next;
	args_plan(call)->once = once;
	call->plan.body = once->next == NULL ? run_once : run_part_once;
	if (once->next != NULL)
		call->plan.next = next_once;
	if (once->prepare != NULL)
		call->plan.prepare = prepare_once;
	return true;
}
