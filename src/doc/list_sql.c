#include "doc/list_sql.h"

#include "auth/who.h"
#include "doc/column.h"
#include "doc/controller.h"
#include "doc/list_cursor.h"
#include "doc/list_join.h"

static bool
is_text(const struct field *f)
{
	const int column = field_type_column(f->type);

	return column == DB_TYPE_NAME || column == DB_TYPE_TEXT;
}

/* The same as one side of a comparison, in an order or a group: text without case. */
static void
put_compared(struct sqlb *b, const struct doctype *dt, const struct field *f)
{
	sqlb_column(b, dt->name, f->name);
	sqlb_text(b, column_nocase(dt, f));
}

static void
put_field(struct sqlb *b, const struct list_filter *f)
{
	sqlb_column(b, f->doctype->name, f->field->name);
}

/* The column; of a type that compares NULL as its empty value, that value instead (rest.md 4.5). */
static void
put_ordered(struct sqlb *b, const struct list_filter *f, bool null_counts)
{
	if (!null_counts || !(is_text(f->field) || field_is_number(f->field))) {
		put_compared(b, f->doctype, f->field);
		return;
	}
	sqlb_lit(b, "COALESCE(");
	put_field(b, f);
	sqlb_text(b, is_text(f->field) ? STR(", '')") : STR(", 0)"));
	sqlb_text(b, column_nocase(f->doctype, f->field));
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
	} else if (field_is_number(f->field) && !empty) {
		sqlb_lit(b, " AND ");
		put_field(b, f);
		sqlb_lit(b, " <> 0");
	}
	sqlb_lit(b, ")");
}

/* A number with a fraction is one beside whole numbers, too, whatever their column is of. */
static void
put_value(struct sqlb *b, const struct list_filter *f, struct value v)
{
	const bool cast = v.kind == VALUE_REAL && field_type_column(f->field->type) == DB_TYPE_INT;

	sqlb_text(b, cast ? STR("CAST(") : STR(""));
	sqlb_value(b, v);
	sqlb_text(b, cast ? STR(" AS REAL)") : STR(""));
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
	put_ordered(b, f, field_is_number(f->field));
	sqlb_text(b, equal ? STR(" = ") : STR(" <> "));
	put_value(b, f, v);
	if (!equal && !field_is_number(f->field)) {
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
	put_value(b, f, f->values[0]);
	/* Dates and times: NULL counts as the earliest. */
	if (less && !is_text(f->field) && !field_is_number(f->field)) {
		sqlb_lit(b, " OR ");
		put_field(b, f);
		sqlb_lit(b, " IS NULL");
	}
	sqlb_lit(b, ")");
}

/* Patterns are held against numbers, too. */
static void
put_text(struct sqlb *b, const struct list_filter *f)
{
	const bool is_text_already = !field_is_number(f->field) &&
	    !(f->field->column == DOC_NAME && f->doctype->autoincrement);

	sqlb_text(b, is_text_already ? STR("") : STR("CAST("));
	put_field(b, f);
	sqlb_text(b, is_text_already ? STR("") : STR(" AS TEXT)"));
}

static void
put_like(struct sqlb *b, const struct list_filter *f)
{
	const bool like = f->op == LIST_LIKE;

	sqlb_lit(b, "(");
	put_text(b, f);
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
	put_compared(b, f->doctype, f->field);
	sqlb_text(b, f->op == LIST_IN ? STR(" IN (") : STR(" NOT IN ("));
	for (size_t i = 0; i < f->len; i++) {
		if (i > 0)
			sqlb_lit(b, ", ");
		put_value(b, f, f->values[i]);
	}
	sqlb_lit(b, ")");
}

/* IN and NOT IN; null, "" and the empty list stand for empty values, but not for numbers. */
static void
put_in(struct sqlb *b, const struct list_filter *f)
{
	const bool in = f->op == LIST_IN;
	const bool empty = (f->with_empty || f->len == 0) && !field_is_number(f->field);

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
		if (field_is_number(f->field) &&
		    field_type_column(f->field->type) != DB_TYPE_REAL_NULL)
			sqlb_lit(b, "1 = 0");
		else
			put_is_empty(b, f, true);
		break;
	case LIST_BETWEEN:
		put_compared(b, f->doctype, f->field);
		sqlb_lit(b, " BETWEEN ");
		sqlb_value(b, f->values[0]);
		sqlb_lit(b, " AND ");
		sqlb_value(b, f->values[1]);
		break;
	}
}

