#include "server/spool.h"

#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { QUEUE = 256 };

struct spool {
	struct queue *queue;
	pthread_t thread;
	struct str directory;
};

static bool
fail(struct err *err, const char *what)
{
	const int error = errno;

	err_set(err, ERR_UNAVAILABLE, "The server cannot store this request or answer now");
	err->retry_after_s = 5;
	return err_cause(err, "%s: %s", what, strerror(error));
}

bool
spool_open(struct str directory, int *fd, struct err *err)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%.*s", STR_FMT(directory)) >= (int)sizeof(path) - 32) {
		errno = ENAMETOOLONG;
		return fail(err, "spool file");
	}
	int made = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (made < 0) { /* the file system knows no such files */
		memcpy(path + directory.len, "/.spool-XXXXXX", sizeof("/.spool-XXXXXX"));
		made = mkostemp(path, O_CLOEXEC);
		if (made < 0)
			return fail(err, "spool file");
		unlink(path);
	}
	*fd = made;
	return true;
}

bool
spool_write(int fd, int64_t at, struct str bytes, struct err *err)
{
	while (bytes.len > 0) {
		const ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(err, "spool write");
		at += n;
		bytes = str_sub(bytes, (size_t)n, bytes.len);
	}
	return true;
}

static void *
spool_main(void *arg)
{
	struct spool *s = arg;
	struct spool_job *job;

	while ((job = queue_pop(s->queue)) != NULL) {
		job->ok = (job->fd >= 0 || spool_open(s->directory, &job->fd, &job->err)) &&
		    spool_write(job->fd, job->at, job->bytes, &job->err);
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
		errno = error;
		return fail(err, "thread");
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
