#include "server/site_files.h"

#include "auth/keyfile.h"
#include "server/claim.h"
#include "server/datadir.h"

#include <stdio.h>
#include <time.h>

enum {
	WAIT_TRIES = 300, /* for another node's first start */
	WAIT_MS = 100,
};

/* ---- in the data directory ---- */

/* Makes symbolon.key, and the mark that nobody has used the site yet: see site_keep(). */
static bool
begin_new(struct site *s, const char *key, struct err *err)
{
	if (!datadir_mark_first_start(s->conf, err) || !datadir_remove_half_made(s->conf, err))
		return false;
	s->is_new = true;
	return keyfile_make(key, err);
}

/* Database and key file belong together: both are there, or neither is. */
static bool
open_embedded_files(struct site *s, bool make, struct err *err)
{
	const bool is_half_made = datadir_is_first_start(s->conf);
	const bool has_database = datadir_has(s->conf, DATADIR_DATABASE);
	const bool has_key = datadir_has(s->conf, DATADIR_KEY);
	const struct str dir = s->conf->server.data;
	char key[DATADIR_PATH_SIZE];

	if (!datadir_path(s->conf, DATADIR_KEY, key, err))
		return false;
	if (is_half_made || (!has_database && !has_key)) {
		if (!make)
			return err_set(err, ERR_UNAVAILABLE,
			    "there is no site in %.*s; make one with: symbolon serve --data %.*s",
			    STR_FMT(dir), STR_FMT(dir));
		if (!begin_new(s, key, err))
			return false;
	} else if (!has_database) {
		return err_set(err, ERR_UNAVAILABLE,
		    "%.*s/" DATADIR_DATABASE " is missing but its " DATADIR_KEY
		    " is there: bring it "
		    "back with symbolon restore, or remove the key file to begin anew",
		    STR_FMT(dir));
	}
	return keyfile_open(key, &s->keys, err);
}

static bool
open_database(struct site *s, struct str url, struct err *err)
{
	const struct conf *conf = s->conf;
	const struct db_options options = { .url = url,
		.mmap = conf->database.mmap,
		.create = s->is_new,
		.max_connections = (int)conf->database.max_connections,
		.statement_timeout_ms = (int)conf->database.statement_timeout_s * 1000,
		.lock_timeout_ms = (int)conf->database.lock_timeout_s * 1000 };

	return db_open(&options, &s->db, err) && db_connect(s->db, DB_WRITE, &s->write, err);
}

static bool
open_embedded(struct site *s, bool make, struct err *err)
{
	char url[DATADIR_PATH_SIZE + 16] = "sqlite:";

	if (!open_embedded_files(s, make, err))
		return false;
	if (s->conf->database.url.len > 0)
		return open_database(s, s->conf->database.url, err);
	return datadir_path(s->conf, DATADIR_DATABASE, url + strlen(url), err) &&
	    open_database(s, str_from(url), err);
}

/* ---- at a server ---- */

static bool
lacks_key(const char *path, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE,
	    "%s is missing, and without it no secret can be judged: copy it there, with mode 0600, "
	    "from another node of the site or from a backup",
	    path);
}

static bool
lacks_pepper(const char *path, const struct claim *claim, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE,
	    "The database needs pepper %.*s, which %s lacks: put its line back, or copy the file "
	    "of "
	    "another node of the site, with mode 0600",
	    (int)claim->pepper_len, claim->pepper, path);
}

static bool
is_ours(const struct site *s, const struct claim *claim)
{
	uint32_t number;

	return keyfile_pepper(s->keys, (struct str){ claim->pepper, claim->pepper_len }, &number) !=
	    NULL;
}

/* A database that nobody has claimed yet: with a key file of its own, unless there is one. */
static bool
begin_shared(struct site *s, bool make, const char *key, struct err *err)
{
	if (!make)
		return err_set(err, ERR_UNAVAILABLE,
		    "there is no site in the database; make one with: symbolon serve --database "
		    "...");
	s->is_new = true;
	s->made_key = !datadir_has(s->conf, DATADIR_KEY);
	return datadir_mark_first_start(s->conf, err) && (!s->made_key || keyfile_make(key, err));
}

