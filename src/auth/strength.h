/*
 * strength.h - how hard a password is to guess: libzxcvbn, its score and a hint.
 */
#ifndef AUTH_STRENGTH_H
#define AUTH_STRENGTH_H

#include "base/str.h"

enum { STRENGTH_MAX_SCORE = 4, STRENGTH_MAX_GUESSES = 16 };

/*
 * The score 0 to 4 of zxcvbn; guesses are words that somebody who knows the user tries first. *hint
 * is a sentence about the weakest part (static; empty if there is nothing to say).
 */
int strength_score(struct str password, const struct str *guesses, size_t len, struct str *hint);

#endif
