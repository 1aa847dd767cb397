/*
 * site_files.h - where a site lives: its key file, and its database in the data directory or at a
 * PostgreSQL server.
 */
#ifndef SERVER_SITE_FILES_H
#define SERVER_SITE_FILES_H

#include "server/site.h"

/*
 * Opens the key file and the database, with a DB_WRITE connection; makes both if there is no site
 * yet (make). s->is_new: the site is still to be made. ERR_UNAVAILABLE, with words for the
 * operator: no site, one of the two is missing, the key file is another database's.
 */
MUST_USE bool site_files_open(struct site *s, bool make, struct err *err);

/*
 * After the migrations: claims the database if it is new. Another node may have been faster: then
 * this waits until that one is done, and the site is not new.
 */
MUST_USE bool site_files_claim(struct site *s, struct err *err);

/*
 * All that a first start makes is there: site_files_finish(); it has been told to somebody:
 * site_files_keep(). Until then a next start begins anew, and other nodes wait. (In between the
 * write connection of an embedded database becomes the writer's.)
 */
MUST_USE bool site_files_finish(struct site *s, struct err *err);
MUST_USE bool site_files_keep(struct site *s, struct err *err);

#endif
