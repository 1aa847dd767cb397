#include "doc/defaults.h"

#include "auth/who.h"
#include "base/clock.h"
#include "db/sqlb.h"
#include "doc/cast.h"
#include "doc/column.h"
#include "doc/default_value.h"
#include "doc/perm_limit.h"

enum { KEY_MAX = 64 };

static bool
now_text(struct call *call, enum field_type type, struct value *out, struct err *err)
{
	char text[CLOCK_TEXT_SIZE];
	struct str s = clock_stamp(call->now_us, text);

	if (type == FIELD_DATE)
		s = str_sub(s, 0, sizeof("2024-01-31") - 1);
	if (type == FIELD_TIME)
		s = str_sub(s, sizeof("2024-01-31 ") - 1, s.len);
	if (!arena_str(call->arena, s, &s, err))
		return false;
	*out = value_text(s);
	return true;
}

static struct str
first_option(const struct field *f)
{
	struct str first, rest;

	str_cut(f->options, '\n', &first, &rest);
	return str_trim(first);
}

/* "Sales Person" is sales_person among the names of fields and of defaults. */
static struct str
key_of(struct str doctype, char text[KEY_MAX])
{
	const size_t len = MIN(doctype.len, (size_t)KEY_MAX);

	for (size_t i = 0; i < len; i++)
		text[i] = doctype.ptr[i] == ' ' || doctype.ptr[i] == '-'
		    ? '_'
		    : char_lower(doctype.ptr[i]);
	return (struct str){ text, len };
}

/* What a field of that name holds in the document of dt that is called name. */
static bool
value_of(struct call *call, const struct doctype *dt, struct str name, struct str field,
    struct value *out, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	const struct field *f = doctype_field(dt, field);
	bool found;

	if (f == NULL || f->column < 0 || f->type == FIELD_PASSWORD || dt->issingle)
		return true;
	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "SELECT ");
	sqlb_column(&b, dt->name, f->name);
	sqlb_lit(&b, " FROM ");
	sqlb_table(&b, dt->name);
	sqlb_lit(&b, " WHERE ");
	sqlb_text(&b, column_is_name(dt));
	sqlb_value(&b, column_name(dt, name));
	return sqlb_query_row(call->db, &b, out, 1, &found, err);
}

/* ":Some DocType": the field of the same name in the document that the parent names, or, without
 * a parent, the site's defaults. */
static bool
of_another(struct call *call, const struct doc *parent, const struct field *f, struct value *out,
    struct err *err)
{
	const struct doctype *dt =
	    metas_find(call->metas, str_trim(str_sub(f->fallback, 1, f->fallback.len)));
	char text[KEY_MAX];
	struct str key, name;

	if (dt == NULL)
		return true;
	key = key_of(dt->name, text);
	if (parent != NULL)
		name = value_str(doc_get(parent, key));
	else if (!default_value_of_site(call, key, &name, err))
		return false;
	return name.len == 0 || value_of(call, dt, name, f->name, out, err);
}

/* The property "default", with its words for the caller, for now and for other documents. */
static bool
literal(struct call *call, const struct doc *parent, const struct field *f, struct value *out,
    struct err *err)
{
	const struct str s = f->fallback;

	if (str_ieq(s, STR("__user"))) {
		*out = value_text(call->who->name);
		return true;
	}
	if (f->type == FIELD_DATE && (str_ieq(s, STR("Today")) || str_ieq(s, STR("Now"))))
		return now_text(call, FIELD_DATE, out, err);
	if (f->type == FIELD_DATETIME && (str_ieq(s, STR("Now")) || str_ieq(s, STR("Today"))))
		return now_text(call, FIELD_DATETIME, out, err);
	if (s.ptr[0] == ':')
		return of_another(call, parent, f, out, err);
	*out = cast_text(f, s);
	return true;
}

/* A link that user permissions forbid is no default. */
static bool
drop_forbidden(struct call *call, const struct doctype *dt, const struct field *f,
    struct value *out, struct err *err)
{
	bool allowed = true;

	if (f->type != FIELD_LINK || f->ignore_user_permissions || cast_is_empty(*out))
		return true;
	if (!perm_limit_allows(call, dt, f->options, value_str(*out), &allowed, err))
		return false;
	if (!allowed)
		*out = value_null();
	return true;
}

/* What users and their permissions say of a link. */
static bool
of_user(struct call *call, const struct doctype *dt, const struct field *f, struct value *out,
    struct err *err)
{
	struct str kept;

	if (f->type != FIELD_LINK || str_eq(f->options, STR("User")))
		return true;
	if (!f->ignore_user_permissions && !perm_limit_preset(call, dt, f->options, out, err))
		return false;
	if (out->kind != VALUE_NULL)
		return true;
	if (!default_value_of_user(call, f->name, &kept, err))
		return false;
	*out = value_text(kept);
	return drop_forbidden(call, dt, f, out, err);
}

bool
defaults_of(struct call *call, const struct doctype *dt, const struct doc *parent,
    const struct field *f, struct value *out, struct err *err)
{
	const bool is_title = f->name.len > 0 && str_eq(dt->title_field, f->name);

	*out = value_null();
	if (!of_user(call, dt, f, out, err))
		return false;
	if (out->kind != VALUE_NULL)
		return true;
	if (f->type == FIELD_TIME)
		return now_text(call, FIELD_TIME, out, err);
	if (f->fallback.len > 0 && !is_title)
		return literal(call, parent, f, out, err) && drop_forbidden(call, dt, f, out, err);
	if (f->type == FIELD_SELECT && f->options.len > 0)
		*out = value_text(first_option(f));
	return true;
}

void
defaults_zero(struct doc *d)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = DOC_DOCSTATUS; i < dt->columns_len; i++) {
		const int column = field_type_column(dt->columns[i]->type);

		if (d->values[i].kind != VALUE_NULL)
			continue;
		if (column == DB_TYPE_INT)
			d->values[i] = value_int(0);
		if (column == DB_TYPE_REAL)
			d->values[i] = value_real(0);
	}
}

bool
defaults_fill_row(struct call *call, const struct doc *parent, struct doc *d, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const bool emptied = d->emptied != NULL && d->emptied[i];

		if (d->values[i].kind == VALUE_NULL && !emptied &&
		    !defaults_of(call, dt, parent, dt->columns[i], &d->values[i], err))
			return false;
	}
	defaults_zero(d);
	return true;
}

bool
defaults_fill(struct call *call, struct doc *d, struct err *err)
{
	return defaults_fill_row(call, NULL, d, err);
}
