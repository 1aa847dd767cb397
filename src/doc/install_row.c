#include "doc/install_row.h"

#include "db/sqlb.h"
#include "doc/cast.h"
#include "doc/naming.h"

static const struct str OWNER = STR_INIT("Administrator");

/* The default as a column of a new row holds it; what needs a caller or a clock is left empty. */
static bool
default_of(struct arena *a, const struct field *f, struct value *out, struct err *err)
{
	static const struct str WORDS[] = { STR_INIT("__user"), STR_INIT("Today"),
		STR_INIT("Now") };
	struct str text = f->fallback, rest;

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (str_eq(text, WORDS[i]))
			text = STR_NULL;
	}
	if (str_is_null(text) && f->type == FIELD_SELECT && f->options.len > 0)
		str_cut(f->options, '\n', &text, &rest);
	return cast_stored(a, f, str_is_null(text) ? value_null() : cast_text(f, text), out, err);
}

static bool
make_sql(struct arena *a, const struct doctype *dt, struct str *out, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, a);
	sqlb_lit(&b, "INSERT INTO ");
	sqlb_table(&b, dt->name);
	for (size_t i = 0; i < dt->columns_len; i++) {
		sqlb_text(&b, i == 0 ? STR(" (") : STR(", "));
		sqlb_ident(&b, dt->columns[i]->name);
	}
	sqlb_lit(&b, ") VALUES ");
	for (size_t i = 0; i < dt->columns_len; i++) {
		sqlb_text(&b, i == 0 ? STR("(") : STR(", "));
		sqlb_value(&b, value_null());
	}
	sqlb_lit(&b, ") ON CONFLICT (`name` COLLATE NOCASE) DO NOTHING");
	return sqlb_ok(&b, err) && arena_str(a, buf_str(&b.text), out, err);
}

bool
install_row_kind(struct arena *a, const struct doctype *dt, struct str now,
    struct install_kind *out, struct err *err)
{
	struct value *defaults = ARENA_NEW_ARRAY(a, struct value, dt->columns_len);
	struct str sql;

	if (defaults == NULL)
		return err_memory(err);
	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (!default_of(a, dt->columns[i], &defaults[i], err))
			return false;
	}
	defaults[DOC_OWNER] = defaults[DOC_MODIFIED_BY] = value_text(OWNER);
	defaults[DOC_CREATION] = defaults[DOC_MODIFIED] = value_text(now);
	defaults[DOC_DOCSTATUS] = defaults[DOC_IDX] = value_int(0);
	if (!make_sql(a, dt, &sql, err))
		return false;
	*out = (struct install_kind){ dt, sql, defaults };
	return true;
}

bool
install_row_begin(struct arena *a, const struct install_kind *kind, struct str name,
    struct install_row *out, struct err *err)
{
	const size_t len = kind->doctype->columns_len;
	struct value *values = ARENA_NEW_ARRAY(a, struct value, len);

	if (values == NULL)
		return err_memory(err);
	if (str_is_null(name) && !naming_random(a, &name, err))
		return false;
	memcpy(values, kind->defaults, len * sizeof(*values));
	values[DOC_NAME] = value_text(name);
	*out = (struct install_row){ kind, values };
	return true;
}

bool
install_row_text(
    struct arena *a, struct install_row *r, struct str name, struct str text, struct err *err)
{
	const struct field *f = doctype_field(r->kind->doctype, name);

	if (f == NULL || f->column < 0)
		return true;
	return cast_stored(a, f, str_is_null(text) ? value_null() : cast_text(f, text),
	    &r->values[f->column], err);
}

void
install_row_int(struct install_row *r, struct str name, int64_t n)
{
	const struct field *f = doctype_field(r->kind->doctype, name);

	if (f != NULL && f->column >= 0)
		r->values[f->column] = value_int(n);
}

void
install_row_child(
    struct install_row *r, struct str parenttype, struct str parent, struct str field, size_t idx)
{
	r->values[DOC_IDX] = value_int((int64_t)idx);
	r->values[DOC_PARENT] = value_text(parent);
	r->values[DOC_PARENTFIELD] = value_text(field);
	r->values[DOC_PARENTTYPE] = value_text(parenttype);
}

bool
install_row_write(struct db_conn *c, const struct install_row *r, bool *made, struct err *err)
{
	int64_t changes = 0;

	if (!db_exec(c, r->kind->sql, r->values, r->kind->doctype->columns_len, &changes, err))
		return false;
	if (made != NULL)
		*made = changes > 0;
	return true;
}
