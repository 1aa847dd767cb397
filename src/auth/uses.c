#include "auth/uses.h"

#include "auth/pages.h"
#include "base/mem.h"
#include "net/address.h"
#include "net/net.h"

#include <sched.h>
#include <stdatomic.h>

enum { ADDRESS_WORDS = 2 };
_Static_assert((int)USES_LOOPS >= (int)NET_MAX_LOOPS, "a table a loop");

/* Written by its loop alone: last_used_s is 0 while the address changes. */
struct entry {
	_Atomic uint64_t id; /* 0: free */
	_Atomic uint32_t uses, last_used_s;
	_Atomic uint64_t address[ADDRESS_WORDS];
};

/* The flusher's beside it: how many of the uses are in the database, or will be. */
struct progress {
	uint32_t written, pending;
};

struct table {
	struct table *older;  /* handed in before; the flusher's */
	atomic_bool is_quiet; /* its loop has let go of it */
	bool is_last_look;    /* it was quiet when the flush began; the flusher's */
	uint32_t bits;        /* capacity is a power of two */
	_Atomic uint32_t len; /* written by its loop */
	struct progress *progress;
	struct entry entries[];
};

struct loop {
	_Alignas(64) _Atomic(struct table *) current;
	struct table *older; /* the flusher's */
	_Atomic uint64_t dropped;
	/* The address that the loop parsed last. */
	size_t text_len;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
};

struct uses {
	struct turns *turns;
	struct loop *loops;
	bool whole; /* the last flush gave everything; the flusher's */
};

static uint32_t
capacity_of(const struct table *t)
{
	return UINT32_C(1) << t->bits;
}

static size_t
table_bytes(uint32_t capacity)
{
	return pages_round(sizeof(struct table) + capacity * sizeof(struct entry));
}

static struct table *
table_new(uint32_t capacity)
{
	struct table *t = pages_map(table_bytes(capacity));

	t->bits = (uint32_t)__builtin_ctz(capacity);
	t->progress = MEM_NEW_ARRAY(struct progress, capacity);
	return t;
}

static void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	mem_free(t->progress);
	pages_unmap(t, table_bytes(capacity_of(t)));
}

struct uses *
uses_new(struct turns *turns)
{
	struct uses *u = MEM_NEW(struct uses);

	u->turns = turns;
	u->loops = mem_alloc_aligned(_Alignof(struct loop), USES_LOOPS * sizeof(struct loop));
	memset((void *)u->loops, 0, USES_LOOPS * sizeof(struct loop));
	return u;
}

void
uses_free(struct uses *u)
{
	if (u == NULL)
		return;
	turn_collect(u->turns); /* tables that were handed in are told there */
	for (size_t i = 0; i < USES_LOOPS; i++) {
		struct loop *l = &u->loops[i];

		table_free(atomic_load(&l->current));
		table_free(l->older);
	}
	mem_free(u->loops);
	mem_free(u);
}

/* --- counting: the loop's --- */

/* The entry of an id, made if there is room; NULL if not. */
static struct entry *
entry_of(struct table *t, uint64_t id)
{
	const uint32_t mask = capacity_of(t) - 1;
	const uint32_t len = atomic_load_explicit(&t->len, memory_order_relaxed);
	uint32_t at = (uint32_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> (64 - t->bits));
	uint64_t there;

	for (;; at = (at + 1) & mask) {
		there = atomic_load_explicit(&t->entries[at].id, memory_order_relaxed);
		if (there == id)
			return &t->entries[at];
		if (there == 0)
			break;
	}
	if (len >= mask - mask / 4)
		return NULL;
	atomic_store_explicit(&t->entries[at].id, id, memory_order_relaxed);
	atomic_store_explicit(&t->len, len + 1, memory_order_relaxed);
	return &t->entries[at];
}

static const struct in6_addr *
parsed(struct loop *l, struct str address)
{
	if (str_eq(address, (struct str){ l->text, l->text_len }))
		return &l->address;
	if (!address_parse(address, &l->address))
		memset(&l->address, 0, sizeof(l->address));
	l->text_len = MIN(address.len, sizeof(l->text));
	if (l->text_len > 0)
		memcpy(l->text, address.ptr, l->text_len);
	return &l->address;
}

static void
set_last(struct entry *e, uint32_t now_s, const struct in6_addr *address)
{
	uint64_t words[ADDRESS_WORDS];

	memcpy(words, address, sizeof(words));
	atomic_store_explicit(&e->last_used_s, 0, memory_order_relaxed);
	for (size_t i = 0; i < ADDRESS_WORDS; i++)
		atomic_store_explicit(&e->address[i], words[i], memory_order_release);
	atomic_store_explicit(&e->last_used_s, now_s, memory_order_release);
}

static struct table *
first_table(struct loop *l)
{
	struct table *t = table_new(USES_MIN);

	atomic_store_explicit(&l->current, t, memory_order_release);
	return t;
}

