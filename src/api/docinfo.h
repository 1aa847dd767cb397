/*
 * docinfo.h - what a form shows beside a document: who has it, its files, its history, the
 * caller's rights (spec/rpc.md 6.3).
 *
 * One table of parts, each under its key. Who may read the document may see its docinfo; a part
 * leaves out what he may not see of it.
 */
#ifndef API_DOCINFO_H
#define API_DOCINFO_H

#include "doc/doc.h"

/* Writes one value, of a document that the caller may read. */
typedef bool
docinfo_part(struct call *call, const struct doc *d, struct json_out *out, struct err *err);

/* Writes the docinfo of a document that the caller may read: an object. */
MUST_USE bool
docinfo_write(struct call *call, const struct doc *d, struct json_out *out, struct err *err);

#endif
