#include "http/multipart.h"

#include "base/mem.h"
#include "http/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

/* ---- fields */

/* Cuts a quoted string behind its first '"' into what it holds, as sent, and what follows. */
static bool
cut_quoted(struct str s, struct str *held, struct str *rest)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"') {
			*held = str_sub(s, 0, i);
			*rest = str_sub(s, i + 1, s.len);
			return true;
		}
		/* Only \" is an escape: some clients send Windows paths as they are. */
		if (s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == '"')
			i++;
	}
	return false;
}

/*
 * The value of a parameter: name="boundary" of `multipart/form-data; boundary="x"`. Null if it is
 * absent or cannot be read.
 */
static struct str
parameter(struct str field, struct str name)
{
	struct str rest;

	str_cut(field, ';', &field, &rest);
	while (rest.len > 0) {
		struct str key, value;
		const ptrdiff_t equals = str_find(rest, '=');

		if (equals < 0)
			return STR_NULL;
		key = str_trim(str_sub(rest, 0, (size_t)equals));
		rest = str_trim(str_sub(rest, (size_t)equals + 1, rest.len));
		if (str_starts(rest, STR("\""))) {
			if (!cut_quoted(str_sub(rest, 1, rest.len), &value, &rest))
				return STR_NULL;
			str_cut(rest, ';', &field, &rest);
		} else {
			str_cut(rest, ';', &value, &rest);
			value = str_trim(value);
		}
		if (str_ieq(key, name))
			return value;
	}
	return STR_NULL;
}

bool
multipart_part(const struct multipart *m, struct arena *a, struct http_part *out, struct err *err)
{
	struct http_part part = { 0 };
	struct str head;

	if (!arena_str(a, (struct str){ m->head, m->head_len }, &head, err))
		return false;
	while (head.len > 0) {
		struct str line, name, value;

		str_cut(head, '\n', &line, &head);
		str_cut(line, ':', &name, &value);
		value = str_trim(value);
		if (str_ieq(str_trim(name), STR("content-disposition"))) {
			part.name = parameter(value, STR("name"));
			part.filename = parameter(value, STR("filename"));
			part.is_file = !str_is_null(part.filename);
		} else if (str_ieq(str_trim(name), STR("content-type"))) {
			part.type = value;
		}
	}
	if (str_is_null(part.name))
		return err_set(err, ERR_BAD_REQUEST, "A part of the multipart body has no name");
	if (!http_check_text(part.name, err) || !http_check_text(part.filename, err))
		return false;
	*out = part;
	return true;
}

/* ---- the stream */

static bool
malformed(struct err *err)
{
	return err_set(err, ERR_BAD_REQUEST, "The multipart body is malformed");
}

bool
multipart_begin(struct multipart *m, struct str content_type, struct err *err)
{
	const struct str boundary = parameter(content_type, STR("boundary"));

	if (boundary.len == 0 || boundary.len > MULTIPART_MAX_BOUNDARY)
		return err_set(err, ERR_BAD_REQUEST, "The multipart body names no boundary");
	memcpy(m->delimiter, "\r\n--", 4);
	memcpy(m->delimiter + 4, boundary.ptr, boundary.len);
	m->delimiter_len = 4 + boundary.len;
	m->state = MULTIPART_PREAMBLE;
	m->matched = 2; /* the first delimiter may stand at the very start */
	return true;
}

static void
drop(struct multipart *m, struct str *bytes, size_t n)
{
	*bytes = str_sub(*bytes, n, bytes->len);
	m->at += (int64_t)n;
}

/* Where the search goes on: at the next CR, unless a match has begun. */
static size_t
next_start(const struct multipart *m, struct str bytes, size_t from)
{
	const ptrdiff_t at = m->matched > 0 ? 0 : str_find(str_sub(bytes, from, bytes.len), '\r');

	return at < 0 ? bytes.len : from + (size_t)at;
}

