#include "doc/defaults.h"

#include "auth/who.h"
#include "base/clock.h"
#include "doc/cast.h"
#include "doc/perm_limit.h"

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

/* The property "default", with its words for the caller and for now. */
static bool
literal(struct call *call, const struct field *f, struct value *out, struct err *err)
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
	/* ":Some DocType" asks for global defaults, which nothing sets yet. */
	*out = s.ptr[0] == ':' ? value_null() : cast_text(f, s);
	return true;
}

bool
defaults_of(struct call *call, const struct doctype *dt, const struct field *f, struct value *out,
    struct err *err)
{
	const bool is_title = f->name.len > 0 && str_eq(dt->title_field, f->name);

	*out = value_null();
	if (f->type == FIELD_LINK && !f->ignore_user_permissions &&
	    !str_eq(f->options, STR("User")) && !perm_limit_preset(call, dt, f->options, out, err))
		return false;
	if (out->kind != VALUE_NULL)
		return true;
	if (f->type == FIELD_TIME)
		return now_text(call, FIELD_TIME, out, err);
	if (f->fallback.len > 0 && !is_title)
		return literal(call, f, out, err);
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
defaults_fill(struct call *call, struct doc *d, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (d->values[i].kind == VALUE_NULL &&
		    !defaults_of(call, dt, dt->columns[i], &d->values[i], err))
			return false;
	}
	defaults_zero(d);
	return true;
}
