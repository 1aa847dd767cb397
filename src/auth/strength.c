#include "auth/strength.h"

#include <zxcvbn.h>

enum {
	LOOKED_AT = 100, /* characters; the matcher's cost grows fast, and so many are strong */
	WORD_MAX = 64,
};

/* Entropy in bits from which a score begins: 10^3, 10^6, 10^8 and 10^10 guesses. */
static const double BITS[STRENGTH_MAX_SCORE] = { 9.966, 19.932, 26.575, 33.219 };

/* clang-format off */
static const struct str HINTS[] = {
	[NON_MATCH] = STR_INIT(""),
	[BRUTE_MATCH] = STR_INIT("Add another word or two. Uncommon words are better."),
	[DICTIONARY_MATCH] = STR_INIT("Common words and names are easy to guess. Add another word or two."),
	[DICT_LEET_MATCH] = STR_INIT("Predictable substitutions like '@' instead of 'a' don't help very much."),
	[USER_MATCH] = STR_INIT("Avoid your own names and addresses."),
	[USER_LEET_MATCH] = STR_INIT("Avoid your own names and addresses."),
	[REPEATS_MATCH] = STR_INIT("Avoid repeated words and characters."),
	[SEQUENCE_MATCH] = STR_INIT("Avoid sequences like abc or 6543 as they are easy to guess."),
	[SPATIAL_MATCH] = STR_INIT("Short keyboard patterns are easy to guess."),
	[DATE_MATCH] = STR_INIT("Avoid dates and years that are associated with you."),
	[YEAR_MATCH] = STR_INIT("Avoid dates and years that are associated with you."),
	[LONG_PWD_MATCH] = STR_INIT(""),
};
/* clang-format on */

static void
c_text(struct str s, size_t max, char *out)
{
	const size_t len = MIN(s.len, max);

	if (len > 0)
		memcpy(out, s.ptr, len);
	out[len] = '\0';
}

static struct str
hint_of(const ZxcMatch_t *matches)
{
	const ZxcMatch_t *longest = NULL;

	for (const ZxcMatch_t *m = matches; m != NULL; m = m->Next) {
		if (longest == NULL || m->Length > longest->Length)
			longest = m;
	}
	const size_t type = longest == NULL ? NON_MATCH : longest->Type & ~(unsigned)MULTIPLE_MATCH;

	return type < ARRAY_LEN(HINTS) ? HINTS[type] : STR("");
}

int
strength_score(struct str password, const struct str *guesses, size_t len, struct str *hint)
{
	char text[LOOKED_AT + 1];
	char words[STRENGTH_MAX_GUESSES][WORD_MAX + 1];
	const char *dictionary[STRENGTH_MAX_GUESSES + 1] = { NULL };
	ZxcMatch_t *matches = NULL;
	size_t used = 0;
	int score = 0;

	c_text(password, LOOKED_AT, text);
	for (size_t i = 0; i < len && used < STRENGTH_MAX_GUESSES; i++) {
		if (guesses[i].len == 0)
			continue;
		c_text(guesses[i], WORD_MAX, words[used]);
		dictionary[used] = words[used];
		used++;
	}
	const double bits = ZxcvbnMatch(text, dictionary, &matches);

	while (score < STRENGTH_MAX_SCORE && bits >= BITS[score])
		score++;
	*hint = hint_of(matches);
	ZxcvbnFreeInfo(matches);
	explicit_bzero(text, sizeof(text));
	return score;
}
