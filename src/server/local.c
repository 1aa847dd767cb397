#include "server/local.h"

#include "api/args.h"
#include "auth/auth.h"
#include "auth/key.h"
#include "auth/login.h"
#include "auth/session.h"
#include "base/log.h"
#include "crypto/random.h"
#include "db/backup.h"
#include "server/datadir.h"
#include "server/site.h"

#include <stdio.h>
#include <unistd.h>

static call_fn status, backup, set_password, hash_password;

/* clang-format off */
static const struct method METHODS[] = {
	{ STR_INIT("symbolon.status"), VERBS_ANY, WHO_LOCAL, RUN_MEMORY, status,
	  .help = "What runs here" },
	{ STR_INIT("symbolon.backup"), VERBS_POST, WHO_LOCAL, RUN_READ, backup,
	  .help = "Copy the database to a new file of the data directory" },
	{ STR_INIT("symbolon.set_password"), VERBS_POST, WHO_LOCAL, RUN_WRITE, set_password,
	  PREPARE_HASH, hash_password,
	  .help = "Give a user a password and end all of the user's sessions" },
};
/* clang-format on */

const struct method_table LOCAL_METHODS = { METHODS, ARRAY_LEN(METHODS) };

static bool
status(struct call *call, struct err *err)
{
	const struct auth_counts counts = auth_counts(call->auth);
	struct json_out *out = &call->out;

	(void)err;
	json_open_object(out);
	json_put_str(out, "version", STR(SYMBOLON_VERSION));
	json_put_int(out, "process", getpid());
	json_put_bool(out, "server", call->site->server != NULL);
	json_put_str(out, "data", call->conf->server.data);
	json_put_int(out, "keys", (int64_t)counts.keys);
	json_put_int(out, "secrets", (int64_t)counts.secrets);
	json_put_int(out, "sessions", (int64_t)counts.sessions);
	json_close_object(out);
	return true;
}

static void
backup_told(void *arg, int64_t done, int64_t total)
{
	(void)arg;
	if (log_enabled(LOG_DEBUG))
		log_text(
		    LOG_DEBUG, "backup", "%lld of %lld pages", (long long)done, (long long)total);
}

/* The caller moves the file to where it is wanted: the server may write nowhere else. */
static bool
backup(struct call *call, struct err *err)
{
	char id[12], name[64], path[DATADIR_PATH_SIZE];

	random_hex(id, sizeof(id));
	snprintf(name, sizeof(name), "backup-%.*s.db", (int)sizeof(id), id);
	if (!datadir_path(call->conf, name, path, err) ||
	    !backup_make(call->site->db, path, backup_told, NULL, err))
		return false;
	json_open_object(&call->out);
	json_put_str(&call->out, "file", str_from(name));
	json_close_object(&call->out);
	return true;
}

/* The user's name as it is stored. */
static bool
user_argument(struct call *call, struct str *name, struct err *err)
{
	struct str text;

	if (!args_str(call, "user", &text, err))
		return false;
	const struct who *who = auth_find_user(call->auth, text);

	if (who == NULL)
		return err_set(err, ERR_DOES_NOT_EXIST, "User %.*s not found", STR_FMT(text));
	return arena_str(call->arena, who->name, name, err);
}

/* What prepare leaves for the body. */
struct new_password {
	struct str user, hash;
};

static bool
hash_password(struct call *call, struct err *err)
{
	struct new_password *made = ARENA_NEW(call->arena, struct new_password);
	struct str password;

	if (made == NULL)
		return err_memory(err);
	if (!user_argument(call, &made->user, err) || !args_str(call, "password", &password, err) ||
	    !login_hash_new(call, password, &made->user, 1, &made->hash, err))
		return false;
	call->prepared = made;
	return true;
}

static bool
set_password(struct call *call, struct err *err)
{
	const struct new_password *made = call->prepared;

	if (!login_store(call, made->user, made->hash, err) ||
	    !session_end_all(call, made->user, false, NULL, err))
		return false;
	json_open_object(&call->out);
	json_put_str(&call->out, "user", made->user);
	json_close_object(&call->out);
	return true;
}
