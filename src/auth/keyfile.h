/*
 * keyfile.h - symbolon.key: the peppers of secret digests and the keys of encrypted fields.
 *
 * Mode 0600, beside the database, made only together with an empty one (DESIGN.md 3). Each
 * pepper and each key has an id; every digest names its id.
 */
#ifndef AUTH_KEYFILE_H
#define AUTH_KEYFILE_H

#include "base/err.h"
#include "base/str.h"

struct keyfile;
struct hmac_key; /* crypto/hmac.h */

enum { KEYFILE_PEPPERS_MAX = 255 }; /* that a process has seen */

/* Makes a new file with one pepper and one field key; fsynced with its directory. */
MUST_USE bool keyfile_make(const char *path, struct err *err);

/* Reads it. ERR_UNAVAILABLE with words for the operator if it is missing, readable by others or
 * malformed. */
MUST_USE bool keyfile_open(const char *path, struct keyfile **out, struct err *err);
void keyfile_free(struct keyfile *k);

/* The path that it was opened by, for words to the operator. */
struct str keyfile_path(const struct keyfile *k);

/*
 * Peppers have numbers, small ones for the table, which they keep as long as the process lives; so
 * does a pepper that has left the file. The rest of this page may be called by any thread.
 */

/* The pepper of new secrets, which unknown keys are judged with, too: the first one of the file
 * until keyfile_use() names another. */
uint32_t keyfile_current(const struct keyfile *k);
void keyfile_use(struct keyfile *k, uint32_t number);
struct str keyfile_pepper_id(const struct keyfile *k);              /* its id */
struct str keyfile_id_at(const struct keyfile *k, uint32_t number); /* of any that there is */

/* The peppers that are in the file, from *at 0 on; false at their end. Is one of that id there? */
MUST_USE bool keyfile_next(const struct keyfile *k, uint32_t *at, uint32_t *number, struct str *id);
MUST_USE bool keyfile_holds(const struct keyfile *k, struct str id);

/*
 * Looks at the file again: peppers that came are known from now on. Cheap if it is the one that was
 * read last. False, and nothing changed: it is not right; told once, until it changes again.
 */
MUST_USE bool keyfile_refresh(struct keyfile *k, bool *changed, struct err *err);

/* Writes a new pepper at the end of the file, or takes one out, in one step and durably. */
MUST_USE bool keyfile_add(struct keyfile *k, struct err *err);
MUST_USE bool keyfile_remove(struct keyfile *k, struct str id, struct err *err);

/* The prepared state of a pepper, and its number; NULL if the file never had it. */
const struct hmac_key *keyfile_pepper(const struct keyfile *k, struct str id, uint32_t *number);
const struct hmac_key *keyfile_pepper_at(const struct keyfile *k, uint32_t number);

/* The key for new encrypted fields: its id; empty if the file holds none. */
struct str keyfile_field_id(const struct keyfile *k);
/* The 32 bytes of a field key; NULL if the file lacks it. */
const uint8_t *keyfile_field(const struct keyfile *k, struct str id);

#endif