static bool
open_shared(struct site *s, bool make, struct err *err)
{
	char key[DATADIR_PATH_SIZE];
	struct claim claim;

	if (!open_database(s, s->conf->database.url, err) || !claim_read(s->write, &claim, err) ||
	    !claim_check(&claim, err) || !datadir_path(s->conf, DATADIR_KEY, key, err))
		return false;
	if (claim.state == CLAIM_NONE && !begin_shared(s, make, key, err))
		return false;
	if (!datadir_has(s->conf, DATADIR_KEY))
		return lacks_key(key, err);
	if (!keyfile_open(key, &s->keys, err))
		return false;
	if (claim.state != CLAIM_NONE && !is_ours(s, &claim))
		return lacks_pepper(key, &claim, err);
	/* A first start of ours that broke off goes on. */
	s->resumes = claim.state == CLAIM_BEGUN && datadir_is_first_start(s->conf);
	s->is_new |= s->resumes;
	return true;
}

bool
site_files_open(struct site *s, bool make, struct err *err)
{
	return db_url_is_embedded(s->conf->database.url) ? open_embedded(s, make, err)
							 : open_shared(s, make, err);
}

/* ---- whose it is ---- */

/* Another node is at its first start. */
static bool
wait_ready(struct site *s, struct claim *claim, struct err *err)
{
	const struct timespec moment = { .tv_nsec = WAIT_MS * 1000 * 1000 };

	for (int i = 0; i < WAIT_TRIES; i++) {
		if (!claim_read(s->write, claim, err))
			return false;
		if (claim->state == CLAIM_READY)
			return true;
		nanosleep(&moment, NULL);
	}
	s->is_new = true; /* it does not come back: what it began can be finished by anyone */
	return datadir_mark_first_start(s->conf, err);
}

/* Somebody else's key file came first; the one that was made here just now is of no use. */
static bool
came_late(struct site *s, const struct claim *claim, struct err *err)
{
	char key[DATADIR_PATH_SIZE];

	if (s->made_key &&
	    (!datadir_remove(s->conf, DATADIR_KEY, err) ||
		!datadir_unmark_first_start(s->conf, err)))
		return false;
	return datadir_path(s->conf, DATADIR_KEY, key, err) && lacks_pepper(key, claim, err);
}

/* A pepper that somebody has put first in the file, by hand, is the one of new secrets from now on.
 */
static bool
settle_pepper(struct site *s, struct err *err)
{
	const struct str first = keyfile_pepper_id(s->keys);
	struct claim claim;
	bool known;

	if (!claim_read(s->write, &claim, err) || !claim_knows(s->write, first, &known, err))
		return false;
	return (known && is_ours(s, &claim)) || claim_follow(s->write, first, err);
}

bool
site_files_claim(struct site *s, struct err *err)
{
	struct claim claim;
	bool made;

	if (!claim_make(s->write, keyfile_pepper_id(s->keys), &made, err))
		return false;
	/* Beside a file of ours the secrets tell, as they are loaded, which peppers are needed. */
	if (made || s->resumes || db_is_embedded(s->db))
		return settle_pepper(s, err);
	if (!claim_read(s->write, &claim, err) || !claim_check(&claim, err))
		return false;
	if (!is_ours(s, &claim))
		return came_late(s, &claim, err);
	if (claim.state == CLAIM_READY)
		return settle_pepper(s, err);
	s->is_new = false;
	return wait_ready(s, &claim, err);
}

bool
site_files_finish(struct site *s, struct err *err)
{
	return !db_is_embedded(s->db) || claim_finish(s->write, err);
}

bool
site_files_keep(struct site *s, struct err *err)
{
	return (db_is_embedded(s->db) || claim_finish(s->write, err)) &&
	    datadir_unmark_first_start(s->conf, err);
}
