#include "server/site.h"

#include "api/api.h"
#include "api/method.h"
#include "api/rate.h"
#include "auth/keyfile.h"
#include "auth/login.h"
#include "base/asset.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "db/backup.h"
#include "db/migrate.h"
#include "db/transaction.h"
#include "doc/file_store.h"
#include "json/json_in.h"
#include "server/datadir.h"
#include "server/local.h"
#include "server/phase.h"
#include "server/site_files.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	CALL_ARENA = 64 * 1024 * 1024,
	INSTALL_ARENA = 256 * 1024 * 1024,
	BACKUP_TRIES = 100,
	START_TRIES = 5,
	START_PAUSE_MS = 200,
	PASSWORD_GROUPS = 4,
	PASSWORD_GROUP = 5, /* characters; 32 of them to choose from: 100 bits in all */
};

bool
site_is_locked(const struct conf *conf)
{
	return datadir_is_locked(conf);
}

/* ---- tables ---- */

/* The number of the newest migration that this program has: "0003". */
static struct str
newest_migration(void)
{
	struct str newest = STR("0000");

	for (size_t i = 0; i < ASSET_ALL_LEN; i++) {
		const struct str path = ASSET_ALL[i].path;

		if (str_starts(path, STR("sql/")) && path.len > 8 && char_is_digit(path.ptr[4]))
			newest = str_sub(path, 4, 4);
	}
	return newest;
}

static bool
make_backup(struct site *s, struct err *err)
{
	char name[64], path[DATADIR_PATH_SIZE];
	const struct str number = newest_migration();

	snprintf(name, sizeof(name), "backup-before-%.*s.db", STR_FMT(number));
	for (int i = 2; datadir_has(s->conf, name) && i < BACKUP_TRIES; i++)
		snprintf(name, sizeof(name), "backup-before-%.*s-%d.db", STR_FMT(number), i);
	if (!datadir_path(s->conf, name, path, err) || !backup_make(s->db, path, NULL, NULL, err))
		return false;
	log_text(LOG_INFO, "backup", "the database as it was before the update is in %s", path);
	return true;
}

static bool
install(struct site *s, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(INSTALL_ARENA);

	return db_begin(s->write, err) &&
	    db_end(s->write, metas_install(s->metas, s->db, s->write, a, err), err);
}

/* What an update is about to change is kept as it was. */
static bool
back_up_if_pending(struct site *s, struct err *err)
{
	bool pending = false;

	if (!migrate_pending(s->db, s->write, &pending, err))
		return false;
	if (!pending && !metas_pending(s->write, &pending, err))
		return false;
	return !pending || make_backup(s, err);
}

static bool
migrate(struct site *s, struct err *err)
{
	int ran = 0;

	if (!s->is_new && db_is_embedded(s->db) && !back_up_if_pending(s, err))
		return false;
	if (!migrate_run(s->db, s->write, &ran, err))
		return false;
	if (ran > 0 && !s->is_new)
		log_text(LOG_INFO, "migrate", "%d migrations ran", ran);
	return true;
}

/* Several nodes that start at the same time stand in each other's way; whoever fails looks again.
 */
static bool
try_again(struct site *s, bool (*step)(struct site *s, struct err *err), struct err *err)
{
	const struct timespec moment = { .tv_nsec = START_PAUSE_MS * 1000 * 1000 };
	bool ok = step(s, err);

	for (int i = 1; !ok && i < START_TRIES && !db_is_embedded(s->db); i++) {
		nanosleep(&moment, NULL);
		ok = step(s, err);
	}
	return ok;
}

static bool
make_tables(struct site *s, struct err *err)
{
	return try_again(s, migrate, err) && site_files_claim(s, err) && try_again(s, install, err);
}

static bool
load(struct site *s, struct err *err)
{
	return db_connect(s->db, DB_READ, &s->read, err) &&
	    change_position(s->read, &s->position, err) && metas_load(s->metas, s->read, err) &&
	    auth_load(s->auth, s->read, err);
}

/* ---- Administrator's password ---- */

/* Five letters and digits, a dash, five more: no 0, 1, l, o to mistake. */
static struct str
make_password(void)
{
	static const char LETTERS[] = "abcdefghijkmnpqrstuvwxyz23456789";
	const size_t len = PASSWORD_GROUPS * (PASSWORD_GROUP + 1) - 1;
	char *text = mem_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = i % (PASSWORD_GROUP + 1) == PASSWORD_GROUP
		    ? '-'
		    : LETTERS[random_below(sizeof(LETTERS) - 1)];
	return (struct str){ text, len };
}

