/*
 * comment.h - DocType Comment: what people say of a document, and what the server notes of it
 * ("Bob assigned Alice"), beside it in time (spec/rpc.md 6.3, documents.md 11).
 *
 * Whoever may read a document may comment on it, and change what he said. No right on the DocType
 * Comment is needed: that is for lists of all comments.
 */
#ifndef DOC_COMMENT_H
#define DOC_COMMENT_H

#include "doc/doc.h"

/*
 * The document of that name, which the caller is about to say something of: he has the right (read
 * as a rule), and his key may write to the DocType. ERR_DOES_NOT_EXIST, ERR_PERMISSION.
 */
MUST_USE bool comment_target(struct call *call, const struct doctype *dt, struct str name,
    enum right right, struct doc **out, struct err *err);

/* Texts: null for none. */
struct comment_new {
	struct str type; /* "Comment", "Like", ...: an option of Comment.comment_type */
	struct str content;
	/* Who is said to have written it, an address and a name as people read it. Somebody else
	 * only if the caller may make Comments of any kind; else the caller stands there. */
	struct str email, by;
};

/* Writes one beside a document that the caller was judged for. ERR_VALIDATION: no such type. */
MUST_USE bool comment_add(struct call *call, const struct doc *target,
    const struct comment_new *comment, struct doc **out, struct err *err);

/* The same for what the server notes by itself. */
MUST_USE bool comment_note(struct call *call, const struct doc *target, const char *type,
    struct str content, struct err *err);

/* The same beside a document that may be gone, or never was: then nothing is written. */
MUST_USE bool comment_note_at(struct call *call, struct str doctype, struct str name,
    const char *type, struct str content, struct err *err);

/* Another text for a comment of the caller's; Administrator changes any. ERR_PERMISSION,
 * ERR_DOES_NOT_EXIST. */
MUST_USE bool comment_edit(struct call *call, struct str name, struct str content, struct err *err);

/* Does the caller like the document? It is noted as a Comment of his, at most once. */
MUST_USE bool
comment_like(struct call *call, const struct doc *target, bool likes, struct err *err);

#endif
