#include "doc/doctype_perms.h"

#include "auth/audit.h"
#include "auth/who.h"
#include "doc/doctype_rows.h"
#include "doc/install_row.h"

enum { LEVEL_MAX = 9, WHERE_SIZE = 200 };

/* A permission row that is being checked, and where it is, for people. */
struct subject {
	struct call *call;
	struct doc *d;
	struct doc *row;
	char where[WHERE_SIZE];
};

typedef bool check_fn(const struct subject *s, struct err *err);

static bool
has(const struct subject *s, const char *right)
{
	return doctype_rows_flag(s->row, right);
}

static bool
refuse(const struct subject *s, const char *why, struct err *err)
{
	return err_set(err, ERR_VALIDATION, "%s: %s", s->where, why);
}

static bool
check_level(const struct subject *s, struct err *err)
{
	const int64_t level = doctype_rows_int(s->row, "permlevel");

	return (level >= 0 && level <= LEVEL_MAX) || refuse(s, "Levels are 0 to 9", err);
}

static bool
check_any(const struct subject *s, struct err *err)
{
	return has(s, "select") || has(s, "read") || has(s, "write") || has(s, "submit") ||
	    has(s, "cancel") || has(s, "create") || refuse(s, "No basic permissions set", err);
}

static bool
same_role(const struct doc *a, const struct doc *b)
{
	return str_ieq(doctype_rows_text(a, "role"), doctype_rows_text(b, "role"));
}

static bool
check_double(const struct subject *s, struct err *err)
{
	const struct doc_rows *rows = doctype_rows_of(s->d, "permissions");

	for (size_t i = 0; i < rows->len; i++) {
		const struct doc *p = rows->items[i];

		if (p != s->row && same_role(p, s->row) &&
		    doctype_rows_int(p, "permlevel") == doctype_rows_int(s->row, "permlevel") &&
		    doctype_rows_flag(p, "if_owner") == has(s, "if_owner"))
			return refuse(
			    s, "Only one rule allowed with the same Role, Level and If Owner", err);
	}
	return true;
}

static bool
check_dependent(const struct subject *s, struct err *err)
{
	if (has(s, "cancel") && !has(s, "submit"))
		return refuse(s, "Cannot set Cancel without Submit", err);
	if ((has(s, "submit") || has(s, "cancel") || has(s, "amend")) && !has(s, "write"))
		return refuse(s, "Cannot set Submit, Cancel, Amend without Write", err);
	return !has(s, "import") || has(s, "create") ||
	    refuse(s, "Cannot set Import without Create", err);
}

static bool
check_submittable(const struct subject *s, struct err *err)
{
	if (doctype_rows_flag(s->d, "is_submittable"))
		return true;
	if (has(s, "submit"))
		return refuse(s, "Cannot set Assign Submit if not Submittable", err);
	return !has(s, "amend") || refuse(s, "Cannot set Assign Amend if not Submittable", err);
}

static bool
check_importable(const struct subject *s, struct err *err)
{
	return !has(s, "import") || doctype_rows_flag(s->d, "allow_import") ||
	    refuse(s, "Cannot set import: the DocType is not importable", err);
}

/* A higher level needs level 0 of the same role; some rights are of level 0 alone. */
static bool
check_level_zero(const struct subject *s, struct err *err)
{
	static const char *const ZERO[] = { "create", "submit", "cancel", "amend" };
	const struct doc_rows *rows = doctype_rows_of(s->d, "permissions");
	bool found = false;

	if (doctype_rows_int(s->row, "permlevel") == 0)
		return true;
	for (size_t i = 0; i < rows->len; i++)
		found = found ||
		    (same_role(rows->items[i], s->row) &&
			doctype_rows_int(rows->items[i], "permlevel") == 0);
	if (!found)
		return refuse(
		    s, "Permission at level 0 must be set before higher levels are set", err);
	for (size_t i = 0; i < ARRAY_LEN(ZERO); i++)
		doctype_rows_set_int(s->row, ZERO[i], 0);
	return true;
}