static bool
store_password(struct site *s, struct str password, struct err *err)
{
	char hash[PASSWORD_TEXT_SIZE];
	struct call *call = site_call_new(s);

	call->db = s->write;
	const bool begun = db_begin(s->write, err);
	const bool stored = begun &&
	    login_store(call, STR("Administrator"), password_hash(password, hash), err) &&
	    change_store(s->write, call->arena, &call->changes, err);
	const bool ok = begun && db_end(s->write, stored, err);

	if (ok)
		(void)site_publish(s, s->write, &call->changes);
	site_call_free(call);
	return ok;
}

static bool
finish_new(struct site *s, struct err *err)
{
	const struct str given = s->conf->auth.admin_password;

	if (given.len > LOGIN_MAX_PASSWORD)
		return err_set(err, ERR_UNAVAILABLE,
		    "Administrator's password may have %d bytes at most", LOGIN_MAX_PASSWORD);
	if (given.len == 0)
		s->admin_password = make_password();
	return store_password(s, given.len == 0 ? s->admin_password : given, err) &&
	    site_files_finish(s, err);
}

/* ---- opening and closing ---- */

static bool
open_all(struct site *s, bool make, struct err *err)
{
	char zone[128];

	snprintf(zone, sizeof(zone), "%.*s", STR_FMT(s->conf->site.time_zone));
	if (!clock_set_zone(zone))
		return err_set(err, ERR_UNAVAILABLE,
		    "[site] time_zone: the system knows no zone \"%s\" (is tzdata installed?)",
		    zone);
	if (!datadir_check(s->conf, make, err) || !datadir_lock(s->conf, &s->lock_fd, err) ||
	    !site_files_open(s, make, err))
		return false;
	s->turns = turns_new();
	s->turn = turn_join(s->turns);
	s->roles = role_names_new();
	s->metas = metas_new(s->turns, s->roles);
	const struct auth_options options = {
		.conf = s->conf, .turns = s->turns, .roles = s->roles, .keys = s->keys
	};

	s->auth = auth_new(&options);
	turn_awake(s->turn);
	const bool ok = file_store_make(s->conf, err) && make_tables(s, err) && load(s, err) &&
	    (!s->is_new || finish_new(s, err));

	turn_asleep(s->turn);
	return ok;
}

bool
site_open(const struct conf *conf, bool make, struct site **out, struct err *err)
{
	struct site *s = MEM_NEW(struct site);
	const mode_t mask = umask(0077); /* the database and its companions are ours alone */

	s->conf = conf;
	s->lock_fd = -1;
	pthread_mutex_init(&s->publishing, NULL);
	s->rate = rate_meter_new(conf);
	s->memory.limit = (size_t)conf->server.memory;
	const bool ok = open_all(s, make, err);

	umask(mask);
	if (!ok) {
		site_close(s);
		return false;
	}
	*out = s;
	return true;
}

bool
site_keep(struct site *s, struct err *err)
{
	return site_files_keep(s, err);
}

void
site_use_conf(struct site *s, const struct conf *conf)
{
	s->conf = conf;
	auth_use_conf(s->auth, conf);
	rate_meter_use_conf(s->rate, conf);
}

void
site_close(struct site *s)
{
	if (s == NULL)
		return;
	auth_free(s->auth);
	rate_meter_free(s->rate);
	metas_free(s->metas);
	if (s->read != NULL)
		db_disconnect(s->read);
	if (s->write != NULL)
		db_disconnect(s->write);
	db_close(s->db);
	if (s->turn != NULL)
		turn_leave(s->turn);
	if (s->turns != NULL)
		turns_free(s->turns);
	role_names_free(s->roles);
	keyfile_free(s->keys);
	if (s->admin_password.ptr != NULL) {
		explicit_bzero((char *)(uintptr_t)s->admin_password.ptr, s->admin_password.len);
		mem_free((char *)(uintptr_t)s->admin_password.ptr);
	}
	pthread_mutex_destroy(&s->publishing);
	if (s->lock_fd >= 0)
		close(s->lock_fd); /* last: from here on another may open the directory */
	mem_free(s);
}

bool
site_publish(struct site *s, struct db_conn *c, const struct change_list *changes)
{
	bool ok = true;

	if (changes->first == NULL)
		return true;
	pthread_mutex_lock(&s->publishing);
	for (const struct change *change = changes->first; change != NULL; change = change->next)
		ok &= metas_publish(s->metas, c, change);
	ok &= auth_publish_all(s->auth, c, changes);
	pthread_mutex_unlock(&s->publishing);
	return ok;
}

