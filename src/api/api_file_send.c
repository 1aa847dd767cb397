#include "api/api_file_send.h"

#include "api/answer.h"
#include "api/args.h"
#include "api/condition.h"
#include "doc/file.h"
#include "doc/file_type.h"
#include "http/etag.h"
#include "http/range.h"
#include "http/text.h"

/* A file on its way out. */
struct sending {
	struct str hash, name;
	int64_t size;
	bool is_private, saved;
	const struct file_type *type;
	char etag_text[HTTP_ETAG_LEN];
	struct str etag;
	int64_t at, len; /* what of it is sent */
};

static bool
begin(struct sending *s, const struct doc *file, bool saved, struct err *err)
{
	const struct value size = doc_get(file, STR("file_size"));
	struct digest digest;

	s->hash = value_str(doc_get(file, STR("content_hash")));
	s->name = value_str(doc_get(file, STR("file_name")));
	s->size = size.kind == VALUE_INT ? size.i : 0;
	s->is_private = doc_is_on(file, STR("is_private"));
	s->saved = saved;
	s->type = file_type_of(s->name);
	s->len = s->size;
	if (!digest_from_hex(s->hash, &digest))
		return err_set(err, ERR_DOES_NOT_EXIST, "This File has no content here");
	s->etag = http_etag(&digest, s->etag_text);
	return true;
}

/* filename="plain" for all, filename* for those who know more (RFC 6266 4.3). */
static bool
put_disposition(struct call *call, const struct sending *s, struct err *err)
{
	const bool shown = s->type->is_inline && !s->saved;
	struct str plain, encoded, text;

	if (!arena_str(call->arena, s->name, &plain, err) ||
	    !http_percent_encode(call->arena, s->name, STR(""), &encoded, err))
		return false;
	for (size_t i = 0; i < plain.len; i++) {
		char *const c = (char *)(uintptr_t)&plain.ptr[i];

		if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
			*c = '_';
	}
	if (!arena_printf(call->arena, &text, err, "%s; filename=\"%.*s\"; filename*=UTF-8''%.*s",
		shown ? "inline" : "attachment", STR_FMT(plain), STR_FMT(encoded)))
		return false;
	answer_field(call, "Content-Disposition", text);
	return true;
}

static void
put_fields(struct call *call, const struct sending *s)
{
	answer_field(call, "Accept-Ranges", STR("bytes"));
	answer_field(call, "X-Content-Type-Options", STR("nosniff"));
	answer_field(call, "Content-Security-Policy", STR("default-src 'none'; sandbox"));
	answer_field(call, "Referrer-Policy", STR("no-referrer"));
	answer_field(call, "Cross-Origin-Resource-Policy", STR("same-origin"));
	call->response.cache = s->is_private ? STR("private, no-cache") : STR("public, no-cache");
	call->response.type = s->type->media;
}

/* 206 or 416; a range of another state of the file is a question for all of it. */
static bool
apply_range(struct call *call, struct sending *s, struct err *err)
{
	const struct str condition = call_field(call, STR("If-Range"));
	struct str text;

	if (call->verb != HTTP_GET ||
	    (!str_is_null(condition) && !str_eq(str_trim(condition), s->etag)))
		return true;
	switch (http_range_of(call_field(call, STR("Range")), s->size, &s->at, &s->len)) {
	case HTTP_RANGE_WHOLE:
		return true;
	case HTTP_RANGE_PART:
		call->response.status = 206;
		if (!arena_printf(call->arena, &text, err, "bytes %lld-%lld/%lld", (long long)s->at,
			(long long)(s->at + s->len - 1), (long long)s->size))
			return false;
		answer_field(call, "Content-Range", text);
		return true;
	case HTTP_RANGE_OUTSIDE:
		call->response.status = 416;
		if (!arena_printf(call->arena, &text, err, "bytes */%lld", (long long)s->size))
			return false;
		answer_field(call, "Content-Range", text);
		return true;
	}
	return true;
}

bool
api_file_send(struct call *call, const struct doc *file, bool saved, struct err *err)
{
	struct file_opened opened;
	struct sending s = { 0 };

	if (!begin(&s, file, saved, err))
		return false;
	buf_clear(&call->response.body); /* an envelope may have begun */
	put_fields(call, &s);
	if (!put_disposition(call, &s, err))
		return false;
	if (condition_tag(call, s.etag))
		return true;
	if (!apply_range(call, &s, err) || call->response.status == 416)
		return call->response.status == 416;
	if (!file_store_open(call, s.hash, s.at, s.len, &opened, err))
		return false;
	call->file = (struct call_file){ .fd = opened.fd, .at = opened.at, .len = s.len };
	return opened.found ||
	    err_set(err, ERR_DOES_NOT_EXIST, "The content of this File is not on this server");
}

static bool
send_path(struct call *call, struct err *err)
{
	const struct str path = args_plan(call)->route->path;
	enum file_found found = FILE_MISSING;
	struct doc *file = NULL;
	struct str fid = STR_NULL;
	bool is_private;
	const bool is_file = file_path_is(path, &is_private);

	if (is_file &&
	    (!args_str_or_null(call, "fid", &fid, err) ||
		!file_find(call, path, fid, &file, &found, err)))
		return false;
	if (found == FILE_FOUND)
		return api_file_send(call, file, false, err);
	/* What is private is not told from what is not there. */
	if (is_private || !is_file || found == FILE_FORBIDDEN)
		return err_set(
		    err, ERR_PERMISSION, "You don't have permission to access this file");
	return err_set(err, ERR_DOES_NOT_EXIST, "There is no such file");
}

bool
api_file_send_plan(struct call *call, const struct route *r, struct err *err)
{
	(void)r;
	if (!args_parse(call, err))
		return false;
	call->plan = (struct plan){ .run = RUN_READ, .body = send_path };
	return true;
}
