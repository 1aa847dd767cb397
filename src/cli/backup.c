#include "cli/backup.h"

#include "auth/key.h"
#include "auth/keyfile.h"
#include "cli/backup_files.h"
#include "cli/file.h"
#include "db/backup.h"
#include "doc/file_sweep.h"
#include "json/json_in.h"
#include "server/datadir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PEPPERS_MEMORY = 1024 * 1024, NAMES_MEMORY = 256 * 1024 * 1024 };

static enum cli_exit backup(struct cli *c), restore(struct cli *c);

const struct cli_command BACKUP_COMMANDS[] = {
	{ .name = "backup",
	    .arguments = "FILE",
	    .least = 1,
	    .most = 1,
	    .help =
		"Copy the database to FILE, symbolon.key to FILE.key and the files to FILE.files",
	    .run = backup },
	{ .name = "restore",
	    .arguments = "FILE",
	    .least = 1,
	    .most = 1,
	    .help = "Check FILE, FILE.key and FILE.files and make them the site of an empty data "
		    "directory",
	    .run = restore },
};
const size_t BACKUP_COMMANDS_LEN = ARRAY_LEN(BACKUP_COMMANDS);

/* The paths of a backup: what the user named, and beside it the key file and the files' bytes. */
struct paths {
	char file[DATADIR_PATH_SIZE], key[DATADIR_PATH_SIZE], files[DATADIR_PATH_SIZE];
};

static bool
paths_of(const struct cli *c, struct paths *p)
{
	const struct str name = c->arguments[0];

	if (snprintf(p->file, sizeof(p->file), "%.*s", STR_FMT(name)) < (int)sizeof(p->file) &&
	    snprintf(p->key, sizeof(p->key), "%.*s.key", STR_FMT(name)) < (int)sizeof(p->key) &&
	    snprintf(p->files, sizeof(p->files), "%.*s.files", STR_FMT(name)) <
		(int)sizeof(p->files))
		return true;
	cli_complain(c, "the path is too long");
	return false;
}

/* The server's copy lies in the data directory, where it may write; from there it is moved. */
static bool
fetch(struct cli *c, const struct paths *p, struct err *err)
{
	char made[DATADIR_PATH_SIZE], name[128];
	const json_t *answer;

	if (!cli_call(c, "symbolon.backup", STR("{}"), &answer))
		return err_set(err, ERR_UNAVAILABLE, "no backup was made");
	snprintf(name, sizeof(name), "%.*s", STR_FMT(json_text(json_get(answer, STR("file")))));
	if (!datadir_path(c->conf, name, made, err))
		return false;
	const bool ok = file_move(made, p->file, err);

	if (!ok)
		(void)unlink(made);
	return ok;
}

/*
 * Bytes are on the disk before a File names them, and stay a while when none does any more. So what
 * was there before the copy of the database, and what has come until after it, is all it names.
 */
static bool
make(struct cli *c, const struct paths *p, struct err *err)
{
	char key[DATADIR_PATH_SIZE], files[DATADIR_PATH_SIZE];

	if (!datadir_path(c->conf, DATADIR_KEY, key, err) ||
	    !datadir_path(c->conf, DATADIR_FILES, files, err) ||
	    !backup_files_copy(files, p->files, err) || !fetch(c, p, err))
		return false;
	if (file_copy(key, p->key, err) && backup_files_copy(files, p->files, err))
		return true;
	(void)unlink(p->file); /* without the others it is no backup */
	(void)unlink(p->key);
	return false;
}

static enum cli_exit
backup(struct cli *c)
{
	struct paths p;
	struct err err;

	if (!paths_of(c, &p))
		return CLI_FAILED;
	const char *const made[] = { p.file, p.key, p.files };

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		if (access(made[i], F_OK) == 0)
			return cli_complain(c, "%s is there already", made[i]);
	}
	if (!make(c, &p, &err)) {
		backup_files_remove(p.files);
		return cli_complain(c, "%s", err.msg);
	}
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		if (access(made[i], F_OK) == 0)
			printf("%s\n", made[i]);
	}
	return CLI_DONE;
}

