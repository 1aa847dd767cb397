#include "doc/list_sql.h"

#include "auth/who.h"
#include "doc/controller.h"

static bool
is_text(const struct field *f)
{
	const int column = field_type_column(f->type);

	return column == DB_TYPE_NAME || column == DB_TYPE_TEXT;
}

static bool
is_number(const struct field *f)
{
	const int column = field_type_column(f->type);

	return column == DB_TYPE_INT || column == DB_TYPE_REAL || column == DB_TYPE_REAL_NULL;
}

/* Every column is written with its table: a list may join others. */
static void
put_column(struct sqlb *b, const struct doctype *dt, const struct field *f)
{
	sqlb_table(b, dt->name);
	sqlb_lit(b, ".");
	sqlb_ident(b, f->name);
}

static void
put_field(struct sqlb *b, const struct list_filter *f)
{
	put_column(b, f->doctype, f->field);
}

/* The column; of a type that compares NULL as its empty value, that value instead (rest.md 4.5). */
static void
put_ordered(struct sqlb *b, const struct list_filter *f, bool null_counts)
{
	if (!null_counts || !(is_text(f->field) || is_number(f->field))) {
		put_field(b, f);
		return;
	}
	sqlb_lit(b, "COALESCE(");
	put_field(b, f);
	sqlb_text(b, is_text(f->field) ? STR(", '')") : STR(", 0)"));
}

static void
put_is_empty(struct sqlb *b, const struct list_filter *f, bool empty)
{
	sqlb_lit(b, "(");
	put_field(b, f);
	sqlb_text(b, empty ? STR(" IS NULL") : STR(" IS NOT NULL"));
	if (is_text(f->field)) {
		sqlb_text(b, empty ? STR(" OR ") : STR(" AND "));
		put_field(b, f);
		sqlb_text(b, empty ? STR(" = ''") : STR(" <> ''"));
	} else if (is_number(f->field) && !empty) {
		sqlb_lit(b, " AND ");
		put_field(b, f);
		sqlb_lit(b, " <> 0");
	}
	sqlb_lit(b, ")");
}

/* = and !=: null matches no text at all; "" and NULL are the same; of numbers NULL is 0. */
static void
put_equality(struct sqlb *b, const struct list_filter *f)
{
	const struct value v = f->values[0];
	const bool equal = f->op == LIST_EQUAL;
	const bool null = v.kind == VALUE_NULL;

	if (is_text(f->field) && null) {
		sqlb_lit(b, "1 = 0");
		return;
	}
	if (null || (is_text(f->field) && v.s.len == 0)) {
		put_is_empty(b, f, equal);
		return;
	}
	sqlb_lit(b, "(");
	put_ordered(b, f, is_number(f->field));
	sqlb_text(b, equal ? STR(" = ") : STR(" <> "));
	sqlb_value(b, v);
	if (!equal && !is_number(f->field)) {
		sqlb_lit(b, " OR ");
		put_field(b, f);
		sqlb_lit(b, " IS NULL");
	}
	sqlb_lit(b, ")");
}

static void
put_comparison(struct sqlb *b, const struct list_filter *f)
{
	const bool less = f->op == LIST_LESS || f->op == LIST_LESS_EQUAL;

	sqlb_lit(b, "(");
	put_ordered(b, f, true);
	switch (f->op) {
	case LIST_GREATER:
		sqlb_lit(b, " > ");
		break;
	case LIST_GREATER_EQUAL:
		sqlb_lit(b, " >= ");
		break;
	case LIST_LESS:
		sqlb_lit(b, " < ");
		break;
	default:
		sqlb_lit(b, " <= ");
		break;
	}
	sqlb_value(b, f->values[0]);
	/* Dates and times: NULL counts as the earliest. */
	if (less && !is_text(f->field) && !is_number(f->field)) {
		sqlb_lit(b, " OR ");
		put_field(b, f);
		sqlb_lit(b, " IS NULL");
	}
	sqlb_lit(b, ")");
}

static void
put_like(struct sqlb *b, const struct list_filter *f)
{
	const bool like = f->op == LIST_LIKE;

	sqlb_lit(b, "(");
	put_field(b, f);
	sqlb_text(b, like ? STR(" LIKE ") : STR(" NOT LIKE "));
	sqlb_value(b, f->values[0]);
	if (!like || value_str(f->values[0]).len == 0) {
		sqlb_lit(b, " OR ");
		put_field(b, f);
		sqlb_lit(b, " IS NULL");
	}
	sqlb_lit(b, ")");
}

