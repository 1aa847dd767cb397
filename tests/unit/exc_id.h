/*
 * exc_id.h - answers with the random ids of their messages taken out.
 */
#ifndef UNIT_EXC_ID_H
#define UNIT_EXC_ID_H

#include "base/str.h"

enum { EXC_ID_LEN = 56, EXC_ID_TEXT = 4096 };

/* A copy of s in text (EXC_ID_TEXT bytes): every run of 56 hex digits is one '#'. */
static inline struct str
exc_id_hidden(struct str s, char *text)
{
	size_t len = 0, run = 0;

	for (size_t i = 0; i < s.len && len < EXC_ID_TEXT; i++) {
		const char c = s.ptr[i];

		run = char_is_digit(c) || (c >= 'a' && c <= 'f') ? run + 1 : 0;
		text[len++] = c;
		if (run == EXC_ID_LEN) {
			len -= EXC_ID_LEN;
			text[len++] = '#';
			run = 0;
		}
	}
	return (struct str){ text, len };
}

#endif
