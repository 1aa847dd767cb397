/*
 * api_page.h - pages for browsers: /, /login, /app, /me, files below /assets/, and what errors look
 * like.
 *
 * Pages are files of ui/ with {{name}} where a value stands, which is escaped for HTML; {{assets}}
 * is the version below which they name their files. No script is inline; the CSRF token stands in a
 * data block, which no policy runs.
 */
#ifndef API_API_PAGE_H
#define API_API_PAGE_H

#include "api/route.h"
#include "http/call.h"

struct page_value {
	struct str name, value;
};

/* Plans a page, an asset, or the page that says that there is none. */
MUST_USE bool api_page_plan(struct call *call, const struct route *r, struct err *err);

/* Writes the page of ui/ with its values, and its fields. The file's name is a constant of the
 * program. */
MUST_USE bool api_page_write(struct call *call, struct str file, const struct page_value *values,
    size_t values_len, struct err *err);

/* The page of an error; the response is reset and has its status. */
void api_page_error(struct call *call, const struct err *err);

#endif
