/*
 * verify.c - measures the verifier: load time, bytes a key, what each outcome takes.
 *
 *   verify [--keys N] [--users N] [--rounds N] [--only KIND] [--limited] [--direct | --dir DIR]
 *   verify --cost     few keys, 1,000 tries of each kind: for callgrind (tests/cost/verify)
 *   verify --timing   a statistical test for differences in time (bench/verify_timing.h)
 *
 * --limited gives each key networks, scopes, a rate and a quota. --direct fills the memory without
 * a database; --dir keeps it for the next run. Prints lines of name, figure and unit, with tabs
 * between. "judge" is the verify function alone, "identify" all from the Authorization field to the
 * counted or refused identity.
 */
#include "bench/verify_site.h"
#include "bench/verify_timing.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRIES = 50 * 1000, COST_TRIES = 1000, COST_KEYS = 1000 };

struct settings {
	struct verify_options site;
	int rounds;
	struct str only; /* the name of a kind; null: all */
	bool cost, timing;
};

struct tries {
	char (*texts)[VERIFY_TEXT + 5]; /* a cache line each */
	size_t len;
};

static void
tries_fill(const struct verify_site *site, enum verify_kind kind, uint64_t first, struct tries *t)
{
	for (size_t i = 0; i < t->len; i++)
		verify_text(site, kind, first + i, t->texts[i]);
}

/* Judges all, each of which must be accepted or refused as its kind says. */
static void
run(const struct verify_site *site, verify_fn *verify, enum verify_kind kind, const struct tries *t)
{
	const int64_t now_us = clock_now_us();
	size_t accepted = 0;

	turn_awake(site->turn);
	for (size_t i = 0; i < t->len; i++)
		accepted += verify(site, (struct str){ t->texts[i], VERIFY_TEXT }, now_us);
	turn_asleep(site->turn);
	if (accepted == (kind == VERIFY_RIGHT ? t->len : 0))
		return;
	fprintf(
	    stderr, "verify: %s: %zu of %zu were accepted\n", VERIFY_NAMES[kind], accepted, t->len);
	exit(1);
}

/* The best of the rounds: a busy machine only ever adds. */
static void
measure(const struct verify_site *site, const struct settings *s, const char *what,
    verify_fn *verify, struct tries *t)
{
	double best[VERIFY_KINDS] = { 0 };
	uint64_t first = 0;

	for (int round = 0; round < s->rounds; round++) {
		for (enum verify_kind kind = 0; kind < VERIFY_KINDS; kind++, first += t->len) {
			if ((!str_is_null(s->only) &&
				!str_eq(s->only, str_from(VERIFY_NAMES[kind]))) ||
			    (kind == VERIFY_NETWORK && !s->site.direct))
				continue;
			tries_fill(site, kind, first, t);
			const int64_t before = clock_cpu_us();

			run(site, verify, kind, t);
			const double ns = (double)(clock_cpu_us() - before) * 1000 / (double)t->len;

			if (round == 0 || ns < best[kind])
				best[kind] = ns;
		}
	}
	for (enum verify_kind kind = 0; kind < VERIFY_KINDS; kind++) {
		if (best[kind] > 0)
			printf("%s %s\t%.0f\tns\n", what, VERIFY_NAMES[kind], best[kind]);
	}
}

/* Callgrind dumps what it counted whenever this function ends. */
__attribute__((noinline)) void
cost_round(const struct verify_site *site, enum verify_kind kind, struct tries *t);

void
cost_round(const struct verify_site *site, enum verify_kind kind, struct tries *t)
{
	tries_fill(site, kind, 0, t);
	run(site, verify_identify, kind, t);
}

static void
report(const struct verify_site *site, const struct settings *s)
{
	struct tries t = { .len = s->cost ? COST_TRIES : TRIES };

	t.texts = mem_new_array(t.len, sizeof(t.texts[0]));
	if (s->cost) {
		for (enum verify_kind kind = 0; kind < VERIFY_KINDS; kind++)
			cost_round(site, kind, &t);
	} else if (s->timing) {
		verify_timing(site, s->rounds);
	} else {
		if (!s->site.direct)
			printf(
			    "load\t%.2f\ts\nload-cpu\t%.2f\ts\n", site->load_s, site->load_cpu_s);
		printf("key\t%.1f\tbytes\n",
		    (double)auth_counts(site->auth).table_bytes / s->site.keys);
		measure(site, s, "judge", verify_judge, &t);
		measure(site, s, "identify", verify_identify, &t);
	}
	mem_free(t.texts);
}

static uint32_t
number(const char *text, int64_t least)
{
	int64_t n;

	if (!str_to_int64(str_from(text), &n) || n < least || n > 100 * 1000 * 1000) {
		fprintf(stderr, "verify: %s is no number from %lld to 100000000\n", text,
		    (long long)least);
		exit(2);
	}
	return (uint32_t)n;
}

static void
read_settings(int argc, char **argv, struct settings *s)
{
	static const struct option OPTIONS[] = { { "keys", required_argument, NULL, 'k' },
		{ "users", required_argument, NULL, 'u' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' }, { "direct", no_argument, NULL, 'd' },
		{ "dir", required_argument, NULL, 'D' }, { "cost", no_argument, NULL, 'c' },
		{ "timing", no_argument, NULL, 't' }, { "limited", no_argument, NULL, 'l' },
		{ 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
		if (c == 'k')
			s->site.keys =
			    number(optarg, VERIFY_CLASSES) / VERIFY_CLASSES * VERIFY_CLASSES;
		else if (c == 'u')
			s->site.users =
			    number(optarg, VERIFY_CLASSES) / VERIFY_CLASSES * VERIFY_CLASSES;
		else if (c == 'r')
			s->rounds = (int)number(optarg, 1);
		else if (c == 'o')
			s->only = str_from(optarg);
		else if (c == 'D')
			s->site.dir = optarg;
		else if (c == '?')
			exit(2);
		s->site.direct |= c == 'd' || c == 'c' || c == 't';
		s->site.limited |= c == 'l';
		s->cost |= c == 'c';
		s->timing |= c == 't';
	}
	if (s->cost)
		s->site.keys = COST_KEYS;
}

int
main(int argc, char **argv)
{
	struct settings s = { .site = { .keys = 1000 * 1000, .users = 1000 }, .rounds = 16 };
	char dir[] = "/tmp/symbolon-verify.XXXXXX";
	struct verify_site site;

	read_settings(argc, argv, &s);
	const bool keep = s.site.dir != NULL;

	if (!keep && (s.site.dir = mkdtemp(dir)) == NULL) {
		perror("verify: /tmp");
		return 1;
	}
	/* Refusals are logged as in the server, to nowhere. */
	log_open(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_INFO, LOG_LOGFMT);
	verify_site_open(&site, &s.site);
	report(&site, &s);
	verify_site_close(&site);
	if (!keep)
		verify_site_remove(&s.site);
	return 0;
}
