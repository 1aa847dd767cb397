#include "doc/perm_limit.h"

#include "auth/who.h"
#include "doc/cast.h"
#include "doc/column.h"
#include "doc/single.h"

static const struct str ROWS_SQL =
    STR_INIT("SELECT `allow`, `for_value`, `is_default`, `hide_descendants`,"
	     " COALESCE(`applicable_for`, '')"
	     " FROM `tabUser Permission` WHERE `user` COLLATE NOCASE = ?1 ORDER BY `name`");

enum { STEP = 32, NAME_LEN = 61 };

/* A row of User Permission, its texts in the arena. */
struct row {
	struct str allow;
	struct value value;
	bool is_default, hides_descendants;
	bool applies; /* to the DocType that is judged */
	bool taken;
};

struct rows {
	struct row *items;
	size_t len, size;
};

static bool
is_on(struct value v)
{
	return v.kind == VALUE_INT && v.i != 0;
}

static bool
add_row(struct call *call, struct rows *rows, struct row row, struct err *err)
{
	if (rows->len == rows->size) {
		const size_t size = rows->size + STEP + rows->size;
		struct row *items = ARENA_NEW_ARRAY(call->arena, struct row, size);

		if (items == NULL)
			return err_memory(err);
		if (rows->len > 0)
			memcpy(items, rows->items, rows->len * sizeof(*items));
		rows->items = items;
		rows->size = size;
	}
	rows->items[rows->len++] = row;
	return true;
}

static bool
read_row(struct call *call, const struct db_rows *from, const struct doctype *dt, struct rows *rows,
    struct err *err)
{
	const struct str only = value_str(db_column(from, 4));
	struct row row = { .is_default = is_on(db_column(from, 2)),
		.hides_descendants = is_on(db_column(from, 3)),
		.applies = only.len == 0 || str_ieq(only, dt->name) };
	struct str value;

	if (!arena_str(call->arena, value_str(db_column(from, 0)), &row.allow, err) ||
	    !arena_str(call->arena, value_str(db_column(from, 1)), &value, err))
		return false;
	row.value = value_text(value);
	return add_row(call, rows, row, err);
}

/* The caller's rows; none if nobody has any. */
static bool
read_rows(struct call *call, const struct doctype *dt, struct rows *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct doctype *kept = metas_find(call->metas, STR("User Permission"));
	const struct value user = value_text(call->who->name);
	enum db_step step;

	*out = (struct rows){ 0 };
	if (call->who->is_administrator || kept == NULL || !kept->in_use)
		return true;
	if (!db_query(call->db, ROWS_SQL, &user, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!read_row(call, rows, dt, out, err))
			return false;
	}
	return step == DB_DONE;
}

/* ---- trees: what is below an allowed node is allowed */

/* The field that names the node above; NULL: no tree. */
static const struct field *
field_above(const struct doctype *tree)
{
	char text[sizeof("parent_") + NAME_LEN];
	struct str name = tree->nsm_parent_field;
	const struct field *f;

	if (name.len == 0) {
		const int len = snprintf(text, sizeof(text), "parent_%.*s", STR_FMT(tree->name));

		name = (struct str){ text, MIN((size_t)len, sizeof(text) - 1) };
		for (size_t i = 0; i < name.len; i++)
			text[i] = text[i] == ' ' || text[i] == '-' ? '_' : char_lower(text[i]);
	}
	f = doctype_field(tree, name);
	return f != NULL && f->column >= 0 && f->type == FIELD_LINK &&
		str_eq(f->options, tree->name)
	    ? f
	    : NULL;
}

/* Rows of one tree whose children are wanted: [from, to) of all rows. */
struct level {
	const struct doctype *tree;
	const struct field *above;
	size_t from, to;
};

static bool
is_in(const struct rows *rows, const struct level *l, struct str name)
{
	for (size_t i = 0; i < rows->len; i++) {
		if (rows->items[i].applies && str_eq(rows->items[i].allow, l->tree->name) &&
		    !rows->items[i].hides_descendants &&
		    str_ieq(value_str(rows->items[i].value), name))
			return true;
	}
	return false;
}

