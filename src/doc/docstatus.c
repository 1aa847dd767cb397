#include "doc/docstatus.h"

#include "doc/cast.h"

int64_t
docstatus_of(const struct doc *d)
{
	const struct value v = d->values[DOC_DOCSTATUS];
	int64_t n = 0;

	switch (v.kind) {
	case VALUE_INT:
		return v.i;
	case VALUE_TEXT:
		return str_to_int64(str_trim(v.s), &n) ? n : 0;
	case VALUE_NULL:
	case VALUE_REAL:
		break;
	}
	return 0;
}

static const char *const NAMES[] = { "Draft", "Submitted", "Cancelled" };

static const struct {
	int from, to; /* from -1: there is no document yet */
	enum docstatus_action action;
	bool needs_more;
	enum right more;
} MOVES[] = {
	{ -1, DOCSTATUS_DRAFT, DOCSTATUS_SAVE, false, RIGHT_CREATE },
	{ -1, DOCSTATUS_SUBMITTED, DOCSTATUS_SUBMIT, true, RIGHT_SUBMIT },
	{ DOCSTATUS_DRAFT, DOCSTATUS_DRAFT, DOCSTATUS_SAVE, false, RIGHT_WRITE },
	{ DOCSTATUS_DRAFT, DOCSTATUS_SUBMITTED, DOCSTATUS_SUBMIT, true, RIGHT_SUBMIT },
	{ DOCSTATUS_SUBMITTED, DOCSTATUS_SUBMITTED, DOCSTATUS_UPDATE, true, RIGHT_SUBMIT },
	{ DOCSTATUS_SUBMITTED, DOCSTATUS_CANCELLED, DOCSTATUS_CANCEL, true, RIGHT_CANCEL },
};

static bool
refuse_move(int64_t from, int64_t to, struct err *err)
{
	if (from == DOCSTATUS_CANCELLED)
		return err_set_silent(err, ERR_VALIDATION, "Cannot edit cancelled document");
	if (to < 0 || to > DOCSTATUS_CANCELLED)
		return err_set_silent(
		    err, ERR_VALIDATION, "('Invalid docstatus', %lld)", (long long)to);
	if (from < 0)
		from = DOCSTATUS_DRAFT;
	return err_set_silent(err, ERR_DOCSTATUS,
	    "Cannot change docstatus from %lld (%s) to %lld (%s)", (long long)from, NAMES[from],
	    (long long)to, NAMES[to]);
}

bool
docstatus_judge(const struct doc *d, const struct doc *old, enum docstatus_action *action,
    bool *needs_more, enum right *more, struct err *err)
{
	const int64_t from = old == NULL ? -1 : docstatus_of(old);
	const int64_t to = docstatus_of(d);

	*needs_more = false;
	for (size_t i = 0; i < ARRAY_LEN(MOVES); i++) {
		if (MOVES[i].from != from || MOVES[i].to != to)
			continue;
		if (to != DOCSTATUS_DRAFT && !d->doctype->is_submittable && !d->doctype->istable)
			return err_set(err, ERR_DOCSTATUS,
			    "%.*s is not submittable: docstatus must be 0",
			    STR_FMT(d->doctype->name));
		*action = MOVES[i].action;
		*needs_more = MOVES[i].needs_more;
		*more = MOVES[i].more;
		return true;
	}
	return refuse_move(from, to, err);
}

bool
docstatus_judge_discard(const struct doc *old, enum docstatus_action *action, struct err *err)
{
	if (!old->doctype->is_submittable || docstatus_of(old) != DOCSTATUS_DRAFT)
		return err_set(err, ERR_VALIDATION, "Only draft documents can be discarded");
	*action = DOCSTATUS_CANCEL;
	return true;
}

static bool
refuse_update(struct call *call, const struct doc *d, const struct field *f, struct value from,
    struct value to, struct err *err)
{
	const struct str label = f->label.len > 0 ? f->label : f->name;
	const struct value idx = d->values[DOC_IDX];
	struct str row = STR(""), a, b;

	if (d->doctype->istable &&
	    !arena_printf(call->arena, &row, err, "Row #%lld",
		(long long)(idx.kind == VALUE_INT ? idx.i : 0)))
		return false;
	if (!cast_to_text(call->arena, from, &a, err) || !cast_to_text(call->arena, to, &b, err))
		return false;
	err_set(err, ERR_UPDATE_AFTER_SUBMIT,
	    "%.*s Not allowed to change <strong>%.*s</strong> after submission from "
	    "<strong>%.*s</strong> to <strong>%.*s</strong>",
	    STR_FMT(row), STR_FMT(label), STR_FMT(str_sub(a, 0, 100)), STR_FMT(str_sub(b, 0, 100)));
	return err_title(err, "Cannot Update After Submit");
}

static bool
check_values(struct call *call, const struct doc *d, const struct doc *old, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];
		struct value a, b;

		if (f->allow_on_submit)
			continue;
		if (!cast_stored(call->arena, f, old->values[i], &a, err) ||
		    !cast_stored(call->arena, f, d->values[i], &b, err))
			return false;
		if (!cast_equal(a, b) && !(cast_is_empty(a) && cast_is_empty(b)))
			return refuse_update(call, d, f, a, b, err);
	}
	return true;
}

static bool
check_table(struct call *call, const struct doc *d, const struct doc *old, const struct field *f,
    struct err *err)
{
	const struct doc_rows *now = &d->tables[f->table], *before = &old->tables[f->table];

	if (!f->allow_on_submit && now->len != before->len)
		return refuse_update(
		    call, d, f, value_int((int64_t)before->len), value_int((int64_t)now->len), err);
	for (size_t i = 0; i < now->len; i++) {
		const struct doc *row = now->items[i];
		const struct doc *stored = doc_rows_find(before, doc_name(row));

		if (stored == NULL && !f->allow_on_submit)
			return refuse_update(call, d, f, value_int((int64_t)before->len),
			    value_int((int64_t)now->len), err);
		if (stored != NULL && !check_values(call, row, stored, err))
			return false;
	}
	return true;
}

bool
docstatus_check_update(
    struct call *call, const struct doc *d, const struct doc *old, struct err *err)
{
	const struct doctype *dt = d->doctype;

	if (!check_values(call, d, old, err))
		return false;
	for (size_t i = 0; i < dt->tables_len; i++) {
		if (!check_table(call, d, old, dt->tables[i], err))
			return false;
	}
	return true;
}