/*
 * Looks for the delimiter; true when it is complete. A CR stands nowhere but at its start, so that
 * a byte that breaks a match is looked at once more, and none before it.
 */
static bool
take_delimiter(struct multipart *m, struct str *bytes)
{
	size_t i = next_start(m, *bytes, 0);

	while (i < bytes->len) {
		if (bytes->ptr[i] == m->delimiter[m->matched]) {
			i++;
			m->matched++;
		} else {
			m->matched = m->lent = 0;
		}
		if (m->matched == m->delimiter_len) {
			drop(m, bytes, i);
			return true;
		}
		i = next_start(m, *bytes, i);
	}
	drop(m, bytes, bytes->len);
	return false;
}

/* Gathers one byte of the fields; false: there is no room. */
static bool
keep(struct multipart *m, struct str *bytes)
{
	if (m->head_len == sizeof(m->head))
		return false;
	m->head[m->head_len++] = bytes->ptr[0];
	drop(m, bytes, 1);
	return true;
}

static enum multipart_event
take_head(struct multipart *m, struct str *bytes, struct err *err)
{
	while (!str_ends((struct str){ m->head, m->head_len }, STR("\r\n\r\n"))) {
		if (bytes->len == 0)
			return MULTIPART_MORE;
		if (!keep(m, bytes)) {
			err_set(err, ERR_BAD_REQUEST,
			    "The fields of a part of the multipart body are too long");
			return MULTIPART_REFUSED;
		}
	}
	m->state = MULTIPART_BYTES;
	m->part_at = m->at;
	/* The CRLF of a part without bytes may serve twice (RFC 2046 5.1.1). */
	m->matched = m->lent = 2;
	return MULTIPART_FIELDS;
}

static enum multipart_event
take_behind(struct multipart *m, struct str *bytes, struct err *err)
{
	while (m->head_len < 2) {
		if (bytes->len == 0)
			return MULTIPART_MORE;
		(void)keep(m, bytes);
	}
	if (memcmp(m->head, "--", 2) == 0) {
		m->state = MULTIPART_EPILOGUE;
		return MULTIPART_DONE;
	}
	if (memcmp(m->head, "\r\n", 2) == 0) {
		m->state = MULTIPART_HEAD;
		return take_head(m, bytes, err);
	}
	malformed(err);
	return MULTIPART_REFUSED;
}

enum multipart_event
multipart_next(struct multipart *m, struct str *bytes, struct err *err)
{
	switch (m->state) {
	case MULTIPART_PREAMBLE:
		if (!take_delimiter(m, bytes))
			return MULTIPART_MORE;
		break;
	case MULTIPART_BEHIND:
		return take_behind(m, bytes, err);
	case MULTIPART_HEAD:
		return take_head(m, bytes, err);
	case MULTIPART_BYTES:
		if (!take_delimiter(m, bytes))
			return MULTIPART_MORE;
		m->part_len = m->at - (int64_t)(m->delimiter_len - m->lent) - m->part_at;
		m->state = MULTIPART_BEHIND;
		m->matched = m->lent = m->head_len = 0;
		return MULTIPART_END;
	case MULTIPART_EPILOGUE:
		drop(m, bytes, bytes->len);
		return MULTIPART_DONE;
	}
	m->state = MULTIPART_BEHIND;
	m->matched = m->head_len = 0;
	return take_behind(m, bytes, err);
}

/* ---- whole bodies */

/* Where the bytes are: in memory, or in a file. */
struct source {
	struct str bytes;
	int fd; /* -1: in memory */
	int64_t len;
};

static bool
read_at(int fd, int64_t at, char *to, size_t len, struct err *err)
{
	while (len > 0) {
		const ssize_t n = pread(fd, to, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_set(err, ERR_UNAVAILABLE, "The server cannot read this request now");
			return err_cause(err, "pread: %s", n < 0 ? strerror(errno) : "end of file");
		}
		at += n;
		to += n;
		len -= (size_t)n;
	}
	return true;
}

