/*
 * pepper.h - which pepper makes the digests of new secrets, and how those of older ones go.
 *
 * symbolon.key (auth/keyfile.h) holds peppers; row "site" of the database names the current one,
 * for all nodes alike. A rotation first adds one to the file, which every node must have ("new"),
 * and then makes it current; digests of older ones are renewed at the next use of their secrets
 * (auth/renew.h). An older one that no secret rests on can be removed. Keys of encrypted fields
 * are not touched by any of this.
 */
#ifndef AUTH_PEPPER_H
#define AUTH_PEPPER_H

#include "auth/auth.h"

/* Makes memory follow row "site". ERR_UNAVAILABLE, with words for the operator, if symbolon.key
 * lacks the pepper. The publisher only. */
MUST_USE bool pepper_load(struct auth *a, struct db_conn *c, struct err *err);

/* The number of a pepper; the file is looked at again for one that is not known. The same error. */
MUST_USE bool pepper_find(const struct auth *a, struct str id, uint32_t *number, struct err *err);

/* The id of the pepper for a secret that this transaction adds; the same error, also if the file
 * has lost it. In text, of PEPPER_ID_MAX bytes. pepper_current() does not ask whether it is there.
 */
enum { PEPPER_ID_MAX = 32 };
MUST_USE bool pepper_current(struct call *call, char *text, struct str *id, struct err *err);
MUST_USE bool pepper_for_new(struct call *call, char *text, struct str *id, struct err *err);

/* The pair that was just accepted rests on an older pepper: its digest is made anew and waits for
 * pepper_flush(). A loop's thread (number loop); no locks, no database. */
struct judgement;     /* auth/judge.h */
struct judge_request; /* auth/judge.h */
void pepper_renew(
    struct auth *a, const struct judge_request *request, const struct judgement *j, uint32_t loop);

/*
 * Writes digests that wait, a batch a call, and notes the keys that this changes. In a write
 * transaction of the housekeeper's; pepper_flush_written() says that it was committed and
 * published.
 */
MUST_USE bool pepper_flush(struct auth *a, struct db_conn *c, struct arena *arena,
    struct change_list *changes, bool *more, struct err *err);
void pepper_flush_written(struct auth *a);
bool pepper_flush_due(const struct auth *a); /* something waits */

#endif
