/*
 * naming.h - names of new documents (spec/documents.md 5).
 *
 * Functions are bodies of calls: counters live in table "counter" (key "series:PREFIX") and move
 * in the call's transaction, so that series have no gaps.
 */
#ifndef DOC_NAMING_H
#define DOC_NAMING_H

#include "doc/doc.h"

enum { NAMING_RANDOM_LEN = 10, NAMING_MAX = 140 /* characters of a name */ };

/*
 * The name of a new document whose values are set: what its DocType's naming, rules of the site
 * (naming_rule.h), its controller and its amended_from say. body is what the client sent ("name"
 * and "__newname" of it count where the DocType lets the client choose) or NULL. *out is in the
 * arena; of DocTypes with autoincrement it is decimal. With "field:x" x is set to the name too.
 *
 * ERR_VALIDATION: a part is missing ("Title is required", "Please set the document name");
 * ERR_NAME: a name that may not be; ERR_LENGTH: over 140 characters; ERR_NAMING_SERIES, ERR_UUID.
 * Whether the name is taken shows when the row is written; a random one is worth another try then
 * (naming_is_random).
 */
MUST_USE bool
naming_name(struct call *call, struct doc *d, const json_t *body, struct str *out, struct err *err);

/*
 * Puts a name right that a document is to get later (blanks around it), and checks it as
 * naming_name() checks what it made.
 */
MUST_USE bool naming_check(const struct doctype *dt, struct str *name, struct err *err);

/* The field that a document of "field:x" shows its name in; NULL: none. */
const struct field *naming_field(const struct doctype *dt);

/* Was its name random, so that a second naming_name() would give another? */
bool naming_is_random(const struct doc *d);

/* A fresh random name, of child rows too: NAMING_RANDOM_LEN of [0-9a-v], in the arena. */
MUST_USE bool naming_random(struct arena *a, struct str *out, struct err *err);

/* A document is gone: if it held the last number of its series, that is given back. */
MUST_USE bool naming_deleted(struct call *call, const struct doc *d, struct err *err);

#endif