struct reading {
	struct arena *arena;
	const struct source *from;
	struct multipart *m;
	struct http_parts parts;
	int64_t values; /* bytes of them so far */
};

/* The bytes of the part that has ended; a file's stay where they are. */
static bool
finish_part(struct reading *r, struct err *err)
{
	struct http_part *part = &r->parts.items[r->parts.len - 1];
	char *text;

	part->at = r->m->part_at;
	part->len = r->m->part_len;
	if (r->from->fd < 0) {
		part->bytes = str_sub(r->from->bytes, (size_t)part->at, (size_t)part->len);
		if (part->bytes.ptr == NULL)
			part->bytes = STR("");
		return part->is_file || http_check_text(part->bytes, err);
	}
	if (part->is_file)
		return true;
	r->values += part->len;
	if (r->values > MULTIPART_MAX_VALUES)
		return err_set(
		    err, ERR_TOO_LARGE, "The values of the multipart body are too large");
	text = arena_alloc(r->arena, (size_t)part->len + 1);
	if (text == NULL)
		return err_memory(err);
	part->bytes = (struct str){ text, (size_t)part->len };
	return read_at(r->from->fd, part->at, text, part->bytes.len, err) &&
	    http_check_text(part->bytes, err);
}

/* *done: the last delimiter has come. */
static bool
take(struct reading *r, struct str bytes, bool *done, struct err *err)
{
	for (;;) {
		switch (multipart_next(r->m, &bytes, err)) {
		case MULTIPART_MORE:
			return true;
		case MULTIPART_FIELDS:
			if (r->parts.len == MULTIPART_MAX_PARTS)
				return err_set(err, ERR_TOO_LARGE, "More than %d parts",
				    (int)MULTIPART_MAX_PARTS);
			if (!multipart_part(r->m, r->arena, &r->parts.items[r->parts.len++], err))
				return false;
			break;
		case MULTIPART_END:
			if (!finish_part(r, err))
				return false;
			break;
		case MULTIPART_DONE:
			*done = true;
			return true;
		case MULTIPART_REFUSED:
			return false;
		}
	}
}

static bool
take_all(struct reading *r, struct err *err)
{
	CLEANUP(mem_freep) char *piece = r->from->fd < 0 ? NULL : mem_alloc(PIECE);
	bool done = false;

	if (r->from->fd < 0)
		return take(r, r->from->bytes, &done, err) && (done || malformed(err));
	for (int64_t at = 0; at < r->from->len && !done; at += PIECE) {
		const size_t len = (size_t)MIN(r->from->len - at, (int64_t)PIECE);

		if (!read_at(r->from->fd, at, piece, len, err) ||
		    !take(r, (struct str){ piece, len }, &done, err))
			return false;
	}
	return done || malformed(err);
}

static bool
parse(struct arena *a, const struct source *from, struct str content_type, struct http_parts *out,
    struct err *err)
{
	CLEANUP(mem_freep) struct multipart *m = MEM_NEW(struct multipart);
	struct reading r = { .arena = a, .from = from, .m = m };

	r.parts.items = ARENA_NEW_ARRAY(a, struct http_part, MULTIPART_MAX_PARTS);
	if (r.parts.items == NULL)
		return err_memory(err);
	if (!multipart_begin(m, content_type, err) || !take_all(&r, err))
		return false;
	*out = r.parts;
	return true;
}

bool
http_parse_multipart(struct arena *a, struct str body, struct str content_type,
    struct http_parts *out, struct err *err)
{
	const struct source from = { .bytes = body, .fd = -1 };

	return parse(a, &from, content_type, out, err);
}

bool
http_parse_multipart_file(struct arena *a, int fd, int64_t len, struct str content_type,
    struct http_parts *out, struct err *err)
{
	const struct source from = { .fd = fd, .len = len };

	return parse(a, &from, content_type, out, err);
}
