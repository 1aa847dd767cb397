#include "doc/doctype_rules.h"

#include "auth/vault.h"
#include "db/sqlb.h"
#include "doc/ddl.h"
#include "doc/doctype_fields.h"
#include "doc/doctype_fields_name.h"
#include "doc/doctype_perms.h"
#include "doc/doctype_rows.h"
#include "doc/perm_rules.h"
#include "doc/doctype_sync.h"

enum { NAME_MAX_LEN = 61 };

static const struct str AMENDED_FROM = STR_INIT("amended_from");
static const struct str NAMING_SERIES = STR_INIT("naming_series");

/* ---- names of DocTypes */

static bool
refuse_name(const char *why, struct err *err)
{
	err_set(err, ERR_NAME, "%s", why);
	return err_title(err, "Invalid Name");
}

/* Looks at the name that the client sent, before its blanks are trimmed; makes none. */
static bool
name_doctype(struct call *call UNUSED, struct doc *d, struct str *out UNUSED, struct err *err)
{
	const struct str name = value_str(d->values[DOC_NAME]);
	char text[100];

	if (name.len == 0)
		return true; /* "Please set the document name" comes next */
	if (str_trim(name).len != name.len)
		return refuse_name("DocType's name should not start or end with whitespace", err);
	for (size_t i = 0; i < name.len; i++) {
		const char c = name.ptr[i];
		const bool letter = char_is_word(c) && !char_is_digit(c) && c != '_';

		if (i == 0 ? !letter : !char_is_word(c) && c != ' ' && c != '-')
			return refuse_name("A DocType's name should start with a letter and can "
					   "only consist of letters, numbers, spaces, underscores "
					   "and hyphens",
			    err);
	}
	if (name.len > NAME_MAX_LEN) {
		snprintf(
		    text, sizeof(text), "Doctype name is limited to %d characters", NAME_MAX_LEN);
		return refuse_name(text, err);
	}
	return true;
}

/* ---- saving */

/* Shipped DocTypes are the program's; what calls itself custom does not become so. */
static bool
check_custom(const struct doc *d, const struct doc *old, struct err *err)
{
	if (!doctype_rows_flag(d, "custom") || (old != NULL && !doctype_rows_flag(old, "custom")))
		return err_set(err, ERR_STANDARD_DOCTYPE,
		    "Not in Developer Mode! Standard DocTypes come with the program: make a "
		    "'Custom' DocType (\"custom\": 1)");
	return !doctype_rows_flag(d, "is_virtual") ||
	    err_set(err, ERR_STANDARD_DOCTYPE, "Not allowed to create custom Virtual DocType.");
}

static void
settle_kind(struct doc *d)
{
	const bool single = doctype_rows_flag(d, "issingle");

	if (single) {
		doctype_rows_set_int(d, "is_submittable", 0);
		doctype_rows_set_int(d, "istable", 0);
	}
	if (single || doctype_rows_flag(d, "istable"))
		doctype_rows_set_int(d, "allow_import", 0);
	if (doctype_rows_flag(d, "istable"))
		doctype_rows_of(d, "permissions")->len = 0;
}

static bool
warn_naming(struct call *call, const struct doc *d, const struct doc *old, struct err *err)
{
	if (old != NULL || doctype_rows_flag(d, "istable") || doctype_rows_flag(d, "issingle") ||
	    str_trim(doctype_rows_text(d, "autoname")).len > 0)
		return true;
	return call_message(call, NULL, "yellow", false, STR("Warning: Naming is not set"), err);
}

static bool
check_autoname_field(struct doc *d, struct str name, struct err *err)
{
	struct doc *row = doctype_rows_field(d, name);

	if (row == NULL)
		return err_set(err, ERR_VALIDATION, "Invalid fieldname '%.*s' in autoname",
		    STR_FMT(str_sub(name, 0, 64)));
	doctype_rows_set_int(row, "unique", 1);
	doctype_rows_set_int(row, "search_index", 0);
	return true;
}

static bool
check_series_field(const struct doc *d, struct err *err)
{
	if (doctype_rows_field(d, NAMING_SERIES) != NULL)
		return true;
	err_set(err, ERR_VALIDATION,
	    "Fieldname called <strong>naming_series</strong> must exist to enable autonaming");
	return err_title(err, "Field Missing");
}

