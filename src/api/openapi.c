#include "api/openapi.h"

#include "api/condition.h"
#include "api/method.h"
#include "api/openapi_args.h"
#include "api/openapi_schema.h"
#include "auth/who.h"
#include "base/tempfile.h"
#include "http/etag.h"
#include "http/text.h"

enum { TEXT_MAX = 2048, PIECE = 64 * 1024 };

/* What an operation answers with. */
enum answer { DOCUMENT, LIST, PAGE, DONE, COUNT, DATA };

/* What it takes in its body. */
enum body { NOTHING, WHOLE, ARGUMENTS };

enum which { MANY = 1, SINGLE = 2, EACH = MANY | SINGLE };

/*
 * What the routes of documents do (api/route.h): rows of one path stand together. parameters: keys
 * of the shared ones, with blanks between.
 */
/* clang-format off */
static const struct operation {
	const char *base, *rest, *verb, *id, *summary, *parameters;
	enum right right;
	enum which which;
	enum answer answer;
	enum body body;
} OPERATIONS[] = {
	{ "/api/resource/", "", "get", "v1.list", "List documents", "fields filters or_filters order_by group_by limit_start limit_page_length if_none_match", RIGHT_READ, MANY, LIST, NOTHING },
	{ "/api/resource/", "", "post", "v1.create", "Create a document", "prefer idempotency_key", RIGHT_CREATE, MANY, DOCUMENT, WHOLE },
	{ "/api/resource/", "/{name}", "get", "v1.read", "Read a document", "name if_none_match", RIGHT_READ, MANY, DOCUMENT, NOTHING },
	{ "/api/resource/", "/{name}", "put", "v1.update", "Change fields of a document", "name if_match prefer", RIGHT_WRITE, MANY, DOCUMENT, WHOLE },
	{ "/api/resource/", "/{name}", "post", "v1.method", "Ask a document to do something", "name run_method if_match prefer idempotency_key", RIGHT_WRITE, MANY, DATA, ARGUMENTS },
	{ "/api/resource/", "/{name}", "delete", "v1.delete", "Delete a document", "name if_match", RIGHT_DELETE, MANY, DONE, NOTHING },
	{ "/api/resource/", "", "get", "v1.read", "Read the document", "if_none_match", RIGHT_READ, SINGLE, DOCUMENT, NOTHING },
	{ "/api/resource/", "", "put", "v1.update", "Change fields of the document", "if_match prefer", RIGHT_WRITE, SINGLE, DOCUMENT, WHOLE },
	{ "/api/v2/document/", "", "get", "v2.list", "List documents", "fields filters or_filters order_by group_by limit_start limit cursor if_none_match", RIGHT_READ, MANY, PAGE, NOTHING },
	{ "/api/v2/document/", "", "post", "v2.create", "Create a document", "prefer idempotency_key", RIGHT_CREATE, MANY, DOCUMENT, WHOLE },
	{ "/api/v2/document/", "/{name}", "get", "v2.read", "Read a document", "name if_none_match", RIGHT_READ, EACH, DOCUMENT, NOTHING },
	{ "/api/v2/document/", "/{name}", "put", "v2.update", "Change fields of a document", "name if_match prefer", RIGHT_WRITE, EACH, DOCUMENT, WHOLE },
	{ "/api/v2/document/", "/{name}", "patch", "v2.patch", "Change fields of a document", "name if_match prefer", RIGHT_WRITE, EACH, DOCUMENT, WHOLE },
	{ "/api/v2/document/", "/{name}", "delete", "v2.delete", "Delete a document", "name if_match", RIGHT_DELETE, MANY, DONE, NOTHING },
	{ "/api/v2/document/", "/{name}/method/{method}", "post", "v2.method", "Ask a document to do something", "name method if_match prefer idempotency_key", RIGHT_WRITE, MANY, DATA, ARGUMENTS },
	{ "/api/v2/doctype/", "/count", "get", "v2.count", "Count documents", "filters or_filters limit", RIGHT_READ, MANY, COUNT, NOTHING },
	{ "/api/v2/doctype/", "/meta", "get", "v2.meta", "What the DocType is made of", "", RIGHT_READ, EACH, DATA, NOTHING },
};

