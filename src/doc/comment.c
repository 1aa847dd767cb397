#include "doc/comment.h"

#include "auth/who.h"
#include "doc/doc_body.h"
#include "doc/life.h"
#include "doc/log_row.h"
#include "doc/mark.h"
#include "doc/perm.h"
#include "doc/store.h"

static const struct str COMMENT = STR_INIT("Comment");
static const struct str CONTENT = STR_INIT("content");

static const struct str LIKED_SQL =
    STR_INIT("SELECT 1 FROM `tabComment` WHERE `reference_doctype` = ?1"
	     " AND `reference_name` COLLATE NOCASE = ?2 AND `comment_type` = 'Like'"
	     " AND `owner` COLLATE NOCASE = ?3 LIMIT 1");
static const struct str UNLIKE_SQL =
    STR_INIT("DELETE FROM `tabComment` WHERE `reference_doctype` = ?1"
	     " AND `reference_name` COLLATE NOCASE = ?2 AND `comment_type` = 'Like'"
	     " AND `owner` COLLATE NOCASE = ?3");

bool
comment_target(struct call *call, const struct doctype *dt, struct str name, enum right right,
    struct doc **out, struct err *err)
{
	struct doc *d;

	if (!doc_must_load(call, dt, name, &d, err) || !perm_check_doc(call, d, right, err))
		return false;
	*out = d;
	return perm_key_allows(call, dt, RIGHT_WRITE) ||
	    err_set(err, ERR_PERMISSION, "This API key may not write to %.*s", STR_FMT(dt->name));
}

/* ---- saying something */

/* A name that the caller goes by: his full name, or what it begins with. */
static bool
is_own_name(const struct call *call, struct str name)
{
	return str_istarts(call->who->full_name, name) || str_ieq(call->who->name, name);
}

static void
set_author(struct call *call, const struct comment_new *comment, struct doc *d)
{
	const bool any = perm_grant_of(call, d->doctype, RIGHT_CREATE) != PERM_NONE;
	struct str by = comment->by.len > 0 ? comment->by : STR_NULL;

	if (by.len > 0 && !any && !is_own_name(call, by))
		by = call->who->full_name;
	(void)doc_set(d, STR("comment_email"),
	    value_text(any && comment->email.len > 0 ? comment->email : call->who->name));
	(void)doc_set(d, STR("comment_by"), value_text(by));
}

bool
comment_add(struct call *call, const struct doc *target, const struct comment_new *comment,
    struct doc **out, struct err *err)
{
	struct doc *d;

	if (!log_row_new(call, COMMENT, &d, err))
		return false;
	(void)doc_set(d, STR("comment_type"), value_text(comment->type));
	(void)doc_set(d, CONTENT, value_text(comment->content));
	(void)doc_set(d, STR("reference_doctype"), value_text(target->doctype->name));
	(void)doc_set(d, STR("reference_name"), value_text(doc_name(target)));
	set_author(call, comment, d);
	struct life life = { .d = d, .without_rights = true };
	if (!life_insert(call, &life, err))
		return false;
	d->is_new = false;
	*out = d;
	return true;
}

bool
comment_note(struct call *call, const struct doc *target, const char *type, struct str content,
    struct err *err)
{
	const struct comment_new comment = { .type = str_from(type), .content = content };
	struct doc *d;

	return comment_add(call, target, &comment, &d, err);
}

bool
comment_note_at(struct call *call, struct str doctype, struct str name, const char *type,
    struct str content, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, doctype);
	struct doc *target;
	bool found = false;

	if (dt == NULL || name.len == 0)
		return true;
	if (!store_load_row(call, dt, name, &target, &found, err))
		return false;
	return !found || comment_note(call, target, type, content, err);
}

/* ---- changing it */

static bool
check_author(struct call *call, const struct doc *d, struct err *err)
{
	return call->who->is_administrator ||
	    str_ieq(value_str(d->values[DOC_OWNER]), call->who->name) ||
	    err_set(err, ERR_PERMISSION, "Comment can only be edited by the owner");
}

/* What it is about, if that is still there to be read. */
static bool
check_target(struct call *call, const struct doc *d, struct err *err)
{
	const struct str name = value_str(doc_get(d, STR("reference_name")));
	const struct doctype *dt =
	    metas_find(call->metas, value_str(doc_get(d, STR("reference_doctype"))));
	struct doc *target;

	return dt == NULL || name.len == 0 ||
	    comment_target(call, dt, name, RIGHT_READ, &target, err);
}

bool
comment_edit(struct call *call, struct str name, struct str content, struct err *err)
{
	const struct doctype *dt;
	struct doc *old, *d;

	if (!doc_type(call, COMMENT, &dt, err) || !doc_must_load(call, dt, name, &old, err) ||
	    !check_author(call, old, err) || !check_target(call, old, err) ||
	    !doc_body_copy(call, old, &d, err))
		return false;
	(void)doc_set(d, CONTENT, value_text(content));
	struct life life = { .d = d, .old = old, .without_rights = true };
	return life_update(call, &life, err);
}

/* ---- liking */

bool
comment_like(struct call *call, const struct doc *target, bool likes, struct err *err)
{
	const struct value mine[] = { value_text(target->doctype->name), target->values[DOC_NAME],
		value_text(call->who->name) };
	struct value one;
	bool found;

	if (!db_query_row(
		call->db, call->arena, LIKED_SQL, mine, ARRAY_LEN(mine), &one, 1, &found, err))
		return false;
	if (found == likes)
		return true;
	if (!(likes ? comment_note(call, target, "Like", STR("Liked"), err)
		    : db_exec(call->db, UNLIKE_SQL, mine, ARRAY_LEN(mine), NULL, err)))
		return false;
	return mark_refresh(call, target->doctype->name, doc_name(target), MARK_LIKED, err);
}
