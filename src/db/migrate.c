#include "db/migrate.h"

#include "base/asset.h"
#include "base/clock.h"
#include "crypto/digest.h"

#include <stdio.h>

static const struct str MAKE =
    STR_INIT("CREATE TABLE migration (\n"
	     "	name     TEXT COLLATE BINARY NOT NULL PRIMARY KEY,\n"
	     "	checksum TEXT COLLATE BINARY NOT NULL,\n"
	     "	at_us    INTEGER NOT NULL\n"
	     ")");
static const struct str ALL = STR_INIT("SELECT name, checksum FROM migration ORDER BY name");
static const struct str INSERT =
    STR_INIT("INSERT INTO migration (name, checksum, at_us) VALUES (?1, ?2, ?3)");

enum { NAME_SIZE = 160 };

struct migration {
	struct str name; /* "0001_base" */
	struct str text;
	char hex[DIGEST_HEX_LEN];
};

/* The next migration for this driver at or after *at in the order of their numbers. */
static bool
next(const struct db *db, size_t *at, struct migration *out)
{
	char suffix[32];

	snprintf(suffix, sizeof(suffix), ".%.*s.sql", STR_FMT(db_dialect(db)));
	for (; *at < ASSET_ALL_LEN; ++*at) {
		const struct asset *asset = &ASSET_ALL[*at];
		struct digest digest;

		if (!str_starts(asset->path, STR("sql/")) ||
		    !str_ends(asset->path, str_from(suffix)))
			continue;
		out->name = str_sub(asset->path, 4, asset->path.len - 4 - strlen(suffix));
		out->text = asset->bytes;
		digest_sha256(asset->bytes, &digest);
		digest_to_hex(&digest, out->hex);
		++*at;
		return true;
	}
	return false;
}

static bool
is_newer(struct str name, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE,
	    "The database was made by a newer symbolon (it has migration %.*s). Install that "
	    "version, or "
	    "restore an older backup",
	    STR_FMT(name));
}

/* Both lists are sorted: what is recorded must be the beginning of what we know. */
static bool
compare(const struct db *db, struct db_conn *c, size_t *done, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *r = NULL;
	enum db_step step;
	size_t at = 0;

	*done = 0;
	if (!db_query(c, ALL, NULL, 0, &r, err))
		return false;
	while ((step = db_next(r, err)) == DB_ROW) {
		const struct str name = value_str(db_column(r, 0));
		struct migration m;

		if (!next(db, &at, &m) || !str_eq(m.name, name))
			return is_newer(name, err);
		if (!str_eq(value_str(db_column(r, 1)), (struct str){ m.hex, DIGEST_HEX_LEN }))
			return err_set(err, ERR_UNAVAILABLE,
			    "Migration %.*s of the database is not the one of this symbolon. "
			    "Install the "
			    "version that made the database, or restore a backup",
			    STR_FMT(name));
		++*done;
	}
	return step == DB_DONE;
}

/* *done: how many are recorded already. */
static bool
recorded(const struct db *db, struct db_conn *c, bool *has_table, size_t *done, struct err *err)
{
	*done = 0;
	if (!db_has_table(c, STR("migration"), has_table, err))
		return false;
	return !*has_table || compare(db, c, done, err);
}

static bool
run_in_transaction(struct db_conn *c, const struct migration *m, bool make_table, struct err *err)
{
	const struct value params[] = { value_text(m->name),
		value_text((struct str){ m->hex, DIGEST_HEX_LEN }), value_int(clock_now_us()) };

	if (make_table && !db_exec(c, MAKE, NULL, 0, NULL, err))
		return false;
	return db_script(c, m->text, err) &&
	    db_exec(c, INSERT, params, ARRAY_LEN(params), NULL, err);
}

static bool
run_one(struct db_conn *c, const struct migration *m, bool make_table, struct err *err)
{
	return db_begin(c, err) && db_end(c, run_in_transaction(c, m, make_table, err), err);
}

bool
migrate_run(struct db *db, struct db_conn *c, int *ran, struct err *err)
{
	struct migration m;
	bool has_table;
	size_t done;
	size_t at = 0;
	int count = 0;

	if (!recorded(db, c, &has_table, &done, err))
		return false;
	for (size_t n = 0; next(db, &at, &m); n++) {
		if (n < done)
			continue;
		if (!run_one(c, &m, !has_table, err))
			return false;
		has_table = true;
		count++;
	}
	*ran = count;
	return true;
}

bool
migrate_pending(struct db *db, struct db_conn *c, bool *pending, struct err *err)
{
	struct migration m;
	bool has_table;
	size_t done;
	size_t at = 0;
	size_t known = 0;

	if (!recorded(db, c, &has_table, &done, err))
		return false;
	while (next(db, &at, &m))
		known++;
	*pending = known > done;
	return true;
}
