/*
 * controller.h - the rules that shipped DocTypes have in code: one table, one entry a DocType.
 *
 * Each function may be NULL.
 */
#ifndef DOC_CONTROLLER_H
#define DOC_CONTROLLER_H

#include "db/sqlb.h"
#include "doc/doc.h"

struct controller {
	struct str doctype;
	/* Sets the name (User: the e-mail). *out stays null to go on with autoname. */
	bool (*name)(struct call *call, struct doc *d, struct str *out, struct err *err);
	/* Before links are checked: makes what the document names and may make along the way. */
	bool (*before_links)(struct call *call, struct doc *d, struct err *err);
	/* After links and permissions, before field validation; old is NULL on insert. */
	bool (*validate)(struct call *call, struct doc *d, const struct doc *old, struct err *err);
	/* After the rows are written; records changes (call_change). */
	bool (*written)(struct call *call, struct doc *d, const struct doc *old, struct err *err);
	/* Before a delete; refuses with an error. */
	bool (*deleting)(struct call *call, struct doc *d, struct err *err);
	/* After the rows are gone. */
	bool (*deleted)(struct call *call, struct doc *d, struct err *err);
	/* Before a document gets another name, or is merged into one that is there; refuses with an
	 * error, may put the name right. */
	bool (*renaming)(
	    struct call *call, struct doc *d, bool merge, struct str *name, struct err *err);
	/* After links follow its new name, which d has. */
	bool (*renamed)(struct call *call, struct doc *d, struct str old_name, struct err *err);
	/* Code rule: may only deny. *may false: "Not allowed via controller permission check". */
	bool (*permits)(
	    struct call *call, const struct doc *d, enum right right, bool *may, struct err *err);
	/* Code condition of lists: appends a parenthesised condition; *any false if there is none
	 * for this caller. What goes wrong is the statement's to say (sqlb_fail). */
	void (*list_condition)(struct call *call, struct sqlb *b, bool *any);
	bool exact;       /* what is no whole number is refused for one, and not taken for 0 */
	bool keeps_links; /* goes even if something links to it */
	bool alone;       /* its writes run alone between two commits */
};

/* The entry of a DocType, or NULL. */
const struct controller *controller_find(struct str doctype);

#endif