static void
put_members(struct sqlb *b, const struct list_filter *f)
{
	put_field(b, f);
	sqlb_text(b, f->op == LIST_IN ? STR(" IN (") : STR(" NOT IN ("));
	for (size_t i = 0; i < f->len; i++) {
		if (i > 0)
			sqlb_lit(b, ", ");
		sqlb_value(b, f->values[i]);
	}
	sqlb_lit(b, ")");
}

/* IN and NOT IN; null, "" and the empty list stand for empty values, but not for numbers. */
static void
put_in(struct sqlb *b, const struct list_filter *f)
{
	const bool in = f->op == LIST_IN;
	const bool empty = (f->with_empty || f->len == 0) && !is_number(f->field);

	if (f->len == 0 && !empty) {
		sqlb_text(b, in ? STR("1 = 0") : STR("1 = 1"));
		return;
	}
	sqlb_lit(b, "(");
	if (f->len > 0)
		put_members(b, f);
	if (f->len > 0 && (empty || !in))
		sqlb_text(b, in || !empty ? STR(" OR ") : STR(" AND "));
	if (empty) {
		put_is_empty(b, f, in);
	} else if (!in) {
		put_field(b, f);
		sqlb_lit(b, " IS NULL");
	}
	sqlb_lit(b, ")");
}

static void
put_condition(struct sqlb *b, const struct list_filter *f)
{
	switch (f->op) {
	case LIST_EQUAL:
	case LIST_NOT_EQUAL:
		put_equality(b, f);
		break;
	case LIST_GREATER:
	case LIST_GREATER_EQUAL:
	case LIST_LESS:
	case LIST_LESS_EQUAL:
		put_comparison(b, f);
		break;
	case LIST_LIKE:
	case LIST_NOT_LIKE:
		put_like(b, f);
		break;
	case LIST_IN:
	case LIST_NOT_IN:
		put_in(b, f);
		break;
	case LIST_IS_SET:
		put_is_empty(b, f, false);
		break;
	case LIST_IS_NOT_SET:
		/* An Int, Float or Check is never "not set". */
		if (is_number(f->field) && field_type_column(f->field->type) != DB_TYPE_REAL_NULL)
			sqlb_lit(b, "1 = 0");
		else
			put_is_empty(b, f, true);
		break;
	case LIST_BETWEEN:
		put_field(b, f);
		sqlb_lit(b, " BETWEEN ");
		sqlb_value(b, f->values[0]);
		sqlb_lit(b, " AND ");
		sqlb_value(b, f->values[1]);
		break;
	}
}

/* The rows of dt that the caller may see; true if a condition was written. */
static void
put_rows(struct call *call, struct sqlb *b, const struct doctype *dt, const struct perm_rows *rows)
{
	bool any = false;

	if (rows->none)
		sqlb_lit(b, " AND 1 = 0");
	if (rows->own_only) {
		sqlb_lit(b, " AND `owner` = ");
		sqlb_value(b, value_text(call->who->name));
	}
	if (rows->with_code && dt->controller != NULL && dt->controller->list_condition != NULL) {
		sqlb_lit(b, " AND ");
		dt->controller->list_condition(call, b, &any);
		if (!any)
			sqlb_lit(b, "1 = 1");
	}
}

/* IN (the names of the documents of dt that the caller may see) */
static void
put_among(struct call *call, struct sqlb *b, const struct doctype *dt, const struct perm_rows *rows)
{
	sqlb_lit(b, " IN (SELECT `name` FROM ");
	sqlb_table(b, dt->name);
	sqlb_lit(b, " WHERE 1 = 1");
	put_rows(call, b, dt, rows);
	sqlb_lit(b, ")");
}

/* A child table that a filter names: a document comes once for each of its rows. */
static void
put_join(struct sqlb *b, const struct doctype *dt, const struct doctype *child)
{
	sqlb_lit(b, " LEFT JOIN ");
	sqlb_table(b, child->name);
	sqlb_lit(b, " ON ");
	put_column(b, child, child->columns[DOC_PARENT]);
	sqlb_lit(b, " = ");
	put_column(b, dt, dt->columns[DOC_NAME]);
	sqlb_lit(b, " AND ");
	put_column(b, child, child->columns[DOC_PARENTTYPE]);
	sqlb_lit(b, " = ");
	sqlb_value(b, value_text(dt->name));
}

