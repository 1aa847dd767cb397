#include "db/postgres_history.h"

#include "base/mem.h"

#include <pthread.h>

struct postgres_history {
	pthread_mutex_t mutex;
	struct postgres_lineage latest; /* timeline 0: none was seen */
};

struct postgres_history *
postgres_history_new(void)
{
	struct postgres_history *h = MEM_NEW(struct postgres_history);

	pthread_mutex_init(&h->mutex, NULL);
	return h;
}

void
postgres_history_free(struct postgres_history *h)
{
	if (h == NULL)
		return;
	pthread_mutex_destroy(&h->mutex);
	mem_free(h);
}

void
postgres_history_note(struct postgres_history *h, struct postgres_lineage seen)
{
	pthread_mutex_lock(&h->mutex);
	if (seen.timeline != 0 &&
	    (seen.system != h->latest.system || seen.timeline > h->latest.timeline))
		h->latest = seen;
	pthread_mutex_unlock(&h->mutex);
}

bool
postgres_history_is_past(struct postgres_history *h, struct postgres_lineage of)
{
	pthread_mutex_lock(&h->mutex);
	const struct postgres_lineage latest = h->latest;

	pthread_mutex_unlock(&h->mutex);
	return of.timeline != 0 && of.system == latest.system && of.timeline < latest.timeline;
}
