/*
 * literal.h - Python's literals as JSON: what people put behind bench execute --args.
 *
 * Lists, tuples, dicts, strings in either quotes, numbers, True, False, None, and JSON's own words;
 * and, since shells eat quotes, bare words for strings: [ada@example.com].
 */
#ifndef CLI_LITERAL_H
#define CLI_LITERAL_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the literal as JSON text. ERR_VALIDATION says where it cannot be understood. */
MUST_USE bool literal_to_json(struct str text, struct buf *out, struct err *err);

#endif
