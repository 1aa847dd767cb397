#include "db/change.h"

#include "base/clock.h"

/*
 * The number comes from a counter row and not from a sequence, which could skip: the row is
 * locked until the commit, so numbers appear in the order of commits.
 */
static const struct str NEXT =
    STR_INIT("INSERT INTO counter (name, value) VALUES ('change', ?1) "
	     "ON CONFLICT (name) DO UPDATE SET value = counter.value + ?1 RETURNING value");
static const struct str INSERT =
    STR_INIT("INSERT INTO change (seq, kind, name, at_us) VALUES (?1, ?2, ?3, ?4)");
/* The last one stays: by it a node knows that this is still the same history. */
static const struct str PRUNE =
    STR_INIT("DELETE FROM change WHERE at_us < ?1 AND seq < (SELECT value FROM counter WHERE name "
	     "= 'change')");

static const struct str POSITION =
    STR_INIT("SELECT site.id, COALESCE(counter.value, 0), COALESCE(change.at_us, 0) FROM site "
	     "LEFT JOIN counter ON counter.name = 'change' "
	     "LEFT JOIN change ON change.seq = counter.value WHERE site.name = 'site'");
static const struct str READ =
    STR_INIT("SELECT kind, name, seq, at_us FROM change WHERE seq >= ?1 AND seq <= ?2 ORDER BY "
	     "seq");

bool
change_add(struct arena *a, struct change_list *list, enum change_kind kind, struct str name,
    struct err *err)
{
	for (const struct change *have = list->first; have != NULL; have = have->next) {
		if (have->kind == kind && str_eq(have->name, name))
			return true;
	}

	struct change *change = ARENA_NEW(a, struct change);

	if (change == NULL)
		return err_memory(err);
	change->kind = kind;
	if (!arena_str(a, str_is_null(name) ? STR("") : name, &change->name, err))
		return false;
	if (list->last == NULL)
		list->first = change;
	else
		list->last->next = change;
	list->last = change;
	return true;
}

bool
change_store(struct db_conn *c, struct arena *a, const struct change_list *list, struct err *err)
{
	struct value count = value_int(0), last;
	bool found;

	for (const struct change *change = list->first; change != NULL; change = change->next)
		count.i++;
	if (count.i == 0)
		return true;
	if (!db_query_row(c, a, NEXT, &count, 1, &last, 1, &found, err))
		return false;
	int64_t seq = last.i - count.i;

	for (const struct change *change = list->first; change != NULL; change = change->next) {
		const struct value params[] = { value_int(++seq), value_int(change->kind),
			value_text(change->name), value_int(clock_now_us()) };

		if (!db_exec(c, INSERT, params, ARRAY_LEN(params), NULL, err))
			return false;
	}
	return true;
}

bool
change_prune(struct db_conn *c, int64_t at_us, struct err *err)
{
	const struct value param = value_int(at_us);

	return db_exec(c, PRUNE, &param, 1, NULL, err);
}

bool
change_position(struct db_conn *c, struct change_position *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;

	if (!db_query(c, POSITION, NULL, 0, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	if (step == DB_FAILED)
		return false;
	const struct str id = step == DB_ROW ? value_str(db_column(rows, 0)) : STR_NULL;

	if (id.len != CHANGE_ID_LEN)
		return err_set(err, ERR_UNAVAILABLE, "The database is no longer that of this site");
	memcpy(out->id, id.ptr, CHANGE_ID_LEN);
	out->seq = db_column(rows, 1).i;
	out->at_us = db_column(rows, 2).i;
	return true;
}

bool
change_read(struct db_conn *c, struct arena *a, struct change_span span, struct change_list *out,
    bool *whole, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_int(span.after), value_int(span.to) };
	bool same = span.after_us == 0;
	enum db_step step;
	int64_t n = 0;

	*out = (struct change_list){ 0 };
	if (!db_query(c, READ, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (db_column(rows, 2).i == span.after) {
			same |= db_column(rows, 3).i == span.after_us;
			continue;
		}
		if (!change_add(a, out, (enum change_kind)db_column(rows, 0).i,
			value_str(db_column(rows, 1)), err))
			return false;
		n++;
	}
	*whole = same && n == span.to - span.after;
	return step == DB_DONE;
}