static void
put_where(struct call *call, struct sqlb *b, const struct list_query *q)
{
	sqlb_lit(b, " WHERE 1 = 1");
	if (q->parent != NULL) {
		sqlb_lit(b, " AND `parenttype` = ");
		sqlb_value(b, value_text(q->parent->name));
		sqlb_lit(b, " AND `parent`");
		put_among(call, b, q->parent, &q->rows);
	} else if (q->joins_len == 0) {
		put_rows(call, b, q->doctype, &q->rows);
	} else {
		sqlb_lit(b, " AND ");
		put_column(b, q->doctype, q->doctype->columns[DOC_NAME]);
		put_among(call, b, q->doctype, &q->rows);
	}
	for (size_t i = 0; i < q->filters_len; i++) {
		sqlb_lit(b, " AND ");
		put_condition(b, &q->filters[i]);
	}
	for (size_t i = 0; i < q->or_filters_len; i++) {
		sqlb_text(b, i == 0 ? STR(" AND (") : STR(" OR "));
		put_condition(b, &q->or_filters[i]);
	}
	if (q->or_filters_len > 0)
		sqlb_lit(b, ")");
}

static void
put_columns(struct sqlb *b, const struct list_query *q)
{
	static const struct str OPEN[] = {
		[LIST_PLAIN] = STR_INIT(""),
		[LIST_COUNT] = STR_INIT("count("),
		[LIST_SUM] = STR_INIT("total("),
		[LIST_AVG] = STR_INIT("avg("),
		[LIST_MIN] = STR_INIT("min("),
		[LIST_MAX] = STR_INIT("max("),
	};

	for (size_t i = 0; i < q->columns_len; i++) {
		const struct list_column *c = &q->columns[i];

		if (i > 0)
			sqlb_lit(b, ", ");
		sqlb_text(b, OPEN[c->function]);
		if (c->distinct)
			sqlb_lit(b, "DISTINCT ");
		put_column(b, q->doctype, c->field);
		if (c->function != LIST_PLAIN)
			sqlb_lit(b, ")");
	}
}

static void
put_order(struct sqlb *b, const struct list_query *q)
{
	for (size_t i = 0; i < q->groups_len; i++) {
		sqlb_text(b, i == 0 ? STR(" GROUP BY ") : STR(", "));
		put_column(b, q->doctype, q->groups[i]);
	}
	for (size_t i = 0; i < q->orders_len; i++) {
		sqlb_text(b, i == 0 ? STR(" ORDER BY ") : STR(", "));
		put_column(b, q->doctype, q->orders[i].field);
		sqlb_text(b, q->orders[i].descending ? STR(" DESC") : STR(" ASC"));
	}
	if (q->length > 0 || q->start > 0) {
		sqlb_lit(b, " LIMIT ");
		sqlb_int(b, q->length > 0 ? q->length : INT64_MAX);
		sqlb_lit(b, " OFFSET ");
		sqlb_int(b, q->start);
	}
}

static bool
has_aggregate(const struct list_query *q)
{
	for (size_t i = 0; i < q->columns_len; i++) {
		if (q->columns[i].function != LIST_PLAIN)
			return true;
	}
	return false;
}

void
list_sql(struct call *call, const struct list_query *q, bool count, struct sqlb *b)
{
	struct list_query rows = *q;

	sqlb_lit(b, "SELECT ");
	if (count && q->joins_len > 0) {
		sqlb_lit(b, "count(DISTINCT ");
		put_column(b, q->doctype, q->doctype->columns[DOC_NAME]);
		sqlb_lit(b, ")");
	} else if (count) {
		sqlb_lit(b, "count(*)");
	} else {
		if (q->distinct)
			sqlb_lit(b, "DISTINCT ");
		put_columns(b, q);
	}
	sqlb_lit(b, " FROM ");
	sqlb_table(b, q->doctype->name);
	for (size_t i = 0; i < q->joins_len; i++)
		put_join(b, q->doctype, q->joins[i]);
	put_where(call, b, q);
	if (has_aggregate(q) && q->groups_len == 0)
		rows.orders_len = 0;
	if (!count)
		put_order(b, &rows);
}
