#include "auth/judge.h"

#include "crypto/hmac.h"

/* What an unknown key is compared with: no secret has this digest. */
static const struct digest NO_DIGEST;

/* The place in 0 .. len - 1 that a hash falls on. */
static uint32_t
scale(uint64_t hash, uint32_t len)
{
	return (uint32_t)((hash & UINT32_MAX) * len >> 32);
}

/*
 * What stands in for the slot of an unknown key: another key's record and another user, so that
 * looking at them takes as long as for a key that there is.
 */
static void
decoy(const struct auth *a, const struct token_probe *p, struct token_slot *out)
{
	token_table_peek(p, out);
	out->digest = NO_DIGEST;
	out->pepper = (uint16_t)keyfile_current(a->keys);
	out->user = scale(p->hash, users_len(a->users));
	out->side = scale(p->hash, pool_len(a->secrets));
}

/* Each is a cache miss in a large table; they come while the digest is made. */
static void
fetch(const struct auth *a, const struct token_slot *slot)
{
	__builtin_prefetch(pool_generation_at(a->secrets, slot->side));
	__builtin_prefetch(pool_at(a->secrets, slot->side));
	users_prefetch(a->users, slot->user);
}

/* The record came meanwhile and names the next miss: what the key has used of its limits. */
static void
fetch_meter(const struct auth *a, const struct token_slot *slot, bool known)
{
	const struct state_secret *side = pool_at(a->secrets, known ? slot->side : 0);

	__builtin_prefetch(pool_at(a->meters, side->meter), 1);
}

/*
 * The slot of the pair if *same, else one that is as good to look at. Secrets of a key that overlap
 * cost one comparison more; where there is a key with two peppers all others cost two digests, too.
 */
static struct token_slot
find(const struct auth *a, uint64_t hash, const struct str *parts, size_t len, bool *known,
    bool *same)
{
	struct token_probe p = token_table_find(a->tokens, hash);
	struct token_slot best, next;
	struct digest made;

	*known = token_table_next(&p, &best);
	if (!*known)
		decoy(a, &p, &best);
	fetch(a, &best);
	uint16_t made_with = best.pepper;
	uint32_t left = atomic_load_explicit(&a->digests, memory_order_relaxed) - 1;

	hmac_sign(keyfile_pepper_at(a->keys, made_with), parts, len, &made);
	fetch_meter(a, &best, *known);
	*same = digest_equal(&made, &best.digest) & *known;
	while (token_table_next(&p, &next)) {
		if (next.pepper != made_with) {
			hmac_sign(keyfile_pepper_at(a->keys, next.pepper), parts, len, &made);
			left -= left > 0;
		}
		made_with = next.pepper;
		if (!digest_equal(&made, &next.digest))
			continue;
		best = next;
		*same = true;
	}
	for (; left > 0; left--)
		hmac_sign(keyfile_pepper_at(a->keys, made_with), parts, len, &made);
	return best;
}

/* Where the key may be used. What an unknown key shows costs what it would cost the one that it
 * looks like. */
static const struct restrict_set *
networks_of(const struct auth *a, const struct token_slot *slot, bool known)
{
	if (!slot->limited)
		return &RESTRICT_ALL;
	return known ? &state_limits(a, slot->side)->networks : &RESTRICT_ALL;
}

void
judge_pair(const struct auth *a, const struct judge_request *request, struct judgement *out)
{
	const struct str parts[] = { request->key, { "", 1 }, request->secret };
	const int64_t now_s = request->now_s;
	bool known, same;
	const struct token_slot slot = find(
	    a, token_table_hash(a->tokens, request->key), parts, ARRAY_LEN(parts), &known, &same);
	const uint32_t generation = pool_generation(a->secrets, slot.side);
	const struct who *who = users_at(a->users, slot.user);
	const bool enabled = who != NULL && who->enabled;
	const unsigned of_user =
	    restrict_allows(who == NULL ? &RESTRICT_ALL : &who->networks, request->from);
	const unsigned inside =
	    of_user & restrict_allows(networks_of(a, &slot, known), request->from);
	/* No branches: which of these is true must not show. */
	const unsigned is = (unsigned)!known << JUDGE_UNKNOWN | (unsigned)!same << JUDGE_WRONG |
	    (generation & 1) << JUDGE_ENDED | (unsigned)(now_s < slot.not_before) << JUDGE_EARLY |
	    (unsigned)((slot.not_after != 0) & (now_s >= slot.not_after)) << JUDGE_EXPIRED |
	    (unsigned)!enabled << JUDGE_DISABLED | (unsigned)!inside << JUDGE_OUTSIDE |
	    1U << JUDGE_RIGHT;

	*out = (struct judgement){
		.verdict = (enum judge_verdict)__builtin_ctz(is),
		.user = slot.user,
		.secret = slot.side,
		.generation = generation,
		.pepper = slot.pepper,
		.limited = slot.limited,
		.who = who,
	};
}
