#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

enum { FIRST_SIZE = 256 };

void
buf_free(struct buf *b)
{
	mem_free(b->ptr);
	budget_give(b->budget, b->size);
	*b = (struct buf){ .cap = b->cap, .budget = b->budget };
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->overrun = false;
}

void
buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
}

/* The size that holds n more bytes. */
static size_t
larger(const struct buf *b, size_t n)
{
	size_t size = MAX(b->size, (size_t)FIRST_SIZE);

	while (size - b->len < n)
		size *= 2;
	return MIN(size, MAX(b->cap, (size_t)1));
}

char *
buf_grow(struct buf *b, size_t n)
{
	if (b->overrun || n > b->cap - b->len) {
		b->overrun = true;
		return NULL;
	}
	if (n > b->size - b->len || b->ptr == NULL) {
		const size_t size = larger(b, n);

		if (!budget_take(b->budget, size - b->size)) {
			b->overrun = true;
			return NULL;
		}
		b->ptr = mem_resize(b->ptr, size);
		b->size = size;
	}
	return b->ptr + b->len;
}

void
buf_put_int(struct buf *b, int64_t n)
{
	char digits[STR_INT64_SIZE];

	buf_put(b, str_from_int64(n, digits));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	const int len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	char *to = len < 0 ? NULL : buf_room(b, (size_t)len + 1);

	if (to == NULL) {
		b->overrun = true;
		return;
	}
	va_start(args, fmt);
	vsnprintf(to, (size_t)len + 1, fmt, args);
	va_end(args);
	b->len += (size_t)len;
}
