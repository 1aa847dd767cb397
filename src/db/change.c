#include "db/change.h"

#include "base/clock.h"

/*
 * The number comes from a counter row and not from a sequence, which could skip: the row is
 * locked until the commit, so numbers appear in the order of commits.
 */
static const struct str NEXT =
    STR_INIT("INSERT INTO counter (name, value) VALUES ('change', 1) "
	     "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value");
static const struct str INSERT =
    STR_INIT("INSERT INTO change (seq, kind, name, at_us) VALUES (?1, ?2, ?3, ?4)");

bool
change_add(struct db_conn *c, struct arena *a, struct change_list *list, enum change_kind kind,
    struct str name, struct err *err)
{
	for (const struct change *have = list->first; have != NULL; have = have->next) {
		if (have->kind == kind && str_eq(have->name, name))
			return true;
	}

	struct change *change = ARENA_NEW(a, struct change);
	struct value seq;
	bool found;

	if (change == NULL)
		return err_memory(err);
	change->kind = kind;
	if (!arena_str(a, str_is_null(name) ? STR("") : name, &change->name, err))
		return false;
	if (!db_query_row(c, a, NEXT, NULL, 0, &seq, 1, &found, err))
		return false;
	const struct value params[] = { seq, value_int(kind), value_text(change->name),
		value_int(clock_now_us()) };

	if (!db_exec(c, INSERT, params, ARRAY_LEN(params), NULL, err))
		return false;
	if (list->last == NULL)
		list->first = change;
	else
		list->last->next = change;
	list->last = change;
	return true;
}
