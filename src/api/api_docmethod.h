/*
 * api_docmethod.h - what a document can be asked to do: submit, cancel, discard; as its own methods
 * over REST and run_doc_method, and as methods of frappe.client (spec/rpc.md 6.4, documents.md 7,
 * 11).
 */
#ifndef API_API_DOCMETHOD_H
#define API_API_DOCMETHOD_H

#include "api/method.h"

/*
 * Plans the method of the document that the call's route names. ERR_PERMISSION for what may not be
 * called, or not with this verb; ERR_DOES_NOT_EXIST for what no document has.
 */
MUST_USE bool api_docmethod_plan(struct call *call, struct str method, struct err *err);

/* The name of the next of them, at *at, which begins with 0; null at the end. */
struct str api_docmethod_next(size_t *at);

extern const struct method_table API_DOCMETHOD_METHODS;

#endif
