/*
 * kept_answer.h - answers that are kept for a day, for who asks the same again.
 *
 * A change that came with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07) claims
 * the key inside its own transaction, and its answer is committed with it: there is no change
 * without its answer and no answer without its change. Of several transactions that claim one key
 * at the same time one goes on; the others wait for its end (PostgreSQL), or come after it
 * (SQLite).
 *
 * A key belongs to its user. A limited API key has keys of its own, others for each set of scopes,
 * so that a key never sees what one with more rights was told.
 *
 * A user has room for [http] max_kept bytes a day (auth/kept_room.h), of each node, and anew after
 * a restart: whoever has used it up is refused before anything is done, and what was kept stays.
 */
#ifndef AUTH_KEPT_ANSWER_H
#define AUTH_KEPT_ANSWER_H

#include "auth/kept_room.h"
#include "crypto/digest.h"
#include "http/call.h"

enum {
	KEPT_ANSWER_S = KEPT_ROOM_S,
	KEPT_ANSWER_BATCH = 1000, /* that one sweep deletes */
};

struct kept_answer {
	struct str name;    /* of its row */
	struct str request; /* digest of what was asked, as hex */
	int status;         /* 0: it was claimed, and has no answer yet */
	struct str fields;  /* "Name: value\r\n" each */
	struct str body;    /* null: it was too large to be kept */
};

/* The answer of that Idempotency-Key, in the call's arena. Any phase that has a database. */
MUST_USE bool kept_answer_find(
    struct call *call, struct str key, bool *found, struct kept_answer *out, struct err *err);

/*
 * Claims the key for what request is the digest of. *mine: nobody has it, and the caller goes on to
 * kept_answer_store() or kept_answer_drop() in the same transaction; of *out the name and request
 * are set. Otherwise *out is what was answered, maybe to another request. Bodies of write calls;
 * ERR_UNAVAILABLE: it ended at this very moment. ERR_TOO_MANY_REQUESTS: nobody has it, and the user
 * has no room for another.
 */
MUST_USE bool kept_answer_claim(struct call *call, struct str key, struct str request, bool *mine,
    struct kept_answer *out, struct err *err);

/* The name of the row of that key. */
MUST_USE bool kept_answer_name(struct call *call, struct str key, struct str *out, struct err *err);

/* ERR_UNAVAILABLE for an answer whose time is over between two looks at it; returns false. */
bool kept_answer_ended(struct err *err);

/* Counts the bytes of its row: of one that is not stored yet, if its claim is to stay. */
void kept_answer_count(struct call *call, const struct kept_answer *answer);

/* Keeps the answer of a claim, and counts its bytes. */
MUST_USE bool
kept_answer_store(struct call *call, const struct kept_answer *answer, struct err *err);

/* Gives a claim up: whoever asks again is served anew. */
MUST_USE bool kept_answer_drop(struct call *call, struct str name, struct err *err);

/* Deletes those whose time is over, KEPT_ANSWER_BATCH at most; *more: that was not all. */
MUST_USE bool kept_answer_sweep(struct db_conn *c, int64_t now_us, bool *more, struct err *err);

#endif
