/*
 * move_place.h - a database that a site moves out of or into, with its key file and its locks.
 */
#ifndef CLI_MOVE_PLACE_H
#define CLI_MOVE_PLACE_H

#include "conf/conf.h"
#include "db/db.h"
#include "server/datadir.h"

struct move_place {
	struct str option; /* "--from" or "--to", for messages */
	struct str url;    /* as it was given */
	bool is_file;      /* sqlite: */
	struct conf conf;  /* the user's, whose data directory is the place's, if it has one */
	char directory[DATADIR_PATH_SIZE];
	char file[DATADIR_PATH_SIZE]; /* the database */
	char key[DATADIR_PATH_SIZE];  /* symbolon.key */
	int lock_fd;
	struct db *db;
	struct db_conn *c;
};

/* Reads "sqlite:PATH" or "postgresql://...". ERR_BAD_REQUEST: neither. */
MUST_USE bool move_place_parse(struct move_place *p, struct str option, struct str url,
    const struct conf *conf, struct err *err);

/*
 * Locks and opens a place that a site is to be read from: a whole site of this version, which
 * nobody serves. ERR_UNAVAILABLE says what is to be done first.
 */
MUST_USE bool move_place_open_source(struct move_place *p, struct err *err);

/*
 * The same of an empty one. A file is made beside its name, and gets it in
 * move_place_finish_target(); what an earlier move left goes first.
 */
MUST_USE bool move_place_open_target(struct move_place *p, struct err *err);

/* Closes the database. A file that is whole (ok) gets its name and the key file that belongs to it,
 * a copy of key; one that is not goes. */
MUST_USE bool
move_place_finish_target(struct move_place *p, bool ok, const char *key, struct err *err);

/* Nobody serves it now? */
MUST_USE bool move_place_is_quiet(struct move_place *p, struct err *err);

void move_place_close(struct move_place *p);

#endif
