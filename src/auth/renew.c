#include "auth/renew.h"

#include "auth/uses.h"
#include "base/mem.h"

#include <stdatomic.h>

enum { PROBES = 8, DIGEST_WORDS = DIGEST_LEN / 8 };

/* Written by its loop while id is 0; set to 0 by the flusher. */
struct entry {
	_Atomic uint64_t id;
	_Atomic uint64_t digest[DIGEST_WORDS];
	_Atomic uint32_t pepper;
	bool is_pending; /* the flusher's */
};

struct renewals {
	_Atomic(struct entry *) loops[USES_LOOPS];
};

struct renewals *
renewals_new(void)
{
	return MEM_NEW(struct renewals);
}

void
renewals_free(struct renewals *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < USES_LOOPS; i++)
		mem_free(atomic_load(&r->loops[i]));
	mem_free(r);
}

/* ---- the loop's ---- */

static struct entry *
table_of(struct renewals *r, uint32_t loop)
{
	assert(loop < USES_LOOPS);
	struct entry *t = atomic_load_explicit(&r->loops[loop], memory_order_relaxed);

	if (UNLIKELY(t == NULL)) {
		t = MEM_NEW_ARRAY(struct entry, RENEW_LEN);
		atomic_store_explicit(&r->loops[loop], t, memory_order_release);
	}
	return t;
}

/* The id's own entry, or a free one that it may have; NULL: there is none. */
static struct entry *
entry_of(struct entry *t, uint64_t id)
{
	const uint32_t home = (uint32_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	struct entry *free_one = NULL;

	for (uint32_t i = 0; i < PROBES; i++) {
		struct entry *e = &t[(home + i) & (RENEW_LEN - 1)];
		const uint64_t there = atomic_load_explicit(&e->id, memory_order_acquire);

		if (there == id)
			return e;
		if (there == 0 && free_one == NULL)
			free_one = e;
	}
	return free_one;
}

bool
renewals_wants(struct renewals *r, uint32_t loop, uint64_t id, bool *full)
{
	struct entry *e = entry_of(table_of(r, loop), id);

	*full = e == NULL;
	return e != NULL && atomic_load_explicit(&e->id, memory_order_relaxed) == 0;
}

void
renewals_add(struct renewals *r, uint32_t loop, const struct renewal *renewal)
{
	struct entry *e = entry_of(table_of(r, loop), renewal->id);
	uint64_t words[DIGEST_WORDS];

	/* The flusher may have emptied another entry since it was asked for. */
	if (e == NULL || atomic_load_explicit(&e->id, memory_order_relaxed) != 0)
		return;
	memcpy(words, renewal->digest.bytes, sizeof(words));
	for (size_t i = 0; i < DIGEST_WORDS; i++)
		atomic_store_explicit(&e->digest[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&e->pepper, renewal->pepper, memory_order_relaxed);
	atomic_store_explicit(&e->id, renewal->id, memory_order_release);
}

/* ---- the flusher's ---- */

static bool
flush_entry(struct entry *e, uint64_t id, renewals_fn *fn, void *context, struct err *err)
{
	struct renewal renewal = { .id = id,
		.pepper = atomic_load_explicit(&e->pepper, memory_order_relaxed) };
	uint64_t words[DIGEST_WORDS];

	for (size_t i = 0; i < DIGEST_WORDS; i++)
		words[i] = atomic_load_explicit(&e->digest[i], memory_order_relaxed);
	memcpy(renewal.digest.bytes, words, sizeof(words));
	e->is_pending = true;
	return fn(context, &renewal, err);
}

bool
renewals_flush(
    struct renewals *r, size_t max, renewals_fn *fn, void *context, bool *more, struct err *err)
{
	size_t n = 0;

	*more = false;
	for (size_t loop = 0; loop < USES_LOOPS; loop++) {
		struct entry *t = atomic_load_explicit(&r->loops[loop], memory_order_acquire);

		for (size_t i = 0; t != NULL && i < RENEW_LEN; i++) {
			const uint64_t id = atomic_load_explicit(&t[i].id, memory_order_acquire);

			t[i].is_pending = false;
			if (id == 0)
				continue;
			if (n++ >= max)
				*more = true;
			else if (!flush_entry(&t[i], id, fn, context, err))
				return false;
		}
	}
	return true;
}

void
renewals_written(struct renewals *r)
{
	for (size_t loop = 0; loop < USES_LOOPS; loop++) {
		struct entry *t = atomic_load_explicit(&r->loops[loop], memory_order_acquire);

		for (size_t i = 0; t != NULL && i < RENEW_LEN; i++) {
			if (t[i].is_pending)
				atomic_store_explicit(&t[i].id, 0, memory_order_release);
			t[i].is_pending = false;
		}
	}
}

bool
renewals_any(const struct renewals *r)
{
	for (size_t loop = 0; loop < USES_LOOPS; loop++) {
		struct entry *t = atomic_load_explicit(&r->loops[loop], memory_order_acquire);

		for (size_t i = 0; t != NULL && i < RENEW_LEN; i++) {
			if (atomic_load_explicit(&t[i].id, memory_order_relaxed) != 0)
				return true;
		}
	}
	return false;
}