/* Paths that are nobody's method and nobody's document; answer: of the shared ones. */
static const struct {
	const char *path, *id, *summary, *tag, *parameters, *status, *answer;
	bool guests;
} PATHS[] = {
	{ "/files/{file}", "file.public", "Read a public file", "Files", "file fid range if_none_match", "200", "Bytes", true },
	{ "/private/files/{file}", "file.private", "Read a private file", "Files", "file fid range if_none_match", "200", "Bytes", false },
	{ "/auth/verify", "verify", "Who a request is from, for the proxy of another application", "Server", "need", "204", "Known", true },
	{ "/healthz", "healthz", "Does the server run?", "Server", "", "200", "Anything", true },
	{ "/readyz", "readyz", "Does the server reach its database?", "Server", "", "200", "Anything", true },
	{ "/api/openapi.json", "openapi", "This document", "Server", "if_none_match", "200", "Anything", true },
};

static const struct { enum http_verb verb; const char *key; } METHOD_VERBS[] = {
	{ HTTP_GET, "get" }, { HTTP_POST, "post" },
};
/* clang-format on */

/* A DocType in the making. */
struct subject {
	const struct doctype *doctype;
	struct str key;     /* of its schema */
	struct str encoded; /* its name in a path */
};

/* ---- pieces */

static void
put_joined(struct json_out *o, const char *key, struct str a, const char *b, struct str c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(TEXT_MAX);

	buf_printf(&text, "%.*s%s%.*s", STR_FMT(a), b, STR_FMT(c));
	json_put_str(o, key, buf_str(&text));
}

static void
put_tag(struct json_out *o, struct str tag)
{
	json_key(o, STR("tags"));
	json_open_array(o);
	json_add_str(o, tag);
	json_close_array(o);
}

static void
put_parameters(struct json_out *o, struct str keys)
{
	struct str key;

	json_key(o, STR("parameters"));
	json_open_array(o);
	while (str_part(&keys, STR(" "), &key))
		openapi_schema_ref(o, "parameters", key);
	json_close_array(o);
}

static void
open_json_content(struct json_out *o)
{
	json_key(o, STR("content"));
	json_open_object(o);
	json_key(o, STR("application/json"));
	json_open_object(o);
	json_key(o, STR("schema"));
}

static void
close_json_content(struct json_out *o)
{
	json_close_object(o);
	json_close_object(o);
}

/* {"data": a document, or a list of them}. */
static void
put_data_schema(struct json_out *o, const struct subject *s, enum answer answer)
{
	json_open_object(o);
	json_put_str(o, "type", STR("object"));
	json_key(o, STR("properties"));
	json_open_object(o);
	json_key(o, STR("data"));
	if (answer == DOCUMENT) {
		openapi_schema_ref(o, "schemas", s->key);
	} else {
		json_open_object(o);
		json_put_str(o, "type", STR("array"));
		json_key(o, STR("items"));
		openapi_schema_ref(o, "schemas", s->key);
		json_close_object(o);
	}
	if (answer == PAGE) {
		json_key(o, STR("has_next_page"));
		json_add_raw(o, STR("{\"type\":\"boolean\"}"));
		json_key(o, STR("next"));
		json_add_raw(o, STR("{\"type\":[\"string\",\"null\"]}"));
	}
	json_close_object(o);
	json_close_object(o);
}

static void
put_ok(struct json_out *o, const struct subject *s, enum answer answer)
{
	static const char *const SHARED[] = { [DONE] = "Done", [COUNT] = "Count", [DATA] = "Data" };

	json_key(o, answer == DONE ? STR("202") : STR("200"));
	if (answer != DOCUMENT && answer != LIST && answer != PAGE) {
		openapi_schema_ref(o, "responses", str_from(SHARED[answer]));
		return;
	}
	json_open_object(o);
	json_put_str(
	    o, "description", answer == DOCUMENT ? STR("The document") : STR("The documents"));
	open_json_content(o);
	put_data_schema(o, s, answer);
	close_json_content(o);
	json_close_object(o);
}

static void
put_error(struct json_out *o)
{
	json_key(o, STR("default"));
	openapi_schema_ref(o, "responses", STR("Error"));
}

/* Nobody needs to say who he is. */
static void
put_open(struct json_out *o)
{
	json_key(o, STR("security"));
	json_add_raw(o, STR("[{},{\"token\":[]},{\"basic\":[]},{\"cookie\":[]}]"));
}

/* Answers that a condition among the parameters may have. */
static void
put_conditional(struct json_out *o, struct str parameters)
{
	static const struct {
		struct str parameter, status, answer;
	} CONDITIONAL[] = {
		{ STR_INIT("range"), STR_INIT("206"), STR_INIT("Part") },
		{ STR_INIT("if_none_match"), STR_INIT("304"), STR_INIT("NotModified") },
		{ STR_INIT("range"), STR_INIT("416"), STR_INIT("Outside") },
	};

	for (size_t i = 0; i < ARRAY_LEN(CONDITIONAL); i++) {
		if (str_find_str(parameters, CONDITIONAL[i].parameter) < 0)
			continue;
		json_key(o, CONDITIONAL[i].status);
		openapi_schema_ref(o, "responses", CONDITIONAL[i].answer);
	}
}

