/*
 * phase.h - the phases of a call, each in the calling thread and within a turn.
 *
 * Who calls is judged anew at the beginning of each phase (auth_who), since the call may have
 * waited. Then the phase runs with its connection in call->db, and call->who stays set: only
 * phase_end() or the end of the turn makes it invalid.
 */
#ifndef SERVER_PHASE_H
#define SERVER_PHASE_H

#include "server/site.h"

/* api_plan(), for a request that is too large for a loop to parse; api_plan_later() for none. */
MUST_USE bool phase_plan(struct call *call, struct err *err);

MUST_USE bool phase_prepare(struct call *call, struct db_conn *c, struct err *err);

/* The body of a reading call, in a transaction of its own, so that it sees one state. */
MUST_USE bool phase_read(struct call *call, struct db_conn *c, struct err *err);

/* The body of a writing call and the record of its changes, in the transaction open on c. */
MUST_USE bool phase_write(struct call *call, struct db_conn *c, struct err *err);

/* After the commit; sure: it is known to have been done. */
void phase_publish(struct call *call, struct db_conn *c, bool sure);

/* Does the body of a call with parts run again, after this outcome? The call is ready for it then.
 */
MUST_USE bool phase_goes_on(struct call *call, bool ok, const struct err *err);

/*
 * Makes the answer of an outcome, if it is not withheld; writes to the log what only the log may
 * know.
 */
void phase_end(struct call *call, bool ok, const struct err *err);

/* In a later turn than phase_end(): takes who calls anew, for whoever still changes the answer. */
void phase_resume(struct call *call);

#endif
