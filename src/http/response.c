#include "http/response.h"

#include "http/byte.h"

#include <string.h>
#include <zlib.h>

enum { GZIP_LEAST = 1024, GZIP_LEVEL = 5, GZIP_WINDOW = 15 + 16 /* with a gzip header */ };

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
http_response_field(struct http_response *r, struct str name, struct str value, struct err *err)
{
	if (!http_bytes_are_value(value))
		return err_set(err, ERR_INTERNAL, "A response field would hold control bytes");
	if (r->fields_len == HTTP_MAX_RESPONSE_FIELDS)
		return err_set(err, ERR_INTERNAL, "The response has too many fields");
	r->fields[r->fields_len].name = name;
	r->fields[r->fields_len].value = value;
	r->fields_len++;
	return true;
}

static char *
copy(char *to, struct str s)
{
	if (s.len > 0)
		memcpy(to, s.ptr, s.len);
	return to + s.len;
}

/* The room is asked for once a field. */
static void
put_field(struct buf *out, struct str name, struct str value)
{
	char *to = buf_room(out, name.len + value.len + 4);

	if (to == NULL)
		return;
	to = copy(copy(copy(to, name), STR(": ")), value);
	copy(to, STR("\r\n"));
	buf_grew(out, name.len + value.len + 4);
}

static void
put_status(struct buf *out, int status)
{
	if (status == 200) {
		buf_lit(out, "HTTP/1.1 200 OK\r\n");
		return;
	}
	buf_lit(out, "HTTP/1.1 ");
	buf_put_int(out, status);
	buf_put_char(out, ' ');
	buf_put(out, str_from(http_reason(status)));
	buf_lit(out, "\r\n");
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

void
http_response_write_head(
    const struct http_response *r, const struct http_write *how, uint64_t body_len, struct buf *out)
{
	const bool bodyless = r->status == 204 || r->status == 304;

	put_status(out, r->status);
	if (!str_is_null(r->type))
		put_field(out, STR("Content-Type"), r->type);
	put_field(out, STR("Cache-Control"),
	    str_is_null(r->cache) || r->secret ? DEFAULT_CACHE : r->cache);
	for (size_t i = 0; i < r->fields_len; i++) {
		if (!r->no_cookies || !str_ieq(r->fields[i].name, STR("Set-Cookie")))
			put_field(out, r->fields[i].name, r->fields[i].value);
	}
	if (how->request_id.len > 0)
		put_field(out, STR("X-Frappe-Request-Id"), how->request_id);
	put_field(out, STR("Date"), how->date);
	if (!how->keep_alive || r->close)
		buf_lit(out, "Connection: close\r\n");
	else if (how->http_1_0)
		buf_lit(out, "Connection: keep-alive\r\n");
	if (!bodyless && !has_field(r, STR("Content-Length"))) {
		buf_lit(out, "Content-Length: ");
		buf_put_int(out, (int64_t)body_len);
		buf_lit(out, "\r\n");
	}
	buf_lit(out, "\r\n");
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

/* Compresses in into out, which has room for as much and no more. */
static bool
deflate_into(struct str in, struct buf *out)
{
	z_stream z = { 0 };
	char *to = buf_room(out, in.len);

	if (to == NULL || in.len > UINT32_MAX ||
	    deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	z.next_in = (Bytef *)(uintptr_t)in.ptr;
	z.avail_in = (uInt)in.len;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)in.len;
	const bool fits = deflate(&z, Z_FINISH) == Z_STREAM_END;

	if (fits)
		buf_grew(out, z.total_out);
	deflateEnd(&z);
	return fits;
}

bool
http_response_gzip(struct http_response *r, struct err *err)
{
	struct buf packed = { .cap = r->body.len, .budget = r->body.budget };

	if (r->secret || r->body.len <= GZIP_LEAST || !is_text(r->type) ||
	    r->fields_len + 2 > HTTP_MAX_RESPONSE_FIELDS || has_field(r, STR("Content-Encoding")))
		return false;
	if (!deflate_into(buf_str(&r->body), &packed) ||
	    !http_response_field(r, STR("Content-Encoding"), STR("gzip"), err) ||
	    !http_response_field(r, STR("Vary"), STR("Accept-Encoding"), err)) {
		buf_free(&packed);
		return false;
	}
	packed.cap = r->body.cap;
	buf_free(&r->body);
	r->body = packed;
	return true;
}
