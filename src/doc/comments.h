/*
 * comments.h - what is shown of what was said and noted beside a document (doc/comment.h keeps it).
 */
#ifndef DOC_COMMENTS_H
#define DOC_COMMENTS_H

#include "doc/doc.h"

/* The kinds of Comments that are shown together (spec/rpc.md 6.3). */
enum comment_group {
	COMMENTS_NONE,
	COMMENTS_SAID,     /* what people said */
	COMMENTS_ASSIGNED, /* assignments, and their ends */
	COMMENTS_ATTACHED, /* attachments, and their removals */
	COMMENTS_INFO,     /* changes of other kinds */
	COMMENTS_LIKES,
	COMMENTS_WORKFLOW,
};

/*
 * Writes the newest 500 of a group beside a document that the caller may read, newest first: an
 * array of {"name", "creation", "content", "owner", "comment_type"}.
 */
MUST_USE bool comments_write(struct call *call, const struct doc *d, enum comment_group group,
    struct json_out *out, struct err *err);

#endif