/* ---- documents */

static void
put_document_body(struct json_out *o, const struct subject *s)
{
	json_key(o, STR("requestBody"));
	json_open_object(o);
	json_put_bool(o, "required", true);
	open_json_content(o);
	openapi_schema_ref(o, "schemas", s->key);
	close_json_content(o);
	json_close_object(o);
}

static void
put_operation(struct json_out *o, const struct subject *s, const struct operation *op)
{
	const struct str parameters = str_from(op->parameters);

	json_key(o, str_from(op->verb));
	json_open_object(o);
	put_joined(o, "operationId", str_from(op->id), ".", s->key);
	put_joined(o, "summary", str_from(op->summary), ": ", s->doctype->name);
	put_tag(o, s->doctype->name);
	put_parameters(o, parameters);
	if (op->body == WHOLE) {
		put_document_body(o, s);
	} else if (op->body == ARGUMENTS) {
		json_key(o, STR("requestBody"));
		openapi_schema_ref(o, "requestBodies", STR("Arguments"));
	}
	json_key(o, STR("responses"));
	json_open_object(o);
	put_ok(o, s, op->answer);
	put_conditional(o, parameters);
	put_error(o);
	json_close_object(o);
	json_close_object(o);
}

static bool
is_offered(const struct call *call, const struct subject *s, const struct operation *op)
{
	const enum which which = s->doctype->issingle ? SINGLE : MANY;

	return (op->which & which) != 0 && openapi_schema_may(call, s->doctype, op->right) &&
	    (!call->who->is_guest || !str_eq(str_from(op->rest), STR("/meta")));
}

static bool
same_path(const struct operation *a, const struct operation *b)
{
	return a != NULL && str_eq(str_from(a->base), str_from(b->base)) &&
	    str_eq(str_from(a->rest), str_from(b->rest));
}