/* IN (the names of the documents of dt that the caller may see) */
static void
put_among(struct call *call, struct sqlb *b, const struct doctype *dt, const struct perm_rows *rows)
{
	sqlb_lit(b, " IN (SELECT ");
	column_put_name(b, dt);
	sqlb_lit(b, " FROM ");
	sqlb_table(b, dt->name);
	sqlb_lit(b, " WHERE 1 = 1");
	perm_rows_put(call, b, dt, rows);
	sqlb_lit(b, ")");
}

static void
put_where(struct call *call, struct sqlb *b, const struct list_query *q)
{
	sqlb_lit(b, " WHERE 1 = 1");
	if (q->parent != NULL) {
		sqlb_lit(b, " AND ");
		sqlb_column(b, q->doctype->name, q->doctype->columns[DOC_PARENTTYPE]->name);
		sqlb_lit(b, " = ");
		sqlb_value(b, value_text(q->parent->name));
		sqlb_lit(b, " AND ");
		sqlb_column(b, q->doctype->name, q->doctype->columns[DOC_PARENT]->name);
		put_among(call, b, q->parent, &q->rows);
	} else if (q->joins_len == 0 && q->links_len == 0) {
		perm_rows_put(call, b, q->doctype, &q->rows);
	} else {
		sqlb_lit(b, " AND ");
		column_put_name(b, q->doctype);
		put_among(call, b, q->doctype, &q->rows);
	}
	for (size_t i = 0; i < q->filters_len; i++) {
		sqlb_lit(b, " AND ");
		put_condition(b, &q->filters[i]);
	}
	if (q->after != NULL) {
		sqlb_lit(b, " AND ");
		list_cursor_put(b, q);
	}
	for (size_t i = 0; i < q->or_filters_len; i++) {
		sqlb_text(b, i == 0 ? STR(" AND (") : STR(" OR "));
		put_condition(b, &q->or_filters[i]);
	}
	if (q->or_filters_len > 0)
		sqlb_lit(b, ")");
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

/* Are rows put together? Then a column stands for all values of its group, whichever engine. */
static bool
is_grouped(const struct list_query *q)
{
	return q->groups_len > 0 || has_aggregate(q) || q->distinct;
}

static void
put_place(struct sqlb *b, const struct list_column *c)
{
	if (c->link == NULL) {
		sqlb_column(b, c->doctype->name, c->field->name);
		return;
	}
	sqlb_ident(b, c->link->alias);
	sqlb_lit(b, ".");
	sqlb_ident(b, c->field->name);
}

/* Sums are of numbers; other columns count as 0. */
static void
put_number(struct sqlb *b, const struct list_column *c)
{
	if (!field_is_number(c->field)) {
		sqlb_lit(b, "0.0");
		return;
	}
	put_place(b, c);
	sqlb_lit(b, " * 1.0");
}

static void
put_selected(struct sqlb *b, const struct list_query *q, const struct list_column *c)
{
	static const struct {
		struct str before, after;
	} FUNCTIONS[] = {
		[LIST_PLAIN] = { STR_INIT(""), STR_INIT("") },
		[LIST_COUNT] = { STR_INIT("count("), STR_INIT(")") },
		[LIST_SUM] = { STR_INIT("COALESCE(sum("), STR_INIT("), 0.0)") },
		[LIST_AVG] = { STR_INIT("avg("), STR_INIT(")") },
		[LIST_MIN] = { STR_INIT("min("), STR_INIT(")") },
		[LIST_MAX] = { STR_INIT("max("), STR_INIT(")") },
	};
	const enum list_function function =
	    c->function == LIST_PLAIN && is_grouped(q) ? LIST_MIN : c->function;

	sqlb_text(b, FUNCTIONS[function].before);
	if (c->distinct) {
		sqlb_lit(b, "DISTINCT ");
		put_place(b, c);
		sqlb_text(b, column_nocase(c->doctype, c->field));
	} else if (function == LIST_SUM || function == LIST_AVG) {
		put_number(b, c);
	} else {
		put_place(b, c);
	}
	sqlb_text(b, FUNCTIONS[function].after);
}

static void
put_columns(struct sqlb *b, const struct list_query *q)
{
	for (size_t i = 0; i < q->columns_len; i++) {
		if (i > 0)
			sqlb_lit(b, ", ");
		put_selected(b, q, &q->columns[i]);
	}
	for (size_t i = 0; q->keyed && i < q->orders_len; i++) {
		sqlb_lit(b, ", ");
		sqlb_column(b, q->doctype->name, q->orders[i].field->name);
	}
}

/* Distinct rows are a group each. */
static size_t
groups_of(const struct list_query *q)
{
	const bool distinct = q->groups_len == 0 && q->distinct && !has_aggregate(q);

	return distinct ? q->columns_len : q->groups_len;
}

/* What makes a group, from the first on: lead stands before it, end behind each. */
static void
put_groups(struct sqlb *b, const struct list_query *q, struct str lead, struct str end)
{
	for (size_t i = 0; i < groups_of(q); i++) {
		sqlb_text(b, i == 0 ? lead : STR(", "));
		if (q->groups_len == 0) {
			put_place(b, &q->columns[i]);
			sqlb_text(b, column_nocase(q->columns[i].doctype, q->columns[i].field));
		} else {
			put_compared(b, q->doctype, q->groups[i]);
		}
		sqlb_text(b, end);
	}
}

static bool
is_group(const struct list_query *q, const struct field *f)
{
	bool found = false;

	for (size_t i = 0; i < q->groups_len; i++)
		found |= q->groups[i] == f;
	for (size_t i = 0; q->groups_len == 0 && i < q->columns_len; i++)
		found |= q->columns[i].field == f;
	return found;
}

static void
put_order(struct sqlb *b, const struct list_query *q, const struct list_order *order, bool grouped)
{
	const bool of_group = !grouped || is_group(q, order->field);

	if (!of_group)
		sqlb_text(b, order->descending ? STR("max(") : STR("min("));
	put_compared(b, q->doctype, order->field);
	if (!of_group) {
		sqlb_lit(b, ")");
		sqlb_text(b, column_nocase(q->doctype, order->field));
	}
	sqlb_text(b, order->descending ? STR(" DESC") : STR(" ASC"));
}

static void
put_end(struct sqlb *b, const struct list_query *q)
{
	const bool grouped = groups_of(q) > 0;
	const size_t orders = is_grouped(q) && !grouped ? 0 : q->orders_len;

	put_groups(b, q, STR(" GROUP BY "), STR(""));
	for (size_t i = 0; i < orders; i++) {
		sqlb_text(b, i == 0 ? STR(" ORDER BY ") : STR(", "));
		put_order(b, q, &q->orders[i], grouped);
	}
	/* Where the order asked for leaves it open, groups come by what makes them. */
	put_groups(b, q, orders == 0 ? STR(" ORDER BY ") : STR(", "), STR(" ASC"));
	if (q->length > 0 || q->start > 0) {
		sqlb_lit(b, " LIMIT ");
		sqlb_int(b, q->length > 0 ? q->length : INT64_MAX);
		sqlb_lit(b, " OFFSET ");
		sqlb_int(b, q->start);
	}
}

void
list_sql(struct call *call, const struct list_query *q, bool count, struct sqlb *b)
{
	sqlb_lit(b, "SELECT ");
	if (count && q->joins_len > 0) {
		sqlb_lit(b, "count(DISTINCT ");
		sqlb_column(b, q->doctype->name, q->doctype->columns[DOC_NAME]->name);
		sqlb_lit(b, ")");
	} else if (count) {
		sqlb_lit(b, "count(*)");
	} else {
		put_columns(b, q);
	}
	sqlb_lit(b, " FROM ");
	sqlb_table(b, q->doctype->name);
	list_join_put(call, b, q, count);
	put_where(call, b, q);
	if (!count)
		put_end(b, q);
}
