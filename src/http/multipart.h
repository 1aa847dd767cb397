/*
 * multipart.h - multipart/form-data (RFC 7578), taken apart in pieces of any size.
 *
 * Nothing of a part's bytes is kept: what a part is, and where in the stream it lies, is all that
 * comes out. So a body of any size costs the same memory. Strict: a part begins behind its
 * delimiter with CRLF, and a body that is cut short is refused.
 */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum {
	MULTIPART_MAX_BOUNDARY = 70,   /* RFC 2046 5.1.1 */
	MULTIPART_MAX_HEAD = 8 * 1024, /* of one part */
	MULTIPART_MAX_PARTS = 1000,
	MULTIPART_MAX_VALUES = 4 * 1024 * 1024, /* of all parts that are no files */
};

struct http_part {
	struct str name;
	bool is_file;
	struct str filename; /* as sent; files only */
	struct str type;
	int64_t at, len;  /* where its bytes are in the body */
	struct str bytes; /* a file's: null where the body is not in memory */
};

struct http_parts {
	struct http_part *items;
	size_t len;
};

/* The parser of a stream: zeroed, then multipart_begin(). */
struct multipart {
	enum multipart_state {
		MULTIPART_PREAMBLE, /* before the first delimiter */
		MULTIPART_BEHIND,   /* behind a delimiter: "--" or CRLF */
		MULTIPART_HEAD,     /* fields of a part */
		MULTIPART_BYTES,    /* what the part holds */
		MULTIPART_EPILOGUE, /* behind the last delimiter: anything */
	} state;
	char delimiter[4 + MULTIPART_MAX_BOUNDARY];
	size_t delimiter_len;
	size_t matched; /* bytes of the delimiter that have come */
	size_t lent;    /* of them, those that end a part's fields, too */
	int64_t at;     /* bytes of the stream so far */
	int64_t part_at, part_len;
	size_t head_len;
	char head[MULTIPART_MAX_HEAD];
};

enum multipart_event {
	MULTIPART_MORE,    /* all bytes are taken: more must come, or the body was cut short */
	MULTIPART_FIELDS,  /* a part begins: multipart_part() */
	MULTIPART_END,     /* it has ended: part_at, part_len */
	MULTIPART_DONE,    /* the last delimiter has come; what follows means nothing */
	MULTIPART_REFUSED, /* ERR_BAD_REQUEST */
};

/* Makes ready for a body of that Content-Type. ERR_BAD_REQUEST: it names no boundary. */
MUST_USE bool multipart_begin(struct multipart *m, struct str content_type, struct err *err);

/* Takes bytes off *bytes up to the next event; the same ones come however the stream was cut. */
enum multipart_event
multipart_next(struct multipart *m, struct str *bytes, struct err *err) MUST_USE;

/* After MULTIPART_FIELDS: the part, in the arena; without its place and bytes. ERR_BAD_REQUEST: it
 * has no name, or one that is no text. */
MUST_USE bool
multipart_part(const struct multipart *m, struct arena *a, struct http_part *out, struct err *err);

/*
 * All parts of a body in memory. ERR_BAD_REQUEST for a body that is malformed or cut short, a part
 * without a name, and names and values (not files) that are not UTF-8 or hold NUL. ERR_TOO_LARGE
 * over the limits above.
 */
MUST_USE bool http_parse_multipart(struct arena *a, struct str body, struct str content_type,
    struct http_parts *out, struct err *err);

/* The same of len bytes of a file, read piece by piece; only the values are in the arena. */
MUST_USE bool http_parse_multipart_file(struct arena *a, int fd, int64_t len,
    struct str content_type, struct http_parts *out, struct err *err);

#endif
