#include "doc/share_rules.h"

#include "auth/auth.h"
#include "auth/who.h"
#include "doc/audited.h"
#include "doc/comment.h"
#include "doc/defaults.h"
#include "doc/doc_body.h"
#include "doc/doctype_rows.h"
#include "doc/life.h"
#include "doc/naming.h"
#include "doc/perm.h"
#include "doc/share.h"
#include "doc/store.h"

static const struct str FIND_SQL =
    STR_INIT("SELECT `name` FROM `tabDocShare` WHERE `share_doctype` = ?1"
	     " AND `share_name` COLLATE NOCASE = ?2 AND `everyone` = ?3"
	     " AND (`everyone` = 1 OR `user` COLLATE NOCASE = ?4) AND `name` <> ?5 LIMIT 1");

static const struct {
	const char *field;
	enum right right;
} RIGHTS[] = {
	{ "read", RIGHT_READ },
	{ "write", RIGHT_WRITE },
	{ "submit", RIGHT_SUBMIT },
	{ "share", RIGHT_SHARE },
};

/* ---- the document that is shared */

static bool
check_shareable(struct call *call, const struct doc *d, struct err *err)
{
	bool may = false;

	if (share_is_possible(d->doctype, RIGHT_SHARE) &&
	    !perm_has(call, d, RIGHT_SHARE, &may, err))
		return false;
	return may ||
	    err_set(err, ERR_PERMISSION, "No permission to share %.*s %.*s",
		STR_FMT(d->doctype->name), STR_FMT(doc_name(d)));
}

bool
share_rules_check(struct call *call, const struct share_rules_place *place, struct err *err)
{
	struct doc *d;

	return doc_must_load(call, place->doctype, place->name, &d, err) &&
	    check_shareable(call, d, err);
}

/* ---- the rules of a row */

/* submit needs write, and everything read. */
static void
complete_rights(struct doc *d)
{
	if (doctype_rows_flag(d, "submit"))
		doctype_rows_set_int(d, "write", 1);
	if (doctype_rows_flag(d, "write") || doctype_rows_flag(d, "share"))
		doctype_rows_set_int(d, "read", 1);
}

/* A right that is given, and was not before, is one that the giver has. */
static bool
check_given(struct call *call, const struct doc *d, const struct doc *old, const struct doc *target,
    struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(RIGHTS); i++) {
		bool has;

		if (!doctype_rows_flag(d, RIGHTS[i].field) ||
		    (old != NULL && doctype_rows_flag(old, RIGHTS[i].field)))
			continue;
		if (!perm_has(call, target, RIGHTS[i].right, &has, err))
			return false;
		if (!has)
			return err_set(err, ERR_PERMISSION,
			    "You cannot share a right that you do not have: %s of %.*s %.*s",
			    RIGHTS[i].field, STR_FMT(target->doctype->name),
			    STR_FMT(doc_name(target)));
	}
	return true;
}

static bool
check_user(struct doc *d, struct err *err)
{
	if (doctype_rows_flag(d, "everyone")) {
		(void)doc_set(d, STR("user"), value_null());
		return true;
	}
	return doctype_rows_text(d, "user").len > 0 ||
	    err_set(err, ERR_MANDATORY, "User is mandatory for Share");
}

static bool
find_name(struct call *call, const struct doc *d, struct value *out, bool *found, struct err *err)
{
	const struct value everyone = value_int(doctype_rows_flag(d, "everyone"));
	const struct str user = doctype_rows_text(d, "user");
	const struct value params[] = { doc_get(d, STR("share_doctype")),
		doc_get(d, STR("share_name")), everyone, value_text(user.len > 0 ? user : STR("")),
		value_text(doc_name(d).len > 0 ? doc_name(d) : STR("")) };

	return db_query_row(
	    call->db, call->arena, FIND_SQL, params, ARRAY_LEN(params), out, 1, found, err);
}

static bool
check_twice(struct call *call, const struct doc *d, struct err *err)
{
	struct value name;
	bool found;

	return find_name(call, d, &name, &found, err) &&
	    (!found ||
		err_set(err, ERR_VALIDATION,
		    "The document is shared with this user already: change DocShare %.*s",
		    STR_FMT(value_str(name))));
}

static bool
validate_share(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct doctype *dt;
	struct doc *target;

	if (!check_user(d, err) ||
	    !doc_type(call, doctype_rows_text(d, "share_doctype"), &dt, err) ||
	    !doc_must_load(call, dt, doctype_rows_text(d, "share_name"), &target, err) ||
	    !check_shareable(call, target, err))
		return false;
	if (doctype_rows_flag(d, "submit") && !dt->is_submittable)
		return err_set(err, ERR_VALIDATION,
		    "Cannot share <strong>%.*s</strong> with submit permission as the doctype "
		    "<strong>%.*s</strong> is not submittable",
		    STR_FMT(doc_name(target)), STR_FMT(dt->name));
	complete_rights(d);
	return check_twice(call, d, err) && check_given(call, d, old, target, err);
}

