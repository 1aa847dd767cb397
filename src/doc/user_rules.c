#include "doc/user_rules.h"

#include "auth/auth.h"
#include "auth/key.h"
#include "auth/session.h"
#include "crypto/random.h"
#include "doc/cast.h"
#include "doc/clean.h"
#include "doc/doc_body.h"
#include "doc/default_value.h"
#include "doc/format.h"
#include "doc/levels.h"
#include "doc/links_move.h"
#include "doc/naming.h"
#include "doc/perm.h"
#include "doc/role_profile.h"
#include "doc/single.h"
#include "doc/store.h"
#include "doc/user_secret.h"

static const struct str ROLE_SQL = STR_INIT(
    "SELECT `name`, `disabled`, `desk_access` FROM `tabRole` WHERE `name` COLLATE NOCASE = ?1");
static const struct str HAS_DESK_SQL = STR_INIT(
    "SELECT 1 FROM `tabHas Role` h JOIN `tabRole` r ON r.`name` COLLATE NOCASE = h.`role`"
    " WHERE h.`parent` COLLATE NOCASE = ?1 AND h.`parenttype` = 'User' AND r.`desk_access` = 1 AND "
    "r.`disabled` = 0"
    " AND r.`name` NOT IN ('All', 'Guest', 'Desk User', 'Administrator') LIMIT 1");
static const struct str SET_TYPE_SQL =
    STR_INIT("UPDATE `tabUser` SET `user_type` = ?1 WHERE `name` = ?2 AND `user_type` <> ?1");
static const struct str SET_EMAIL_SQL =
    STR_INIT("UPDATE `tabUser` SET `email` = ?1 WHERE `name` = ?1");
static const struct str OTHER_MANAGER_SQL =
    STR_INIT("SELECT u.`name` FROM `tabUser` u JOIN `tabHas Role` h ON h.`parent` COLLATE NOCASE = "
	     "u.`name` WHERE u.`enabled` = 1 AND h.`role` COLLATE NOCASE = 'System Manager' AND "
	     "h.`parenttype` = 'User' AND u.`name` COLLATE NOCASE <> ?1 AND u.`name` NOT IN "
	     "('Administrator', 'Guest') LIMIT 1");
static const struct str USERNAME_SQL = STR_INIT(
    "SELECT 1 FROM `tabUser` WHERE `username` COLLATE NOCASE = ?1 AND `name` COLLATE NOCASE <> ?2");
static const struct str DROP_TODOS_SQL =
    STR_INIT("DELETE FROM `tabToDo` WHERE `allocated_to` COLLATE NOCASE = ?1");
static const struct str FORGET_GIVER_SQL =
    STR_INIT("UPDATE `tabToDo` SET `assigned_by` = NULL WHERE `assigned_by` COLLATE NOCASE = ?1");

enum { USERNAME_TRIES = 100, USERID_LEN = 39 };

static const struct str ROLES = STR_INIT("roles");
static const struct str USERNAME = STR_INIT("username");

bool
user_rules_is_standard(struct str user)
{
	return str_ieq(user, STR("Administrator")) || str_ieq(user, STR("Guest"));
}

/* ---- the name */

static bool
refuse_email(struct call *call, struct err *err)
{
	return call_message(
		   call, NULL, NULL, false, STR("Error: Value missing for User: Email"), err) &&
	    err_set_silent(err, ERR_MANDATORY, "[User, None]: email");
}

static bool
name_user(struct call *call, struct doc *d, struct str *out, struct err *err)
{
	const struct str email = doc_trimmed(d, STR("email"));

	if (email.len == 0)
		return refuse_email(call, err);
	if (!format_is_email(email))
		return err_set(err, ERR_INVALID_EMAIL, "%.*s is not a valid Email Address",
		    STR_FMT(str_sub(email, 0, 140)));
	if (!arena_str_lower(call->arena, email, out, err))
		return false;
	return doc_set(d, STR("email"), value_text(*out));
}

/* ---- names of a person */

/* A name of a user has no tags. */
static bool
strip(struct call *call, struct doc *d, const char *field, struct err *err)
{
	struct str text = value_str(doc_get(d, str_from(field)));

	if (text.len == 0)
		return true;
	if (!clean_strip(call->arena, text, &text, err))
		return false;
	return doc_set(d, str_from(field), value_text(text));
}

