/*
 * doctype_fields_name.h - fields of a DocType that is being saved get their names
 * (spec/documents.md 1.2).
 */
#ifndef DOC_DOCTYPE_FIELDS_NAME_H
#define DOC_DOCTYPE_FIELDS_NAME_H

#include "doc/doc.h"

enum { DOCTYPE_FIELDS_MAX = 1000 };

/*
 * Gives fields without a name one made from their label, lower-cases the others; sets what
 * follows from the rest (in_list_view of the first mandatory fields, "0" of a Check).
 * ERR_VALIDATION beyond DOCTYPE_FIELDS_MAX, or for a field with neither name nor label;
 * ERR_INVALID_FIELD_NAME for the names of standard columns.
 */
MUST_USE bool doctype_fields_name(struct call *call, struct doc *d, struct err *err);

#endif
