#include "cli/migrate_database.h"

#include "auth/key.h"
#include "auth/keyfile.h"
#include "auth/vault.h"
#include "base/mem.h"
#include "cli/backup_files.h"
#include "cli/move.h"
#include "cli/move_place.h"
#include "doc/file_sweep.h"
#include "server/claim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cli_exit migrate_database(struct cli *c);

#define FROM "--from"
#define TO "--to"

static const struct cli_option OPTIONS[] = {
	{ FROM, "URL", "Where the site is: sqlite:DIRECTORY (or a file), or postgresql://..." },
	{ TO, "URL", "Where it is to be: an empty database, or sqlite:DIRECTORY without one" },
};

const struct cli_command MIGRATE_DATABASE_COMMANDS[] = {
	{ .name = "migrate-database",
	    .arguments = "",
	    .help = "Copy a site that nobody serves to another database, and compare every row",
	    .run = migrate_database,
	    .options = OPTIONS,
	    .options_len = ARRAY_LEN(OPTIONS),
	    .prints = true },
};
const size_t MIGRATE_DATABASE_COMMANDS_LEN = ARRAY_LEN(MIGRATE_DATABASE_COMMANDS);

/* What is wrong, and with which of the two; what the database said stands behind it. */
static enum cli_exit
complain(const struct cli *c, struct str option, const struct err *err)
{
	const char *cause = strstr(err->msg, err->cause) == NULL ? err->cause : "";

	return cli_complain(c, "%.*s: %s%s%s%s", STR_FMT(option), err->msg,
	    cause[0] == '\0' ? "" : " (", cause, cause[0] == '\0' ? "" : ")");
}

/* ---- the key file ---- */

static bool
lacks(const struct keyfile *keys, const char *what, struct str id, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE,
	    "%.*s is not the key file of this site: it lacks %s %.*s, which the database needs. "
	    "Put the site's there, or name its directory with --data",
	    STR_FMT(keyfile_path(keys)), what, STR_FMT(id));
}

static bool
has_pepper(const struct keyfile *keys, struct str id, struct err *err)
{
	uint32_t number;

	return keyfile_pepper(keys, id, &number) != NULL || lacks(keys, "pepper", id, err);
}

static bool
has_field_key(const struct keyfile *keys, struct str id, struct err *err)
{
	return keyfile_field(keys, id) != NULL || lacks(keys, "key", id, err);
}

/* Does the file have everything that the first column of a query names? */
static bool
has_all(struct db_conn *c, struct str sql, const struct keyfile *keys,
    bool (*has)(const struct keyfile *keys, struct str id, struct err *err), struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!db_query(c, sql, NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!has(keys, value_str(db_column(rows, 0)), err))
			return false;
	}
	return step == DB_DONE;
}

/* Beside a file the secrets tell which peppers are needed; at a server the claim does, too. Either
 * way it says which one is for new secrets, there as here. */
static bool
has_claimed(struct move_place *from, struct keyfile *keys, struct err *err)
{
	struct claim claim;
	uint32_t number;

	if (!claim_read(from->c, &claim, err))
		return false;
	const struct str pepper = { claim.pepper, claim.pepper_len };

	if (keyfile_pepper(keys, pepper, &number) != NULL)
		keyfile_use(keys, number);
	return from->is_file || has_pepper(keys, pepper, err);
}

static bool
open_keys(struct move_place *from, const char *path, struct keyfile **out, struct err *err)
{
	if (access(path, F_OK) != 0)
		return err_set(err, ERR_UNAVAILABLE,
		    "%s is missing, and without it no secret can be judged: copy it there from a "
		    "node of the site, with mode 0600, or name its directory with --data",
		    path);
	if (!keyfile_open(path, out, err))
		return false;
	if (has_claimed(from, *out, err) &&
	    has_all(from->c, KEY_SQL_PEPPERS, *out, has_pepper, err) &&
	    has_all(from->c, VAULT_SQL_KEYS, *out, has_field_key, err))
		return true;
	keyfile_free(*out);
	return false;
}

/* A file's stands beside it; that of a server is a node's, which the new directory may be. */
static const char *
key_path(const struct move_place *from, const struct move_place *to)
{
	if (!from->is_file && to->is_file && access(to->key, F_OK) == 0)
		return to->key;
	return from->key;
}

/* ---- bytes of files that lie outside of the database ---- */

/* What the database names, and how many of it are not where the site is served from next. */
struct bytes {
	char from[DATADIR_PATH_SIZE], to[DATADIR_PATH_SIZE];
	int64_t named, missing;
};

/* Beside the copy that a backup made, else in the data directory. */
static bool
files_of(const struct move_place *place, char *path, struct err *err)
{
	const size_t len = strlen(place->key) - strlen("key");

	if (place->is_file && str_starts(str_from(place->key), str_from(place->file))) {
		snprintf(path, DATADIR_PATH_SIZE, "%.*s" DATADIR_FILES, (int)len, place->key);
		return true;
	}
	return datadir_path(&place->conf, DATADIR_FILES, path, err);
}

