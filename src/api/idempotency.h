/*
 * idempotency.h - a POST that is sent again is done once
 * (draft-ietf-httpapi-idempotency-key-header).
 *
 * With the field Idempotency-Key a change and its answer are kept together for a day
 * (auth/kept_answer.h); the same request with the same key gets the answer again, with
 * "Idempotency-Replayed: true", and changes nothing.
 *
 * Not kept, so that the same request is served anew: refusals and errors, answers that set
 * cookies or are no JSON. Never kept: the secret in an answer, whose place is null, and what is
 * larger than 64 KiB: a document's answer is then its name, modified and DocType, another is
 * ERR_DUPLICATE.
 */
#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include "http/call.h"

/*
 * The last step of planning: of a POST of a user (not of a guest, of whom there are many) that
 * writes and has the field, the phases are wrapped. ERR_BAD_REQUEST for a key that is empty,
 * longer than 255 bytes, not printable ASCII, or there twice. While the call runs, ERR_KEY_REUSED
 * if the key came with another request before; ERR_TOO_MANY_REQUESTS if the user has no room for
 * another answer.
 */
MUST_USE bool idempotency_plan(struct call *call, struct err *err);

#endif
