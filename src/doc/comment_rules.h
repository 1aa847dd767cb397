/*
 * comment_rules.h - the rules of DocType Comment.
 */
#ifndef DOC_COMMENT_RULES_H
#define DOC_COMMENT_RULES_H

#include "doc/controller.h"

/*
 * The content is harmless HTML, always. A client who names the document of a Comment must be able
 * to read it. The document's mark follows (doc/mark.h).
 */
extern const struct controller COMMENT_RULES;

#endif
