/*
 * api_file_send.h - a file as an answer: /files/NAME, /private/files/NAME, download_file.
 *
 * Ranges, conditions and dispositions as RFC 9110 and RFC 6266 have them. The bytes go from their
 * file to the socket. Nothing that could run in a browser is shown by it: it is saved, its type is
 * not guessed, and its document is sandboxed.
 */
#ifndef API_API_FILE_SEND_H
#define API_API_FILE_SEND_H

#include "api/route.h"
#include "doc/doc.h"

/* The answer is the File's bytes. saved: never shown in the browser. ERR_DOES_NOT_EXIST: they are
 * elsewhere, or gone. */
MUST_USE bool api_file_send(struct call *call, const struct doc *file, bool saved, struct err *err);

/* Plans GET and HEAD of a path below /files and /private/files. */
MUST_USE bool api_file_send_plan(struct call *call, const struct route *r, struct err *err);

#endif
