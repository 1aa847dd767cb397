/*
 * site.h - a site without its network: data directory, database, metadata, authentication.
 *
 * The server opens one and adds loops and lanes; a command that finds the directory free
 * opens one and runs calls in its own thread.
 */
#ifndef SERVER_SITE_H
#define SERVER_SITE_H

#include "auth/auth.h"
#include "auth/key_report.h"
#include "base/turn.h"
#include "conf/conf.h"
#include "db/db.h"
#include "doc/meta.h"
#include "http/call.h"

#include <pthread.h>

struct site {
	_Atomic(const struct conf *) conf; /* replaced by a reload; the ones before stay */
	struct turns *turns;
	struct role_names *roles;
	struct db *db;
	struct metas *metas;
	struct auth *auth;
	struct rate_meter *rate;
	struct budget memory;
	struct key_findings findings; /* server only: the housekeeper's, for metrics */
	bool is_new;                  /* made by this open */
	struct str admin_password;    /* of a new site, to be printed once; null: it was given */
	/* its own: */
	struct keyfile *keys;
	int lock_fd;
	bool made_key, resumes;          /* how the first start goes: site_files.h */
	pthread_mutex_t publishing;      /* one thread at a time changes what others read */
	struct db_conn *write, *read;    /* write: the writer's, once there is one */
	struct turn_thread *turn;        /* of the thread that opened it; asleep between calls */
	struct turn_thread *writer_turn; /* of the writer thread, for what it publishes */
	struct change_position position; /* where the memory stood when it was loaded; for feed */
	struct feed *feed;               /* server only; NULL: no other node writes */
	struct writer *writer;           /* server only; NULL: writes run in the caller's thread */
	struct server *server;           /* server only */
};

/*
 * Locks the directory (DIR/lock), makes it and an empty site if there is none (make), runs
 * migrations (after a backup), loads. ERR_UNAVAILABLE, with words for the operator: locked (by
 * whom), unwritable, foreign, damaged, newer, symbolon.key missing.
 */
MUST_USE bool site_open(const struct conf *conf, bool make, struct site **out, struct err *err);

/*
 * For a new site, once its password and key pair have been printed and before anyone is served: it
 * stays. Until then the next start makes it anew, so that they are never lost.
 */
MUST_USE bool site_keep(struct site *s, struct err *err);
void site_close(struct site *s);

/* Settings of a reload, which outlive the site. Any thread. */
void site_use_conf(struct site *s, const struct conf *conf);

/* Is a server (or another command) using this directory? */
bool site_is_locked(const struct conf *conf);

/*
 * After a commit: brings the memory up to each change. Any thread, within a turn. False: the
 * database did not answer; what it was about is refused until it is published again.
 */
bool site_publish(struct site *s, struct db_conn *c, const struct change_list *changes);

/* Makes all of the memory anew. Within a turn. */
MUST_USE bool site_reload(struct site *s, struct db_conn *c, struct err *err);

/* Makes a call without a connection (identity LOCAL). */
struct call *site_call_new(struct site *s);
void site_call_free(struct call *call);

/*
 * Runs the method of that dotted name with arguments, a JSON object, through all its phases in
 * this thread: by its own connections, so not while a server's lanes run. False: *err is the
 * outcome. Either way the answer stands in call->response, as HTTP would carry it.
 */
MUST_USE bool site_run(
    struct site *s, struct call *call, struct str method, struct str arguments, struct err *err);

#endif
