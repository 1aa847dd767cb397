/*
 * api_key_rules.h - the rules of DocType API Key: a key is made, limited and ended as a document.
 */
#ifndef DOC_API_KEY_RULES_H
#define DOC_API_KEY_RULES_H

#include "doc/controller.h"

/*
 * System Managers manage all keys but Administrator's, which are his own. Whom Custom DocPerm rows
 * let in besides manages the keys of his own, and only in a session: a key makes no keys, unless
 * its user is a System Manager. The api-secret stands in the answer to the insert and nowhere else.
 */
extern const struct controller API_KEY_RULES;

#endif