/* Two DocTypes with series of one prefix would count together. */
static bool
check_prefix(struct call *call, const struct doc *d, struct str autoname, struct err *err)
{
	struct str prefix, other, rest;
	const struct doctype *dt;
	size_t at = 0;

	if (!str_cut(autoname, '.', &prefix, &rest) || prefix.len == 0)
		return true;
	while ((dt = metas_next(call->metas, &at)) != NULL) {
		if (str_ieq(dt->name, doc_name(d)) || !str_cut(dt->autoname, '.', &other, &rest) ||
		    !str_ieq(other, prefix))
			continue;
		return err_set(err, ERR_VALIDATION, "Series %.*s already used in %.*s",
		    STR_FMT(str_sub(prefix, 0, 60)), STR_FMT(dt->name));
	}
	return true;
}

static bool
check_autoname(struct call *call, struct doc *d, struct err *err)
{
	static const struct str WORDS[] = { STR_INIT("naming_series:"), STR_INIT("format:"),
		STR_INIT("prompt"), STR_INIT("hash") };
	const struct str autoname = str_trim(doctype_rows_text(d, "autoname"));

	if (autoname.len == 0 && doctype_rows_field(d, NAMING_SERIES) != NULL)
		doctype_rows_set_text(d, "autoname", STR("naming_series:"));
	if (autoname.len == 0)
		return true;
	if (str_istarts(autoname, STR("field:")))
		return check_autoname_field(d, str_sub(autoname, 6, autoname.len), err);
	if (str_istarts(autoname, WORDS[0]))
		return check_series_field(d, err);
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (str_istarts(autoname, WORDS[i]))
			return true;
	}
	return check_prefix(call, d, autoname, err);
}

/* A submittable DocType has a field for what a document amends. */
static bool
make_amendable(struct call *call, struct doc *d, struct err *err)
{
	static const char *const FLAGS[] = { "read_only", "print_hide", "no_copy", "search_index" };
	struct doc *row;

	if (!doctype_rows_flag(d, "is_submittable") || doctype_rows_field(d, AMENDED_FROM) != NULL)
		return true;
	if (!doctype_rows_append(call, d, "fields", &row, err))
		return false;
	doctype_rows_set_text(row, "fieldname", AMENDED_FROM);
	doctype_rows_set_text(row, "label", STR("Amended From"));
	doctype_rows_set_text(row, "fieldtype", STR("Link"));
	doctype_rows_set_text(row, "options", doc_name(d));
	for (size_t i = 0; i < ARRAY_LEN(FLAGS); i++)
		doctype_rows_set_int(row, FLAGS[i], 1);
	return true;
}

static bool
validate_doctype(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	if (!check_custom(d, old, err) || !doctype_rows_settle(call, d, err))
		return false;
	settle_kind(d);
	return doctype_fields_name(call, d, err) && warn_naming(call, d, old, err) &&
	    check_autoname(call, d, err) && doctype_fields_check(call, d, err) &&
	    doctype_perms_check(call, d, err) && make_amendable(call, d, err);
}

/* The rows are written: the table follows them. */
static bool
written_doctype(struct call *call, struct doc *d, const struct doc *old UNUSED, struct err *err)
{
	return doctype_sync(call, doc_name(d), err);
}

/* ---- deleting */

static bool
deleting_doctype(struct call *call UNUSED, struct doc *d, struct err *err)
{
	return doctype_rows_flag(d, "custom") ||
	    err_set(err, ERR_VALIDATION, "Standard DocType can not be deleted.");
}

/* Rows of its documents in the tables of other DocTypes. */
static bool
delete_rows(struct call *call, const struct doctype *dt, struct err *err)
{
	for (size_t i = 0; i < dt->tables_len; i++) {
		const struct doctype *child = metas_find(call->metas, dt->tables[i]->options);
		CLEANUP(sqlb_free) struct sqlb b = { 0 };

		sqlb_init(&b, call->arena);
		if (child == NULL || !child->istable)
			continue;
		sqlb_lit(&b, "DELETE FROM ");
		sqlb_table(&b, child->name);
		sqlb_lit(&b, " WHERE `parenttype` = ");
		sqlb_value(&b, value_text(dt->name));
		if (!sqlb_exec(call->db, &b, err))
			return false;
	}
	return true;
}

