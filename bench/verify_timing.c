#include "bench/verify_timing.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TRIES = 20 * 1000, CROPS = 8, KINDS_OF_PAIR = 2 };

/*
 * Whether a key is there, whether a secret is nearly right, why a right one is refused: all alike.
 * Both kinds of a pair are spread over equally many keys, for those that are fewer stay in the
 * cache.
 */
static const enum verify_kind PAIRS[][KINDS_OF_PAIR] = {
	{ VERIFY_WRONG, VERIFY_WRONG }, /* nothing to be found: what the machine's noise makes */
	{ VERIFY_WRONG, VERIFY_UNKNOWN },
	{ VERIFY_RIGHT, VERIFY_NEAR },
	{ VERIFY_RIGHT, VERIFY_DISABLED },
	{ VERIFY_RIGHT, VERIFY_EXPIRED },
	{ VERIFY_RIGHT, VERIFY_EARLY },
	{ VERIFY_RIGHT, VERIFY_OUTSIDE },
	{ VERIFY_RIGHT, VERIFY_NETWORK },
};

struct sample {
	float ns;
	uint8_t class;
};

/* Welford's running mean and sum of squares. */
struct moments {
	double n, mean, squares;
};

static void
moments_add(struct moments *m, double x)
{
	const double delta = x - m->mean;

	m->n++;
	m->mean += delta / m->n;
	m->squares += delta * (x - m->mean);
}

static double
welch(const struct moments *a, const struct moments *b)
{
	if (a->n < 2 || b->n < 2)
		return 0;
	const double error = a->squares / (a->n - 1) / a->n + b->squares / (b->n - 1) / b->n;

	return error > 0 ? (a->mean - b->mean) / sqrt(error) : 0;
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Times tries of both kinds, in random order. */
static void
collect(const struct verify_site *site, const enum verify_kind *pair, uint64_t first,
    struct sample *out)
{
	const int64_t now_us = clock_now_us();
	char text[VERIFY_TEXT];

	for (uint64_t i = 0; i < TRIES; i++) {
		const uint8_t class = verify_mix(first + i) >> 40 & 1;

		verify_text(site, pair[class], first + i, text);
		turn_awake(site->turn);
		const double before = now_ns();

		(void)verify_judge(site, (struct str){ text, VERIFY_TEXT }, now_us);
		out[i] = (struct sample){ (float)(now_ns() - before), class };
		turn_asleep(site->turn);
	}
}

static int
compare(const void *a, const void *b)
{
	const float x = ((const struct sample *)a)->ns, y = ((const struct sample *)b)->ns;

	return (x > y) - (x < y);
}

/* Crop i leaves the fastest 1 - 0.5^(i + 1) of the samples, the last one all. */
static void
add_crops(struct sample *samples, size_t len, struct moments (*crops)[KINDS_OF_PAIR])
{
	qsort(samples, len, sizeof(samples[0]), compare);
	for (int i = 0; i < CROPS; i++) {
		const double share = i == CROPS - 1 ? 1 : 1 - pow(0.5, i + 1);
		const size_t end = (size_t)((double)len * share);

		for (size_t at = 0; at < end; at++)
			moments_add(&crops[i][samples[at].class], samples[at].ns);
	}
}

void
verify_timing(const struct verify_site *site, int rounds)
{
	struct sample *samples = MEM_NEW_ARRAY(struct sample, TRIES);
	uint64_t first = 0;

	for (size_t p = 0; p < ARRAY_LEN(PAIRS); p++) {
		struct moments crops[CROPS][KINDS_OF_PAIR] = { 0 };
		double worst = 0;

		for (int round = 0; round < rounds; round++, first += TRIES) {
			collect(site, PAIRS[p], first, samples);
			add_crops(samples, TRIES, crops);
		}
		for (int i = 0; i < CROPS; i++)
			worst = fmax(worst, fabs(welch(&crops[i][0], &crops[i][1])));
		/* Of the faster three quarters: the others say more of the machine. */
		printf("%s - %s\t%+.1f\tns\t|t|\t%.1f\n", VERIFY_NAMES[PAIRS[p][1]],
		    VERIFY_NAMES[PAIRS[p][0]], crops[1][1].mean - crops[1][0].mean, worst);
	}
	mem_free(samples);
}