/* WHERE above IN (the level's names); false: it has none. */
static bool
put_level(struct sqlb *b, const struct rows *rows, const struct level *l)
{
	bool any = false;

	sqlb_lit(b, "SELECT `name` FROM ");
	sqlb_table(b, l->tree->name);
	sqlb_lit(b, " WHERE ");
	sqlb_ident(b, l->above->name);
	sqlb_lit(b, " COLLATE NOCASE IN (");
	for (size_t i = l->from; i < l->to; i++) {
		const struct row *row = &rows->items[i];

		if (!row->applies || row->hides_descendants || !str_eq(row->allow, l->tree->name))
			continue;
		sqlb_text(b, any ? STR(", ") : STR(""));
		sqlb_value(b, row->value);
		any = true;
	}
	sqlb_lit(b, ")");
	return any;
}

static bool
add_level(struct call *call, struct rows *rows, const struct level *l, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	CLEANUP(db_rows_closep) struct db_rows *found = NULL;
	struct row below = { .allow = l->tree->name, .applies = true };
	enum db_step step;

	sqlb_init(&b, call->arena);
	if (!put_level(&b, rows, l))
		return true;
	if (!sqlb_query(call->db, &b, &found, err))
		return false;
	while ((step = db_next(found, err)) == DB_ROW) {
		struct str name = value_str(db_column(found, 0));

		if (is_in(rows, l, name))
			continue; /* a tree that bites its tail ends here */
		if (!arena_str(call->arena, name, &name, err))
			return false;
		below.value = value_text(name);
		if (!add_row(call, rows, below, err))
			return false;
	}
	return step == DB_DONE;
}

static bool
add_below(struct call *call, struct rows *rows, struct str allow, struct err *err)
{
	const struct doctype *tree = metas_find(call->metas, allow);
	const struct field *above =
	    tree == NULL || !tree->is_tree || tree->autoincrement ? NULL : field_above(tree);
	struct level l = { .tree = tree, .above = above, .to = rows->len };

	if (above == NULL)
		return true;
	while (l.from < l.to) {
		if (!add_level(call, rows, &l, err))
			return false;
		l.from = l.to;
		l.to = rows->len;
	}
	return true;
}

static bool
add_all_below(struct call *call, struct rows *rows, struct err *err)
{
	const size_t own = rows->len;

	for (size_t i = 0; i < own; i++) {
		bool first = rows->items[i].applies && !rows->items[i].hides_descendants;

		for (size_t k = 0; first && k < i; k++)
			first = !rows->items[k].applies || rows->items[k].hides_descendants ||
			    !str_eq(rows->items[k].allow, rows->items[i].allow);
		if (first && !add_below(call, rows, rows->items[i].allow, err))
			return false;
	}
	return true;
}

/* ---- the limits */

/* All values that are allowed of the DocType that row at names. */
static bool
gather(struct call *call, struct rows *rows, size_t at, struct perm_limit *out, struct err *err)
{
	struct value *values = ARENA_NEW_ARRAY(call->arena, struct value, rows->len);

	if (values == NULL)
		return err_memory(err);
	*out = (struct perm_limit){ .allow = rows->items[at].allow, .values = values };
	for (size_t i = at; i < rows->len; i++) {
		struct row *row = &rows->items[i];

		if (!row->applies || row->taken || !str_eq(row->allow, out->allow))
			continue;
		row->taken = true;
		values[out->len++] = row->value;
	}
	return true;
}

bool
perm_limits_of(
    struct call *call, const struct doctype *dt, struct perm_limits *out, struct err *err)
{
	struct perm_limit *items;
	struct rows rows;
	struct str strict;

