/*
 * body.h - a request's body on its way in: by length or chunked, in memory or in a spool file.
 *
 * It grows as bytes come, not as the client says. Over BODY_MEMORY_MAX it is handed to the spool
 * (server/spool.h) piece by piece, meanwhile nobody reads the socket.
 */
#ifndef SERVER_BODY_H
#define SERVER_BODY_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/request.h"
#include "server/spool.h"

enum { BODY_MEMORY_MAX = 256 * 1024 };

struct body {
	struct buf bytes; /* not yet in the file */
	struct http_chunked chunks;
	bool chunked;
	uint64_t left;        /* of the length */
	int64_t limit, len;   /* len: bytes so far, of the file, too */
	struct spool_job job; /* job.fd: the file, or -1 */
	struct str mapped;    /* the file, when all of it is there */
};

/* Once; budget may be NULL. */
void body_init(struct body *b, struct budget *budget);

/* Makes ready for the body of that head, of at most limit bytes: ERR_TOO_LARGE for a length beyond
 * it. */
MUST_USE bool body_begin(struct body *b, const struct http_head *h, int64_t limit, struct err *err);

/* Takes bytes, *taken of them. HTTP_INCOMPLETE: more must come, perhaps after body_is_full() was
 * seen to. */
enum http_parsed
body_take(struct body *b, struct str bytes, size_t *taken, struct err *err) MUST_USE;

/* Is there a piece for the spool? last: the body has ended. */
bool body_is_full(const struct body *b, bool last);

/* The job that writes the piece; then body_spooled(), once it is done. */
struct spool_job *body_piece(struct body *b);
MUST_USE bool body_spooled(struct body *b, struct err *err);

/* The whole body, valid until body_end(); of a spooled one a mapping of its file. */
MUST_USE bool body_whole(struct body *b, struct str *out, struct err *err);

/* Gives back file and budget; keeps a little memory for the next one. body_free: not even that. */
void body_end(struct body *b);
void body_free(struct body *b);

#endif
