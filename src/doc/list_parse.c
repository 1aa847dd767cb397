#include "doc/list_parse.h"

#include "doc/list_filter.h"
#include "json/json_in.h"

static bool
not_permitted(struct str name, struct err *err)
{
	return err_set(
	    err, ERR_DATA, "Field not permitted in query: %.*s", STR_FMT(str_sub(name, 0, 140)));
}

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
	if (f == NULL || f->column < 0 || f->type == FIELD_PASSWORD || !is_readable(q, f))
		return not_permitted(name, err);
	*out = f;
	return true;
}

/* Which columns a caller with only "select" gets (rest.md 4.3): name, title and search fields. */
static bool
is_selectable(const struct doctype *dt, const struct field *f)
{
	static const struct str USER[] = { STR_INIT("full_name"), STR_INIT("user_image"),
		STR_INIT("enabled"), STR_INIT("user_type") };
	struct str rest = dt->search_fields;

	if (f->column == DOC_NAME || str_eq(f->name, dt->title_field))
		return true;
	if (str_eq(dt->name, STR("User"))) {
		for (size_t i = 0; i < ARRAY_LEN(USER); i++) {
			if (str_eq(USER[i], f->name))
				return true;
		}
		return false;
	}
	while (rest.len > 0) {
		struct str one;

		str_cut(rest, ',', &one, &rest);
		if (str_eq(str_trim(one), f->name))
			return true;
	}
	return false;
}

/* `x` and `tabDT`.`x` become x; another table's name stays and is then unknown. */
static struct str
plain_name(const struct doctype *dt, struct str text)
{
	struct str table, column;

	text = str_trim(text);
	if (str_cut(text, '.', &table, &column)) {
		if (table.len >= 2 && table.ptr[0] == '`' && table.ptr[table.len - 1] == '`')
			table = str_sub(table, 1, table.len - 2);
		if (!str_starts(table, STR("tab")) ||
		    !str_ieq(str_sub(table, 3, table.len), dt->name))
			return text;
		text = column;
	}
	if (text.len >= 2 && text.ptr[0] == '`' && text.ptr[text.len - 1] == '`')
		text = str_sub(text, 1, text.len - 2);
	return text;
}

static const struct {
	struct str name;
	enum list_function function;
} FUNCTIONS[] = {
	{ STR_INIT("count"), LIST_COUNT },
	{ STR_INIT("sum"), LIST_SUM },
	{ STR_INIT("avg"), LIST_AVG },
	{ STR_INIT("min"), LIST_MIN },
	{ STR_INIT("max"), LIST_MAX },
};

/* Cuts " as alias" off the end of *text; false if the alias is no plain word. */
static bool
cut_alias(struct str *text, struct str *alias)
{
	for (size_t i = text->len; i-- > 4;) {
		if (!str_ieq(str_sub(*text, i - 3, 4), STR(" as ")))
			continue;
		*alias = str_trim(str_sub(*text, i + 1, text->len));
		*text = str_trim(str_sub(*text, 0, i - 3));
		if (alias->len >= 2 &&
		    (alias->ptr[0] == '`' || alias->ptr[0] == '"' || alias->ptr[0] == '\''))
			*alias = str_sub(*alias, 1, alias->len - 2);
		for (size_t k = 0; k < alias->len; k++) {
			if (!char_is_word(alias->ptr[k]))
				return false;
		}
		return alias->len > 0;
	}
	return true;
}

/* "count(distinct x)": the function, and x in *text. */
static bool
cut_function(struct str *text, struct list_column *c)
{
	const ptrdiff_t open = str_find(*text, '(');

	if (open < 0) {
		if (str_istarts(*text, STR("distinct ")))
			*text = str_trim(str_sub(*text, 9, text->len));
		return true;
	}
	const struct str name = str_trim(str_sub(*text, 0, (size_t)open));
	struct str inner = str_sub(*text, (size_t)open + 1, text->len);

	if (inner.len == 0 || inner.ptr[inner.len - 1] != ')')
		return false;
	inner = str_trim(str_sub(inner, 0, inner.len - 1));
	for (size_t i = 0; i < ARRAY_LEN(FUNCTIONS); i++) {
		if (str_ieq(FUNCTIONS[i].name, name))
			c->function = FUNCTIONS[i].function;
	}
	c->distinct = str_istarts(inner, STR("distinct "));
	*text = c->distinct ? str_trim(str_sub(inner, 9, inner.len)) : inner;
	return c->function != LIST_PLAIN;
}

