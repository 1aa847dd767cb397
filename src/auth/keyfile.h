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

/* Makes a new file with one pepper and one field key; fsynced with its directory. */
MUST_USE bool keyfile_make(const char *path, struct err *err);

/* Reads it. ERR_UNAVAILABLE with words for the operator if it is missing, readable by others or
 * malformed. */
MUST_USE bool keyfile_open(const char *path, struct keyfile **out, struct err *err);
void keyfile_free(struct keyfile *k);

/* The path that it was opened by, for words to the operator. */
struct str keyfile_path(const struct keyfile *k);

/* The pepper for new secrets: its id, and its prepared state. */
struct str keyfile_pepper_id(const struct keyfile *k);
/* The prepared state of a pepper, and its number (small, for the table); NULL if the file lacks it.
 */
const struct hmac_key *keyfile_pepper(const struct keyfile *k, struct str id, uint32_t *number);
const struct hmac_key *keyfile_pepper_at(const struct keyfile *k, uint32_t number);

/* The key for new encrypted fields: its id; empty if the file holds none. */
struct str keyfile_field_id(const struct keyfile *k);
/* The 32 bytes of a field key; NULL if the file lacks it. */
const uint8_t *keyfile_field(const struct keyfile *k, struct str id);

#endif
