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
static const struct str PRUNE = STR_INIT("DELETE FROM change WHERE at_us < ?1");

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
