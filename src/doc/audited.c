#include "doc/audited.h"

#include "auth/audit.h"
#include "doc/cast.h"

enum { DETAILS_MAX = 1024 * 1024, NONE = -1 };

#define ALL_FIELDS STR_INIT("*")

/* Fields by blanks; no event: it is not told. A row of a child DocType that is written alone is
 * about its parent. */
/* clang-format off */
static const struct audited {
	struct str doctype;
	int made, changed, deleted, renamed; /* enum audit_event */
	struct str fields;
} AUDITED[] = {
	{ STR_INIT("API Key"), AUDIT_KEY_CREATED, AUDIT_KEY_CHANGED, AUDIT_KEY_DELETED, NONE,
	  STR_INIT("user label enabled not_before expires allowed_networks denied_networks read_only scopes rate_limit rate_window_s quota") },
	{ STR_INIT("API Key Scope"), AUDIT_KEY_CHANGED, AUDIT_KEY_CHANGED, AUDIT_KEY_CHANGED, NONE, ALL_FIELDS },
	{ STR_INIT("User"), AUDIT_USER_CREATED, AUDIT_USER_CHANGED, AUDIT_USER_DELETED, AUDIT_USER_RENAMED,
	  STR_INIT("enabled user_type roles role_profile_name role_profiles restrict_ip login_after login_before "
	           "bypass_restrict_ip_check_if_2fa_enabled simultaneous_sessions") },
	{ STR_INIT("Has Role"), AUDIT_PERMISSION_GIVEN, AUDIT_PERMISSION_CHANGED, AUDIT_PERMISSION_TAKEN, NONE, ALL_FIELDS },
	{ STR_INIT("Role"), AUDIT_ROLE_CREATED, AUDIT_ROLE_CHANGED, AUDIT_ROLE_DELETED, AUDIT_ROLE_RENAMED, ALL_FIELDS },
	{ STR_INIT("Role Profile"), AUDIT_ROLE_CREATED, AUDIT_ROLE_CHANGED, AUDIT_ROLE_DELETED, AUDIT_ROLE_RENAMED, ALL_FIELDS },
	{ STR_INIT("DocType"), AUDIT_PERMISSION_GIVEN, AUDIT_PERMISSION_CHANGED, AUDIT_PERMISSION_TAKEN, NONE,
	  STR_INIT("permissions") },
	{ STR_INIT("DocPerm"), AUDIT_PERMISSION_GIVEN, AUDIT_PERMISSION_CHANGED, AUDIT_PERMISSION_TAKEN, NONE, ALL_FIELDS },
	{ STR_INIT("Custom DocPerm"), AUDIT_PERMISSION_GIVEN, AUDIT_PERMISSION_CHANGED, AUDIT_PERMISSION_TAKEN, NONE, ALL_FIELDS },
	{ STR_INIT("User Permission"), AUDIT_PERMISSION_GIVEN, AUDIT_PERMISSION_CHANGED, AUDIT_PERMISSION_TAKEN, NONE, ALL_FIELDS },
	{ STR_INIT("DocShare"), AUDIT_PERMISSION_GIVEN, AUDIT_PERMISSION_CHANGED, AUDIT_PERMISSION_TAKEN, NONE, ALL_FIELDS },
	{ STR_INIT("Property Setter"), AUDIT_PERMISSION_GIVEN, AUDIT_PERMISSION_CHANGED, AUDIT_PERMISSION_TAKEN, NONE,
	  STR_INIT("doc_type field_name property value") },
	{ STR_INIT("System Settings"), NONE, AUDIT_SETTINGS_CHANGED, NONE, NONE, ALL_FIELDS },
};
/* clang-format on */

static const struct audited *
find(const struct doctype *dt)
{
	for (size_t i = 0; i < ARRAY_LEN(AUDITED); i++) {
		if (str_eq(AUDITED[i].doctype, dt->name))
			return &AUDITED[i];
	}
	return NULL;
}

static bool
counts(const struct audited *audited, struct str field)
{
	struct str rest = audited->fields, name;

	if (str_eq(rest, STR("*")))
		return true;
	while (str_part(&rest, STR(" "), &name)) {
		if (str_eq(name, field))
			return true;
	}
	return false;
}

/* ---- values */

/* What a new document has by itself is no change: nothing, and a zero. */
static bool
is_nothing(struct value v)
{
	return cast_is_empty(v) || (v.kind == VALUE_INT && v.i == 0);
}

static bool
stored(
    struct arena *a, const struct doc *d, const struct field *f, struct value *out, struct err *err)
{
	*out = value_null();
	return d == NULL || cast_stored(a, f, d->values[f->column], out, err);
}

struct diff {
	struct call *call;
	const struct doc *d, *old; /* one of them may be NULL */
	struct json_out *out;
	size_t len; /* of what was written */
};