bool
site_reload(struct site *s, struct db_conn *c, struct err *err)
{
	pthread_mutex_lock(&s->publishing);
	const bool ok = metas_reload(s->metas, c, err) && auth_reload(s->auth, c, err);

	pthread_mutex_unlock(&s->publishing);
	return ok;
}

/* ---- calls without a connection ---- */

/* What a call points to and a request would have brought. */
struct lone_call {
	struct call call;
	struct http_head head;
	char id[16];
};

struct call *
site_call_new(struct site *s)
{
	struct lone_call *lone = MEM_NEW(struct lone_call);
	struct call *call = &lone->call;
	const struct who *administrator;

	random_hex(lone->id, sizeof(lone->id));
	lone->head.verb = HTTP_POST;
	call->arena = arena_new_shared(CALL_ARENA, &s->memory);
	call->conf = s->conf;
	call->site = s;
	call->auth = s->auth;
	call->metas = s->metas;
	call->rate = s->rate;
	call->covers_method = method_is_covered;
	call->verb = HTTP_POST;
	call->method = STR("POST");
	call->path = STR("/api/method"); /* answers are JSON, errors too */
	call->query = STR("");
	call->head = STR("");
	call->fields = &lone->head;
	call->body = STR("");
	call->body_fd = -1;
	call->file.fd = -1;
	call->peer = STR("local");
	call->id = (struct str){ lone->id, sizeof(lone->id) };
	call->now_us = clock_now_us();
	call->started_us = clock_mono_us();
	call->local = &LOCAL_METHODS;
	call->identity.kind = IDENTITY_LOCAL;
	administrator = auth_find_user(s->auth, STR("Administrator"));
	if (administrator != NULL)
		call->identity.user = administrator->user;
	http_response_reset(&call->response, (size_t)s->conf->http.max_response);
	call->out = JSON_OUT(&call->response.body);
	return call;
}

void
site_call_free(struct call *call)
{
	if (call == NULL)
		return;
	call_drop_file(call);
	http_response_free(&call->response);
	arena_free(call->arena);
	mem_free(CONTAINER_OF(call, struct lone_call, call));
}

static bool
plan(struct call *call, struct str method, struct str arguments, struct err *err)
{
	const json_t *args;

	return auth_who(call->auth, &call->identity, &call->who, err) &&
	    json_parse(call->arena, arguments, &args, err) &&
	    api_plan_method(call, method, args, err);
}

/* A write in this thread. */
struct lone_write {
	struct writer_job job;
	struct call *call;
};

static struct call *
call_of(struct writer_job *job)
{
	return CONTAINER_OF(job, struct lone_write, job)->call;
}

static bool
write_body(struct writer_job *job, struct db_conn *c, struct err *err)
{
	return phase_write(call_of(job), c, err);
}

static void
write_rewind(struct writer_job *job)
{
	call_rewind(call_of(job));
}

static void
write_publish(struct writer_job *job, struct db_conn *c)
{
	phase_publish(call_of(job), c, job->ok);
}

static void
write_done(struct writer_job *job UNUSED, bool ok UNUSED, const struct err *err UNUSED)
{
}

static bool
run_write(struct site *s, struct call *call, struct err *err)
{
	struct lone_write w = { .call = call,
		.job = { .body = write_body,
		    .rewind = write_rewind,
		    .publish = write_publish,
		    .done = write_done } };

	transaction_run(s->write, &w.job);
	*err = w.job.err;
	return w.job.ok;
}

static bool
run(struct site *s, struct call *call, struct err *err)
{
	if (call->plan.prepare_run != PREPARE_NONE && !phase_prepare(call, s->read, err))
		return false;
	call_mark(call);
	if (call_writes(call)) {
		bool ok = run_write(s, call, err);

		while (phase_goes_on(call, ok, err))
			ok = run_write(s, call, err);
		return ok;
	}
	if (!phase_read(call, s->read, err))
		return false;
	if (call->plan.publish != NULL)
		call->plan.publish(call);
	return true;
}

bool
site_run(
    struct site *s, struct call *call, struct str method, struct str arguments, struct err *err)
{
	turn_awake(s->turn);
	const bool ok = plan(call, method, arguments, err) && run(s, call, err);

	phase_end(call, ok, err);
	turn_asleep(s->turn);
	return ok;
}