/* As people read it. */
static struct str
full_name(struct call *call, struct str user)
{
	const struct who *who = auth_find_user(call->auth, user);

	return who == NULL || who->full_name.len == 0 ? user : who->full_name;
}

/* Notes beside the document what became of a share: "Ada shared this document with Bob". */
static bool
note(struct call *call, const struct doc *d, const char *type, const char *what, struct err *err)
{
	const struct str owner = full_name(call, value_str(d->values[DOC_OWNER]));
	const struct str with = doctype_rows_flag(d, "everyone")
	    ? STR("everyone")
	    : full_name(call, doctype_rows_text(d, "user"));
	struct str text;

	return arena_printf(call->arena, &text, err, "%.*s %s this document with %.*s",
		   STR_FMT(owner), what, STR_FMT(with)) &&
	    comment_note_at(call, doctype_rows_text(d, "share_doctype"),
		doctype_rows_text(d, "share_name"), type, text, err);
}

/* Judging asks for rows from the first one on. */
static bool
written_share(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	return call_change(call, CHANGE_DOCTYPE, d->doctype->name, err) &&
	    (old != NULL || note(call, d, "Shared", "shared", err));
}

static bool
deleting_share(struct call *call, struct doc *d, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, doctype_rows_text(d, "share_doctype"));
	struct doc *target;
	bool found = false;

	if (dt != NULL &&
	    !doc_load(call, dt, doctype_rows_text(d, "share_name"), &target, &found, err))
		return false;
	return !found || check_shareable(call, target, err);
}

static bool
deleted_share(struct call *call, struct doc *d, struct err *err)
{
	return note(call, d, "Unshared", "un-shared", err);
}

const struct controller SHARE_RULES = {
	.doctype = STR_INIT("DocShare"),
	.validate = validate_share,
	.written = written_share,
	.deleting = deleting_share,
	.deleted = deleted_share,
};

/* ---- giving */

static bool
make(struct call *call, const struct doctype *dt, struct doc **out, struct err *err)
{
	struct str name, now;
	struct doc *d;

	if (!doc_body_new(call, dt, &d, err) || !naming_random(call->arena, &name, err) ||
	    !life_next_stamp(call, NULL, &now, err) || !defaults_fill(call, d, err))
		return false;
	d->values[DOC_NAME] = value_text(name);
	d->values[DOC_CREATION] = value_text(now);
	d->values[DOC_OWNER] = value_text(call->who->name);
	doctype_rows_set_int(d, "notify_by_email", 0);
	d->is_new = true;
	*out = d;
	return true;
}

bool
share_rules_find(
    struct call *call, const struct share_rules_place *place, struct doc **out, struct err *err)
{
	const struct doctype *dt;
	struct value name;
	struct doc *d;
	bool found;

	if (!doc_type(call, SHARE_RULES.doctype, &dt, err) || !make(call, dt, &d, err))
		return false;
	(void)doc_set(d, STR("share_doctype"), value_text(place->doctype->name));
	(void)doc_set(d, STR("share_name"), value_text(place->name));
	(void)doc_set(d, STR("user"), place->everyone ? value_null() : value_text(place->user));
	doctype_rows_set_int(d, "everyone", place->everyone);
	if (!find_name(call, d, &name, &found, err))
		return false;
	*out = d;
	return !found || doc_must_load(call, dt, value_str(name), out, err);
}

static bool
is_empty(const struct doc *d)
{
	for (size_t i = 0; i < ARRAY_LEN(RIGHTS); i++) {
		if (doctype_rows_flag(d, RIGHTS[i].field))
			return false;
	}
	return true;
}

bool
share_rules_write(
    struct call *call, struct doc *d, const struct doc *old, struct doc **out, struct err *err)
{
	struct str now;

	*out = NULL;
	if (is_empty(d))
		return old == NULL ||
		    (store_delete(call, old, err) && written_share(call, d, old, err) &&
			deleted_share(call, d, err) && audited_keep(call, NULL, old, err));
	if (!validate_share(call, d, old, err) || !life_next_stamp(call, old, &now, err))
		return false;
	d->values[DOC_MODIFIED] = value_text(now);
	d->values[DOC_MODIFIED_BY] = value_text(call->who->name);
	if (!(old == NULL ? store_insert(call, d, err) : store_update(call, d, old, err)) ||
	    !written_share(call, d, old, err) || !audited_keep(call, d, old, err))
		return false;
	d->is_new = false;
	*out = d;
	return true;
}
