#include "doc/default_value.h"

#include "auth/who.h"
#include "doc/single.h"

static const struct str OF_USER_SQL =
    STR_INIT("SELECT `defvalue` FROM `tabDefaultValue` WHERE `parent` COLLATE NOCASE = ?1"
	     " AND `parenttype` = 'User' AND `defkey` = ?2 ORDER BY `idx`, `name` LIMIT 1");

static const struct str DEFAULT_VALUE = STR_INIT("DefaultValue");
static const struct str SETTINGS = STR_INIT("System Settings");

static bool
is_in_use(const struct call *call)
{
	const struct doctype *dt = metas_find(call->metas, DEFAULT_VALUE);

	return dt != NULL && dt->in_use;
}

bool
default_value_of_site(struct call *call, struct str key, struct str *out, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, SETTINGS);
	const struct field *f = dt == NULL ? NULL : doctype_field(dt, key);

	*out = STR_NULL;
	if (f == NULL || f->is_standard || f->column < 0 || f->type == FIELD_PASSWORD)
		return true;
	if (!single_text(call, SETTINGS, key, out, err))
		return false;
	if (out->len == 0)
		*out = STR_NULL;
	return true;
}

bool
default_value_of_user(struct call *call, struct str key, struct str *out, struct err *err)
{
	const struct value params[] = { value_text(call->who->name), value_text(key) };
	struct value row = value_null();
	bool found = false;

	if (is_in_use(call) &&
	    !db_query_row(call->db, call->arena, OF_USER_SQL, params, ARRAY_LEN(params), &row, 1,
		&found, err))
		return false;
	if (value_str(row).len == 0)
		return default_value_of_site(call, key, out, err);
	*out = value_str(row);
	return true;
}

bool
default_value_kept(struct call *call, const struct doc *user, struct err *err)
{
	const struct field *table = doctype_field(user->doctype, STR("defaults"));

	if (table == NULL || table->table < 0 || user->tables[table->table].len == 0 ||
	    is_in_use(call))
		return true;
	return call_change(call, CHANGE_DOCTYPE, DEFAULT_VALUE, err);
}
