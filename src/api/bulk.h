/*
 * bulk.h - one thing done to each of many documents, each in a transaction of its own: its own
 * success or failure (spec/rpc.md 6.1, 6.3; spec/rest.md 1.2). Others write in between.
 *
 * A call with parts (struct plan): bulk_begin() when it is planned, bulk_item() as its body while
 * there is one, and then once more for the answer, which tells the outcome of each.
 */
#ifndef API_BULK_H
#define API_BULK_H

#include "http/call.h"

#include <jansson.h>

/* Documents in one call, and in one that goes on after it was answered (call->job). */
enum { BULK_MAX = 1000, BULK_JOB_MAX = 5000 };

enum bulk_what {
	BULK_UPDATE, /* documents with what is to change */
	BULK_DELETE, /* documents, or names of them */
};

struct bulk_options {
	enum bulk_what what;
	const char *argument; /* in which the list came, for errors */
	const char *name_key; /* of a document's name in its object: "name", "docname" */
	struct str doctype;   /* of all of them; null: each says its own */
	bool again; /* those that failed once more, as long as others succeed: links among them */
};

struct bulk_item {
	const json_t *given; /* as it came */
	struct str doctype, name;
	bool done;
	struct err err; /* why not */
};

struct bulk {
	struct bulk_options options;
	struct bulk_item *items;
	size_t len;
	size_t at;                /* the next one; len: all have been tried */
	size_t failed, succeeded; /* so far in this round */
	size_t done;              /* in all rounds */
};

/*
 * Plans a call for the list of documents: call->parts, plan.next, and a lane for what they are.
 * list NULL or no list: ERR_TYPE. A document that is not one fails by itself, later.
 */
MUST_USE bool bulk_begin(
    struct call *call, const struct bulk_options *options, const json_t *list, struct err *err);

/* call->parts, or NULL. */
static inline struct bulk *
bulk_of(const struct call *call)
{
	return call->parts;
}

/* All have been tried: it is the answer's turn. */
static inline bool
bulk_is_over(const struct bulk *b)
{
	return b->at == b->len;
}

/* Does it to the next one. */
MUST_USE bool bulk_item(struct call *call, struct err *err);

/*
 * Writes {"updated" or "deleted": [...], "failed": [{"name", "error"}], "total", "success_count",
 * "failure_count"}; where each says its own DocType, with it.
 */
void bulk_write(const struct bulk *b, struct json_out *out);

#endif
