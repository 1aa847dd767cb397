/*
 * audit_chain.h - the seals over the audit log: made, judged, written out (docs/audit.md).
 *
 * A row is written with sequence 0. Sealing takes the committed rows without a place, in the order
 * of their moments, and gives each the next place, 1, 2, 3, and a digest:
 *
 *   row.digest  = SHA-256(digest of the row before, a line end, the row as audit_chain_export()
 *                 writes it, without its digest)
 *   seal.digest = SHA-256(digest of the seal before, and number, at_us, first_row, last_row and the
 *                 digest of row last_row, each after a line end)
 *
 * Digests are 64 hex characters; before the first stand 64 zeros. So places follow the order of
 * commits, whoever wrote first, and a row or seal that is changed, taken out or put in breaks what
 * follows. Nothing of it is secret: who holds an export and a digest of a seal can judge it alone.
 */
#ifndef AUTH_AUDIT_CHAIN_H
#define AUTH_AUDIT_CHAIN_H

#include "base/buf.h"
#include "crypto/digest.h"
#include "db/db.h"

enum { AUDIT_CHAIN_BATCH = 200 };

/*
 * Seals what is there, AUDIT_CHAIN_BATCH rows at most; *rows: how many. In a write transaction. Any
 * number of nodes may try: a row of table "counter" is held, and one seals after the other.
 */
MUST_USE bool audit_chain_seal(struct db_conn *c, struct arena *a, int64_t *rows, struct err *err);

struct audit_chain_head {
	int64_t number; /* of the last seal; 0: none yet */
	int64_t at_us;
	int64_t last_row;
	char digest[DIGEST_HEX_LEN];
};
MUST_USE bool
audit_chain_head(struct db_conn *c, struct arena *a, struct audit_chain_head *out, struct err *err);

/* How much of the chain is judged in one go: up to the first of two bounds, and at least a row. */
struct audit_chain_part {
	struct str
	    kept; /* a seal's digest that was kept elsewhere; null: none. For all parts alike */
	struct str next;  /* where the part before ended; null: from the first row */
	int64_t rows;     /* of it, at most */
	int64_t until_ms; /* by clock_mono_ms() */
};

struct audit_chain_report {
	bool intact;         /* as far as it was judged */
	int64_t rows, seals; /* that were found good, in this part and before */
	int64_t all;         /* rows that have a place */
	int64_t unsealed;    /* rows that wait for a seal */
	struct str next; /* for the part that follows, in the arena; null: this was the last one */
	struct audit_chain_head head;
	/* not intact: the first place that is wrong, and why, for people */
	int64_t broken;         /* sequence; 0: no row's */
	struct str broken_name; /* of the row that stands there, in the arena; null: none does */
	const char *why;
};

/*
 * Judges a part of the chain, in one transaction; the last part also judges its end, what stands
 * beside it, and kept. Takes a few microseconds a row. What next says is believed: who makes one up
 * gets a verdict over a chain that he made up. ERR_VALIDATION if it is none.
 */
MUST_USE bool audit_chain_verify(struct db_conn *c, struct arena *a,
    const struct audit_chain_part *part, struct audit_chain_report *out, struct err *err);

/*
 * Appends the sealed rows after place after to out, limit of them at most, as lines of JSON.
 * *last: the place of the last of them, or after. ERR_TOO_LARGE if out is full.
 */
MUST_USE bool audit_chain_export(struct db_conn *c, int64_t after, int64_t limit, struct buf *out,
    int64_t *last, struct err *err);

#endif