static bool
set_names(struct call *call, struct doc *d, struct err *err)
{
	static const char *const PARTS[] = { "first_name", "middle_name", "last_name" };
	CLEANUP(buf_free) struct buf b = BUF_INIT(4096);
	struct str full;

	for (size_t i = 0; i < ARRAY_LEN(PARTS); i++) {
		if (!strip(call, d, PARTS[i], err))
			return false;
		const struct str part = doc_trimmed(d, str_from(PARTS[i]));
		if (part.len > 0)
			buf_printf(&b, "%s%.*s", b.len > 0 ? " " : "", STR_FMT(part));
	}
	if (!arena_str(call->arena, b.len > 0 ? buf_str(&b) : STR(""), &full, err))
		return false;
	return doc_set(d, STR("full_name"), value_text(full));
}

static bool
is_taken(struct call *call, const struct doc *d, struct str username, bool *taken, struct err *err)
{
	const struct value params[] = { value_text(username), d->values[DOC_NAME] };
	struct value row[1];

	return db_query_row(call->db, call->arena, USERNAME_SQL, params, 2, row, 1, taken, err);
}

/* "Ada Lovelace" becomes "ada_lovelace". */
static bool
scrub(struct call *call, struct str text, struct str *out, struct err *err)
{
	char *s = arena_alloc(call->arena, text.len + 1);

	if (s == NULL)
		return err_memory(err);
	for (size_t i = 0; i < text.len; i++) {
		const char c = char_lower(text.ptr[i]);

		s[i] = c;
		if (c == ' ' || c == '-')
			s[i] = '_';
	}
	*out = (struct str){ s, text.len };
	return true;
}

/* "ada", then "ada_lovelace", then "ada_1", ...; without any that is free: none. */
static bool
suggest_username(struct call *call, struct doc *d, struct err *err)
{
	const struct str first = doc_trimmed(d, STR("first_name")),
			 last = doc_trimmed(d, STR("last_name"));
	struct str base, text;
	bool taken = true;

	if (first.len == 0)
		return true;
	if (!scrub(call, str_sub(first, 0, 100), &base, err))
		return false;
	text = base;
	for (int i = 0; i < USERNAME_TRIES && taken; i++) {
		if (i == 1 && last.len > 0) {
			if (!arena_printf(call->arena, &text, err, "%.*s %.*s", STR_FMT(base),
				STR_FMT(str_sub(last, 0, 30))) ||
			    !scrub(call, text, &text, err))
				return false;
		} else if (i > 0 &&
		    !arena_printf(call->arena, &text, err, "%.*s_%d", STR_FMT(base), i)) {
			return false;
		}
		if (!is_taken(call, d, text, &taken, err))
			return false;
	}
	return doc_set(d, USERNAME, taken ? value_null() : value_text(text));
}

static bool
set_username(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	struct str username = doc_trimmed(d, STR("username"));
	bool taken;

	if (username.len == 0)
		return old != NULL || suggest_username(call, d, err);
	if (old != NULL && str_eq(username, doc_trimmed(old, STR("username"))))
		return true;
	if (str_starts(username, STR("@")))
		username = str_trim(str_sub(username, 1, username.len));
	if (!is_taken(call, d, username, &taken, err))
		return false;
	return doc_set(d, USERNAME, taken ? value_null() : value_text(username));
}

/* ---- roles */

struct role_row {
	struct str name;
	bool known, disabled, desk_access;
};

static bool
read_role(struct call *call, struct str name, struct role_row *out, struct err *err)
{
	const struct value params[] = { value_text(name) };
	struct value row[3];
	bool found;

	if (!db_query_row(call->db, call->arena, ROLE_SQL, params, 1, row, 3, &found, err))
		return false;
	*out = (struct role_row){ .known = found };
	if (found) {
		out->name = value_str(row[0]);
		out->disabled = row[1].kind == VALUE_INT && row[1].i != 0;
		out->desk_access = row[2].kind == VALUE_INT && row[2].i != 0;
	}
	return true;
}

static bool
is_automatic(struct str role)
{
	return str_ieq(role, STR("All")) || str_ieq(role, STR("Guest")) ||
	    str_ieq(role, STR("Desk User")) || str_ieq(role, STR("Administrator"));
}

