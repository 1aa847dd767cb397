#include "doc/perm_limit_rules.h"

#include "doc/doctype_rows.h"

static const struct str SAME_SQL =
    STR_INIT("SELECT 1 FROM `tabUser Permission` WHERE `user` COLLATE NOCASE = ?1"
	     " AND `allow` = ?2 AND `for_value` COLLATE NOCASE = ?3"
	     " AND COALESCE(`applicable_for`, '') = ?4 AND `name` <> ?5 LIMIT 1");
static const struct str DEFAULT_SQL =
    STR_INIT("SELECT 1 FROM `tabUser Permission` WHERE `user` COLLATE NOCASE = ?1"
	     " AND `allow` = ?2 AND `is_default` = 1 AND `name` <> ?3"
	     " AND (COALESCE(`applicable_for`, '') = ?4 OR COALESCE(`applicable_for`, '') = ''"
	     " OR ?4 = '') LIMIT 1");

/* Never null: what is compared in SQL. */
static struct value
text_of(const struct doc *d, const char *field)
{
	const struct str text = str_trim(doctype_rows_text(d, field));

	return value_text(text.len > 0 ? text : STR(""));
}

static bool
check_twice(struct call *call, const struct doc *d, struct err *err)
{
	const struct value same[] = { text_of(d, "user"), text_of(d, "allow"),
		text_of(d, "for_value"), text_of(d, "applicable_for"), text_of(d, "name") };
	struct value one;
	bool found;

	if (!db_query_row(
		call->db, call->arena, SAME_SQL, same, ARRAY_LEN(same), &one, 1, &found, err))
		return false;
	return !found || err_set(err, ERR_VALIDATION, "User permission already exists");
}

static bool
check_default(struct call *call, const struct doc *d, struct err *err)
{
	const struct value other[] = { text_of(d, "user"), text_of(d, "allow"), text_of(d, "name"),
		text_of(d, "applicable_for") };
	struct value one;
	bool found = false;

	if (doctype_rows_flag(d, "is_default") &&
	    !db_query_row(
		call->db, call->arena, DEFAULT_SQL, other, ARRAY_LEN(other), &one, 1, &found, err))
		return false;
	return !found ||
	    err_set(err, ERR_VALIDATION, "%.*s has already assigned default value for %.*s.",
		STR_FMT(value_str(other[0])), STR_FMT(value_str(other[1])));
}

static bool
validate_limit(struct call *call, struct doc *d, const struct doc *old UNUSED, struct err *err)
{
	/* The DocType that is named counts, whatever the box beside it says. */
	doctype_rows_set_int(
	    d, "apply_to_all_doctypes", value_str(text_of(d, "applicable_for")).len == 0);
	return check_twice(call, d, err) && check_default(call, d, err);
}

/* Judging asks for rows from the first one on. */
static bool
written_limit(struct call *call, struct doc *d, const struct doc *old UNUSED, struct err *err)
{
	return call_change(call, CHANGE_DOCTYPE, d->doctype->name, err);
}

static bool
deleted_limit(struct call *call, struct doc *d, struct err *err)
{
	return call_change(call, CHANGE_DOCTYPE, d->doctype->name, err);
}

const struct controller PERM_LIMIT_RULES = {
	.doctype = STR_INIT("User Permission"),
	.validate = validate_limit,
	.written = written_limit,
	.deleted = deleted_limit,
};
