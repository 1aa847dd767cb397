#include "doc/life.h"

#include "auth/who.h"
#include "base/clock.h"
#include "doc/audited.h"
#include "doc/cast.h"
#include "doc/controller.h"
#include "doc/defaults.h"
#include "doc/doc_secrets.h"
#include "doc/levels.h"
#include "doc/life_child.h"
#include "doc/life_rows.h"
#include "doc/links.h"
#include "doc/naming.h"
#include "doc/perm.h"
#include "doc/store.h"
#include "doc/validate.h"
#include "doc/version.h"
#include "json/json_in.h"

enum { RANDOM_TRIES = 5 };

typedef bool step_fn(struct call *call, struct life *life, struct err *err);

static bool
fill(struct call *call, struct life *life, struct err *err)
{
	return defaults_fill(call, life->d, err) && life_rows_fill(call, life, err);
}

/* frappe.client.save sends the whole document: what is not in it is empty, but for its place. */
static bool
complete(struct call *call, struct life *life, struct err *err)
{
	struct doc *d = life->d;

	d->values[DOC_NAME] = life->old->values[DOC_NAME];
	memcpy(d->marks, life->old->marks, sizeof(d->marks));
	if (life->is_whole && !d->given[DOC_IDX])
		d->values[DOC_IDX] = life->old->values[DOC_IDX];
	defaults_zero(d);
	return life_rows_fill(call, life, err);
}

/* ---- stamps */

bool
life_next_stamp(struct call *call, const struct doc *old, struct str *out, struct err *err)
{
	char text[CLOCK_TEXT_SIZE], before[CLOCK_TEXT_SIZE];
	struct str now = clock_stamp(call->now_us, text);
	struct clock_civil c;
	struct str last = old == NULL ? STR_NULL : value_str(old->values[DOC_MODIFIED]);

	if (clock_parse(last, &c) && c.year < 9999) {
		last = clock_stamp(clock_from_local(c), before);
		if (str_cmp(now, last) <= 0)
			now = clock_stamp(clock_from_local(c) + 1, text);
	}
	return arena_str(call->arena, now, out, err);
}

static bool
stamp(struct call *call, struct life *life, struct err *err)
{
	struct doc *d = life->d;
	struct str now;

	if (!life_next_stamp(call, life->old, &now, err))
		return false;
	d->values[DOC_MODIFIED] = value_text(now);
	d->values[DOC_MODIFIED_BY] = value_text(call->who->name);
	if (life->old == NULL) {
		d->values[DOC_CREATION] = value_text(now);
		d->values[DOC_OWNER] = value_text(call->who->name);
	}
	return life_rows_stamp(call, life, err);
}

/* ---- what may be done, and from which state */

static bool
judge_docstatus(struct call *call, struct life *life, struct err *err)
{
	bool needs_more = false;
	enum right more = RIGHT_SUBMIT;

	if (life->discards)
		return docstatus_judge_discard(life->old, &life->action, err);
	if (!docstatus_judge(life->d, life->old, &life->action, &needs_more, &more, err))
		return false;
	return life->old == NULL || !needs_more || perm_check_doc(call, life->old, more, err);
}

static bool
check_create(struct call *call, struct life *life, struct err *err)
{
	return life->without_rights ||
	    (perm_check_doc(call, life->d, RIGHT_CREATE, err) &&
		(life->action != DOCSTATUS_SUBMIT ||
		    perm_check_doc(call, life->d, RIGHT_SUBMIT, err)));
}

/* Judged on what is stored, since nobody becomes the owner by saying so, and on what is to be:
 * nobody moves a document to where he may not go. */
static bool
check_write(struct call *call, struct life *life, struct err *err)
{
	return life->without_rights ||
	    (perm_check_doc(call, life->old, RIGHT_WRITE, err) &&
		perm_check_change(call, life->old, life->d, err));
}

/* A name in the body that is not the document's. */
static bool
check_name(struct call *call, struct life *life, struct err *err)
{
	const struct str name = str_trim(json_text(json_get(life->body, STR("name"))));

	(void)call;
	if (name.len == 0 || life->d->doctype->issingle || str_ieq(name, doc_name(life->old)))
		return true;
	return err_set(
	    err, ERR_VALIDATION, "The name of a document changes by renaming it, not by saving it");
}

static bool
same_instant(struct str a, struct str b)
{
	struct clock_civil x, y;

	if (!clock_parse(a, &x) || !clock_parse(b, &y))
		return str_eq(a, b);
	return clock_from_local(x) == clock_from_local(y);
}

/* The client's "modified" must be the stored one, where it sent any. */
static bool
check_conflict(struct call *call, struct life *life, struct err *err)
{
	const struct str stored = value_str(life->old->values[DOC_MODIFIED]);
	const struct str sent = value_str(life->d->values[DOC_MODIFIED]);
	const bool asked = life->is_whole || life->d->given[DOC_MODIFIED];

	(void)call;
	if (!asked || same_instant(sent, stored))
		return true;
	return err_set(err, ERR_TIMESTAMP_MISMATCH,
	    "Error: %.*s (%.*s) has been modified after you have opened it (%.*s, %.*s). "
	    "Please refresh to get the latest document.",
	    STR_FMT(doc_name(life->old)), STR_FMT(life->d->doctype->name), STR_FMT(stored),
	    STR_FMT(str_sub(sent, 0, 40)));
}

