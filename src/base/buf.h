/*
 * buf.h - a growing buffer for output, with a hard cap.
 *
 * Append as often as you like and look once: when the cap, or a budget that it shares with others,
 * would be passed, nothing more is written and buf_ok() is false from then on.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/budget.h"
#include "base/str.h"

struct buf {
	char *ptr; /* heap; NULL until the first byte */
	size_t len;
	size_t size; /* bytes allocated */
	size_t cap;  /* the most that len may reach */
	bool overrun;
	struct budget *budget; /* what its memory counts against; NULL: nothing */
};

/* An empty buffer that may hold up to cap bytes. */
#define BUF_INIT(cap_bytes) ((struct buf){ .cap = (cap_bytes) })

/* Releases the memory; the buffer is empty again and keeps cap and budget. For CLEANUP(), too. */
void buf_free(struct buf *b);

/* Forgets the content, keeps the memory; an overrun is forgotten as well. */
void buf_clear(struct buf *b);

/* Drops everything after the first len bytes; len <= b->len. */
void buf_truncate(struct buf *b, size_t len);

/*
 * Room for n more bytes to be written at the returned place, then buf_grew(b, written).
 * NULL if the cap would be passed (an overrun).
 */
char *buf_grow(struct buf *b, size_t n); /* the same, for a buffer that is too small now */
static inline char *
buf_room(struct buf *b, size_t n)
{
	const bool fits = n < b->size - b->len && n <= b->cap - b->len && !b->overrun;

	return fits ? b->ptr + b->len : buf_grow(b, n);
}

static inline void
buf_grew(struct buf *b, size_t n)
{
	b->len += n;
}

static inline void
buf_put(struct buf *b, struct str s)
{
	char *to = s.len == 0 ? NULL : buf_room(b, s.len);

	if (to != NULL) {
		memcpy(to, s.ptr, s.len);
		b->len += s.len;
	}
}

static inline void
buf_put_char(struct buf *b, char c)
{
	char *to = buf_room(b, 1);

	if (to != NULL) {
		*to = c;
		b->len++;
	}
}

void buf_put_int(struct buf *b, int64_t n); /* decimal */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* Appends a literal. */
#define buf_lit(b, literal) buf_put((b), STR(literal))

/* False once an append has been refused. */
static inline bool
buf_ok(const struct buf *b)
{
	return !b->overrun;
}

/* The content; valid until the next append. */
static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->ptr, b->len };
}

#endif
