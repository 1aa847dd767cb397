/*
 * llhttp_view.h - what llhttp, in its strict mode, makes of a request: the second opinion.
 *
 * In a file of its own, since the names of llhttp's constants are ours, too.
 */
#ifndef TESTS_FUZZ_LLHTTP_VIEW_H
#define TESTS_FUZZ_LLHTTP_VIEW_H

#include "base/buf.h"

struct llhttp_view {
	const char *failed; /* name of the error; NULL: none so far */
	size_t failed_at;   /* the byte that it did not like */
	bool head_done, message_done;
	size_t head_len, message_len; /* bytes up to there */
	const char *method;
	struct buf target, body;
	uint32_t fields_len;
	bool http_1_0, has_length, chunked, keep_alive;
	uint64_t content_length;
};

/* Reads one request, byte by byte, up to its end. Release with llhttp_view_free(). */
void llhttp_view_read(struct llhttp_view *v, struct str bytes);
void llhttp_view_free(struct llhttp_view *v);

#endif
