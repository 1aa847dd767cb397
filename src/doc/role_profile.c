#include "doc/role_profile.h"

#include "doc/doctype_rows.h"
#include "doc/user_rules.h"
#include "json/json_in.h"

static const struct str ROLES_SQL =
    STR_INIT("SELECT `role` FROM `tabHas Role` WHERE `parent` COLLATE NOCASE = ?1"
	     " AND `parenttype` = 'Role Profile' ORDER BY `idx`, `name`");
static const struct str USERS_SQL =
    STR_INIT("SELECT DISTINCT `parent` FROM `tabUser Role Profile`"
	     " WHERE `role_profile` COLLATE NOCASE = ?1 AND `parenttype` = 'User'");

static struct doc *
row_of(const struct doc_rows *rows, struct str role)
{
	for (size_t i = 0; i < rows->len; i++) {
		if (str_ieq(doctype_rows_text(rows->items[i], "role"), role))
			return rows->items[i];
	}
	return NULL;
}

/* A role that he had keeps its row. */
static bool
add_role(struct call *call, struct doc *user, const struct doc_rows *had, struct str role,
    struct err *err)
{
	struct doc_rows *roles = doctype_rows_of(user, "roles");
	struct doc *row, *kept = row_of(had, role);
	struct str copy;

	if (row_of(roles, role) != NULL)
		return true;
	if (!doctype_rows_append(call, user, "roles", &row, err) ||
	    !arena_str(call->arena, role, &copy, err))
		return false;
	doctype_rows_set_text(row, "role", copy);
	if (kept == NULL)
		return true;
	kept->values[DOC_IDX] = row->values[DOC_IDX];
	roles->items[roles->len - 1] = kept;
	return true;
}

static bool
add_roles(struct call *call, struct doc *user, const struct doc_rows *had, struct str profile,
    struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value name = value_text(profile);
	enum db_step step;

	if (!db_query(call->db, ROLES_SQL, &name, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!add_role(call, user, had, value_str(db_column(rows, 0)), err))
			return false;
	}
	return step == DB_DONE;
}

bool
role_profile_take(struct call *call, struct doc *user, struct err *err)
{
	const struct doc_rows *profiles = doctype_rows_of(user, "role_profiles");
	const struct doc_rows had = *doctype_rows_of(user, "roles");

	if (profiles->len == 0)
		return true;
	*doctype_rows_of(user, "roles") = (struct doc_rows){ 0 };
	for (size_t i = 0; i < profiles->len; i++) {
		if (!add_roles(call, user, &had,
			doctype_rows_text(profiles->items[i], "role_profile"), err))
			return false;
	}
	return true;
}

/* ---- the profile itself */

static bool
save_user(struct call *call, struct str name, struct err *err)
{
	const struct doctype *dt;
	const json_t *nothing;
	struct doc *user;

	return user_rules_is_standard(name) ||
	    (doc_type(call, STR("User"), &dt, err) &&
		json_parse(call->arena, STR("{}"), &nothing, err) &&
		doc_update(call, dt, name, nothing, &user, err));
}

static bool
written_profile(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;
	struct str name;

	if (old == NULL)
		return true;
	if (!db_query(call->db, USERS_SQL, &d->values[DOC_NAME], 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!arena_str(call->arena, value_str(db_column(rows, 0)), &name, err) ||
		    !save_user(call, name, err))
			return false;
	}
	return step == DB_DONE;
}

const struct controller ROLE_PROFILE_RULES = {
	.doctype = STR_INIT("Role Profile"),
	.written = written_profile,
};
