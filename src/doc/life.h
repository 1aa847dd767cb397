/*
 * life.h - the life of a document: what happens when one is made or changed, as two lists of steps
 * (spec/documents.md 3, 6). The first step that fails decides the error.
 */
#ifndef DOC_LIFE_H
#define DOC_LIFE_H

#include "doc/doc.h"
#include "doc/docstatus.h"

/* A document on its way into the database. */
struct life {
	struct doc *d;         /* as it is to be */
	const struct doc *old; /* as it is stored; NULL: not yet */
	const json_t *body;    /* what the client sent */
	bool is_whole; /* body is the whole document, with its modified (frappe.client.save) */
	bool discards; /* a draft becomes a cancelled document (doc_discard) */
	/* The server writes it on behalf of a caller whom it has judged by other means: neither his
	 * rights nor his levels on this DocType are looked at; all rules are. */
	bool without_rights;
	/* its own: */
	enum docstatus_action action;
};

MUST_USE bool life_insert(struct call *call, struct life *life, struct err *err);
MUST_USE bool life_update(struct call *call, struct life *life, struct err *err);

/*
 * The text for "modified": now, but later than the document's last one (old; NULL: none), even if
 * the clock was put back. In the arena.
 */
MUST_USE bool
life_next_stamp(struct call *call, const struct doc *old, struct str *out, struct err *err);

#endif
