#include "doc/list_fields.h"

#include "doc/list_join.h"
#include "json/json_in.h"

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

/* ---- names */

static struct str
unquoted(struct str text)
{
	text = str_trim(text);
	return text.len >= 2 && text.ptr[0] == '`' && text.ptr[text.len - 1] == '`'
	    ? str_sub(text, 1, text.len - 2)
	    : text;
}

struct str
list_fields_plain(const struct doctype *dt, struct str text)
{
	struct str table, column;

	text = str_trim(text);
	if (!str_cut(text, '.', &table, &column))
		return unquoted(text);
	table = unquoted(table);
	if (!str_starts(table, STR("tab")) || !str_ieq(str_sub(table, 3, table.len), dt->name))
		return text;
	return unquoted(column);
}

/* A column that an expression names, and where it is. */
struct place {
	const struct doctype *doctype;
	const struct list_link *link;
	const struct field *field; /* NULL: known, but out of the caller's sight */
};

static bool
is_visible(const struct doctype *dt, const struct field *f, uint32_t levels, bool select_only)
{
	return (f->is_standard || perm_has_level(levels, f->permlevel)) &&
	    (!select_only || is_selectable(dt, f));
}

/* `tabX`.`y`: X is one of the list's child DocTypes. */
static bool
find_in_table(struct call *call, struct list_query *q, struct str table, struct str column,
    struct place *out, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, str_sub(table, 3, table.len));

	if (dt == NULL)
		return list_refuse_field(table, err);
	out->field = doctype_field(dt, column);
	if (out->field == NULL || out->field->column < 0)
		return list_refuse_field(column, err);
	out->doctype = dt;
	if (!dt->istable)
		return perm_check_doctype(call, dt, RIGHT_READ, err) &&
		    list_refuse_field(table, err);
	if (!is_visible(dt, out->field, q->levels, q->rows.select_only)) {
		out->field = NULL;
		return true;
	}
	return list_join_child(call, q, dt, NULL, err);
}

static bool
find_in_rows(struct call *call, struct list_query *q, const struct field *table, struct str column,
    struct place *out, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, table->options);

	if (dt == NULL)
		return list_refuse_field(table->name, err);
	out->doctype = dt;
	out->field = doctype_field(dt, column);
	if (out->field == NULL || out->field->column < 0)
		return list_refuse_field(column, err);
	if (!is_visible(dt, out->field, q->levels, q->rows.select_only) ||
	    !perm_has_level(q->levels, table->permlevel)) {
		out->field = NULL;
		return true;
	}
	return list_join_child(call, q, dt, table, err);
}

static bool
find_over_link(struct call *call, struct list_query *q, const struct field *f, struct str column,
    struct place *out, struct err *err)
{
	if (!is_visible(q->doctype, f, q->levels, q->rows.select_only))
		return true;
	if (!list_join_link(call, q, f, &out->link, err))
		return false;
	out->doctype = out->link->target;
	out->field = doctype_field(out->doctype, column);
	if (out->field == NULL || !field_is_listed(out->field) ||
	    out->field->type == FIELD_PASSWORD)
		return list_refuse_field(column, err);
	if (!is_visible(out->doctype, out->field, out->link->levels, out->link->rows.select_only))
		out->field = NULL;
	return true;
}

/* a.b: a table, a table field or a Link field, and a column of it. */
static bool
find_dotted(struct call *call, struct list_query *q, struct str table, struct str column,
    struct place *out, struct err *err)
{
	table = unquoted(table);
	column = unquoted(column);
	const struct field *f = doctype_field(q->doctype, table);

	if (f == NULL && str_starts(table, STR("tab")))
		return find_in_table(call, q, table, column, out, err);
	if (f != NULL && f->table >= 0)
		return find_in_rows(call, q, f, column, out, err);
	if (f != NULL && f->column >= 0 && f->type == FIELD_LINK)
		return find_over_link(call, q, f, column, out, err);
	return list_refuse_field(table, err);
}

/* The column that text names; *known_only: a field of the DocType that has none. */
static bool
find_place(struct call *call, struct list_query *q, struct str text, struct place *out,
    bool *known_only, struct err *err)
{
	const struct str name = list_fields_plain(q->doctype, text);
	const struct field *f = doctype_field(q->doctype, name);
	struct str table, column;

	*out = (struct place){ .doctype = q->doctype };
	*known_only = false;
	if (f == NULL)
		return str_cut(name, '.', &table, &column)
		    ? find_dotted(call, q, table, column, out, err)
		    : list_refuse_field(text, err);
	*known_only = !field_is_listed(f);
	if (field_is_listed(f) && is_visible(q->doctype, f, q->levels, q->rows.select_only))
		out->field = f;
	return true;
}

/* ---- expressions */

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

/* The same as keys of rows. */
static const char *const NAMES[] = { [LIST_PLAIN] = "",
	[LIST_COUNT] = "COUNT",
	[LIST_SUM] = "SUM",
	[LIST_AVG] = "AVG",
	[LIST_MIN] = "MIN",
	[LIST_MAX] = "MAX" };

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

