/*
 * doctype_perms.h - the permission rows of a DocType that is being saved
 * (spec/documents.md 1.5, permissions.md 3).
 */
#ifndef DOC_DOCTYPE_PERMS_H
#define DOC_DOCTYPE_PERMS_H

#include "doc/doc.h"

/* Checks each row, and takes away rights that its level or its DocType cannot have. */
MUST_USE bool doctype_perms_check(struct call *call, struct doc *d, struct err *err);

/* The same for rules that stand in place of its own (perm_rules.h), whoever made them. */
MUST_USE bool doctype_perms_check_rules(struct call *call, struct doc *d, struct err *err);

/* Makes the roles that the rows name and the site lacks. */
MUST_USE bool doctype_perms_make_roles(struct call *call, struct doc *d, struct err *err);

#endif