static bool
put_field(struct diff *x, const struct field *f, struct err *err)
{
	struct value before, now;

	if (f->type == FIELD_PASSWORD)
		return true;
	if (!stored(x->call->arena, x->old, f, &before, err) ||
	    !stored(x->call->arena, x->d, f, &now, err))
		return false;
	if (cast_equal(before, now) || (is_nothing(before) && is_nothing(now)))
		return true;
	json_key(x->out, f->name);
	json_open_array(x->out);
	json_add_value(x->out, before);
	json_add_value(x->out, now);
	json_close_array(x->out);
	x->len++;
	return true;
}

/* ---- rows: those of before and those of now, each with what it has */

static bool
put_row(struct call *call, const struct doc *row, struct json_out *out, struct err *err)
{
	const struct doctype *dt = row->doctype;

	json_open_object(out);
	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		struct value v;

		if (dt->columns[i]->type == FIELD_PASSWORD)
			continue;
		if (!stored(call->arena, row, dt->columns[i], &v, err))
			return false;
		if (is_nothing(v))
			continue;
		json_key(out, dt->columns[i]->name);
		json_add_value(out, v);
	}
	json_close_object(out);
	return true;
}

static bool
put_rows(
    struct call *call, const struct doc *d, size_t table, struct json_out *out, struct err *err)
{
	json_open_array(out);
	for (size_t i = 0; d != NULL && i < d->tables[table].len; i++) {
		if (!put_row(call, d->tables[table].items[i], out, err))
			return false;
	}
	json_close_array(out);
	return true;
}

static bool
put_table(struct diff *x, const struct field *f, struct err *err)
{
	CLEANUP(buf_free) struct buf before = BUF_INIT(DETAILS_MAX);
	CLEANUP(buf_free) struct buf now = BUF_INIT(DETAILS_MAX);
	struct json_out before_out = JSON_OUT(&before), now_out = JSON_OUT(&now);
	const size_t table = (size_t)f->table;

	if (!put_rows(x->call, x->old, table, &before_out, err) ||
	    !put_rows(x->call, x->d, table, &now_out, err))
		return false;
	if (!buf_ok(&before) || !buf_ok(&now))
		return err_memory(err);
	if (str_eq(buf_str(&before), buf_str(&now)))
		return true;
	json_key(x->out, f->name);
	json_open_array(x->out);
	json_add_raw(x->out, buf_str(&before));
	json_add_raw(x->out, buf_str(&now));
	json_close_array(x->out);
	x->len++;
	return true;
}

static bool
put_all(struct diff *x, const struct audited *audited, struct err *err)
{
	const struct doctype *dt = x->d != NULL ? x->d->doctype : x->old->doctype;

	json_open_object(x->out);
	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];

		if (counts(audited, f->name) && !put_field(x, f, err))
			return false;
	}
	for (size_t i = 0; i < dt->tables_len; i++) {
		if (counts(audited, dt->tables[i]->name) && !put_table(x, dt->tables[i], err))
			return false;
	}
	json_close_object(x->out);
	return buf_ok(x->out->buf) || err_memory(err);
}

/* ---- events */

/* Of the properties of fields that can be set only some say who may do what. */
static bool
is_of_rights(const struct doc *d)
{
	static const struct str PROPERTIES[] = { STR_INIT("permlevel"),
		STR_INIT("ignore_user_permissions") };

	if (d == NULL || !str_eq(d->doctype->name, STR("Property Setter")))
		return d != NULL;
	for (size_t i = 0; i < ARRAY_LEN(PROPERTIES); i++) {
		if (str_eq(PROPERTIES[i], value_str(doc_get(d, STR("property")))))
			return true;
	}
	return false;
}

static struct audit_about
about(const struct doc *d)
{
	const struct str parent = value_str(doc_get(d, STR("parent")));

	if (d->doctype->istable && parent.len > 0)
		return (struct audit_about){ value_str(doc_get(d, STR("parenttype"))), parent };
	return (struct audit_about){ d->doctype->name, doc_name(d) };
}

bool
audited_keep(struct call *call, const struct doc *d, const struct doc *old, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(DETAILS_MAX);
	struct json_out o = JSON_OUT(&b);
	struct diff x = { call, d, old, &o, 0 };
	const struct doc *any = d != NULL ? d : old;
	const struct audited *audited = find(any->doctype);

	if (audited == NULL || (!is_of_rights(d) && !is_of_rights(old)))
		return true;
	const int event = old == NULL ? audited->made
	    : d == NULL               ? audited->deleted
				      : audited->changed;

	if (event == NONE)
		return true;
	if (!put_all(&x, audited, err))
		return false;
	return (x.len == 0 && d != NULL && old != NULL) ||
	    audit_add(call, (enum audit_event)event, about(any), buf_str(&b), err);
}

bool
audited_renamed(struct call *call, const struct doc *d, struct str old_name, struct err *err)
{
	const struct audited *audited = find(d->doctype);
	const struct audit_pair from = { "renamed_from", value_text(old_name) };

	return audited == NULL || audited->renamed == NONE ||
	    audit_add_pairs(call, (enum audit_event)audited->renamed, about(d), &from, 1, err);
}
