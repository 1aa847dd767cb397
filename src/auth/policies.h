/*
 * policies.h - limits that keys have in common, each kept once; private to the room.
 *
 * Of a million keys most have the same few networks, scopes and rates as others. A key holds the
 * number of its limits; numbers are the same exactly when the limits say the same. Changed by the
 * publisher only; read by any thread within a turn.
 */
#ifndef AUTH_POLICIES_H
#define AUTH_POLICIES_H

#include "auth/limits.h"
#include "base/turn.h"

struct policies;

struct policies *policies_new(struct turns *turns) MUST_USE;
void policies_free(struct policies *p);

/* The number, not 0, of limits that say what draft says, which is copied if it is new. Held once
 * more: policies_drop() by each holder. */
uint32_t policies_hold(struct policies *p, const struct limits *draft) MUST_USE;
void policies_again(struct policies *p, uint32_t number); /* held once more; 0: nothing */
void policies_drop(struct policies *p, uint32_t number);  /* 0: nothing */

/* The limits of a number that is held, or was at the turn's begin; of 0: NULL. */
const struct limits *policies_at(const struct policies *p, uint32_t number);

/* How many there are, and the bytes of their table; what they say is not counted. */
size_t policies_len(const struct policies *p);
size_t policies_bytes(const struct policies *p);

#endif
