/*
 * login.h - passwords: judging one at login, setting one (spec/auth.md 5, 6, 12).
 */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "auth/auth.h"

enum { LOGIN_MAX_PASSWORD = 512 };

struct login_verdict {
	struct str user;   /* in the arena; null: there is no such user */
	bool refused;      /* with refusal: ERR_AUTHENTICATION, the text of spec/auth.md 5 */
	bool aged;         /* the password was right, and is older than a password may get */
	struct str hash;   /* what the password was judged by; null: nothing */
	struct str rehash; /* a new hash text if the stored one is outdated; null otherwise */
	struct err refusal;
};

/*
 * Prepare phase in the hash lane: finds the user by name, and by mobile_no or username if settings
 * allow, judges the lock before hashing, hashes the same amount for an unknown user, checks
 * enabled, restrict_ip and login hours. True: a password was judged, and *out says how. False:
 * ERR_AUTHENTICATION if there is nothing to judge (a part is missing or too long, passwords are
 * off); ERR_SECURITY (429, Retry-After) when locked.
 */
MUST_USE bool login_judge(
    struct call *call, struct str usr, struct str pwd, struct login_verdict *out, struct err *err);

/* Body: is the password still the one that was judged? ERR_AUTHENTICATION if it was changed since.
 */
MUST_USE bool login_confirm(struct call *call, const struct login_verdict *v, struct err *err);

/* Body: User.last_login, last_ip and last_active; modified stays. */
MUST_USE bool login_record(struct call *call, struct str user, struct err *err);

/* Does password belong to user? The hash lane. ERR_AUTHENTICATION "Incorrect password" if not. */
MUST_USE bool
login_verify(struct call *call, struct str user, struct str password, struct err *err);

/* Prepare phase, hash lane: policy (libzxcvbn; the user's names and e-mail count as guesses), then
 * the Argon2id text in the arena. ERR_VALIDATION, title "Invalid Password", with a hint. */
MUST_USE bool login_hash_new(struct call *call, struct str password, const struct str *guesses,
    size_t guesses_len, struct str *hash, struct err *err);

/* Body: stores a hash text for the user: of a new password, or of the same one (rehash). */
MUST_USE bool login_store(struct call *call, struct str user, struct str hash, struct err *err);
MUST_USE bool login_rehash(struct call *call, struct str user, struct str hash, struct err *err);

#endif
