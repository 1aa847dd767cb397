/*
 * file.h - File documents: making, finding and judging them (spec/rpc.md 6.5, permissions.md 7.4).
 *
 * A File says what the bytes are called, whose they are and what they are attached to; the bytes
 * are found by its content_hash. Who asks for /files/X gets the bytes if one of the Files with that
 * file_url is his to read. Fields that say where the bytes are, are the server's: a client who
 * writes another's file_url into a File of his own reads nothing by it.
 */
#ifndef DOC_FILE_H
#define DOC_FILE_H

#include "doc/doc.h"
#include "doc/file_store.h"

/* A File in the making. Texts: null for none. */
struct file_new {
	struct str name;                        /* as the client sent it */
	struct str folder;                      /* null: Home */
	struct str doctype, docname, fieldname; /* what it is attached to */
	struct str url;                         /* elsewhere (http), or of a File that is here */
	bool is_private, is_folder;
	struct file_source from; /* len 0: there are no bytes, only a url */
	struct digest digest;    /* of from, by file_store_put() */
};

/*
 * Before anything is stored: is there anything, may the caller attach it, is it of a size and a
 * kind that he may upload? ERR_MANDATORY, ERR_VALIDATION, ERR_FILE_SIZE, ERR_FILE_TYPE,
 * ERR_TOO_LARGE, ERR_PERMISSION.
 */
MUST_USE bool file_check(struct call *call, const struct file_new *file, struct err *err);

/* May the caller have a file of that name? ERR_VALIDATION, ERR_FILE_TYPE. */
MUST_USE bool file_check_kind(struct call *call, struct str name, struct err *err);

/* The bytes of that path stay, for another File that says it; *there: they are there. */
MUST_USE bool file_use(struct call *call, struct str path, struct str hash, int64_t size,
    bool *there, struct err *err);

/* Writes the document; its bytes stay (file_store_keep). */
MUST_USE bool
file_insert(struct call *call, const struct file_new *file, struct doc **out, struct err *err);

enum file_found {
	FILE_FOUND,
	FILE_MISSING,   /* nothing has that path */
	FILE_FORBIDDEN, /* something has, and the caller may not read it */
};

/*
 * The File that a path such as /private/files/a.txt stands for, readable for the caller. fid (null:
 * any) is the name of the one that he means.
 */
MUST_USE bool file_find(struct call *call, struct str path, struct str fid, struct doc **out,
    enum file_found *found, struct err *err);

/* A document is gone: so are the Files that are attached to it. */
MUST_USE bool file_detach(struct call *call, const struct doc *d, struct err *err);

/* The path for bytes of that hash under a prefix: the name, or one like it; *name is what it
 * became. */
MUST_USE bool file_path_claim(struct call *call, bool is_private, struct str hash, struct str *name,
    struct str *path, struct err *err);

/* Does the path begin as one of ours does; is it private? */
bool file_path_is(struct str path, bool *is_private);

/* May the caller write what the File is attached to? What is not there may be written. */
MUST_USE bool
file_check_target(struct call *call, struct str doctype, struct str name, struct err *err);

#endif
