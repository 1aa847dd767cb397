/*
 * verify_timing.h - does the time of the verify function tell one outcome from another?
 *
 * As dudect does (Reparaz, Balasch, Verbauwhede 2017): tries of two kinds in random order, the time
 * of each, Welch's t-test between them, once over all times and over those below several
 * percentiles, since the slow ones are the machine's. |t| above 10 says that the kinds differ; a
 * difference is given in nanoseconds, too, for with enough tries any shows.
 */
#ifndef BENCH_VERIFY_TIMING_H
#define BENCH_VERIFY_TIMING_H

#include "bench/verify_site.h"

/* Prints, of each pair of kinds, the difference of the means and the largest |t|. */
void verify_timing(const struct verify_site *site, int rounds);

#endif
