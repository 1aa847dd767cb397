/* Loops that identify while keys are made, rotated, revoked, and the table grows. */
#include "tests/unit/auth_site.h"

#include <pthread.h>
#include <stdatomic.h>

enum { READERS = 2, ROUNDS = 60, GROWTH = 40, TOKEN_SIZE = 80 };

/* Bob's secret changes each round; ada's stays. */
struct race {
	struct auth_site site;
	char stable[TOKEN_SIZE];
	char rotated[ROUNDS][TOKEN_SIZE];
	atomic_int current; /* how many of rotated are published: the last of them is live */
	atomic_bool stop;
	atomic_int stable_refused, ended_accepted, live_refused;
	atomic_llong stable_accepted;
};

struct reader {
	struct race *race;
	pthread_t thread;
	uint32_t loop;
};

static bool
is_accepted(const struct reader *r, const char *token)
{
	const struct auth_request request = {
		.has_authorization = true,
		.authorization = str_from(token),
		.address = STR("10.1.1.1"),
		.now_us = r->race->site.now_us,
		.mono_us = r->race->site.now_us,
		.loop = r->loop,
	};
	struct identity id;
	const struct who *who;
	struct err err;

	return auth_identify(r->race->site.auth, &request, &id, &err) &&
	    auth_who(r->race->site.auth, &id, &who, &err);
}

static void *
read_on(void *arg)
{
	const struct reader *reader = arg;
	struct race *r = reader->race;
	struct turn_thread *me = turn_join(r->site.turns);

	while (!atomic_load(&r->stop)) {
		const int published = atomic_load(&r->current);

		turn_awake(me);
		if (is_accepted(reader, r->stable))
			atomic_fetch_add(&r->stable_accepted, 1);
		else
			atomic_fetch_add(&r->stable_refused, 1);
		/* The reply to the rotation was sent: the old secret is nobody's. */
		if (published >= 2 && is_accepted(reader, r->rotated[published - 2]))
			atomic_fetch_add(&r->ended_accepted, 1);
		if (published >= 1 && !is_accepted(reader, r->rotated[published - 1]) &&
		    atomic_load(&r->current) == published && published == ROUNDS)
			atomic_fetch_add(&r->live_refused, 1);
		turn_asleep(me);
	}
	turn_leave(me);
	return NULL;
}

static void
print_token(char *text, struct key_pair pair)
{
	snprintf(text, TOKEN_SIZE, "token %.*s:%.*s", STR_FMT(pair.key), STR_FMT(pair.secret));
}

/* Keys of others; the table's shards grow one after the other. */
static void
grow(struct race *r, int round)
{
	struct auth_site *site = &r->site;
	char sql[400], key[16];

	for (int i = 0; i < GROWTH; i++) {
		const struct change change = { .kind = CHANGE_KEY, .name = { key, KEY_LEN } };

		snprintf(key, sizeof(key), "%015x", (unsigned)(round * GROWTH + i));
		snprintf(sql, sizeof(sql),
		    "INSERT INTO \"tabAPI Key\" (name, user, enabled) "
		    "VALUES ('%s', 'ada@x.test', 1)",
		    key);
		auth_site_sql(site, sql);
		snprintf(sql, sizeof(sql),
		    "INSERT INTO secret (name, api_key, pepper, digest, created_us) "
		    "SELECT '%s', '%s', pepper, digest, 0 FROM secret LIMIT 1",
		    key, key);
		auth_site_sql(site, sql);
		auth_publish(site->auth, site->s.c, &change);
	}
}

static void
a_published_change_holds_for_every_loop(void **state UNUSED)
{
	static struct race r;
	struct reader readers[READERS];

	auth_site_open(&r.site);
	r.site.conf.auth.token_tries = 0;
	print_token(r.stable, auth_site_key(&r.site, "ada@x.test"));
	for (uint32_t i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .race = &r, .loop = i + 1 };
		CHECK(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]) == 0);
	}
	for (int round = 0; round < ROUNDS; round++) {
		print_token(r.rotated[round], auth_site_key(&r.site, "bob@x.test"));
		atomic_store(&r.current, round + 1);
		auth_site_begin(&r.site);
		grow(&r, round);
		auth_site_commit(&r.site);
		auth_site_flush(&r.site);
		turn_collect(r.site.turns);
		arena_reset(r.site.call.arena);
	}
	atomic_store(&r.stop, true);
	for (size_t i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	auth_site_flush(&r.site);
	CHECK(atomic_load(&r.stable_refused) == 0 && atomic_load(&r.stable_accepted) > 0);
	CHECK(atomic_load(&r.ended_accepted) == 0 && atomic_load(&r.live_refused) == 0);
	CHECK(auth_counts(r.site.auth).secrets == 2 + ROUNDS * GROWTH);
	/* And no use was lost on the way to the database. */
	CHECK(
	    scratch_number(&r.site.s, r.site.s.c,
		STR("SELECT uses FROM \"tabAPI Key\" WHERE user = 'ada@x.test' AND classic = 1")) ==
	    atomic_load(&r.stable_accepted));
	auth_site_close(&r.site);
}

UNIT_TESTS(a_published_change_holds_for_every_loop)