static bool
settle_single(const struct subject *s, struct err *err UNUSED)
{
	static const char *const NONE[] = { "report", "import", "export" };

	for (size_t i = 0; doctype_rows_flag(s->d, "issingle") && i < ARRAY_LEN(NONE); i++)
		doctype_rows_set_int(s->row, NONE[i], 0);
	return true;
}

/* Everyone, guests or all desk users: Administrator alone opens a DocType that wide. */
static bool
check_automatic(const struct subject *s, struct err *err)
{
	static const struct str ROLES[] = { STR_INIT("All"), STR_INIT("Guest"),
		STR_INIT("Desk User"), STR_INIT("Administrator") };
	const struct str role = doctype_rows_text(s->row, "role");

	if (s->call->who->is_administrator)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ROLES); i++) {
		if (!str_ieq(ROLES[i], role))
			continue;
		err_set(err, ERR_VALIDATION,
		    "Row # %lld: Non administrator user can not set the role "
		    "<strong>%.*s</strong> to the custom doctype",
		    (long long)doctype_rows_int(s->row, "idx"), STR_FMT(role));
		return err_title(err, "Permissions Error");
	}
	return true;
}

/* The last one is of DocTypes that are saved alone. */
static check_fn *const CHECKS[] = { check_level, check_any, check_double, check_dependent,
	check_submittable, check_importable, check_level_zero, settle_single, check_automatic };

static bool
check_rows(struct call *call, struct doc *d, size_t checks, struct err *err)
{
	const struct doc_rows *rows = doctype_rows_of(d, "permissions");

	for (size_t i = 0; i < rows->len; i++) {
		struct subject s = { .call = call, .d = d, .row = rows->items[i] };

		snprintf(s.where, sizeof(s.where), "For %.*s at level %lld in %.*s in row %lld",
		    STR_FMT(str_sub(doctype_rows_text(s.row, "role"), 0, 60)),
		    (long long)doctype_rows_int(s.row, "permlevel"), STR_FMT(doc_name(d)),
		    (long long)doctype_rows_int(s.row, "idx"));
		for (size_t at = 0; at < checks; at++) {
			if (!CHECKS[at](&s, err))
				return false;
		}
	}
	return true;
}

bool
doctype_perms_check(struct call *call, struct doc *d, struct err *err)
{
	return check_rows(call, d, ARRAY_LEN(CHECKS), err);
}

bool
doctype_perms_check_rules(struct call *call, struct doc *d, struct err *err)
{
	return check_rows(call, d, ARRAY_LEN(CHECKS) - 1, err);
}

/* ---- roles */

static bool
make_role(struct call *call, const struct doc *d, struct str role, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, STR("Role"));
	struct install_kind kind;
	struct install_row r;
	bool made;

	if (dt == NULL)
		return err_set(err, ERR_INTERNAL, "The DocType Role is gone");
	if (!install_row_kind(call->arena, dt, value_str(d->values[DOC_MODIFIED]), &kind, err) ||
	    !install_row_begin(call->arena, &kind, role, &r, err))
		return false;
	r.values[DOC_OWNER] = r.values[DOC_MODIFIED_BY] = d->values[DOC_MODIFIED_BY];
	return install_row_text(call->arena, &r, STR("role_name"), role, err) &&
	    install_row_write(call->db, &r, &made, err) &&
	    (!made ||
		(call_change(call, CHANGE_ROLE, role, err) &&
		    audit_add(call, AUDIT_ROLE_CREATED, (struct audit_about){ STR("Role"), role },
			STR_NULL, err)));
}

bool
doctype_perms_make_roles(struct call *call, struct doc *d, struct err *err)
{
	const struct doc_rows *rows = doctype_rows_of(d, "permissions");

	for (size_t i = 0; i < rows->len && !doctype_rows_flag(d, "istable"); i++) {
		const struct str role = str_trim(doctype_rows_text(rows->items[i], "role"));

		if (role.len > 0 && !make_role(call, d, role, err))
			return false;
	}
	return true;
}