/* Does the key file have every pepper that the database's secrets were made with? */
static bool
check_peppers(const struct paths *p, const struct keyfile *keys, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(PEPPERS_MEMORY);
	struct str *ids;
	size_t len;
	uint32_t number;

	if (!backup_read(p->file, KEY_SQL_PEPPERS, a, &ids, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (keyfile_pepper(keys, ids[i], &number) == NULL)
			return err_set(err, ERR_UNAVAILABLE,
			    "%s is not the key file of %s: it lacks pepper %.*s", p->key, p->file,
			    STR_FMT(ids[i]));
	}
	return true;
}

/* How many files the database names whose bytes are in neither, and that it does not hold itself.
 */
static bool
count_missing(struct cli *c, const struct paths *p, size_t *missing, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(NAMES_MEMORY);
	char files[DATADIR_PATH_SIZE];
	struct str *names;
	size_t len;

	if (!datadir_path(c->conf, DATADIR_FILES, files, err) ||
	    !backup_read(p->file, FILE_SWEEP_SQL_NAMED, a, &names, &len, err))
		return false;
	*missing = 0;
	for (size_t i = 0; i < len; i++) {
		if (!backup_files_has(p->files, names[i]) && !backup_files_has(files, names[i]))
			++*missing;
	}
	return *missing == 0 || access(p->files, F_OK) == 0 ||
	    err_set(err, ERR_UNAVAILABLE,
		"%s is missing, and %s names %zu files whose bytes are in it: put it beside the "
		"backup, or, if they are lost, make an empty directory of that name to go on "
		"without them",
		p->files, p->file, *missing);
}

static bool
verify(const struct paths *p, struct err *err)
{
	struct keyfile *keys;

	if (access(p->file, R_OK) != 0)
		return err_set(err, ERR_UNAVAILABLE, "cannot read the backup %s: %s", p->file,
		    strerror(errno));
	if (!keyfile_open(p->key, &keys, err))
		return false;
	const bool ok = backup_verify(p->file, err) && check_peppers(p, keys, err) &&
	    backup_files_verify(p->files, err);

	keyfile_free(keys);
	return ok;
}

/* The backup's key file, unless the directory has the same one already. */
static bool
put_key(struct cli *c, const struct paths *p, bool *made, struct err *err)
{
	char key[DATADIR_PATH_SIZE];

	*made = false;
	if (!datadir_path(c->conf, DATADIR_KEY, key, err))
		return false;
	if (datadir_has(c->conf, DATADIR_KEY))
		return file_same(p->key, key) ||
		    err_set(err, ERR_UNAVAILABLE,
			"%s is another one than %s, and the database needs that: move it away "
			"first",
			key, p->key);
	*made = true;
	return file_copy(p->key, key, err);
}

/* Into a directory that nobody uses and that has no database. */
static bool
put_back(struct cli *c, const struct paths *p, struct err *err)
{
	char database[DATADIR_PATH_SIZE], key[DATADIR_PATH_SIZE], files[DATADIR_PATH_SIZE];
	struct err ignored;
	bool made;

	/* A first start that never ended has made nothing that is worth keeping, but its mark. */
	if (datadir_is_first_start(c->conf) &&
	    (!datadir_remove_half_made(c->conf, err) || !datadir_unmark_first_start(c->conf, err)))
		return false;
	if (datadir_has(c->conf, DATADIR_DATABASE) || datadir_has(c->conf, DATADIR_DATABASE "-wal"))
		return err_set(err, ERR_UNAVAILABLE,
		    "there is a database in %.*s already: move symbolon.db and symbolon.db-wal "
		    "away "
		    "first",
		    STR_FMT(c->conf->server.data));
	if (!datadir_path(c->conf, DATADIR_DATABASE, database, err) ||
	    !datadir_path(c->conf, DATADIR_FILES, files, err) || !put_key(c, p, &made, err))
		return false;
	const bool had_files = access(files, F_OK) == 0;

	if (backup_files_copy(p->files, files, err) && backup_restore(p->file, database, err))
		return true;
	if (!had_files)
		backup_files_remove(files);
	if (made && datadir_path(c->conf, DATADIR_KEY, key, &ignored))
		(void)unlink(key);
	return false;
}

static enum cli_exit
restore(struct cli *c)
{
	struct paths p;
	struct err err;
	size_t missing;
	int lock;

	if (!paths_of(c, &p))
		return CLI_FAILED;
	if (!verify(&p, &err) || !count_missing(c, &p, &missing, &err) ||
	    !datadir_check(c->conf, true, &err) || !datadir_lock(c->conf, &lock, &err))
		return cli_complain(c, "%s", err.msg);
	const bool ok = put_back(c, &p, &err);

	close(lock);
	if (!ok)
		return cli_complain(c, "%s", err.msg);
	if (missing > 0)
		fprintf(stderr,
		    "%s %s: %zu files that the database names are not in %s: they answer 404 until "
		    "their bytes lie in %.*s/" DATADIR_FILES "\n",
		    c->program, c->command->name, missing, p.files, STR_FMT(c->conf->server.data));
	printf("restored %s to %.*s\n", p.file, STR_FMT(c->conf->server.data));
	return CLI_DONE;
}
