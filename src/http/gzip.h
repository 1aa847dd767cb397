/*
 * gzip.h - compression (zlib, gzip format), of bytes and of files.
 */
#ifndef HTTP_GZIP_H
#define HTTP_GZIP_H

#include "base/buf.h"
#include "base/err.h"

/* Compresses in into out, an empty buffer; false if it is no smaller then. */
MUST_USE bool gzip_bytes(struct str in, struct buf *out);

/*
 * Compresses the first len bytes of a file into another one, piece by piece: its memory does not
 * grow with len. *out_len: how long that became. ERR_UNAVAILABLE: the disk is full or failed.
 */
MUST_USE bool gzip_file(int in, int64_t len, int out, int64_t *out_len, struct err *err);

#endif
