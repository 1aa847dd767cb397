/*
 * versions.h - what is shown of a document's history (doc/version.h keeps it).
 */
#ifndef DOC_VERSIONS_H
#define DOC_VERSIONS_H

#include "doc/doc.h"

/*
 * Writes the newest changes of a document that the caller may read, newest first: an array of
 * {"name", "owner", "creation", "data"}. Changes of fields above his levels are left out of data.
 */
MUST_USE bool
versions_write(struct call *call, const struct doc *d, struct json_out *out, struct err *err);

#endif
