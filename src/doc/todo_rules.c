#include "doc/todo_rules.h"

#include "auth/who.h"
#include "doc/comment.h"
#include "doc/mark.h"
#include "doc/perm.h"

static bool
is_automatic(uint32_t role)
{
	return role == ROLE_ALL || role == ROLE_GUEST || role == ROLE_DESK_USER ||
	    role == ROLE_ADMINISTRATOR;
}

static bool
has_role_for(const struct call *call, const struct doctype *dt, enum right right)
{
	for (size_t i = 0; i < dt->perms_len; i++) {
		const struct perm *row = &dt->perms[i];

		if (row->permlevel == 0 && !is_automatic(row->role) &&
		    (row->rights & BIT(right)) != 0 && who_has_role(call->who, row->role))
			return true;
	}
	return false;
}

static bool
permits_todo(struct call *call, const struct doc *d, enum right right, bool *may, struct err *err)
{
	const struct str me = call->who->name;

	(void)err;
	*may = call->who->is_administrator || has_role_for(call, d->doctype, right) ||
	    str_ieq(value_str(doc_get(d, STR("allocated_to"))), me) ||
	    str_ieq(value_str(doc_get(d, STR("assigned_by"))), me);
	return true;
}

static void
todo_condition(struct call *call, struct sqlb *b, bool *any)
{
	const struct doctype *dt = metas_find(call->metas, STR("ToDo"));

	*any = !call->who->is_administrator && (dt == NULL || !has_role_for(call, dt, RIGHT_READ));
	if (!*any)
		return;
	sqlb_lit(b, "(`allocated_to` COLLATE NOCASE = ");
	sqlb_value(b, value_text(call->who->name));
	sqlb_lit(b, " OR `assigned_by` COLLATE NOCASE = ");
	sqlb_value(b, value_text(call->who->name));
	sqlb_lit(b, ")");
}

/* ---- assignments */

static struct str
text_of(const struct doc *d, const char *field)
{
	return value_str(doc_get(d, str_from(field)));
}

/* The document that a ToDo names, if there is one that the caller may read; else NULL. */
static bool
find_reference(struct call *call, const struct doc *d, struct doc **out, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, text_of(d, "reference_type"));
	const struct str name = text_of(d, "reference_name");
	bool reads = false;

	*out = NULL;
	if (dt == NULL || dt->issingle || name.len == 0)
		return true;
	if (!doc_load(call, dt, name, out, &reads, err))
		return false;
	if (reads && !perm_has(call, *out, RIGHT_READ, &reads, err))
		return false;
	if (!reads)
		*out = NULL;
	return true;
}

/* What is noted beside the document; null: nothing. */
static bool
note_of(
    struct call *call, const struct doc *d, const struct doc *old, struct str *out, struct err *err)
{
	const struct str to = text_of(d, "allocated_to"), me = call->who->full_name;
	const bool own = str_ieq(to, call->who->name);

	*out = STR_NULL;
	if (to.len == 0)
		return true;
	if (old == NULL && own)
		return arena_printf(call->arena, out, err, "%.*s self assigned this task: %.*s",
		    STR_FMT(me), STR_FMT(text_of(d, "description")));
	if (old == NULL)
		return arena_printf(call->arena, out, err, "%.*s assigned %.*s: %.*s", STR_FMT(me),
		    STR_FMT(to), STR_FMT(text_of(d, "description")));
	if (str_eq(text_of(old, "status"), text_of(d, "status")))
		return true;
	if (own)
		return arena_printf(
		    call->arena, out, err, "%.*s removed their assignment.", STR_FMT(me));
	return arena_printf(
	    call->arena, out, err, "Assignment of %.*s removed by %.*s", STR_FMT(to), STR_FMT(me));
}

static bool
refresh(struct call *call, const struct doc *d, struct err *err)
{
	return mark_refresh(
	    call, text_of(d, "reference_type"), text_of(d, "reference_name"), MARK_ASSIGNED, err);
}

static bool
written_todo(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	struct doc *reference;
	struct str note;

	if (text_of(d, "reference_name").len == 0 &&
	    (old == NULL || text_of(old, "reference_name").len == 0))
		return true;
	if (!find_reference(call, d, &reference, err) || !note_of(call, d, old, &note, err))
		return false;
	if (reference != NULL && note.len > 0 &&
	    !comment_note(
		call, reference, old == NULL ? "Assigned" : "Assignment Completed", note, err))
		return false;
	return (old == NULL || refresh(call, old, err)) && refresh(call, d, err);
}

static bool
deleted_todo(struct call *call, struct doc *d, struct err *err)
{
	return refresh(call, d, err);
}

const struct controller TODO_RULES = {
	.doctype = STR_INIT("ToDo"),
	.written = written_todo,
	.deleted = deleted_todo,
	.permits = permits_todo,
	.list_condition = todo_condition,
};
