/*
 * change.h - the record of what changed, for the memory that is made from the database.
 *
 * A change that alters an authentication or permission answer, or a DocType, is
 * gathered in a list and written to table "change" by the transaction that makes it;
 * after the commit the list is published: each entry's object is read again and
 * replaced in memory (DESIGN.md 3, Revocation). Other nodes poll the table.
 */
#ifndef DB_CHANGE_H
#define DB_CHANGE_H

#include "db/db.h"

enum change_kind {
	CHANGE_USER,     /* name: the User; roles, enabled, everything who.h holds */
	CHANGE_KEY,      /* name: the api-key, with all its secrets */
	CHANGE_SESSION,  /* name: hex of SHA-256 of the sid */
	CHANGE_ROLE,     /* name: the Role */
	CHANGE_DOCTYPE,  /* name: the DocType: its fields, permissions, table */
	CHANGE_SETTINGS, /* name: empty; System Settings */
	CHANGE_PEPPER,   /* name: empty; which pepper new secrets are made with */
};

struct change {
	enum change_kind kind;
	struct str name; /* in the call's arena */
	struct change *next;
};

struct change_list {
	struct change *first, *last;
};

/* Notes one change; an entry that is already in the list is not repeated. */
MUST_USE bool change_add(struct arena *a, struct change_list *list, enum change_kind kind,
    struct str name, struct err *err);

/*
 * Writes the list into the table, as the last statements of the transaction: from here to the
 * commit all others that change something wait.
 */
MUST_USE bool
change_store(struct db_conn *c, struct arena *a, const struct change_list *list, struct err *err);

/*
 * Forgets what changed before at_us, but for the last change: every memory has seen it by then. In
 * a write transaction.
 */
MUST_USE bool change_prune(struct db_conn *c, int64_t at_us, struct err *err);

/*
 * Where the table stands: which incarnation of the database, and its last change. The time of that
 * change tells two histories apart that have come to the same number: a copy was brought back, or a
 * standby took over that had not seen all.
 */
enum { CHANGE_ID_LEN = 32 };
struct change_position {
	char id[CHANGE_ID_LEN];
	int64_t seq;   /* 0: none yet */
	int64_t at_us; /* 0: it is not there */
};
MUST_USE bool change_position(struct db_conn *c, struct change_position *out, struct err *err);

/* The changes after number after, which was made at after_us (0: at any time), up to number to. */
struct change_span {
	int64_t after, to;
	int64_t after_us;
};

/* The changes of a span in their order. *whole false: some are not there, or after is another. */
MUST_USE bool change_read(struct db_conn *c, struct arena *a, struct change_span span,
    struct change_list *out, bool *whole, struct err *err);

#endif