static bool
is_repeated(const struct doc_rows *rows, size_t len, struct str role)
{
	for (size_t i = 0; i < len; i++) {
		if (str_ieq(value_str(doc_get(rows->items[i], STR("role"))), role))
			return true;
	}
	return false;
}

/* Rows without a role, repeated ones and those of disabled roles go; the Guest keeps no
 * role but his own, though one with desk access makes him a System User. */
static bool
set_roles(struct call *call, struct doc *d, bool *has_desk, struct err *err)
{
	const struct field *f = doctype_field(d->doctype, ROLES);
	struct doc_rows *rows = &d->tables[f->table];
	const bool is_guest = str_ieq(doc_name(d), STR("Guest"));
	size_t kept = 0;

	*has_desk = str_ieq(doc_name(d), STR("Administrator"));
	for (size_t i = 0; i < rows->len; i++) {
		const struct str name = value_str(doc_get(rows->items[i], STR("role")));
		struct role_row role;

		if (name.len == 0 || is_repeated(rows, kept, name))
			continue;
		if (!read_role(call, name, &role, err))
			return false;
		if (!role.known || role.disabled)
			continue;
		*has_desk = *has_desk || (role.desk_access && !is_automatic(name));
		if (is_guest && !str_ieq(name, STR("Guest")))
			continue;
		rows->items[kept++] = rows->items[i];
	}
	if (kept < rows->len)
		for (size_t i = 0; i < kept; i++)
			rows->items[i]->values[DOC_IDX] = value_int((int64_t)i + 1);
	rows->len = kept;
	return true;
}

static struct value
type_of(bool has_desk)
{
	return value_text(has_desk ? STR("System User") : STR("Website User"));
}

bool
user_rules_refresh_type(struct call *call, struct str user, struct err *err)
{
	const struct value asked[] = { value_text(user) };
	struct value row[1];
	bool has_desk;

	if (!db_query_row(call->db, call->arena, HAS_DESK_SQL, asked, 1, row, 1, &has_desk, err))
		return false;
	if (!user_rules_is_standard(user)) {
		const struct value params[] = { type_of(has_desk), value_text(user) };

		if (!db_exec(call->db, SET_TYPE_SQL, params, 2, NULL, err))
			return false;
	}
	return call_change(call, CHANGE_USER, user, err);
}

/* ---- a new user */

static bool
preset(struct call *call, struct doc *d, const char *field, struct str fallback, struct err *err)
{
	struct str text;

	if (doc_trimmed(d, str_from(field)).len > 0)
		return true;
	if (!single_text(call, STR("System Settings"), str_from(field), &text, err))
		return false;
	return doc_set(d, str_from(field), value_text(text.len > 0 ? text : fallback));
}

/* Every user has an account at the site itself, as far as social logins go. */
static bool
add_social_login(struct call *call, struct doc *d, struct err *err)
{
	const struct field *f = doctype_field(d->doctype, STR("social_logins"));
	char *userid = arena_alloc(call->arena, USERID_LEN);
	struct doc *row;
	struct str name;

	if (f == NULL || f->table < 0 || metas_find(call->metas, f->options) == NULL)
		return true;
	if (userid == NULL)
		return err_memory(err);
	random_hex(userid, USERID_LEN);
	if (!doc_body_append(call, d, f, &row, err))
		return false;
	(void)doc_set(row, STR("provider"), value_text(STR("frappe")));
	(void)doc_set(row, STR("userid"), value_text((struct str){ userid, USERID_LEN }));
	if (!naming_random(call->arena, &name, err))
		return false;
	for (size_t i = DOC_OWNER; i <= DOC_DOCSTATUS; i++)
		row->values[i] = d->values[i];
	row->values[DOC_NAME] = value_text(name);
	row->values[DOC_IDX] = value_int((int64_t)d->tables[f->table].len);
	row->values[DOC_PARENT] = d->values[DOC_NAME];
	row->values[DOC_PARENTTYPE] = value_text(d->doctype->name);
	row->values[DOC_PARENTFIELD] = value_text(f->name);
	return true;
}

