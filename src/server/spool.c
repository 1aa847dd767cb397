#include "server/spool.h"

#include "base/mem.h"
#include "base/queue.h"
#include "base/tempfile.h"
#include "base/thread.h"

enum { QUEUE = 256 };

struct spool {
	struct queue *queue;
	pthread_t thread;
	struct str directory;
};

static void *
spool_main(void *arg)
{
	struct spool *s = arg;
	struct spool_job *job;

	while ((job = queue_pop(s->queue)) != NULL) {
		job->ok = (job->fd >= 0 || tempfile_open(s->directory, &job->fd, &job->err)) &&
		    tempfile_write(job->fd, job->at, job->bytes, &job->err);
		job->done(job);
	}
	return NULL;
}

bool
spool_start(struct str directory, struct spool **out, struct err *err)
{
	struct spool *s = MEM_NEW(struct spool);

	s->queue = queue_new(QUEUE);
	s->directory = directory;
	const int error = thread_start(&s->thread, "spool", spool_main, s);

	if (error != 0) {
		queue_free(s->queue);
		mem_free(s);
		err_set(err, ERR_UNAVAILABLE, "The server cannot store large requests");
		return err_cause(err, "thread: %s", strerror(error));
	}
	*out = s;
	return true;
}

void
spool_stop(struct spool *s)
{
	if (s == NULL)
		return;
	queue_close(s->queue);
	pthread_join(s->thread, NULL);
	queue_free(s->queue);
	mem_free(s);
}

bool
spool_submit(struct spool *s, struct spool_job *job)
{
	return s != NULL && queue_push(s->queue, job);
}