static bool
deleted_doctype(struct call *call, struct doc *d, struct err *err)
{
	static const struct str STATEMENTS[] = {
		STR_INIT("DELETE FROM single WHERE doctype = ?1"),
		STR_INIT("DELETE FROM `tabCustom DocPerm` WHERE `parent` COLLATE NOCASE = ?1"),
		STR_INIT("DELETE FROM `tabCustom Field` WHERE `dt` COLLATE NOCASE = ?1"),
		STR_INIT("DELETE FROM `tabProperty Setter` WHERE `doc_type` COLLATE NOCASE = ?1"),
		STR_INIT("DELETE FROM `tabDocShare` WHERE `share_doctype` = ?1"),
		STR_INIT("DELETE FROM `tabUser Permission` WHERE `allow` = ?1 OR "
			 "`applicable_for` = ?1"),
		STR_INIT("DELETE FROM counter WHERE name = 'autoincrement:' || ?1"),
	};
	const struct doctype *dt = metas_find(call->metas, doc_name(d));
	const struct value params[] = { d->values[DOC_NAME] };

	if (dt != NULL && !delete_rows(call, dt, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(STATEMENTS); i++) {
		if (!db_exec(call->db, STATEMENTS[i], params, 1, NULL, err))
			return false;
	}
	return ddl_drop(call->db, call->arena, doc_name(d), err) &&
	    vault_drop(call, (struct vault_place){ .doctype = doc_name(d) }, err) &&
	    call_change(call, CHANGE_DOCTYPE, doc_name(d), err);
}

/* Data of other programs, files and caches name DocTypes, too: nothing could follow there. */
static bool
renaming_doctype(struct call *call UNUSED, struct doc *d, bool merge UNUSED,
    struct str *name UNUSED, struct err *err)
{
	return err_set(err, ERR_VALIDATION,
	    "DocType %.*s cannot be renamed: make a new one and move its documents",
	    STR_FMT(doc_name(d)));
}

const struct controller DOCTYPE_CONTROLLER = {
	.doctype = STR_INIT("DocType"),
	.name = name_doctype,
	.before_links = doctype_perms_make_roles,
	.validate = validate_doctype,
	.written = written_doctype,
	.deleting = deleting_doctype,
	.deleted = deleted_doctype,
	.renaming = renaming_doctype,
	.keeps_links = true,
	.alone = true,
};

const struct controller DOCFIELD_CONTROLLER = { .doctype = STR_INIT("DocField"), .alone = true };
const struct controller DOCPERM_CONTROLLER = { .doctype = STR_INIT("DocPerm"), .alone = true };

/* ---- Custom DocPerm */

static bool
validate_custom(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct str parent = str_trim(doctype_rows_text(d, "parent"));
	const int64_t level = doctype_rows_int(d, "permlevel");
	const struct doctype *dt = metas_find(call->metas, parent);

	if (dt == NULL)
		return err_set(err, ERR_LINK_VALIDATION, "Could not find DocType: %.*s",
		    STR_FMT(str_sub(parent, 0, 140)));
	if (!perm_rules_may(dt, err))
		return false;
	if (level < 0 || level > 9)
		return err_set(err, ERR_VALIDATION, "Levels are 0 to 9");
	/* The first row of a DocType would replace all that it had: those come along. */
	return old != NULL || perm_rules_own(call, dt, NULL, err);
}

static bool
written_custom(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	return call_change(call, CHANGE_DOCTYPE, doctype_rows_text(d, "parent"), err) &&
	    (old == NULL ||
		call_change(call, CHANGE_DOCTYPE, doctype_rows_text(old, "parent"), err));
}

static bool
deleted_custom(struct call *call, struct doc *d, struct err *err)
{
	return call_change(call, CHANGE_DOCTYPE, doctype_rows_text(d, "parent"), err);
}

const struct controller CUSTOM_DOCPERM_CONTROLLER = {
	.doctype = STR_INIT("Custom DocPerm"),
	.validate = validate_custom,
	.written = written_custom,
	.deleted = deleted_custom,
};