static bool
complete_new(struct call *call, struct doc *d, struct err *err)
{
	return preset(call, d, "language", STR("en"), err) &&
	    preset(call, d, "time_zone", STR("UTC"), err) && add_social_login(call, d, err);
}

/* ---- the hooks */

/* Only System Managers say who is enabled and who has which role (spec/permissions.md 7.2, 7.3). */
static bool
keep_managers_fields(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct field *roles = doctype_field(d->doctype, ROLES);

	if (call->who->is_system_manager)
		return true;
	if (old != NULL)
		(void)doc_set(d, STR("enabled"), doc_get(old, STR("enabled")));
	return levels_restore(call, d, old, (size_t)roles->table, err);
}

/* ---- the last System Manager */

static bool
is_manager(const struct doc *d)
{
	const struct field *f = doctype_field(d->doctype, ROLES);
	const struct doc_rows *rows = &d->tables[f->table];

	return doc_is_on(d, STR("enabled")) && is_repeated(rows, rows->len, STR("System Manager"));
}

bool
user_rules_other_manager(struct call *call, struct str user, bool *found, struct err *err)
{
	const struct str parts[] = { OTHER_MANAGER_SQL, db_row_lock(call->db) };
	const struct value param = value_text(user);
	struct value one;
	struct str sql;

	return arena_join(call->arena, parts, ARRAY_LEN(parts), &sql, err) &&
	    db_query_row(call->db, call->arena, sql, &param, 1, &one, 1, found, err);
}

/*
 * Nobody shuts himself out as the last System Manager beside Administrator, whose password may be
 * in nobody's head.
 */
static bool
check_last_manager(struct call *call, const struct doc *d, const char *before_name,
    const char *after_name, struct err *err)
{
	bool found;

	if (!call->who->is_system_manager || call->who->is_administrator ||
	    !str_ieq(call->who->name, doc_name(d)))
		return true;
	if (!user_rules_other_manager(call, doc_name(d), &found, err))
		return false;
	return found ||
	    err_set(err, ERR_VALIDATION,
		"You are the last System Manager: give the role to another user first, or do this "
		"on the command line: symbolon %s%.*s%s",
		before_name, STR_FMT(doc_name(d)), after_name);
}

static bool
validate_user(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	bool has_desk;

	if (old != NULL && user_rules_is_standard(doc_name(d)) && !doc_is_on(d, STR("enabled")))
		return err_set(
		    err, ERR_VALIDATION, "User %.*s cannot be disabled", STR_FMT(doc_name(d)));
	if (old != NULL)
		(void)doc_set(d, STR("email"),
		    user_rules_is_standard(doc_name(d)) ? doc_get(old, STR("email"))
							: d->values[DOC_NAME]);
	if (!keep_managers_fields(call, d, old, err) || !set_names(call, d, err) ||
	    !set_username(call, d, old, err) || !role_profile_take(call, d, err) ||
	    !set_roles(call, d, &has_desk, err))
		return false;
	(void)doc_set(d, STR("user_type"), type_of(has_desk));
	if (old != NULL && !is_manager(d) &&
	    !check_last_manager(call, d,
		doc_is_on(d, STR("enabled")) ? "user roles --remove \"System Manager\" "
					     : "user disable ",
		"", err))
		return false;
	if (old == NULL && !complete_new(call, d, err))
		return false;
	return user_secret_take(call, d, old, err);
}

static bool
say_no_roles(struct call *call, const struct doc *d, struct err *err)
{
	struct str text;

	return arena_printf(call->arena, &text, err,
		   "Newly created user <strong>%.*s</strong> has no roles enabled.",
		   STR_FMT(doc_name(d))) &&
	    call_message(call, "No Roles Specified", "orange", false, text, err);
}

static bool
tell_user(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct field *roles = doctype_field(d->doctype, ROLES);

	if (!user_secret_store(call, d, old, err) ||
	    !call_change(call, CHANGE_USER, doc_name(d), err) || !default_value_kept(call, d, err))
		return false;
	if (old == NULL)
		return d->tables[roles->table].len > 0 || say_no_roles(call, d, err);
	if (doc_is_on(old, STR("enabled")) && !doc_is_on(d, STR("enabled")))
		return session_end_all(call, doc_name(d), false, NULL, err);
	return true;
}

