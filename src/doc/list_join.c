#include "doc/list_join.h"

#include "doc/column.h"

static bool
is_readable(const struct list_query *q, const struct field *f)
{
	return perm_has_level(q->levels, f->permlevel);
}

/* Is the child DocType one of the list's, through that table field or any? */
static bool
is_own(const struct list_query *q, const struct doctype *child, const struct field *table)
{
	for (size_t i = 0; i < q->doctype->tables_len; i++) {
		const struct field *f = q->doctype->tables[i];

		if (str_eq(f->options, child->name) && is_readable(q, f) &&
		    (table == NULL || table == f))
			return true;
	}
	return false;
}

bool
list_join_child(struct call *call, struct list_query *q, const struct doctype *child,
    const struct field *table, struct err *err)
{
	if (!is_own(q, child, table))
		return err_set(
		    err, ERR_DATA, "Field not permitted in query: %.*s", STR_FMT(child->name));
	for (size_t i = 0; i < q->joins_len; i++) {
		struct list_join *j = &q->joins[i];

		if (j->child != child)
			continue;
		if (j->table != NULL && table != NULL && j->table != table)
			return err_set(err, ERR_DATA,
			    "A list shows the rows of one of %.*s and %.*s, not of both",
			    STR_FMT(j->table->name), STR_FMT(table->name));
		if (table != NULL)
			j->table = table;
		return true;
	}
	if (q->joins == NULL)
		q->joins = ARENA_NEW_ARRAY(call->arena, struct list_join, q->doctype->tables_len);
	if (q->joins == NULL)
		return err_memory(err);
	q->joins[q->joins_len++] = (struct list_join){ child, table };
	return true;
}

static bool
open_link(struct call *call, const struct field *f, struct list_link *l, struct err *err)
{
	*l = (struct list_link){ .field = f, .target = metas_find(call->metas, f->options) };
	if (l->target == NULL || l->target->issingle || l->target->istable)
		return err_set(err, ERR_DATA,
		    "Field not permitted in query: %.*s points to nothing "
		    "that has columns",
		    STR_FMT(f->name));
	if (!perm_check_doctype(call, l->target, RIGHT_READ, err) ||
	    !perm_rows_of(call, l->target, &l->rows, err))
		return false;
	l->levels = perm_levels(call, l->target, RIGHT_READ);
	return arena_printf(call->arena, &l->alias, err, "over:%.*s", STR_FMT(f->name));
}

bool
list_join_link(struct call *call, struct list_query *q, const struct field *f,
    const struct list_link **out, struct err *err)
{
	for (size_t i = 0; i < q->links_len; i++) {
		*out = &q->links[i];
		if (q->links[i].field == f)
			return true;
	}
	if (q->links == NULL)
		q->links = ARENA_NEW_ARRAY(call->arena, struct list_link, q->doctype->columns_len);
	if (q->links == NULL)
		return err_memory(err);
	if (!open_link(call, f, &q->links[q->links_len], err))
		return false;
	*out = &q->links[q->links_len++];
	return true;
}

static void
put_own(struct sqlb *b, const struct doctype *dt, const struct field *f)
{
	sqlb_table(b, dt->name);
	sqlb_lit(b, ".");
	sqlb_ident(b, f->name);
}

static void
put_child(struct sqlb *b, const struct doctype *dt, const struct list_join *j)
{
	sqlb_lit(b, " LEFT JOIN ");
	sqlb_table(b, j->child->name);
	sqlb_lit(b, " ON ");
	put_own(b, j->child, j->child->columns[DOC_PARENT]);
	sqlb_lit(b, " = ");
	column_put_name(b, dt);
	sqlb_lit(b, " AND ");
	put_own(b, j->child, j->child->columns[DOC_PARENTTYPE]);
	sqlb_lit(b, " = ");
	sqlb_value(b, value_text(dt->name));
	if (j->table == NULL)
		return;
	sqlb_lit(b, " AND ");
	put_own(b, j->child, j->child->columns[DOC_PARENTFIELD]);
	sqlb_lit(b, " = ");
	sqlb_value(b, value_text(j->table->name));
}

/* alias.`name`, as the link's text is held against it */
static void
put_target(struct sqlb *b, const struct list_link *l)
{
	const bool counted = l->target->autoincrement;

	sqlb_text(b, counted ? STR("CAST(") : STR(""));
	sqlb_ident(b, l->alias);
	sqlb_lit(b, ".`name`");
	sqlb_text(b, counted ? STR(" AS TEXT)") : STR(" COLLATE NOCASE"));
}

static void
put_link(struct call *call, struct sqlb *b, const struct doctype *dt, const struct list_link *l)
{
	sqlb_lit(b, " LEFT JOIN ");
	sqlb_table(b, l->target->name);
	sqlb_lit(b, " ");
	sqlb_ident(b, l->alias);
	sqlb_lit(b, " ON ");
	put_target(b, l);
	sqlb_lit(b, " = ");
	put_own(b, dt, l->field);
	if (!perm_rows_are_cut(&l->rows))
		return;
	sqlb_lit(b, " AND ");
	sqlb_ident(b, l->alias);
	sqlb_lit(b, ".`name` IN (SELECT ");
	put_own(b, l->target, l->target->columns[DOC_NAME]);
	sqlb_lit(b, " FROM ");
	sqlb_table(b, l->target->name);
	sqlb_lit(b, " WHERE 1 = 1");
	perm_rows_put(call, b, l->target, &l->rows);
	sqlb_lit(b, ")");
}

void
list_join_put(struct call *call, struct sqlb *b, const struct list_query *q, bool count)
{
	for (size_t i = 0; i < q->joins_len; i++)
		put_child(b, q->doctype, &q->joins[i]);
	for (size_t i = 0; !count && i < q->links_len; i++)
		put_link(call, b, q->doctype, &q->links[i]);
}
