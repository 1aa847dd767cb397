/*
 * link_titles.h - the titles of what a document links to, for forms that show titles instead of
 * names (spec/rpc.md 6.3).
 */
#ifndef API_LINK_TITLES_H
#define API_LINK_TITLES_H

#include "doc/doc.h"

/*
 * Writes {"DOCTYPE::NAME": TITLE} for the links of a document and of its rows whose DocTypes show
 * titles in links; what the caller may not read of those is left out.
 */
MUST_USE bool
link_titles_write(struct call *call, const struct doc *d, struct json_out *out, struct err *err);

#endif
