/*
 * default_value.h - what users and the site have set as defaults, by the names of fields
 * (spec/documents.md 4.1).
 *
 * A user's are the rows of his table "defaults" (DefaultValue); the site's are the values that
 * System Settings hold, those of Custom Fields among them. No rights are looked at.
 */
#ifndef DOC_DEFAULT_VALUE_H
#define DOC_DEFAULT_VALUE_H

#include "doc/doc.h"

/* The caller's, or else the site's; *out, in the arena, is null if there is none. */
MUST_USE bool
default_value_of_user(struct call *call, struct str key, struct str *out, struct err *err);

MUST_USE bool
default_value_of_site(struct call *call, struct str key, struct str *out, struct err *err);

/* A user was written, with these rows: from the first one on they are asked for. */
MUST_USE bool default_value_kept(struct call *call, const struct doc *user, struct err *err);

#endif
