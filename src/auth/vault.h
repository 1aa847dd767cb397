/*
 * vault.h - secrets that must be readable again: values of Password fields, encrypted with a field
 * key of symbolon.key (spec/documents.md 4.2, DESIGN.md 3).
 *
 * Each is bound to its place: copied to another one it cannot be opened. Functions are bodies of
 * calls; rights are their callers' to check.
 */
#ifndef AUTH_VAULT_H
#define AUTH_VAULT_H

#include "http/call.h"

struct vault_place {
	struct str doctype, name, field;
};

MUST_USE bool
vault_put(struct call *call, struct vault_place place, struct str value, struct err *err);

/* *found false: there is none. Memory is the arena's. ERR_INTERNAL: it was tampered with. */
MUST_USE bool vault_get(
    struct call *call, struct vault_place place, struct str *value, bool *found, struct err *err);

/* Forgets one; with a null field all of a document, with a null name, too, all of a DocType. */
MUST_USE bool vault_drop(struct call *call, struct vault_place place, struct err *err);

/* A document has another name: what it holds is sealed anew for its new place. from and to differ
 * in nothing but the name; their fields are null. */
MUST_USE bool
vault_move(struct call *call, struct vault_place from, struct vault_place to, struct err *err);

struct auth;
struct db_conn;
/* Which field keys the database needs. */
extern const struct str VAULT_SQL_KEYS;

/* At the start: ERR_UNAVAILABLE, naming the file, if a key that the database uses is not there. */
MUST_USE bool vault_check(const struct auth *a, struct db_conn *c, struct err *err);

#endif
