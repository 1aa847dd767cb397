/*
 * note_job.h - a writer job for tests: inserts one row of tabNote and remembers what became of it.
 */
#ifndef TESTS_UNIT_NOTE_JOB_H
#define TESTS_UNIT_NOTE_JOB_H

#include "tests/unit/scratch.h"

#include "base/buf.h"
#include "db/writer.h"

#include <pthread.h>
#include <semaphore.h>

struct note_job {
	struct writer_job job;
	char name[64];
	char first_sql[128]; /* run before the insert; empty: nothing */
	enum note_end { NOTE_INSERTS, NOTE_REFUSES, NOTE_SWALLOWS, NOTE_FORGETS_ROWS } end;
	bool ends_batch;
	size_t padding;       /* bytes of text in the row */
	struct db_rows *rows; /* of NOTE_FORGETS_ROWS: open until done() */
	sem_t *hold;          /* the body waits for it; NULL: no */
	sem_t *ready;         /* posted when the body begins, and by done(); NULL: no */
	sem_t *finished;      /* posted by done(); NULL: no */
	int bodies, rewinds, publishes, dones;
	bool ok;
	struct err err;
};

static inline struct note_job *
note_job_of(struct writer_job *job)
{
	return CONTAINER_OF(job, struct note_job, job);
}

static inline bool
note_job_insert(struct note_job *j, struct db_conn *c, struct err *err)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(48 * 1024 * 1024);

	for (size_t i = 0; i < j->padding; i += 16)
		buf_lit(&text, "0123456789abcdef");
	const struct value params[] = { value_text(str_from(j->name)), value_text(buf_str(&text)) };

	return db_exec(c, STR("INSERT INTO tabNote (name, body) VALUES (?1, ?2)"), params,
	    ARRAY_LEN(params), NULL, err);
}

static inline bool
note_job_body(struct writer_job *job, struct db_conn *c, struct err *err)
{
	struct note_job *j = note_job_of(job);

	j->bodies++;
	if (j->ready != NULL)
		sem_post(j->ready);
	if (j->hold != NULL)
		sem_wait(j->hold);
	job->ends_batch = j->ends_batch;
	if (j->first_sql[0] != 0 && !db_exec(c, str_from(j->first_sql), NULL, 0, NULL, err))
		return false;
	const bool ok = note_job_insert(j, c, err);

	if (ok && j->end == NOTE_FORGETS_ROWS) {
		return db_query(c, STR("SELECT name FROM tabNote"), NULL, 0, &j->rows, err) &&
		    db_next(j->rows, err) == DB_ROW && err_set(err, ERR_VALIDATION, "Refused");
	}
	if (j->end == NOTE_SWALLOWS)
		return true;
	if (ok && j->end == NOTE_REFUSES)
		return err_set(err, ERR_VALIDATION, "Refused");
	return ok;
}

static inline void
note_job_rewind(struct writer_job *job)
{
	note_job_of(job)->rewinds++;
}

static inline void
note_job_publish(struct writer_job *job, struct db_conn *c UNUSED)
{
	note_job_of(job)->publishes++;
}

static inline void
note_job_done(struct writer_job *job, bool ok, const struct err *err)
{
	struct note_job *j = note_job_of(job);

	db_rows_closep(&j->rows);
	j->dones++;
	j->ok = ok;
	if (!ok)
		j->err = *err;
	if (j->ready != NULL)
		sem_post(j->ready);
	if (j->finished != NULL)
		sem_post(j->finished);
}

static inline struct note_job
note_job(const char *name, sem_t *finished)
{
	struct note_job j = { .job = { .body = note_job_body,
				  .rewind = note_job_rewind,
				  .publish = note_job_publish,
				  .done = note_job_done },
		.finished = finished };

	snprintf(j.name, sizeof(j.name), "%s", name);
	return j;
}

/* Submits a job and waits until it is done. */
static inline bool
note_job_run(struct writer *w, struct note_job *j)
{
	sem_t finished;

	sem_init(&finished, 0, 0);
	j->finished = &finished;
	CHECK(writer_submit(w, &j->job));
	sem_wait(&finished);
	sem_destroy(&finished);
	return j->ok;
}

/* Runs them as one batch: the writer is held by the first until all are queued. */
static inline void
note_job_run_together(struct writer *w, struct note_job *jobs, size_t len)
{
	sem_t hold, ready, finished;

	sem_init(&hold, 0, 0);
	sem_init(&ready, 0, 0);
	sem_init(&finished, 0, 0);
	jobs[0].hold = &hold;
	jobs[0].ready = &ready;
	for (size_t i = 0; i < len; i++) {
		jobs[i].finished = &finished;
		CHECK(writer_submit(w, &jobs[i].job));
		if (i == 0)
			sem_wait(&ready);
	}
	for (size_t i = 0; i < len; i++)
		sem_post(&hold); /* the body may run again */
	for (size_t i = 0; i < len; i++)
		sem_wait(&finished);
	sem_destroy(&hold);
	sem_destroy(&ready);
	sem_destroy(&finished);
}

static inline bool
note_job_is_stored(struct scratch *s, struct db_conn *c, const char *name)
{
	CLEANUP(db_rows_closep) struct db_rows *r = NULL;
	const struct value param = value_text(str_from(name));

	CHECK_OK(
	    s, db_query(c, STR("SELECT 1 FROM tabNote WHERE name = ?1"), &param, 1, &r, &s->err));
	const enum db_step step = db_next(r, &s->err);

	CHECK_OK(s, step != DB_FAILED);
	return step == DB_ROW;
}

#endif
