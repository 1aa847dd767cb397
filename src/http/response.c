#include "http/response.h"

#include "http/byte.h"
#include "http/etag.h"
#include "http/gzip.h"

#include <string.h>

enum { GZIP_LEAST = 1024 };

#define DEFAULT_CACHE STR("no-store,no-cache,must-revalidate,max-age=0")

static const struct {
	int status;
	const char *reason;
} REASONS[] = {
	{ 100, "Continue" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

const char *
http_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(REASONS); i++) {
		if (REASONS[i].status == status)
			return REASONS[i].reason;
	}
	return "Unknown";
}

void
http_response_reset(struct http_response *r, size_t max_body)
{
	struct buf body = r->body;

	buf_clear(&body);
	body.cap = max_body;
	memset(r, 0, offsetof(struct http_response, fields));
	r->status = 200;
	r->body = body;
}

void
http_response_free(struct http_response *r)
{
	buf_free(&r->body);
}

bool
http_response_literal(struct http_response *r, struct str name, struct str value, struct err *err)
{
	if (r->fields_len == HTTP_MAX_RESPONSE_FIELDS)
		return err_set(err, ERR_INTERNAL, "The response has too many fields");
	r->fields[r->fields_len].name = name;
	r->fields[r->fields_len].value = value;
	r->fields_len++;
	return true;
}

bool
http_response_field(struct http_response *r, struct str name, struct str value, struct err *err)
{
	if (!http_bytes_are_value(value))
		return err_set(err, ERR_INTERNAL, "A response field would hold control bytes");
	return http_response_literal(r, name, value, err);
}

static char *
copy(char *to, struct str s)
{
	if (s.len > 0)
		memcpy(to, s.ptr, s.len);
	return to + s.len;
}

static char *
copy_field(char *to, struct str name, struct str value)
{
	return copy(copy(copy(copy(to, name), STR(": ")), value), STR("\r\n"));
}

static char *
copy_int(char *to, int64_t n)
{
	char digits[STR_INT64_SIZE];

	return copy(to, str_from_int64(n, digits));
}

static char *
copy_status(char *to, int status)
{
	if (status == 200)
		return copy(to, STR("HTTP/1.1 200 OK\r\n"));
	to = copy(copy_int(copy(to, STR("HTTP/1.1 ")), status), STR(" "));
	return copy(copy(to, str_from(http_reason(status))), STR("\r\n"));
}

static bool
has_field(const struct http_response *r, struct str name)
{
	for (size_t i = 0; i < r->fields_len; i++) {
		if (str_ieq(r->fields[i].name, name))
			return true;
	}
	return false;
}

enum { HEAD_MOST = 512 }; /* bytes of a head beside those of what it is told */

static size_t
head_most(const struct http_response *r, const struct http_write *how)
{
	size_t most = HEAD_MOST + r->type.len + r->cache.len + r->lines.len + how->request_id.len +
	    how->date.len;

	for (size_t i = 0; i < r->fields_len; i++)
		most += r->fields[i].name.len + r->fields[i].value.len + strlen(": \r\n");
	return most;
}

static char *
copy_fields(char *to, const struct http_response *r)
{
	for (size_t i = 0; i < r->fields_len; i++) {
		if (!r->no_cookies || !str_ieq(r->fields[i].name, STR("Set-Cookie")))
			to = copy_field(to, r->fields[i].name, r->fields[i].value);
	}
	return to;
}

void
http_response_write_head(
    const struct http_response *r, const struct http_write *how, uint64_t body_len, struct buf *out)
{
	const bool bodyless = r->status == 204 || r->status == 304;
	/* Asked for once: the pieces are many, and small. */
	char *const head = buf_room(out, head_most(r, how));
	char *to = head;

	if (head == NULL)
		return;
	to = copy_status(to, r->status);
	if (!str_is_null(r->type))
		to = copy_field(to, STR("Content-Type"), r->type);
	to = copy_field(to, STR("Cache-Control"),
	    str_is_null(r->cache) || r->secret ? DEFAULT_CACHE : r->cache);
	to = copy(to, r->lines);
	to = copy_fields(to, r);
	if (how->request_id.len > 0)
		to = copy_field(to, STR("X-Frappe-Request-Id"), how->request_id);
	to = copy_field(to, STR("Date"), how->date);
	if (!how->keep_alive || r->close)
		to = copy(to, STR("Connection: close\r\n"));
	else if (how->http_1_0)
		to = copy(to, STR("Connection: keep-alive\r\n"));
	if (!bodyless && !has_field(r, STR("Content-Length"))) {
		to = copy_int(copy(to, STR("Content-Length: ")), (int64_t)body_len);
		to = copy(to, STR("\r\n"));
	}
	to = copy(to, STR("\r\n"));
	buf_grew(out, (size_t)(to - head));
}

void
http_response_write(const struct http_response *r, const struct http_write *how, struct buf *out)
{
	http_response_write_head(r, how, r->body.len, out);
	if (!how->head_only && r->status != 204 && r->status != 304)
		buf_put(out, buf_str(&r->body));
}

static bool
is_text(struct str type)
{
	return str_istarts(type, STR("text/")) || str_istarts(type, STR("application/json")) ||
	    str_istarts(type, STR("image/svg"));
}

bool
http_response_may_gzip(const struct http_response *r, uint64_t len)
{
	return !r->secret && len > GZIP_LEAST && is_text(r->type) &&
	    r->fields_len + 2 <= HTTP_MAX_RESPONSE_FIELDS && !has_field(r, STR("Content-Encoding"));
}

/* Compressed it is another representation of the same. */
static bool
pack_tag(struct http_response *r, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < r->fields_len; i++) {
		if (str_ieq(r->fields[i].name, STR("ETag")))
			return http_etag_packed(a, r->fields[i].value, &r->fields[i].value, err);
	}
	return true;
}

bool
http_response_gzipped(struct http_response *r, struct arena *a, struct err *err)
{
	return pack_tag(r, a, err) &&
	    http_response_field(r, STR("Content-Encoding"), STR("gzip"), err) &&
	    http_response_field(r, STR("Vary"), STR("Accept-Encoding"), err);
}

bool
http_response_gzip(struct http_response *r, struct arena *a, struct err *err)
{
	struct buf packed = { .cap = r->body.len, .budget = r->body.budget };

	if (!http_response_may_gzip(r, r->body.len))
		return false;
	if (!gzip_bytes(buf_str(&r->body), &packed) || !http_response_gzipped(r, a, err)) {
		buf_free(&packed);
		return false;
	}
	packed.cap = r->body.cap;
	buf_free(&r->body);
	r->body = packed;
	return true;
}
