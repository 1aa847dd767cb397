#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	ALIGN = 16,
	FIRST_BLOCK = 8 * 1024,
	LARGEST_BLOCK = 1024 * 1024,
	MAX_BLOCKS = 256,
};

struct block {
	size_t size; /* bytes after the header */
	_Alignas(ALIGN) char bytes[];
};

struct arena {
	size_t limit;
	size_t reserved; /* bytes of all blocks */
	struct budget *budget;
	size_t blocks_len;
	size_t at;          /* the block in use; the ones before it are full */
	size_t used;        /* bytes taken of the block in use */
	size_t used_before; /* bytes taken of the blocks before it */
	struct block *blocks[MAX_BLOCKS];
};

struct arena *
arena_new_shared(size_t limit, struct budget *budget)
{
	struct arena *a = MEM_NEW(struct arena);

	a->limit = limit;
	a->budget = budget;
	return a;
}

struct arena *
arena_new(size_t limit)
{
	return arena_new_shared(limit, NULL);
}

/* Frees the blocks from index keep on. */
static void
drop_blocks(struct arena *a, size_t keep)
{
	while (a->blocks_len > keep) {
		struct block *b = a->blocks[--a->blocks_len];

		a->reserved -= b->size;
		budget_give(a->budget, b->size);
		mem_free(b);
	}
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	drop_blocks(a, 0);
	mem_free(a);
}

void
arena_freep(struct arena **a)
{
	arena_free(*a);
}

void
arena_rewind(struct arena *a, struct arena_mark mark)
{
	if (a->blocks_len == 0)
		return;
	assert(mark.block <= a->at);
	while (a->at > mark.block)
		a->used_before -= a->blocks[--a->at]->size;
	drop_blocks(a, mark.block + 1);
	a->used = mark.used;
}

struct arena_mark
arena_mark(const struct arena *a)
{
	return (struct arena_mark){ .block = a->at, .used = a->used };
}

void
arena_reset(struct arena *a)
{
	arena_rewind(a, (struct arena_mark){ 0 });
}

/* Appends a block that holds at least size bytes. */
static bool
grow(struct arena *a, size_t size)
{
	size_t want = a->blocks_len == 0 ? FIRST_BLOCK : 2 * a->blocks[a->blocks_len - 1]->size;

	want = MAX(MIN(want, (size_t)LARGEST_BLOCK), size);
	want = MAX(MIN(want, a->limit - a->reserved), size);
	if (a->blocks_len == MAX_BLOCKS || size > a->limit - a->reserved ||
	    !budget_take(a->budget, want))
		return false;
	struct block *b = mem_resize(NULL, sizeof(struct block) + want);

	b->size = want;
	if (a->blocks_len > 0) {
		a->used_before += a->blocks[a->at]->size;
		a->at++;
	}
	a->blocks[a->blocks_len++] = b;
	a->reserved += want;
	a->used = 0;
	return true;
}

/* take() where the block in use has no room, or only up to its end. */
static void *
take_slowly(struct arena *a, size_t size)
{
	size_t padded;

	if (__builtin_add_overflow(size, ALIGN - 1, &padded) || padded > a->limit)
		padded = size;
	else
		padded &= ~(size_t)(ALIGN - 1);
	if (padded > a->limit)
		return NULL;
	if (a->blocks_len == 0 || padded > a->blocks[a->at]->size - a->used) {
		if (!grow(a, padded))
			return NULL;
	}
	void *p = a->blocks[a->at]->bytes + a->used;

	/* The tail of a block whose size is no multiple of ALIGN is used up to its end. */
	a->used =
	    MIN(a->used + ((padded + ALIGN - 1) & ~(size_t)(ALIGN - 1)), a->blocks[a->at]->size);
	return p;
}

/* Memory that holds anything; NULL: the limit or the budget would be passed. */
static void *
take(struct arena *a, size_t size)
{
	const size_t padded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	if (padded < size || a->blocks_len == 0 || padded > a->blocks[a->at]->size - a->used)
		return take_slowly(a, size);
	void *p = a->blocks[a->at]->bytes + a->used;

	a->used += padded;
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p = take(a, size);

	return p == NULL ? NULL : memset(p, 0, size);
}

void *
arena_alloc_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : arena_alloc(a, bytes);
}

bool
arena_str(struct arena *a, struct str s, struct str *out, struct err *err)
{
	if (str_is_null(s)) {
		*out = s;
		return true;
	}
	char *copy = s.len == SIZE_MAX ? NULL : take(a, s.len + 1);

	if (copy == NULL)
		return err_memory(err);
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	*out = (struct str){ copy, s.len };
	return true;
}

bool
arena_str_lower(struct arena *a, struct str s, struct str *out, struct err *err)
{
	char *text = s.len == SIZE_MAX ? NULL : arena_alloc(a, s.len + 1);

	if (text == NULL)
		return err_memory(err);
	for (size_t i = 0; i < s.len; i++)
		text[i] = char_lower(s.ptr[i]);
	*out = (struct str){ text, s.len };
	return true;
}

bool
arena_join(struct arena *a, const struct str *parts, size_t n, struct str *out, struct err *err)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	char *text = take(a, len + 1);

	if (text == NULL)
		return err_memory(err);
	*out = (struct str){ text, len };
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > 0)
			memcpy(text, parts[i].ptr, parts[i].len);
		text += parts[i].len;
	}
	*text = '\0';
	return true;
}

bool
arena_printf(struct arena *a, struct str *out, struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	const int len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		return err_set(err, ERR_INTERNAL, "A text could not be formatted");
	char *text = arena_alloc(a, (size_t)len + 1);

	if (text == NULL)
		return err_memory(err);
	va_start(args, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, args);
	va_end(args);
	*out = (struct str){ text, (size_t)len };
	return true;
}

size_t
arena_used(const struct arena *a)
{
	return a->used_before + a->used;
}
