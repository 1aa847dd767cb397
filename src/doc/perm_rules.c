#include "doc/perm_rules.h"

#include "doc/doctype_perms.h"
#include "doc/doctype_rows.h"

enum { RULES_MAX = 1000 };

#define PERM_COLUMNS                                                                               \
	"`name`, `owner`, `creation`, `modified`, `modified_by`, `docstatus`, `idx`, `parent`,"    \
	" `role`, `permlevel`, `if_owner`, `select`, `read`, `write`, `create`, `delete`,"         \
	" `submit`, `cancel`, `amend`, `report`, `export`, `import`, `share`, `print`, `email`"

static const struct str COPY_SQL =
    STR_INIT("INSERT INTO `tabCustom DocPerm` (" PERM_COLUMNS ") SELECT " PERM_COLUMNS
	     " FROM `tabDocPerm` WHERE `parent` COLLATE NOCASE = ?1 AND `parenttype` = 'DocType'"
	     " AND NOT EXISTS (SELECT 1 FROM `tabCustom DocPerm` c"
	     " WHERE c.`parent` COLLATE NOCASE = ?1)");
static const struct str FIND_SQL =
    STR_INIT("SELECT `name` FROM `tabCustom DocPerm` WHERE `parent` COLLATE NOCASE = ?1"
	     " AND `role` COLLATE NOCASE = ?2 AND `permlevel` = ?3 AND `if_owner` = ?4"
	     " ORDER BY `name`");
static const struct str NAMES_SQL =
    STR_INIT("SELECT `name` FROM `tabCustom DocPerm` WHERE `parent` COLLATE NOCASE = ?1"
	     " ORDER BY `permlevel`, `name`");

static const struct str CUSTOM_DOCPERM = STR_INIT("Custom DocPerm");

bool
perm_rules_may(const struct doctype *dt, struct err *err)
{
	static const struct str FIXED[] = { STR_INIT("DocType"), STR_INIT("DocField"),
		STR_INIT("DocPerm"), STR_INIT("Custom DocPerm") };

	for (size_t i = 0; i < ARRAY_LEN(FIXED); i++) {
		if (str_eq(FIXED[i], dt->name))
			return err_set(err, ERR_VALIDATION,
			    "The permissions of %.*s cannot be customised", STR_FMT(dt->name));
	}
	return !dt->istable ||
	    err_set(err, ERR_VALIDATION,
		"%.*s is a child table: the permissions of its parent count", STR_FMT(dt->name));
}

bool
perm_rules_own(struct call *call, const struct doctype *dt, bool *copied, struct err *err)
{
	const struct value name = value_text(dt->name);
	int64_t n;

	if (!db_exec(call->db, COPY_SQL, &name, 1, &n, err))
		return false;
	if (copied != NULL)
		*copied = n > 0;
	return true;
}

bool
perm_rules_find(struct call *call, const struct doctype *dt, const struct perm_rule *rule,
    struct str *name, struct err *err)
{
	const struct value params[] = { value_text(dt->name), value_text(rule->role),
		value_int(rule->level), value_int(rule->if_owner) };
	struct value row;
	bool found;

	if (!db_query_row(
		call->db, call->arena, FIND_SQL, params, ARRAY_LEN(params), &row, 1, &found, err))
		return false;
	*name = found ? value_str(row) : STR_NULL;
	return true;
}

bool
perm_rules_names(
    struct call *call, const struct doctype *dt, struct str **out, size_t *len, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value param = value_text(dt->name);
	enum db_step step;

	*len = 0;
	*out = ARENA_NEW_ARRAY(call->arena, struct str, RULES_MAX);
	if (*out == NULL)
		return err_memory(err);
	if (!db_query(call->db, NAMES_SQL, &param, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (*len == RULES_MAX)
			return err_set(err, ERR_VALIDATION, "%.*s has more than %d rules",
			    STR_FMT(dt->name), RULES_MAX);
		if (!arena_str(call->arena, value_str(db_column(rows, 0)), &(*out)[*len], err))
			return false;
		++*len;
	}
	return step == DB_DONE;
}

bool
perm_rules_check(struct call *call, const struct doctype *dt, struct err *err)
{
	const struct doctype *of_types, *of_rules;
	struct str *names;
	struct doc *d;
	size_t len;

	if (!doc_type(call, STR("DocType"), &of_types, err) ||
	    !doc_type(call, CUSTOM_DOCPERM, &of_rules, err) ||
	    !doc_must_load(call, of_types, dt->name, &d, err) ||
	    !perm_rules_names(call, dt, &names, &len, err))
		return false;
	struct doc_rows *rows = doctype_rows_of(d, "permissions");

	rows->items = ARENA_NEW_ARRAY(call->arena, struct doc *, len);
	rows->len = len;
	if (rows->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < len; i++) {
		if (!doc_must_load(call, of_rules, names[i], &rows->items[i], err))
			return false;
		doctype_rows_set_int(rows->items[i], "idx", (int64_t)i + 1);
	}
	if (len > 0)
		return doctype_perms_check_rules(call, d, err);
	err_set(err, ERR_VALIDATION, "There must be at least one permission rule.");
	return err_title(err, "Cannot Remove");
}
