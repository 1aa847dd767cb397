/*
 * fuzz.h - what every fuzz target includes: the entry point and small helpers.
 *
 * A target states properties with HOLDS(): libFuzzer looks for bytes that break one.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/*
 * A copy of s on the heap that ends where s ends, so that the address sanitizer sees a step
 * beyond. Free its ptr.
 */
static inline struct str
fuzz_copy(struct str s)
{
	char *copy = malloc(s.len > 0 ? s.len : 1);

	HOLDS(copy != NULL);
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	return (struct str){ copy, s.len };
}

/* Takes one byte off the front of *s; 0 if there is none. */
static inline uint8_t
fuzz_byte(struct str *s)
{
	if (s->len == 0)
		return 0;
	const uint8_t byte = (uint8_t)s->ptr[0];

	*s = str_sub(*s, 1, s->len);
	return byte;
}

/* Does part lie in whole? */
static inline bool
fuzz_inside(struct str part, struct str whole)
{
	return part.len == 0 ||
	    (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

#endif