/* ---- names */

/* A field that names the document stays what the name is. */
static void
sync_name_field(struct doc *d)
{
	const struct str autoname = d->doctype->autoname;

	if (str_istarts(autoname, STR("field:")))
		(void)doc_set(
		    d, str_sub(autoname, sizeof("field:") - 1, autoname.len), d->values[DOC_NAME]);
}

static bool
set_name(struct call *call, struct life *life, struct err *err)
{
	struct str name;

	if (!naming_name(call, life->d, life->body, &name, err))
		return false;
	life->d->values[DOC_NAME] = value_text(name);
	sync_name_field(life->d);
	return life_rows_name(call, life, err);
}

static bool
keep_name(struct call *call, struct life *life, struct err *err)
{
	sync_name_field(life->d);
	return life_rows_name(call, life, err);
}

/* ---- rules */

static bool
reset_levels(struct call *call, struct life *life, struct err *err)
{
	return life->without_rights || levels_reset(call, life->d, life->old, err);
}

static bool
check_links(struct call *call, struct life *life, struct err *err)
{
	if (life->action == DOCSTATUS_CANCEL)
		return links_check_free(call, life->old, true, err);
	const struct controller *c = life->d->doctype->controller;

	if (c != NULL && c->before_links != NULL && !c->before_links(call, life->d, err))
		return false;
	return links_check(call, life->d, err);
}

static bool
run_rules(struct call *call, struct life *life, struct err *err)
{
	const struct controller *c = life->d->doctype->controller;

	return c == NULL || c->validate == NULL || c->validate(call, life->d, life->old, err);
}

static bool
check_constants(struct call *call, struct life *life, struct err *err)
{
	return validate_constants(call, life->d, life->old, err) &&
	    (life->action != DOCSTATUS_UPDATE ||
		docstatus_check_update(call, life->d, life->old, err));
}

static bool
check_amended(struct call *call, struct life *life, struct err *err)
{
	const struct doctype *dt = life->d->doctype;
	const struct str from = value_str(doc_get(life->d, STR("amended_from")));
	struct doc *amended;
	bool found;

	if (from.len == 0 || !dt->is_submittable)
		return true;
	if (!store_load_row(call, dt, from, &amended, &found, err))
		return false;
	if (!found || docstatus_of(amended) == DOCSTATUS_CANCELLED)
		return true;
	err_set(err, ERR_VALIDATION,
	    "%.*s cannot be amended because it is not cancelled. Please cancel the document "
	    "before creating an amendment.",
	    STR_FMT(from));
	return err_title(err, "Amendment Not Allowed");
}

static bool
validate(struct call *call, struct life *life, struct err *err)
{
	return validate_document(call, life->d, err);
}

/* ---- writing */

static void
forget_messages(struct call *call, struct call_message *last)
{
	call->messages_last = last;
	if (last == NULL)
		call->messages = NULL;
	else
		last->next = NULL;
}

/* A random name that is taken is worth another one. */
static bool
write_new(struct call *call, struct life *life, struct err *err)
{
	const bool again = naming_is_random(life->d);
	struct str name;

	for (int i = 0;; i++) {
		struct call_message *last = call->messages_last;

		if (store_insert(call, life->d, err))
			return true;
		if (err->kind != ERR_DUPLICATE || !again || i == RANDOM_TRIES)
			return false;
		forget_messages(call, last);
		if (!naming_name(call, life->d, life->body, &name, err))
			return false;
		life->d->values[DOC_NAME] = value_text(name);
		if (!life_rows_name(call, life, err))
			return false;
	}
}

static bool
write_changed(struct call *call, struct life *life, struct err *err)
{
	return store_update(call, life->d, life->old, err);
}

static bool
tell(struct call *call, struct life *life, struct err *err)
{
	const struct controller *c = life->d->doctype->controller;

	return c == NULL || c->written == NULL || c->written(call, life->d, life->old, err);
}

static bool
tell_parent(struct call *call, struct life *life, struct err *err)
{
	return life_child_written(call, life->d, err);
}

static bool
audit(struct call *call, struct life *life, struct err *err)
{
	return audited_keep(call, life->d, life->old, err);
}

/* ---- the two lists */

/* create stands before links, so that nobody can find out names without the right to create. */
static step_fn *const INSERT[] = { life_child_place, fill, stamp, judge_docstatus, check_create,
	check_links, set_name, reset_levels, run_rules, check_amended, validate, doc_secrets_take,
	write_new, doc_secrets_store, tell, audit, tell_parent };

static step_fn *const UPDATE[] = { complete, check_write, check_name, check_conflict,
	life_child_number, life_child_place, stamp, judge_docstatus, keep_name, reset_levels,
	check_links, run_rules, check_constants, validate, doc_secrets_take, write_changed,
	doc_secrets_store, version_keep, tell, audit, tell_parent };

static bool
run(struct call *call, struct life *life, step_fn *const *steps, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		if (!steps[i](call, life, err))
			return false;
	}
	return true;
}

bool
life_insert(struct call *call, struct life *life, struct err *err)
{
	return run(call, life, INSERT, ARRAY_LEN(INSERT), err);
}

bool
life_update(struct call *call, struct life *life, struct err *err)
{
	return run(call, life, UPDATE, ARRAY_LEN(UPDATE), err);
}
