/*
 * envelope.h - the JSON around what a call answers (spec/rpc.md 2, 4, 5).
 *
 * A body opens the envelope with envelope_value(), writes one value into call->out, and may go on
 * with keys beside it (json_put_*). An answer that is no envelope (a page, an empty one) sets
 * response.type.
 */
#ifndef API_ENVELOPE_H
#define API_ENVELOPE_H

#include "http/call.h"

/* {"message": or {"data": - the value that follows is what the call answers. key: a literal. */
void envelope_value(struct call *call, const char *key);

/* Begins anew, without a value: keys of the answer itself follow. */
void envelope_restart(struct call *call);

/* Is there no value behind the key that envelope_value() wrote? Then it is taken back. */
void envelope_drop_empty(struct call *call);

/* session_expired, messages, the closing brace, the content type. */
void envelope_close(struct call *call);

/*
 * Writes the error's body into the (reset) response: v1 or v2. with_exc: tracebacks are on.
 * as_message: its text is the body's "message" instead of a message of its own (failed logins).
 */
void envelope_error(struct call *call, const struct err *err, bool with_exc, bool as_message);

/* The same for a request that never became a call: v1, no messages but its own. */
void envelope_refusal(const struct err *err, struct str request_id, struct buf *out);

#endif
