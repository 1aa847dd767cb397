/*
 * file_store.h - the bytes of files, by what they hold: in the data directory, or in the database.
 *
 *   DIR/files/HASH     the bytes whose SHA-256 is HASH (64 hex characters), written once
 *   DIR/files/.new-X   some on their way; nobody's after a crash
 *
 * No name of a client is ever part of a path, and a symbolic link in there is not followed. With
 * [files] in_database they are in the tables file_content and file_part instead; what was stored
 * before a change of that setting is still found. Bytes that no File names are swept
 * (file_sweep.h).
 */
#ifndef DOC_FILE_STORE_H
#define DOC_FILE_STORE_H

#include "crypto/digest.h"
#include "http/call.h"

enum {
	FILE_PIECE = 64 * 1024, /* what is in memory of a file at a time */
	FILE_PART = 48 * 1024,  /* of a row of file_part */
	FILE_UNTOUCHED_S = 600, /* younger bytes are not swept: their document may be coming */
};

/* Where bytes come from: a descriptor that keeps its place, or memory. */
struct file_source {
	int fd; /* -1: bytes */
	int64_t at, len;
	struct str bytes;
};

/* The source that is those bytes. */
static inline struct file_source
file_source_bytes(struct str bytes)
{
	return (struct file_source){ .fd = -1, .len = (int64_t)bytes.len, .bytes = bytes };
}

/* Makes DIR/files if it is not there; while the process may still make directories. */
MUST_USE bool file_store_make(const struct conf *conf, struct err *err);

/* Opens DIR/files; close(*fd). ERR_UNAVAILABLE, too, if it is no directory but a link. */
MUST_USE bool file_store_directory(const struct conf *conf, int *fd, struct err *err);

/*
 * For prepare: hashes the source and, unless it is to be in the database, puts it in the directory,
 * on the disk for good. ERR_UNAVAILABLE: the disk is full or failed; nothing is left of it then.
 */
MUST_USE bool file_store_put(const struct conf *conf, const struct file_source *from,
    struct digest *digest, struct err *err);

/* For the body: the bytes are there when its transaction ends, and no sweep takes them before. */
MUST_USE bool file_store_keep(struct call *call, const struct file_source *from,
    const struct digest *digest, struct err *err);

struct file_opened {
	bool found;
	int fd;     /* the caller's; -1: not found */
	int64_t at; /* where the bytes that were asked for begin in it */
};

/* Opens len bytes from byte from of what has that hash. Of what is in the database only those parts
 * are in the file. */
MUST_USE bool file_store_open(struct call *call, struct str hash, int64_t from, int64_t len,
    struct file_opened *out, struct err *err);

/* For the body of another File: are the bytes there, all of size? Then no sweep takes them before
 * its transaction ends. */
MUST_USE bool
file_store_use(struct call *call, struct str hash, int64_t size, bool *there, struct err *err);

/* 64 hex characters? */
bool file_store_is_hash(struct str name);

#endif
