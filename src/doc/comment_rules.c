#include "doc/comment_rules.h"

#include "auth/who.h"
#include "doc/clean.h"
#include "doc/comment.h"
#include "doc/mark.h"

static const struct str TYPE = STR_INIT("reference_doctype");
static const struct str NAME = STR_INIT("reference_name");

static bool
is_given(const struct doc *d, struct str field)
{
	const struct field *f = doctype_field(d->doctype, field);

	return f != NULL && f->column >= 0 && d->given != NULL && d->given[f->column];
}

/* What the server writes itself is given by nobody. */
static bool
check_reference(struct call *call, const struct doc *d, struct err *err)
{
	const struct str type = value_str(doc_get(d, TYPE)), name = value_str(doc_get(d, NAME));
	const struct doctype *dt = metas_find(call->metas, type);
	struct doc *target;

	if ((!is_given(d, TYPE) && !is_given(d, NAME)) || dt == NULL || name.len == 0)
		return true;
	return comment_target(call, dt, name, RIGHT_READ, &target, err);
}

static bool
validate_comment(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	struct str content;

	(void)old;
	if (value_str(doc_get(d, STR("comment_email"))).len == 0)
		(void)doc_set(d, STR("comment_email"), value_text(call->who->name));
	if (!clean_html(call->arena, value_str(doc_get(d, STR("content"))), &content, err))
		return false;
	(void)doc_set(d, STR("content"), value_text(content));
	return check_reference(call, d, err);
}

/* Only what people say is in the list. */
static bool
refresh(struct call *call, const struct doc *d, struct err *err)
{
	return !str_eq(value_str(doc_get(d, STR("comment_type"))), STR("Comment")) ||
	    mark_refresh(
		call, value_str(doc_get(d, TYPE)), value_str(doc_get(d, NAME)), MARK_COMMENTS, err);
}

static bool
is_moved(const struct doc *d, const struct doc *old)
{
	const struct str fields[] = { TYPE, NAME, STR("comment_type") };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!str_eq(value_str(doc_get(d, fields[i])), value_str(doc_get(old, fields[i]))))
			return true;
	}
	return false;
}

static bool
written_comment(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	return (old == NULL || !is_moved(d, old) || refresh(call, old, err)) &&
	    refresh(call, d, err);
}

static bool
deleted_comment(struct call *call, struct doc *d, struct err *err)
{
	return refresh(call, d, err);
}

const struct controller COMMENT_RULES = {
	.doctype = STR_INIT("Comment"),
	.validate = validate_comment,
	.written = written_comment,
	.deleted = deleted_comment,
};
