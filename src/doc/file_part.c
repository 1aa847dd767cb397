#include "doc/file_part.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "doc/file_store.h"

enum { SWEEP_MAX = 100, PARTS_AT_ONCE = 8 };

static const struct str USE =
    STR_INIT("INSERT INTO file_content (hash, size, used_us) VALUES (?1, ?2, ?3)"
	     " ON CONFLICT (hash) DO UPDATE SET used_us = excluded.used_us");
static const struct str USE_STORED =
    STR_INIT("UPDATE file_content SET used_us = ?3 WHERE hash = ?1 AND size = ?2 RETURNING hash");
static const struct str HAS_PART = STR_INIT("SELECT 1 FROM file_part WHERE hash = ?1 AND part = 0");
static const struct str SIZE = STR_INIT("SELECT size FROM file_content WHERE hash = ?1");
static const struct str WRITE =
    STR_INIT("INSERT INTO file_part (hash, part, bytes) VALUES (?1, ?2, ?3)");
static const struct str READ = STR_INIT("SELECT bytes FROM file_part WHERE hash = ?1 AND part >= ?2"
					" AND part <= ?3 ORDER BY part");
static const struct str UNUSED_PATHS = STR_INIT(
    "DELETE FROM file_path WHERE used_us < ?1 AND NOT EXISTS (SELECT 1 FROM `tabFile` f"
    " WHERE f.`content_hash` COLLATE NOCASE = file_path.hash AND f.`file_url` = file_path.path)");
static const struct str UNUSED_CONTENTS = STR_INIT(
    "SELECT hash FROM file_content WHERE used_us < ?1 AND NOT EXISTS (SELECT 1"
    " FROM `tabFile` f WHERE f.`content_hash` COLLATE NOCASE = file_content.hash) LIMIT ?2");
static const struct str DROP =
    STR_INIT("DELETE FROM file_content WHERE hash = ?1 AND used_us < ?2");
static const struct str DROP_PARTS = STR_INIT("DELETE FROM file_part WHERE hash = ?1");

bool
file_part_begin(struct db_conn *c, struct str hash, int64_t size, bool *has, struct err *err)
{
	const struct value params[] = { value_text(hash), value_int(size),
		value_int(clock_now_us()) };
	CLEANUP(arena_freep) struct arena *a = arena_new(4096);
	struct value one;

	/* Whoever else uses them, or sweeps, waits for this transaction from here on. */
	return db_exec(c, USE, params, ARRAY_LEN(params), NULL, err) &&
	    db_query_row(c, a, HAS_PART, params, 1, &one, 1, has, err);
}

bool
file_part_write(struct db_conn *c, struct str hash, int64_t part, struct str bytes, struct err *err)
{
	CLEANUP(mem_freep) char *text = mem_alloc(base64_len(bytes.len) + 1);
	const struct value params[] = { value_text(hash), value_int(part),
		value_text(base64_encode(bytes, text)) };

	return db_exec(c, WRITE, params, ARRAY_LEN(params), NULL, err);
}

bool
file_part_has(struct db_conn *c, struct str hash, int64_t size, bool *has, struct err *err)
{
	const struct value params[] = { value_text(hash) };
	CLEANUP(arena_freep) struct arena *a = arena_new(4096);
	struct value stored;

	if (!db_query_row(c, a, SIZE, params, 1, &stored, 1, has, err))
		return false;
	*has = *has && (size < 0 || (stored.kind == VALUE_INT && stored.i == size));
	return true;
}

bool
file_part_use(struct db_conn *c, struct str hash, int64_t size, bool *there, struct err *err)
{
	const struct value params[] = { value_text(hash), value_int(size),
		value_int(clock_now_us()) };
	CLEANUP(arena_freep) struct arena *a = arena_new(4096);
	struct value one;

	return db_query_row(c, a, USE_STORED, params, ARRAY_LEN(params), &one, 1, there, err);
}

bool
file_part_read(struct db_conn *c, struct str hash, int64_t first, int64_t last,
    struct file_part_sink sink, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	CLEANUP(mem_freep) char *room = mem_alloc(FILE_PART + 3);

	/* Some at a time: a driver may hold all rows of an answer in memory. */
	for (int64_t at = first; at <= last; at += PARTS_AT_ONCE) {
		const struct value some[] = { value_text(hash), value_int(at),
			value_int(MIN(last, at + PARTS_AT_ONCE - 1)) };
		enum db_step step;
		size_t len;

		if (!db_query(c, READ, some, ARRAY_LEN(some), &rows, err))
			return false;
		while ((step = db_next(rows, err)) == DB_ROW) {
			const struct str text = value_str(db_column(rows, 0));

			if (text.len > base64_len(FILE_PART) || !base64_decode(text, room, &len))
				return err_set(
				    err, ERR_INTERNAL, "A file in the database is damaged");
			if (!sink.take(sink.arg, (struct str){ room, len }, err))
				return false;
		}
		db_rows_close(rows);
		rows = NULL;
		if (step == DB_FAILED)
			return false;
	}
	return true;
}

/* The hashes first: rows are closed before anything is removed. */
static bool
unused(struct db_conn *c, struct arena *a, int64_t before_us, struct str *hashes, size_t *len,
    struct err *err)
{
	const struct value params[] = { value_int(before_us), value_int(SWEEP_MAX) };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!db_query(c, UNUSED_CONTENTS, params, ARRAY_LEN(params), &rows, err))
		return false;
	for (*len = 0; (step = db_next(rows, err)) == DB_ROW && *len < SWEEP_MAX; ++*len) {
		if (!arena_str(a, value_str(db_column(rows, 0)), &hashes[*len], err))
			return false;
	}
	return step != DB_FAILED;
}

bool
file_part_sweep(
    struct db_conn *c, struct arena *a, int64_t before_us, int64_t *swept, struct err *err)
{
	const struct value before[] = { value_int(before_us) };
	struct str hashes[SWEEP_MAX];
	size_t len;

	*swept = 0;
	if (!db_exec(c, UNUSED_PATHS, before, 1, NULL, err) ||
	    !unused(c, a, before_us, hashes, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		const struct value params[] = { value_text(hashes[i]), before[0] };
		int64_t changes;

		if (!db_exec(c, DROP, params, 2, &changes, err))
			return false;
		if (changes > 0 && !db_exec(c, DROP_PARTS, params, 1, NULL, err))
			return false;
		*swept += changes;
	}
	return true;
}