static MUST_USE bool
put_doctype(struct call *call, const struct doctype *dt, struct err *err)
{
	struct json_out *o = &call->out;
	struct subject s = { .doctype = dt };
	const struct operation *open = NULL;
	struct str path;

	if (!openapi_schema_key(call->arena, dt->name, &s.key, err) ||
	    !http_percent_encode(call->arena, dt->name, STR(""), &s.encoded, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(OPERATIONS); i++) {
		const struct operation *op = &OPERATIONS[i];

		if (!is_offered(call, &s, op))
			continue;
		if (!same_path(open, op)) {
			if (open != NULL)
				json_close_object(o);
			if (!arena_printf(call->arena, &path, err, "%s%.*s%s", op->base,
				STR_FMT(s.encoded), op->rest))
				return false;
			json_key(o, path);
			json_open_object(o);
			open = op;
		}
		put_operation(o, &s, op);
	}
	if (open != NULL)
		json_close_object(o);
	return true;
}

/* ---- methods */

static bool
writes(const struct method *m)
{
	return m->run == RUN_WRITE || m->run == RUN_WRITE_ALONE;
}

static void
put_method_verb(struct json_out *o, const struct method *m, size_t at)
{
	json_key(o, str_from(METHOD_VERBS[at].key));
	json_open_object(o);
	put_joined(o, "operationId", str_from(METHOD_VERBS[at].key), ".", m->name);
	json_put_str(o, "summary", openapi_args_summary(m));
	put_tag(o, STR("Methods"));
	if (m->who == WHO_ANYONE)
		put_open(o);
	if (METHOD_VERBS[at].verb == HTTP_GET) {
		openapi_args_put_query(o, m);
	} else {
		put_parameters(o, writes(m) ? STR("idempotency_key") : STR(""));
		openapi_args_put_body(o, m);
	}
	json_key(o, STR("responses"));
	json_open_object(o);
	json_key(o, STR("200"));
	openapi_schema_ref(o, "responses", m->sends_file ? STR("Bytes") : STR("Value"));
	put_error(o);
	json_close_object(o);
	json_close_object(o);
}

static MUST_USE bool
put_methods(struct call *call, struct err *err)
{
	struct json_out *o = &call->out;
	const struct method *m;
	struct str path;
	size_t at = 0;

	while ((m = method_next(&at)) != NULL) {
		if (!method_may(call, m))
			continue;
		if (!arena_printf(call->arena, &path, err, "/api/method/%.*s", STR_FMT(m->name)))
			return false;
		json_key(o, path);
		json_open_object(o);
		for (size_t i = 0; i < ARRAY_LEN(METHOD_VERBS); i++) {
			if ((m->verbs & BIT(METHOD_VERBS[i].verb)) != 0)
				put_method_verb(o, m, i);
		}
		json_close_object(o);
	}
	return true;
}

/* ---- other paths */

static void
put_paths(const struct call *call, struct json_out *o)
{
	for (size_t i = 0; i < ARRAY_LEN(PATHS); i++) {
		if (!PATHS[i].guests && call->who->is_guest)
			continue;
		json_key(o, str_from(PATHS[i].path));
		json_open_object(o);
		json_key(o, STR("get"));
		json_open_object(o);
		json_put_str(o, "operationId", str_from(PATHS[i].id));
		json_put_str(o, "summary", str_from(PATHS[i].summary));
		put_tag(o, str_from(PATHS[i].tag));
		if (PATHS[i].guests)
			put_open(o);
		put_parameters(o, str_from(PATHS[i].parameters));
		json_key(o, STR("responses"));
		json_open_object(o);
		json_key(o, str_from(PATHS[i].status));
		openapi_schema_ref(o, "responses", str_from(PATHS[i].answer));
		put_conditional(o, str_from(PATHS[i].parameters));
		put_error(o);
		json_close_object(o);
		json_close_object(o);
		json_close_object(o);
	}
}

/* ---- the whole */

static void
put_head(struct json_out *o)
{
	json_put_str(o, "openapi", STR("3.1.0"));
	json_key(o, STR("info"));
	json_open_object(o);
	json_put_str(o, "title", STR("symbolon"));
	json_put_str(o, "version", STR(SYMBOLON_VERSION));
	json_put_str(o, "description",
	    STR("What the caller of this document may call: methods, and the documents that he "
		"may read."));
	json_close_object(o);
	json_key(o, STR("servers"));
	json_add_raw(o, STR("[{\"url\":\"/\"}]"));
	json_key(o, STR("security"));
	json_add_raw(o, STR("[{\"token\":[]},{\"basic\":[]},{\"cookie\":[]}]"));
}

/* Of the whole answer, most of which may be in a file. */
static MUST_USE bool
digest_answer(const struct call *call, struct digest *out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(PIECE + 1);
	char *const piece = buf_room(&b, PIECE);
	struct digest_stream s;
	size_t len;

	if (piece == NULL)
		return err_memory(err);
	digest_begin(&s);
	for (int64_t at = 0; at < call->spill.len; at += (int64_t)len) {
		if (!tempfile_read(call->spill.fd, at, piece, PIECE, &len, err))
			return false;
		if (len == 0)
			return err_set(err, ERR_INTERNAL, "The answer was cut short");
		digest_add(&s, (struct str){ piece, len });
	}
	digest_add(&s, buf_str(&call->response.body));
	digest_end(&s, out);
	return true;
}

/* The ETag; who has it already needs no more. */
static MUST_USE bool
judge(struct call *call, struct err *err)
{
	char text[HTTP_ETAG_LEN];
	struct digest digest;

	if (!buf_ok(&call->response.body))
		return true; /* it is too large, which is told instead */
	if (!digest_answer(call, &digest, err))
		return false;
	if (condition_tag(call, http_etag(&digest, text))) {
		call_drop_file(call);
		buf_clear(&call->response.body);
	}
	return true;
}

static bool
write(struct call *call, struct err *err)
{
	struct json_out *o = &call->out;
	const struct doctype *dt;
	size_t at = 0;

	json_open_object(o);
	put_head(o);
	json_key(o, STR("paths"));
	json_open_object(o);
	put_paths(call, o);
	if (!put_methods(call, err))
		return false;
	while ((dt = metas_next(call->metas, &at)) != NULL) {
		if (openapi_schema_shows(call, dt) &&
		    (!put_doctype(call, dt, err) || !call_spill(call, o, err)))
			return false;
	}
	json_close_object(o);
	if (!openapi_schema_write(call, err))
		return false;
	json_close_object(o);
	call->response.type = STR("application/json");
	return judge(call, err);
}

bool
openapi_plan(struct call *call, const struct route *r, struct err *err)
{
	call->plan = (struct plan){ .run = RUN_READ, .body = write };
	return route_check_verb(r, call->verb, err);
}