static void
add_place(struct list_query *q, struct list_column c, const struct place *at, struct str key)
{
	if (at->field == NULL)
		return; /* above his levels: left out silently */
	c.doctype = at->doctype;
	c.link = at->link;
	c.field = at->field;
	c.key = str_is_null(key) ? at->field->name : key;
	q->columns[q->columns_len++] = c;
}

static bool
add_expression(struct call *call, struct list_query *q, struct str whole, struct err *err)
{
	struct list_column c = { .function = LIST_PLAIN };
	struct str text = str_trim(whole);
	struct str alias = STR_NULL;
	struct place at;
	bool known_only;

	if (!cut_alias(&text, &alias))
		return list_refuse_field(whole, err);
	const struct str written = text;

	if (!cut_function(&text, &c))
		return err_set(err, ERR_DATA, "Use of sub-query or function is restricted");
	q->distinct |= str_istarts(written, STR("distinct "));
	if (!find_place(call, q, text, &at, &known_only, err))
		return false;
	q->only_known |= known_only;
	add_place(q, c, &at, str_is_null(alias) && c.function != LIST_PLAIN ? written : alias);
	return true;
}

/* Which function a key of an object names; LIST_PLAIN: none. */
static enum list_function
function_named(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(FUNCTIONS); i++) {
		if (str_ieq(word, FUNCTIONS[i].name))
			return FUNCTIONS[i].function;
	}
	return LIST_PLAIN;
}

/* The function that an object names, and its column. */
static enum list_function
find_function(const json_t *given, struct str *column)
{
	json_t *object = (json_t *)(uintptr_t)given; /* jansson's iterator; nothing is changed */
	enum list_function found = LIST_PLAIN;

	for (void *at = json_object_iter(object); at != NULL;
	     at = json_object_iter_next(object, at)) {
		const struct str word = { json_object_iter_key(at), json_object_iter_key_len(at) };
		const enum list_function function = function_named(word);

		if (function == LIST_PLAIN)
			continue;
		found = function;
		*column = str_trim(json_text(json_object_iter_value(at)));
	}
	if (found == LIST_COUNT && str_eq(*column, STR("*")))
		*column = STR("name");
	return found;
}

static bool
is_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_word(s.ptr[i]))
			return false;
	}
	return true;
}

/* {"COUNT": "name", "as": "n"}: the function, its column ("*": the name), the alias. */
static bool
add_object(struct call *call, struct list_query *q, const json_t *given, struct err *err)
{
	struct str column = STR_NULL, key = json_text(json_get(given, STR("as")));
	const struct list_column c = { .function = find_function(given, &column) };
	struct place at;
	bool known_only;

	if (c.function == LIST_PLAIN || column.len == 0)
		return err_set(err, ERR_DATA, "Use of sub-query or function is restricted");
	if (!is_word(key))
		return list_refuse_field(key, err);
	if (key.len == 0 &&
	    !arena_printf(call->arena, &key, err, "%s(%.*s)", NAMES[c.function], STR_FMT(column)))
		return false;
	if (!find_place(call, q, column, &at, &known_only, err))
		return false;
	q->only_known |= known_only;
	add_place(q, c, &at, key);
	return true;
}

static void
add_all(struct list_query *q)
{
	for (size_t i = 0; i < q->doctype->columns_len; i++) {
		const struct field *f = q->doctype->columns[i];
		const struct place at = { .doctype = q->doctype, .field = f };

		if (is_visible(q->doctype, f, q->levels, q->rows.select_only))
			add_place(q, (struct list_column){ 0 }, &at, STR_NULL);
	}
}

/* ---- the list of them */

/* Names with commas between them, or "*". */
static bool
parse_text(struct call *call, struct str text, struct list_query *q, struct err *err)
{
	struct str one;

	if (str_eq(text, STR("*"))) {
		add_all(q);
		return true;
	}
	while (text.len > 0) {
		str_cut(text, ',', &one, &text);
		if (!add_expression(call, q, one, err))
			return false;
	}
	return true;
}

static bool
parse_list(struct call *call, const json_t *list, struct list_query *q, struct err *err)
{
	const size_t len = json_array_size(list);

	if (len == 1 && str_eq(json_text(json_array_get(list, 0)), STR("*"))) {
		add_all(q);
		return true;
	}
	for (size_t i = 0; i < len; i++) {
		const json_t *one = json_array_get(list, i);

		if (json_is_object(one)) {
			if (!add_object(call, q, one, err))
				return false;
		} else if (!json_is_string(one)) {
			return err_set(err, ERR_DATA, "fields is a list of names");
		} else if (!add_expression(call, q, json_text(one), err)) {
			return false;
		}
	}
	return true;
}

bool
list_fields_parse(struct call *call, const json_t *given, struct list_query *q, struct err *err)
{
	const struct place name = { .doctype = q->doctype, .field = q->doctype->columns[DOC_NAME] };
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
	if (!(json_is_string(list) ? parse_text(call, str_trim(json_text(list)), q, err)
				   : parse_list(call, list, q, err)))
		return false;
	if (q->columns_len == 0 && !q->only_known)
		add_place(q, (struct list_column){ 0 }, &name, STR_NULL);
	return true;
}
