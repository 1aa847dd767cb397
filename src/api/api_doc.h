/*
 * api_doc.h - arguments of methods that name a document or hold a whole one, and what such methods
 * answer.
 */
#ifndef API_API_DOC_H
#define API_API_DOC_H

#include "doc/doc.h"
#include "doc/list.h"
#include "http/call.h"

#include <jansson.h>

/* The argument doctype. */
MUST_USE bool api_doc_type(struct call *call, const struct doctype **out, struct err *err);

/* The argument of that name as an object, native or JSON text, and the DocType that it names. */
MUST_USE bool api_doc_body(const struct call *call, const char *name, const json_t **doc,
    struct str *doctype, struct err *err);

/* Plans a method that writes the document in its argument doc: the lane, and a password's hash.
 * What is wrong with the document is the body's to say. */
MUST_USE bool api_doc_plan(struct call *call, struct err *err);

/* {"FIELD": VALUE} as a tree; NULL: an empty text. */
MUST_USE bool api_doc_member(const struct call *call, struct str field, const json_t *value,
    const json_t **out, struct err *err);

/* object with the number n as its member FIELD, whatever it had; NULL: nothing else. */
MUST_USE bool api_doc_with(const struct call *call, const json_t *object, struct str field,
    int64_t n, const json_t **out, struct err *err);

/* The rows of a list as a tree. */
MUST_USE bool
api_doc_rows(struct call *call, const struct list_args *list, const json_t **out, struct err *err);

/* Writes every right on a document as 0 or 1; all 0 to those who may not read it (reads false). */
MUST_USE bool api_doc_write_rights(
    struct call *call, const struct doc *d, bool reads, struct json_out *out, struct err *err);

/* Writes the document as frappe.client.* answer it: with nulls. */
MUST_USE bool api_doc_write(struct call *call, const struct doc *d, struct err *err);

#endif
