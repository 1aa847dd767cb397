#include "doc/rename.h"

#include "auth/vault.h"
#include "auth/who.h"
#include "db/sqlb.h"
#include "doc/audited.h"
#include "doc/comment.h"
#include "doc/controller.h"
#include "doc/links_move.h"
#include "doc/naming.h"
#include "doc/perm.h"
#include "doc/store.h"

/* A document on its way to another name. */
struct renaming {
	const struct doctype *dt;
	struct doc *d;    /* as it is stored */
	struct doc *into; /* what it is merged into; NULL: it is not */
	struct str from, to;
	const struct rename_how *how;
};

typedef bool step_fn(struct call *call, struct renaming *r, struct err *err);

static bool
load(struct call *call, struct renaming *r, struct err *err)
{
	bool found = false;

	if (!r->dt->issingle && !store_load(call, r->dt, r->from, &r->d, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_DOES_NOT_EXIST, "%.*s %.*s not found", STR_FMT(r->dt->name),
		    STR_FMT(str_sub(r->from, 0, 140)));
	r->from = doc_name(r->d);
	return true;
}

/* ---- what may be done */

static bool
may(struct call *call, const struct renaming *r, const struct doc *d, enum right right,
    struct err *err)
{
	bool has;

	if (!perm_has(call, d, right, &has, err))
		return false;
	return has ||
	    err_set(err, ERR_VALIDATION, "You need %.*s permission on %.*s %.*s to rename",
		STR_FMT(right_name(right)), STR_FMT(r->dt->name), STR_FMT(doc_name(d)));
}

static bool
check_right(struct call *call, struct renaming *r, struct err *err)
{
	return may(call, r, r->d, RIGHT_WRITE, err) &&
	    (!r->how->merge || may(call, r, r->d, RIGHT_DELETE, err));
}

/* Rows of child tables have no names that mean anything, and counted names are counted. */
static bool
check_allowed(struct call *call, struct renaming *r, struct err *err)
{
	const struct doctype *dt = r->dt;
	const bool forced = r->how->force && dt->custom && call->who->is_system_manager;

	return ((dt->allow_rename || forced) && !dt->istable && !dt->autoincrement) ||
	    err_set(err, ERR_VALIDATION, "%.*s not allowed to be renamed", STR_FMT(dt->name));
}

static bool
ask_rules(struct call *call, struct renaming *r, struct err *err)
{
	const struct controller *c = r->dt->controller;

	if (c != NULL && c->renaming != NULL &&
	    !c->renaming(call, r->d, r->how->merge, &r->to, err))
		return false;
	if (!naming_check(r->dt, &r->to, err))
		return false;
	return !str_eq(r->from, r->to) ||
	    err_set(err, ERR_VALIDATION, "No changes made because old and new name are the same.");
}

/* A name that is the same but for case is no other document's. */
static bool
find_target(struct call *call, struct renaming *r, struct err *err)
{
	bool found;

	if (!store_load_row(call, r->dt, r->to, &r->into, &found, err))
		return false;
	if (found && str_eq(doc_name(r->into), r->from))
		found = false;
	if (!found)
		r->into = NULL;
	if (r->how->merge && !found)
		return err_set(err, ERR_VALIDATION,
		    "%.*s %.*s does not exist, select a new target to merge", STR_FMT(r->dt->name),
		    STR_FMT(r->to));
	if (!r->how->merge && found)
		return err_set(err, ERR_VALIDATION,
		    "Another %.*s with name %.*s exists, select another name", STR_FMT(r->dt->name),
		    STR_FMT(r->to));
	if (!found)
		return true;
	r->to = doc_name(r->into);
	return may(call, r, r->into, RIGHT_WRITE, err);
}

/* ---- what follows */

static bool
set_name(struct call *call, const struct renaming *r, struct err *err)
{
	const struct field *shown = naming_field(r->dt);
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "UPDATE ");
	sqlb_table(&b, r->dt->name);
	sqlb_lit(&b, " SET `name` = ");
	sqlb_value(&b, value_text(r->to));
	if (shown != NULL) {
		sqlb_lit(&b, ", ");
		sqlb_ident(&b, shown->name);
		sqlb_lit(&b, " = ");
		sqlb_value(&b, value_text(r->to));
	}
	sqlb_lit(&b, " WHERE `name` = ");
	sqlb_value(&b, value_text(r->from));
	return sqlb_exec(call->db, &b, err);
}

/* The document itself, with its rows and its secrets; a merged one leaves them behind. */
static bool
move_document(struct call *call, struct renaming *r, struct err *err)
{
	const struct vault_place from = { .doctype = r->dt->name, .name = r->from };
	const struct vault_place to = { .doctype = r->dt->name, .name = r->to };

	return r->into != NULL ||
	    (set_name(call, r, err) && links_move_rows(call, r->dt, r->from, r->to, err) &&
		vault_move(call, from, to, err));
}

static bool
move_links(struct call *call, struct renaming *r, struct err *err)
{
	return links_move(call, r->dt, r->from, r->to, err);
}

static bool
end_merged(struct call *call, struct renaming *r, struct err *err)
{
	return r->into == NULL || doc_delete(call, r->dt, r->from, err);
}

static bool
tell_rules(struct call *call, struct renaming *r, struct err *err)
{
	const struct controller *c = r->dt->controller;

	r->d->values[DOC_NAME] = value_text(r->to);
	return audited_renamed(call, r->d, r->from, err) &&
	    (c == NULL || c->renamed == NULL || c->renamed(call, r->d, r->from, err));
}

/* Beside what has the name from now on. */
static bool
note(struct call *call, struct renaming *r, struct err *err)
{
	struct str text;

	return arena_printf(call->arena, &text, err,
		   r->into != NULL ? "merged <strong>%.*s</strong> into <strong>%.*s</strong>"
				   : "renamed from <strong>%.*s</strong> to <strong>%.*s</strong>",
		   STR_FMT(r->from), STR_FMT(r->to)) &&
	    comment_note(call, r->d, "Edit", text, err);
}

static bool
say(struct call *call, struct renaming *r, struct err *err)
{
	struct str text;

	return arena_printf(call->arena, &text, err,
		   "Document renamed from <strong>%.*s</strong> to <strong>%.*s</strong>",
		   STR_FMT(r->from), STR_FMT(r->to)) &&
	    call_alert(call, text, err);
}

static step_fn *const STEPS[] = { load, check_right, check_allowed, ask_rules, find_target,
	move_document, move_links, end_merged, tell_rules, note, say };

bool
rename_document(struct call *call, const struct doctype *dt, const struct rename_how *how,
    struct str *out, struct err *err)
{
	struct renaming r = { .dt = dt, .from = how->from, .to = how->to, .how = how };

	for (size_t i = 0; i < ARRAY_LEN(STEPS); i++) {
		if (!STEPS[i](call, &r, err))
			return false;
	}
	*out = r.to;
	return true;
}
