#include "doc/role_rules.h"

#include "doc/user_rules.h"

static const struct str HOLDERS_SQL =
    STR_INIT("SELECT DISTINCT `parent` FROM `tabHas Role` WHERE `role` COLLATE NOCASE = ?1 AND "
	     "`parenttype` = 'User'");
static const struct str DROP_SQL =
    STR_INIT("DELETE FROM `tabHas Role` WHERE `role` COLLATE NOCASE = ?1");

static const struct str GRANTING_SQL =
    STR_INIT("SELECT `parent` FROM `tabDocPerm` WHERE `role` COLLATE NOCASE = ?1 UNION "
	     "SELECT `parent` FROM `tabCustom DocPerm` WHERE `role` COLLATE NOCASE = ?1");

static const struct str STANDARD[] = { STR_INIT("Administrator"), STR_INIT("System Manager"),
	STR_INIT("Script Manager"), STR_INIT("All"), STR_INIT("Guest") };

static bool
is_standard(struct str role)
{
	for (size_t i = 0; i < ARRAY_LEN(STANDARD); i++) {
		if (str_ieq(STANDARD[i], role))
			return true;
	}
	return false;
}

static bool
validate_role(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	(void)call;
	(void)old;
	return !doc_is_on(d, STR("disabled")) || !is_standard(doc_name(d)) ||
	    err_set(err, ERR_VALIDATION, "Standard roles cannot be disabled");
}

/* Users who hold a role, in the arena. */
struct holders {
	struct str *names;
	size_t len, size;
};

static bool
add_holder(struct call *call, struct holders *h, struct str name, struct err *err)
{
	if (h->len == h->size) {
		const size_t size = h->size == 0 ? 16 : 2 * h->size;
		struct str *names = ARENA_NEW_ARRAY(call->arena, struct str, size);

		if (names == NULL)
			return err_memory(err);
		if (h->len > 0)
			memcpy(names, h->names, h->len * sizeof(*names));
		h->names = names;
		h->size = size;
	}
	return arena_str(call->arena, name, &h->names[h->len++], err);
}

static bool
find_holders(struct call *call, struct value role, struct holders *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;

	*out = (struct holders){ 0 };
	if (!db_query(call->db, HOLDERS_SQL, &role, 1, &rows, err))
		return false;
	for (;;) {
		const enum db_step step = db_next(rows, err);

		if (step != DB_ROW)
			return step == DB_DONE;
		if (!add_holder(call, out, value_str(db_column(rows, 0)), err))
			return false;
	}
}

static bool
refresh(struct call *call, const struct holders *h, struct err *err)
{
	for (size_t i = 0; i < h->len; i++) {
		if (!user_rules_refresh_type(call, h->names[i], err))
			return false;
	}
	return true;
}

/* A role that is disabled is taken from its holders. */
static bool
tell_role(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const bool disabled = doc_is_on(d, STR("disabled"));
	struct holders holders;

	if (!call_change(call, CHANGE_ROLE, doc_name(d), err))
		return false;
	if (old == NULL ||
	    (doc_is_on(old, STR("disabled")) == disabled &&
		doc_is_on(old, STR("desk_access")) == doc_is_on(d, STR("desk_access"))))
		return true;
	if (!find_holders(call, d->values[DOC_NAME], &holders, err))
		return false;
	if (disabled && !db_exec(call->db, DROP_SQL, &d->values[DOC_NAME], 1, NULL, err))
		return false;
	return refresh(call, &holders, err);
}

static bool
deleted_role(struct call *call, struct doc *d, struct err *err)
{
	return call_change(call, CHANGE_ROLE, doc_name(d), err);
}

static bool
renaming_role(
    struct call *call UNUSED, struct doc *d, bool merge, struct str *name, struct err *err)
{
	if (is_standard(doc_name(d)) || is_standard(str_trim(*name)))
		return err_set(err, ERR_VALIDATION, "Standard roles cannot be renamed");
	return !merge ||
	    err_set(err, ERR_VALIDATION,
		"Roles cannot be merged: give the other role to their users instead");
}

/* DocTypes whose rows of rights name the role are read again: their links have moved already. */
static bool
tell_doctypes(struct call *call, struct value role, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;

	if (!db_query(call->db, GRANTING_SQL, &role, 1, &rows, err))
		return false;
	for (;;) {
		const enum db_step step = db_next(rows, err);
		struct str name;

		if (step != DB_ROW)
			return step == DB_DONE;
		if (!arena_str(call->arena, value_str(db_column(rows, 0)), &name, err) ||
		    !call_change(call, CHANGE_DOCTYPE, name, err))
			return false;
	}
}

static bool
renamed_role(struct call *call, struct doc *d, struct str old_name, struct err *err)
{
	return tell_doctypes(call, d->values[DOC_NAME], err) &&
	    call_change(call, CHANGE_ROLE, old_name, err) &&
	    call_change(call, CHANGE_ROLE, doc_name(d), err);
}

const struct controller ROLE_RULES = {
	.doctype = STR_INIT("Role"),
	.validate = validate_role,
	.written = tell_role,
	.deleted = deleted_role,
	.renaming = renaming_role,
	.renamed = renamed_role,
};