/* Takes them along into a directory; a server has none of its own, so there they are only counted.
 */
static bool
move_bytes(
    const struct move_place *from, const struct move_place *to, struct bytes *b, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!files_of(from, b->from, err) || !files_of(to, b->to, err) ||
	    (to->is_file && !backup_files_copy(b->from, b->to, err)) ||
	    !db_query(from->c, FILE_SWEEP_SQL_NAMED, NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		b->named++;
		b->missing += !backup_files_has(b->to, value_str(db_column(rows, 0)));
	}
	return step == DB_DONE;
}

static void
say_bytes(const struct cli *c, const struct bytes *b)
{
	if (b->missing > 0)
		fprintf(stderr,
		    "%s %s: the bytes of %" PRId64 " of %" PRId64
		    " files lie outside of the database and are not in %s. Copy what is in %s%s "
		    "into " DATADIR_FILES "/ of the data directory that serves the site, or these "
		    "files answer 404\n",
		    c->program, c->command->name, b->missing, b->named, b->to, b->from,
		    strcmp(b->from, b->to) == 0 ? " of the nodes" : "");
}

/* ---- what came of it ---- */

static bool
print_tables(struct cli *c, const struct move *m, struct err *err)
{
	json_t *list = json_array();
	char hex[MOVE_TABLE_HEX];

	for (size_t i = 0; i < m->len; i++) {
		const struct move_table *t = &m->tables[i];
		const struct str sum = move_table_hex(&t->sum, hex);

		json_array_append_new(list,
		    json_pack("{s:s%,s:I,s:s%}", "table", t->name.ptr, t->name.len, "rows",
			(json_int_t)t->sum.rows, "checksum", sum.ptr, sum.len));
	}
	cli_print(c, list);
	json_decref(list);
	return fflush(stdout) == 0 || err_set(err, ERR_UNAVAILABLE, "cannot write what was moved");
}

static void
say_end(const struct cli *c, const struct move *m, const struct move_place *to)
{
	for (size_t i = 0; i < m->left_len; i++)
		fprintf(stderr, "%s %s: left behind: table %.*s, which belongs to no DocType\n",
		    c->program, c->command->name, STR_FMT(m->left[i]));
	if (to->is_file)
		fprintf(stderr, "The site is whole. Serve it with: symbolon serve --data %s\n",
		    to->directory);
	else
		fprintf(stderr,
		    "The site is whole. Serve it with --database and that URL, in a data directory "
		    "with its symbolon.key, and move the old database away.\n");
}

/* ---- moving ---- */

struct places {
	struct move_place from, to;
};

static enum cli_exit
move(struct cli *c, struct places *p, const char *key, struct keyfile *keys)
{
	struct move m = { .from_db = p->from.db,
		.to_db = p->to.db,
		.from = p->from.c,
		.to = p->to.c,
		.pepper = keyfile_pepper_id(keys),
		.arena = c->arena };
	CLEANUP(mem_freep) struct bytes *bytes = MEM_NEW(struct bytes);
	struct err err;
	bool ok = move_run(&m, &err) && move_place_is_quiet(&p->from, &err) &&
	    move_bytes(&p->from, &p->to, bytes, &err);

	if (m.begun || p->to.is_file)
		ok = move_place_finish_target(&p->to, ok, key, &err);
	if (!ok)
		return complain(c, str_from(c->command->name), &err);
	if (!print_tables(c, &m, &err))
		return cli_complain(c, "%s", err.msg);
	say_bytes(c, bytes);
	say_end(c, &m, &p->to);
	return CLI_DONE;
}

static enum cli_exit
open_and_move(struct cli *c, struct places *p)
{
	const char *key = key_path(&p->from, &p->to);
	struct keyfile *keys;
	struct err err;

	if (!move_place_open_source(&p->from, &err) || !open_keys(&p->from, key, &keys, &err))
		return complain(c, p->from.option, &err);
	enum cli_exit outcome;

	if (move_place_open_target(&p->to, &err))
		outcome = move(c, p, key, keys);
	else
		outcome = complain(c, p->to.option, &err);
	keyfile_free(keys);
	return outcome;
}

static enum cli_exit
migrate_database(struct cli *c)
{
	CLEANUP(mem_freep) struct places *p = MEM_NEW(struct places);
	const struct str from = cli_value(c, FROM), to = cli_value(c, TO);
	const mode_t mask = umask(0077);
	struct err err;

	if (str_is_null(from) || str_is_null(to))
		return cli_misuse(c, "it needs " FROM " and " TO);
	if (!move_place_parse(&p->from, STR(FROM), from, c->conf, &err) ||
	    !move_place_parse(&p->to, STR(TO), to, c->conf, &err))
		return cli_misuse(c, "%s", err.msg);
	if (p->from.is_file && p->to.is_file)
		return cli_misuse(
		    c, "both are SQLite: symbolon backup and symbolon restore copy such a site");
	const enum cli_exit outcome = open_and_move(c, p);

	move_place_close(&p->to);
	move_place_close(&p->from);
	umask(mask);
	return outcome;
}