/* One expression of "fields"; a field above the caller's levels is dropped silently, as upstream.
 */
static bool
add_expression(struct list_query *q, struct str whole, struct err *err)
{
	struct list_column c = { .function = LIST_PLAIN };
	struct str text = str_trim(whole);
	struct str alias = STR_NULL;

	if (!cut_alias(&text, &alias))
		return not_permitted(whole, err);
	const struct str written = text;

	if (!cut_function(&text, &c))
		return err_set(err, ERR_DATA, "Use of sub-query or function is restricted");
	q->distinct |= str_istarts(written, STR("distinct "));
	text = plain_name(q->doctype, text);
	const struct field *f = doctype_field(q->doctype, text);

	if (f == NULL)
		return not_permitted(whole, err);
	if (f->column < 0) {
		q->only_known = true;
		return true;
	}
	if (!is_readable(q, f) || (q->rows.select_only && !is_selectable(q->doctype, f)))
		return true;
	c.field = f;
	c.key = !str_is_null(alias) ? alias : c.function == LIST_PLAIN ? f->name : written;
	q->columns[q->columns_len++] = c;
	return true;
}

static void
add_all(struct list_query *q)
{
	for (size_t i = 0; i < q->doctype->columns_len; i++) {
		const struct field *f = q->doctype->columns[i];

		if (is_readable(q, f) && (!q->rows.select_only || is_selectable(q->doctype, f)))
			q->columns[q->columns_len++] =
			    (struct list_column){ .field = f, .key = f->name };
	}
}

/* fields as JSON text, a native array, "*", or names with commas between them. */
static bool
parse_fields(struct call *call, const json_t *given, struct list_query *q, struct err *err)
{
	const json_t *list = given;

	if (json_is_string(given)) {
		const struct str text = str_trim(json_text(given));

		if (text.len > 0 && text.ptr[0] == '[' &&
		    !json_parse(call->arena, text, &list, err))
			return false;
	}
	if (list != NULL && !json_is_null(list) && !json_is_string(list) && !json_is_array(list))
		return err_set(err, ERR_DATA, "fields is a list of names");
	const size_t most =
	    MAX(json_array_size(list), json_is_string(list) ? json_string_length(list) : 0);

	q->columns =
	    ARENA_NEW_ARRAY(call->arena, struct list_column, most + q->doctype->columns_len + 1);
	if (q->columns == NULL)
		return err_memory(err);
	if (json_is_string(list)) {
		struct str rest = str_trim(json_text(list));

		if (str_eq(rest, STR("*"))) {
			add_all(q);
			rest = STR("");
		}
		while (rest.len > 0) {
			struct str one;

			str_cut(rest, ',', &one, &rest);
			if (!add_expression(q, one, err))
				return false;
		}
	}
	if (json_array_size(list) == 1 && str_eq(json_text(json_array_get(list, 0)), STR("*"))) {
		add_all(q);
	} else {
		for (size_t i = 0; i < json_array_size(list); i++) {
			const struct str one = json_text(json_array_get(list, i));

			if (str_is_null(one))
				return err_set(err, ERR_DATA, "fields is a list of names");
			if (!add_expression(q, one, err))
				return false;
		}
	}
	if (q->columns_len == 0 && !q->only_known)
		q->columns[q->columns_len++] =
		    (struct list_column){ .field = q->doctype->columns[DOC_NAME],
			    .key = q->doctype->columns[DOC_NAME]->name };
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
		if (!list_field(q, q->doctype, plain_name(q->doctype, term), &o.field, err))
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
		if (!list_field(q, q->doctype, plain_name(q->doctype, term),
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
	if (!parse_fields(call, args->fields, out, err) ||
	    !list_filter_parse(call, args->filters, false, out, err) ||
	    !list_filter_parse(call, args->more, false, out, err) ||
	    !list_filter_parse(call, args->or_filters, true, out, err) ||
	    !parse_groups(call, str_trim(args->group_by), out, err) ||
	    !parse_order(call, str_trim(args->order_by), out, err))
		return false;
	end_order(out);
	return is_of_a_size(out, err);
}
