#include "doc/doc_secrets.h"

#include "auth/vault.h"
#include "auth/who.h"
#include "doc/cast.h"
#include "doc/levels.h"
#include "doc/life_rows.h"
#include "doc/perm.h"

static bool
has_secrets(const struct doctype *dt)
{
	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (dt->columns[i]->type == FIELD_PASSWORD)
			return true;
	}
	return false;
}

static struct vault_place
place_of(const struct doc *d, struct str field)
{
	return (struct vault_place){ d->doctype->name, doc_name(d), field };
}

static const struct doc *
row_named(const struct doc *d, struct str name)
{
	for (size_t i = 0; i < d->doctype->tables_len; i++) {
		const struct doc *row = doc_rows_find(&d->tables[i], name);

		if (row != NULL)
			return row;
	}
	return NULL;
}

/* ---- taking */

static bool
mask(struct call *call, size_t len, struct value *out, struct err *err)
{
	char *text = arena_alloc(call->arena, len + 1);

	if (text == NULL)
		return err_memory(err);
	memset(text, '*', len);
	*out = value_text((struct str){ text, len });
	return true;
}

/* before: what the column held; null on insert. */
static bool
take(struct call *call, struct doc *row, size_t at, struct value before, struct err *err)
{
	struct str text;

	if (cast_is_empty(row->values[at])) {
		if (!cast_is_empty(before))
			row->secrets[at] = STR("");
		return true;
	}
	if (!cast_to_text(call->arena, row->values[at], &text, err))
		return false;
	if (cast_is_mask(text)) {
		if (before.kind != VALUE_NULL)
			row->values[at] = before;
		return true;
	}
	row->secrets[at] = text;
	return mask(call, str_utf8_len(text), &row->values[at], err);
}

static bool
take_row(struct call *call, struct life *life, struct doc *row, struct err *err)
{
	const struct doctype *dt = row->doctype;
	const struct doc *old =
	    row == life->d || life->old == NULL ? life->old : row_named(life->old, doc_name(row));

	if (row->kept != NULL || !has_secrets(dt))
		return true;
	row->secrets = ARENA_NEW_ARRAY(call->arena, struct str, dt->columns_len);
	if (row->secrets == NULL)
		return err_memory(err);
	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (dt->columns[i]->type == FIELD_PASSWORD &&
		    !take(call, row, i, old == NULL ? value_null() : old->values[i], err))
			return false;
	}
	return true;
}

bool
doc_secrets_take(struct call *call, struct life *life, struct err *err)
{
	return take_row(call, life, life->d, err) && life_rows_each(call, life, take_row, err);
}

/* ---- storing */

static bool
store_row(struct call *call, struct life *life, struct doc *row, struct err *err)
{
	const struct doctype *dt = row->doctype;

	(void)life;
	for (size_t i = 0; row->secrets != NULL && i < dt->columns_len; i++) {
		const struct vault_place place = place_of(row, dt->columns[i]->name);
		const struct str secret = row->secrets[i];

		if (str_is_null(secret))
			continue;
		if (!(secret.len > 0 ? vault_put(call, place, secret, err)
				     : vault_drop(call, place, err)))
			return false;
	}
	return true;
}

static bool
drop(struct call *call, const struct doc *d, struct err *err)
{
	return !has_secrets(d->doctype) || vault_drop(call, place_of(d, STR_NULL), err);
}

/* The rows of d that left (NULL: nothing) does not have any more. */
static bool
drop_rows(struct call *call, const struct doc *d, const struct doc *left, struct err *err)
{
	for (size_t i = 0; i < d->doctype->tables_len; i++) {
		for (size_t j = 0; j < d->tables[i].len; j++) {
			const struct doc *row = d->tables[i].items[j];

			if ((left == NULL || row_named(left, doc_name(row)) == NULL) &&
			    !drop(call, row, err))
				return false;
		}
	}
	return true;
}

bool
doc_secrets_store(struct call *call, struct life *life, struct err *err)
{
	return store_row(call, life, life->d, err) && life_rows_each(call, life, store_row, err) &&
	    (life->old == NULL || drop_rows(call, life->old, life->d, err));
}

bool
doc_secrets_drop(struct call *call, const struct doc *d, struct err *err)
{
	return drop(call, d, err) && drop_rows(call, d, NULL, err);
}

/* ---- reading */

static bool
refuse(struct call *call, const struct doctype *dt, const struct field *f, struct err *err)
{
	if (!call->who->is_system_manager)
		return err_set_silent(err, ERR_PERMISSION, "%s", "");
	if (str_eq(dt->name, STR("User")))
		return err_set(err, ERR_PERMISSION,
		    "Secrets of users cannot be recovered: only digests of them are kept");
	return err_set(err, ERR_PERMISSION, "No permission for the field %.*s", STR_FMT(f->name));
}

/* Nobody's credential was refused: the text is a message of its own. */
static bool
not_stored(struct call *call, const struct doc *d, struct str field, struct err *err)
{
	struct str text;

	return arena_printf(call->arena, &text, err, "Password not found for %.*s %.*s %.*s",
		   STR_FMT(d->doctype->name), STR_FMT(doc_name(d)),
		   STR_FMT(str_sub(field, 0, 140))) &&
	    call_message(call, NULL, "red", true, text, err) &&
	    err_set_silent(err, ERR_AUTHENTICATION, "%s", "");
}

bool
doc_secrets_read(struct call *call, const struct doctype *dt, struct str name, struct str field,
    struct str *out, struct err *err)
{
	const struct field *f = doctype_field(dt, field);
	struct doc *d;
	bool found = false;

	if (!call->who->is_system_manager || str_eq(dt->name, STR("User")))
		return refuse(call, dt, f, err);
	if (!doc_read(call, dt, name, &d, err))
		return false;
	if (f != NULL && f->type == FIELD_PASSWORD) {
		if (!perm_has_level(levels_readable(call, d), f->permlevel))
			return refuse(call, dt, f, err);
		if (!vault_get(call, place_of(d, f->name), out, &found, err))
			return false;
	}
	return found || not_stored(call, d, field, err);
}