void
uses_count(struct uses *u, uint32_t loop, uint64_t id, uint32_t now_s, struct str address)
{
	assert(loop < USES_LOOPS);
	struct loop *l = &u->loops[loop];
	struct table *t = atomic_load(&l->current); /* sequentially consistent: base/turn.c */

	if (UNLIKELY(t == NULL))
		t = first_table(l);
	struct entry *e = entry_of(t, id);

	if (UNLIKELY(e == NULL)) {
		const uint64_t n = atomic_load_explicit(&l->dropped, memory_order_relaxed);

		atomic_store_explicit(&l->dropped, n + 1, memory_order_relaxed);
		return;
	}
	const uint32_t n = atomic_load_explicit(&e->uses, memory_order_relaxed);

	/* Once a second is enough for "last used". */
	if (atomic_load_explicit(&e->last_used_s, memory_order_relaxed) != now_s)
		set_last(e, now_s, parsed(l, address));
	/* With it whoever sees the use also sees a time. */
	atomic_store_explicit(&e->uses, n + 1, memory_order_release);
}

/* --- flushing --- */

/* When and where from, both of one use. The loop needs a few instructions to change them. */
static void
read_last(struct entry *e, struct use *out)
{
	uint64_t words[ADDRESS_WORDS];
	uint32_t before;

	do {
		while ((before = atomic_load_explicit(&e->last_used_s, memory_order_acquire)) == 0)
			sched_yield();
		for (size_t i = 0; i < ADDRESS_WORDS; i++)
			words[i] = atomic_load_explicit(&e->address[i], memory_order_acquire);
		out->last_used_s = atomic_load_explicit(&e->last_used_s, memory_order_relaxed);
	} while (before != out->last_used_s);
	memcpy(&out->address, words, sizeof(out->address));
}

struct flush {
	size_t left;
	uses_fn *fn;
	void *context;
	bool *more;
};

static bool
flush_table(struct flush *f, struct table *t, struct err *err)
{
	const uint32_t capacity = capacity_of(t);

	for (uint32_t i = 0; i < capacity; i++) {
		struct entry *e = &t->entries[i];
		struct progress *p = &t->progress[i];
		const uint32_t uses = atomic_load_explicit(&e->uses, memory_order_acquire);

		p->pending = p->written;
		if (uses == p->written)
			continue;
		if (f->left == 0) {
			*f->more = true;
			continue;
		}
		struct use use = {
			.id = atomic_load_explicit(&e->id, memory_order_relaxed),
			.uses = uses - p->written,
		};

		read_last(e, &use);
		if (!f->fn(f->context, &use, err))
			return false;
		p->pending = uses;
		f->left--;
	}
	return true;
}

bool
uses_flush(struct uses *u, size_t max, uses_fn *fn, void *context, bool *more, struct err *err)
{
	struct flush f = { .left = max, .fn = fn, .context = context, .more = more };

	*more = false;
	u->whole = false;
	for (size_t i = 0; i < USES_LOOPS; i++) {
		struct loop *l = &u->loops[i];
		struct table *t = atomic_load_explicit(&l->current, memory_order_acquire);

		if (l->older != NULL)
			l->older->is_last_look = atomic_load(&l->older->is_quiet);
		if ((l->older != NULL && !flush_table(&f, l->older, err)) ||
		    (t != NULL && !flush_table(&f, t, err)))
			return false;
	}
	u->whole = !*more;
	return true;
}

static void
table_written(struct table *t)
{
	for (uint32_t i = 0; i < capacity_of(t); i++)
		t->progress[i].written = t->progress[i].pending;
}

static void
handed_in(void *p)
{
	struct table *t = p;

	atomic_store(&t->is_quiet, true);
}

/* Gives the loop a fresh table; the one that it has is told when the loop has let go of it. */
static void
renew(struct uses *u, struct loop *l)
{
	uint32_t capacity = USES_MIN;
	struct table *t = atomic_load_explicit(&l->current, memory_order_acquire);
	const uint32_t len = t == NULL ? 0 : atomic_load_explicit(&t->len, memory_order_relaxed);

	if (len == 0)
		return;
	while (capacity < USES_MAX && capacity / 4 < len)
		capacity *= 2;
	l->older = t;
	atomic_store(&l->current, table_new(capacity));
	turn_retire(u->turns, t, handed_in);
}

void
uses_written(struct uses *u)
{
	for (size_t i = 0; i < USES_LOOPS; i++) {
		struct loop *l = &u->loops[i];
		struct table *t = atomic_load_explicit(&l->current, memory_order_acquire);

		if (t != NULL)
			table_written(t);
		if (l->older != NULL)
			table_written(l->older);
		if (u->whole && l->older != NULL && l->older->is_last_look) {
			table_free(l->older);
			l->older = NULL;
		}
		if (u->whole && l->older == NULL)
			renew(u, l);
	}
}

/* --- numbers --- */

bool
uses_due(struct uses *u)
{
	for (size_t i = 0; i < USES_LOOPS; i++) {
		const struct table *t = atomic_load(&u->loops[i].current);

		if (t != NULL &&
		    atomic_load_explicit(&t->len, memory_order_relaxed) > capacity_of(t) / 2)
			return true;
	}
	return false;
}

uint64_t
uses_dropped(const struct uses *u)
{
	uint64_t n = 0;

	for (size_t i = 0; i < USES_LOOPS; i++)
		n += atomic_load_explicit(&u->loops[i].dropped, memory_order_relaxed);
	return n;
}