static bool
delete_user(struct call *call, struct doc *d, struct err *err)
{
	if (user_rules_is_standard(doc_name(d)))
		return err_set(
		    err, ERR_VALIDATION, "User %.*s cannot be deleted", STR_FMT(doc_name(d)));
	if (!check_last_manager(
		call, d, "execute frappe.client.delete --args \"['User', '", "']\"", err))
		return false;
	return key_forget_user(call, doc_name(d), err); /* keys are no links that hold a user */
}

static bool
deleted_user(struct call *call, struct doc *d, struct err *err)
{
	const struct value params[] = { d->values[DOC_NAME] };

	return db_exec(call->db, DROP_TODOS_SQL, params, 1, NULL, err) &&
	    db_exec(call->db, FORGET_GIVER_SQL, params, 1, NULL, err) &&
	    call_change(call, CHANGE_USER, doc_name(d), err);
}

/* A user is renamed by System Managers only (spec/permissions.md 7.2), and never becomes another.
 */
static bool
renaming_user(struct call *call, struct doc *d, bool merge, struct str *name, struct err *err)
{
	if (user_rules_is_standard(doc_name(d)))
		return err_set(
		    err, ERR_VALIDATION, "User %.*s cannot be renamed", STR_FMT(doc_name(d)));
	if (!call->who->is_system_manager)
		return err_set(err, ERR_VALIDATION, "Only System Managers may rename users");
	if (merge)
		return err_set(err, ERR_VALIDATION,
		    "Users cannot be merged: one's keys would become the other's");
	*name = str_trim(*name);
	if (!format_is_email(*name))
		return err_set(err, ERR_INVALID_EMAIL, "%.*s is not a valid Email Address",
		    STR_FMT(str_sub(*name, 0, 140)));
	return arena_str_lower(call->arena, *name, name, err);
}

/* Keys, sessions and the password go along: his tokens go on working. */
static bool
renamed_user(struct call *call, struct doc *d, struct str old_name, struct err *err)
{
	const struct value params[] = { d->values[DOC_NAME] };

	return db_exec(call->db, SET_EMAIL_SQL, params, ARRAY_LEN(params), NULL, err) &&
	    links_move_user(call, old_name, doc_name(d), err) &&
	    key_rename_user(call, old_name, doc_name(d), err) &&
	    call_change(call, CHANGE_USER, old_name, err) &&
	    call_change(call, CHANGE_USER, doc_name(d), err);
}

/* Administrator and Guest are Administrator's own business. */
static bool
permits_user(struct call *call, const struct doc *d, enum right right, bool *may, struct err *err)
{
	(void)right;
	(void)err;
	*may = call->who->is_administrator || !user_rules_is_standard(doc_name(d));
	return true;
}

/* Others see neither of the two; whom no role lets read or select sees himself. */
static void
user_condition(struct call *call, struct sqlb *b, bool *any)
{
	const struct doctype *dt = metas_find(call->metas, STR("User"));

	*any = !call->who->is_administrator;
	if (!*any)
		return;
	sqlb_lit(b, "(`name` NOT IN ('Administrator', 'Guest')");
	if (dt == NULL ||
	    (perm_grant_of(call, dt, RIGHT_READ) == PERM_NONE &&
		perm_grant_of(call, dt, RIGHT_SELECT) == PERM_NONE)) {
		sqlb_lit(b, " AND `name` = ");
		sqlb_value(b, value_text(call->who->name));
	}
	sqlb_lit(b, ")");
}

const struct controller USER_RULES = {
	.doctype = STR_INIT("User"),
	.name = name_user,
	.validate = validate_user,
	.written = tell_user,
	.deleting = delete_user,
	.deleted = deleted_user,
	.renaming = renaming_user,
	.renamed = renamed_user,
	.permits = permits_user,
	.list_condition = user_condition,
};

static bool
permits_has_role(
    struct call *call, const struct doc *d, enum right right, bool *may, struct err *err)
{
	(void)d;
	(void)err;
	*may = right == RIGHT_READ || right == RIGHT_SELECT || call->who->is_system_manager;
	return true;
}

const struct controller HAS_ROLE_RULES = {
	.doctype = STR_INIT("Has Role"),
	.permits = permits_has_role,
};