	*out = (struct perm_limits){ 0 };
	if (!read_rows(call, dt, &rows, err))
		return false;
	if (rows.len == 0)
		return true;
	if (!add_all_below(call, &rows, err))
		return false;
	items = ARENA_NEW_ARRAY(call->arena, struct perm_limit, rows.len);
	if (items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < rows.len; i++) {
		if (rows.items[i].applies && !rows.items[i].taken &&
		    !gather(call, &rows, i, &items[out->len++], err))
			return false;
	}
	out->items = items;
	if (!single_text(
		call, STR("System Settings"), STR("apply_strict_user_permissions"), &strict, err))
		return false;
	out->strict = str_eq(strict, STR("1")) && !dt->issingle;
	return true;
}

static const struct perm_limit *
find(const struct perm_limits *limits, struct str allow)
{
	for (size_t i = 0; i < limits->len; i++) {
		if (str_eq(limits->items[i].allow, allow))
			return &limits->items[i];
	}
	return NULL;
}

/* The limit on what a field points to; NULL: none. */
static const struct perm_limit *
find_of(const struct perm_limits *limits, const struct field *f)
{
	if (f->type != FIELD_LINK || f->column < 0 || f->ignore_user_permissions)
		return NULL;
	return find(limits, f->options);
}

/* ---- a document */

static bool
holds(const struct perm_limit *limit, struct str name)
{
	for (size_t i = 0; i < limit->len; i++) {
		if (str_ieq(value_str(limit->values[i]), name))
			return true;
	}
	return false;
}

static bool
explain(struct call *call, const struct doc *d, const struct field *f, struct str name,
    struct str *why, struct err *err)
{
	const struct str label = f->label.len > 0 ? f->label : f->name;
	const struct value idx = d->values[DOC_IDX];
	struct str row = STR("");

	if (d->doctype->istable &&
	    !arena_printf(call->arena, &row, err, "row %lld, ",
		(long long)(idx.kind == VALUE_INT ? idx.i : 0)))
		return false;
	return arena_printf(call->arena, why, err,
	    "You are not allowed to access this DocType record because it is linked to %.*s "
	    "'%.*s' in %.*sfield %.*s",
	    STR_FMT(f->options), STR_FMT(name.len > 0 ? name : STR("empty")), STR_FMT(row),
	    STR_FMT(label));
}

static bool
permit_links(struct call *call, const struct perm_limits *limits, const struct doc *d, bool *out,
    struct str *why, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const struct perm_limit *limit = find_of(limits, dt->columns[i]);
		struct str name;

		if (limit == NULL)
			continue;
		if (!cast_to_text(call->arena, d->values[i], &name, err))
			return false;
		if (name.len == 0 ? !limits->strict : holds(limit, name))
			continue;
		*out = false;
		return explain(call, d, dt->columns[i], name, why, err);
	}
	return true;
}

bool
perm_limits_permit(struct call *call, const struct perm_limits *limits, const struct doc *d,
    bool *out, struct str *why, struct err *err)
{
	const struct perm_limit *own = find(limits, d->doctype->name);

	*out = true;
	if (limits->len == 0)
		return true;
	if (own != NULL && !d->is_new && !holds(own, doc_name(d))) {
		*out = false;
		return arena_printf(call->arena, why, err, "Not allowed for %.*s: %.*s",
		    STR_FMT(d->doctype->name), STR_FMT(doc_name(d)));
	}
	if (!permit_links(call, limits, d, out, why, err))
		return false;
	for (size_t i = 0; *out && i < d->doctype->tables_len; i++) {
		for (size_t j = 0; *out && j < d->tables[i].len; j++) {
			if (!permit_links(call, limits, d->tables[i].items[j], out, why, err))
				return false;
		}
	}
	return true;
}

/* ---- lists */

static bool
cuts_links(const struct perm_limits *limits, const struct doctype *dt)
{
	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (find_of(limits, dt->columns[i]) != NULL)
			return true;
	}
	return false;
}

bool
perm_limits_cut(struct call *call, const struct perm_limits *limits, const struct doctype *dt)
{
	if (limits->len == 0)
		return false;
	if (find(limits, dt->name) != NULL || cuts_links(limits, dt))
		return true;
	for (size_t i = 0; i < dt->tables_len; i++) {
		const struct doctype *child = metas_find(call->metas, dt->tables[i]->options);

		if (child != NULL && cuts_links(limits, child))
			return true;
	}
	return false;
}

