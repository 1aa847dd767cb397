/*
 * fill.h - rows of the database into auth/'s memory: what loading and publishing share.
 *
 * The publisher only. Texts of rows need not outlive a call.
 */
#ifndef AUTH_FILL_H
#define AUTH_FILL_H

#include "auth/fill_limits.h"

/* The columns of a User that fill_user() reads, for SELECT; in the order of enum fill_user_column.
 */
#define FILL_USER_COLUMNS                                                                          \
	"name, full_name, user_image, language, time_zone, restrict_ip, login_after, "             \
	"login_before, "                                                                           \
	"simultaneous_sessions, enabled, user_type"
#define FILL_USER_KINDS                                                                            \
	VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT,         \
	    VALUE_INT, VALUE_INT, VALUE_INT, VALUE_TEXT
enum { FILL_USER_LEN = 11 };

/* The same of table secret, for fill_read_secret(). */
#define FILL_SECRET_COLUMNS "name, pepper, digest, not_before, not_after"
#define FILL_SECRET_KINDS VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT, VALUE_INT
enum { FILL_SECRET_LEN = 5 };

/* The same of an api-key: its name, its user, whether it has limits. */
#define FILL_KEY_COLUMNS "`name`, `user`, `limited`"
#define FILL_KEY_KINDS VALUE_TEXT, VALUE_TEXT, VALUE_INT
enum { FILL_KEY_LEN = 3 };

/* The same of table session, for fill_session(). */
#define FILL_SESSION_COLUMNS "name, user, csrf, expires_us"
enum { FILL_SESSION_LEN = 4 };

/* Integers may come as text from tables that people import; what is none is 0. */
int64_t fill_int(struct value v);
uint32_t fill_seconds(struct value v); /* the same, not negative */

/* The first len columns of a row. */
void fill_columns(const struct db_rows *rows, struct value *out, size_t len);

/* Replaces the entry of a user; roles: numbers of the stored ones, also automatic and disabled
 * ones. */
void fill_user(struct auth *a, const struct value *row, const uint32_t *roles, size_t len);

/* Replaces the entry of who->user: who's texts and roles, and what proxies are told of them. */
void fill_entry(struct auth *a, const struct who *who, const uint32_t *roles, size_t len);

/*
 * A row of secret as a slot (user and hash are the caller's; side is not set) and its name.
 * ERR_UNAVAILABLE if symbolon.key lacks its pepper; ERR_INTERNAL for a damaged row.
 */
MUST_USE bool fill_read_secret(const struct auth *a, const struct value *row,
    struct token_slot *slot, uint64_t *name, struct err *err);

/* Adds a live secret, with a record of its own, and with the limits of its key, whose hold it takes
 * over. */
void fill_secret(
    struct auth *a, struct token_slot slot, uint64_t name, const struct fill_limits *limits);

/* Puts slot in the place of had, which has its hash and side. */
void fill_renew_secret(struct auth *a, const struct token_slot *had, const struct token_slot *slot);

/* Ends the life of a secret for everyone. */
void fill_end_secret(struct auth *a, const struct token_slot *slot);

/* The same for a session. */
void fill_end_session(struct auth *a, const struct token_slot *slot);

/* Adds a session, or brings the one in memory up to date. ERR_INTERNAL for a damaged row. */
MUST_USE bool fill_session(struct auth *a, const struct value *row, struct err *err);

/* Finds the slot of a session by its digest. */
MUST_USE bool
fill_find_session(struct auth *a, const struct digest *digest, struct token_slot *out);

/* Which roles exist and are on. */
MUST_USE bool fill_roles(struct auth *a, struct db_conn *c, struct err *err);

/* System Settings; what has no row has the default of its field. */
MUST_USE bool fill_settings(struct auth *a, struct db_conn *c, struct err *err);

#endif
