/*
 * key_guard.h - the last System Manager keeps a key that he can manage with.
 */
#ifndef DOC_KEY_GUARD_H
#define DOC_KEY_GUARD_H

#include "http/call.h"

/*
 * After the body of a write call, in its transaction: whoever came with a key, is a System Manager
 * (not Administrator, nor the command line) and has changed keys still has a whole one that is
 * valid, or there is another System Manager. Else ERR_VALIDATION with the way out.
 */
MUST_USE bool key_guard_check(struct call *call, struct err *err);

#endif