/* " IN (values)"; of: the DocType whose names they are, where they are held against them. */
static void
put_values(
    struct sqlb *b, const struct doctype *of, const struct perm_limit *limit, bool with_empty)
{
	sqlb_lit(b, " IN (");
	for (size_t i = 0; i < limit->len; i++) {
		if (i > 0)
			sqlb_lit(b, ", ");
		sqlb_value(b,
		    of == NULL ? limit->values[i] : column_name(of, value_str(limit->values[i])));
	}
	sqlb_text(b, with_empty ? STR(", '')") : STR(")"));
}

/* (every limited link of a table's rows is empty or among the allowed ones) */
static void
put_links(struct sqlb *b, const struct perm_limits *limits, const struct doctype *dt)
{
	sqlb_lit(b, "(1 = 1");
	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];
		const struct perm_limit *limit = find_of(limits, f);

		if (limit == NULL)
			continue;
		sqlb_lit(b, " AND COALESCE(");
		sqlb_column(b, dt->name, f->name);
		sqlb_lit(b, ", '') COLLATE NOCASE");
		put_values(b, NULL, limit, !limits->strict);
	}
	sqlb_lit(b, ")");
}

/* No row of a table holds what is not allowed. */
static void
put_table(struct sqlb *b, const struct perm_limits *limits, const struct doctype *dt,
    const struct doctype *child)
{
	sqlb_lit(b, " AND NOT EXISTS (SELECT 1 FROM ");
	sqlb_table(b, child->name);
	sqlb_lit(b, " WHERE ");
	sqlb_column(b, child->name, child->columns[DOC_PARENT]->name);
	sqlb_lit(b, " = ");
	column_put_name(b, dt);
	sqlb_lit(b, " AND ");
	sqlb_column(b, child->name, child->columns[DOC_PARENTTYPE]->name);
	sqlb_lit(b, " = ");
	sqlb_value(b, value_text(dt->name));
	sqlb_lit(b, " AND NOT ");
	put_links(b, limits, child);
	sqlb_lit(b, ")");
}

void
perm_limits_put(
    struct call *call, struct sqlb *b, const struct perm_limits *limits, const struct doctype *dt)
{
	const struct perm_limit *own = find(limits, dt->name);

	sqlb_lit(b, "(1 = 1");
	if (own != NULL) {
		sqlb_lit(b, " AND ");
		sqlb_column(b, dt->name, dt->columns[DOC_NAME]->name);
		sqlb_text(b, column_nocase(dt, dt->columns[DOC_NAME]));
		put_values(b, dt, own, false);
	}
	sqlb_lit(b, " AND ");
	put_links(b, limits, dt);
	for (size_t i = 0; i < dt->tables_len; i++) {
		const struct doctype *child = metas_find(call->metas, dt->tables[i]->options);

		if (child != NULL && cuts_links(limits, child))
			put_table(b, limits, dt, child);
	}
	sqlb_lit(b, ")");
}

/* ---- new documents */

bool
perm_limit_preset(struct call *call, const struct doctype *dt, struct str target, struct value *out,
    struct err *err)
{
	const struct row *chosen = NULL;
	struct rows rows;
	size_t n = 0;

	*out = value_null();
	if (!read_rows(call, dt, &rows, err))
		return false;
	for (size_t i = 0; i < rows.len; i++) {
		const struct row *row = &rows.items[i];

		if (!row->applies || !str_eq(row->allow, target))
			continue;
		n++;
		if (chosen == NULL || (row->is_default && !chosen->is_default))
			chosen = row;
	}
	if (chosen != NULL && (chosen->is_default || n == 1))
		*out = chosen->value;
	return true;
}

bool
perm_limit_allows(struct call *call, const struct doctype *dt, struct str target, struct str name,
    bool *out, struct err *err)
{
	struct perm_limits limits;

	if (!perm_limits_of(call, dt, &limits, err))
		return false;
	const struct perm_limit *limit = find(&limits, target);

	*out = limit == NULL || holds(limit, name);
	return true;
}
