/*
 * format.h - formats of texts: e-mail addresses, names, phone numbers, URLs
 * (spec/documents.md 4.2).
 */
#ifndef DOC_FORMAT_H
#define DOC_FORMAT_H

#include "doc/doctype.h"

/* Is the text what the options of a Data field, or a Phone field, ask for? Each has its error. */
MUST_USE bool format_check(const struct field *f, struct str text, struct err *err);

/* Is it one e-mail address, with or without a name before it ("Ada <ada@example.org>")? */
bool format_is_email(struct str text);

#endif
