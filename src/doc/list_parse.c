#include "doc/list_parse.h"

#include "doc/list_fields.h"
#include "doc/list_filter.h"
#include "json/json_in.h"

static bool
is_readable(const struct list_query *q, const struct field *f)
{
	return f->is_standard || (q->levels & BIT(f->permlevel)) != 0;
}

bool
list_field(const struct list_query *q, const struct doctype *dt, struct str name,
    const struct field **out, struct err *err)
{
	const struct field *f = doctype_field(dt, name);

	/* A level that the caller may not read answers as an unknown field does: no oracle. */
	if (f == NULL || !field_is_listed(f) || f->type == FIELD_PASSWORD || !is_readable(q, f))
		return list_refuse_field(name, err);
	*out = f;
	return true;
}

static bool
parse_order(struct call *call, struct str text, struct list_query *q, struct err *err)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == ',';
	q->orders = ARENA_NEW_ARRAY(call->arena, struct list_order, n + 1);
	if (q->orders == NULL)
		return err_memory(err);
	for (bool more = text.len > 0; more;) {
		struct str term;
		struct list_order o = { 0 };

		more = str_cut(text, ',', &term, &text);
		term = str_trim(term);
		for (size_t i = term.len; i-- > 0;) {
			if (term.ptr[i] != ' ')
				continue;
			const struct str last = str_sub(term, i + 1, term.len);

			o.descending = str_ieq(last, STR("desc"));
			if (o.descending || str_ieq(last, STR("asc")))
				term = str_trim(str_sub(term, 0, i));
			break;
		}
		if (!list_field(q, q->doctype, list_fields_plain(q->doctype, term), &o.field, err))
			return false;
		q->orders[q->orders_len++] = o;
	}
	return true;
}

/* The DocType's own order, and name as the tie-breaker in the same direction (an index serves
 * both). */
static void
end_order(struct list_query *q)
{
	const struct doctype *dt = q->doctype;

	if (q->groups_len > 0 || q->distinct)
		return;
	if (q->orders_len == 0) {
		struct str first;
		struct str rest;

		str_cut(dt->sort_field, ',', &first, &rest);
		const struct field *f = doctype_field(dt, str_trim(first));

		if (f == NULL || f->column < 0)
			f = dt->columns[DOC_CREATION];
		q->orders[q->orders_len++] =
		    (struct list_order){ f, !str_ieq(dt->sort_order, STR("asc")) };
	}
	const struct list_order *last = &q->orders[q->orders_len - 1];

	if (last->field->column != DOC_NAME)
		q->orders[q->orders_len++] =
		    (struct list_order){ dt->columns[DOC_NAME], last->descending };
}

static bool
parse_groups(struct call *call, struct str text, struct list_query *q, struct err *err)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == ',';
	q->groups = ARENA_NEW_ARRAY(call->arena, const struct field *, n);
	if (q->groups == NULL)
		return err_memory(err);
	for (bool more = text.len > 0; more;) {
		struct str term;

		more = str_cut(text, ',', &term, &text);
		if (!list_field(q, q->doctype, list_fields_plain(q->doctype, term),
			&q->groups[q->groups_len], err))
			return false;
		q->groups_len++;
	}
	return true;
}

/* A child DocType is listed through a parent that has a table of it (permissions.md 3.2). */
static bool
parse_parent(struct call *call, const struct list_args *args, struct list_query *q, struct err *err)
{
	const struct doctype *dt = q->doctype;
	const struct doctype *parent = metas_find(call->metas, args->parent);

	if (args->parent.len == 0)
		return err_set(err, ERR_PERMISSION,
		    "Please specify a valid parent DocType for %.*s", STR_FMT(dt->name));
	for (size_t i = 0; parent != NULL && i < parent->tables_len; i++) {
		if (!str_eq(parent->tables[i]->options, dt->name))
			continue;
		q->parent = parent;
		q->levels = perm_levels(call, parent, RIGHT_READ);
		if (!perm_rows_of(call, parent, &q->rows, err))
			return false;
		if (q->rows.select_only || (q->levels & BIT(parent->tables[i]->permlevel)) == 0)
			return perm_check_doctype(call, parent, RIGHT_READ, err) &&
			    err_set(err, ERR_PERMISSION, "No permission to read %.*s",
				STR_FMT(dt->name));
		return true;
	}
	return err_set(err, ERR_PERMISSION, "%.*s is not a valid parent DocType for %.*s",
	    STR_FMT(str_sub(args->parent, 0, 140)), STR_FMT(dt->name));
}

/* A long pattern takes time that grows with its square. */
static bool
are_patterns_short(const struct list_filter *filters, size_t len, struct err *err)
{
	enum { PATTERN_MAX = 5000 };

	for (size_t i = 0; i < len; i++) {
		const bool is_pattern =
		    filters[i].op == LIST_LIKE || filters[i].op == LIST_NOT_LIKE;

		if (is_pattern && value_str(filters[i].values[0]).len > PATTERN_MAX)
			return err_set(err, ERR_DATA, "The search text is too long");
	}
	return true;
}

/* What every engine can bear, and nobody needs. */
static bool
is_of_a_size(const struct list_query *q, struct err *err)
{
	enum { CONDITIONS_MAX = 400, COLUMNS_MAX = 1000, ORDERS_MAX = 500 };

	if (q->filters_len <= CONDITIONS_MAX && q->or_filters_len <= CONDITIONS_MAX &&
	    q->columns_len <= COLUMNS_MAX && q->orders_len <= ORDERS_MAX &&
	    q->groups_len <= ORDERS_MAX)
		return are_patterns_short(q->filters, q->filters_len, err) &&
		    are_patterns_short(q->or_filters, q->or_filters_len, err);
	return err_set(err, ERR_TOO_LARGE, "The query has too many conditions, columns or tables");
}

bool
list_parse(struct call *call, const struct list_args *args, struct list_query *out, struct err *err)
{
	*out = (struct list_query){ .doctype = args->doctype,
		.start = args->start,
		.length = args->length,
		.distinct = args->distinct };
	if (args->doctype->issingle)
		return err_set(err, ERR_VALIDATION, "%.*s is a single DocType: read it by its name",
		    STR_FMT(args->doctype->name));
	if (args->doctype->istable) {
		if (!parse_parent(call, args, out, err))
			return false;
	} else {
		if (!perm_rows_of(call, args->doctype, &out->rows, err))
			return false;
		out->levels = perm_levels(call, args->doctype, RIGHT_READ) |
		    (out->rows.select_only ? BIT(0) : 0);
	}
	if (!list_fields_parse(call, args->fields, out, err) ||
	    !list_filter_parse(call, args->filters, false, out, err) ||
	    !list_filter_parse(call, args->more, false, out, err) ||
	    !list_filter_parse(call, args->or_filters, true, out, err) ||
	    !parse_groups(call, str_trim(args->group_by), out, err) ||
	    !parse_order(call, str_trim(args->order_by), out, err))
		return false;
	end_order(out);
	return is_of_a_size(out, err);
}
