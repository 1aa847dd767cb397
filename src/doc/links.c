#include "doc/links.h"

#include "db/sqlb.h"
#include "doc/cast.h"
#include "doc/column.h"
#include "doc/docstatus.h"

enum { MOST_NAMED = 400 }; /* bytes of an error's list */

/* What was not found, as the error names it. */
struct missing {
	struct buf found_not, cancelled;
};

/* A link that is being followed. */
struct link {
	struct doc *doc;
	const struct field *field;
	const struct doctype *target;
	struct str name;
	bool is_submittable; /* the document that holds it */
};

static struct str
label_of(const struct field *f)
{
	return f->label.len > 0 ? f->label : f->name;
}

static void
note_missing(struct buf *b, const struct link *l)
{
	if (b->len > 0)
		buf_lit(b, ", ");
	if (l->doc->doctype->istable) {
		const struct value idx = l->doc->values[DOC_IDX];

		buf_printf(b, "Row #%lld: ", (long long)(idx.kind == VALUE_INT ? idx.i : 0));
	}
	buf_printf(b, "%.*s: %.*s", STR_FMT(label_of(l->field)), STR_FMT(str_sub(l->name, 0, 140)));
}

/* Nothing, or 0: a number is never null. */
static bool
is_unset(struct value v)
{
	return cast_is_empty(v) || (v.kind == VALUE_INT && v.i == 0) ||
	    (v.kind == VALUE_REAL && v.r == 0);
}

/* Is f filled from what l points to? *source is the target's field. */
static bool
is_fetched(const struct link *l, const struct field *f, const struct field **source)
{
	struct str link, field;

	if (f->fetch_from.len == 0 || f->column < 0 ||
	    !str_cut(f->fetch_from, '.', &link, &field) || !str_eq(str_trim(link), l->field->name))
		return false;
	if (f->fetch_if_empty && !is_unset(l->doc->values[f->column]))
		return false;
	*source = doctype_field(l->target, str_trim(field));
	return *source != NULL && (*source)->column >= 0 && (*source)->type != FIELD_PASSWORD;
}

static void
put_fetched(struct sqlb *b, const struct link *l)
{
	const struct doctype *dt = l->doc->doctype;
	const struct field *source;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (is_fetched(l, dt->columns[i], &source)) {
			sqlb_lit(b, ", ");
			sqlb_ident(b, source->name);
		}
	}
}

static bool
take_fetched(struct call *call, const struct link *l, const struct db_rows *rows, struct err *err)
{
	const struct doctype *dt = l->doc->doctype;
	const struct field *source;
	size_t at = 2;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];
		struct value v;
		struct str text;

		/* A field that was filled stays in the list: fetch_if_empty was judged before. */
		if (at >= db_columns(rows) || !is_fetched(l, f, &source))
			continue;
		v = db_column(rows, at++);
		if (v.kind == VALUE_TEXT) {
			if (!arena_str(call->arena, v.s, &text, err))
				return false;
			v = cast_shown(source, value_text(text));
		}
		l->doc->values[f->column] = v;
	}
	return true;
}

/* Follows one link: the stored spelling, the fetched values. */
static bool
follow(struct call *call, const struct link *l, struct missing *m, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct str stored;

	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "SELECT `name`, `docstatus`");
	put_fetched(&b, l);
	sqlb_lit(&b, " FROM ");
	sqlb_table(&b, l->target->name);
	sqlb_lit(&b, " WHERE ");
	sqlb_text(&b, column_is_name(l->target));
	sqlb_value(&b, column_name(l->target, l->name));
	sqlb_text(&b, db_row_lock(call->db));
	if (!sqlb_query(call->db, &b, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);
	if (step == DB_FAILED)
		return false;
	if (step == DB_DONE) {
		note_missing(&m->found_not, l);
		return true;
	}
	const struct value name = db_column(rows, 0), docstatus = db_column(rows, 1);
	if (!cast_to_text(call->arena, name, &stored, err) ||
	    !arena_str(call->arena, stored, &stored, err))
		return false;
	l->doc->values[l->field->column] = value_text(stored);
	if (docstatus.kind == VALUE_INT && docstatus.i == DOCSTATUS_CANCELLED &&
	    l->is_submittable && l->target->is_submittable &&
	    !str_eq(l->field->name, STR("amended_from")))
		note_missing(&m->cancelled, l);
	return take_fetched(call, l, rows, err);
}

/* The DocType that a link points to; *out NULL: none of that name. */
static bool
target_of(struct call *call, const struct doc *d, const struct field *f, const struct doctype **out,
    struct err *err)
{
	const struct field *type;
	struct str name = f->options;

	if (f->type == FIELD_DYNAMIC_LINK) {
		type = doctype_field(d->doctype, f->options);
		name = type == NULL ? STR_NULL : value_str(doc_get(d, type->name));
		if (name.len == 0)
			return err_set(err, ERR_VALIDATION, "%.*s must be set first",
			    STR_FMT(type == NULL ? f->options : label_of(type)));
	}
	*out = metas_find(call->metas, name);
	return true;
}

static bool
check_field(struct call *call, struct doc *d, const struct field *f, bool is_submittable,
    struct missing *m, struct err *err)
{
	struct link l = { .doc = d, .field = f, .is_submittable = is_submittable };

	if ((f->type != FIELD_LINK && f->type != FIELD_DYNAMIC_LINK) ||
	    cast_is_empty(d->values[f->column]))
		return true;
	if (!cast_to_text(call->arena, d->values[f->column], &l.name, err) ||
	    !target_of(call, d, f, &l.target, err))
		return false;
	if (l.target == NULL) {
		/* Shipped DocTypes name some that this program does not have. */
		if (f->type == FIELD_LINK && !d->doctype->custom)
			return true;
		note_missing(&m->found_not, &l);
		return true;
	}
	return l.target->issingle || follow(call, &l, m, err);
}

static bool
check_document(
    struct call *call, struct doc *d, bool is_submittable, struct missing *m, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (!check_field(call, d, dt->columns[i], is_submittable, m, err))
			return false;
	}
	return true;
}

static bool
check_all(struct call *call, struct doc *d, struct missing *m, struct err *err)
{
	const struct doctype *dt = d->doctype;

	if (!check_document(call, d, dt->is_submittable, m, err))
		return false;
	for (size_t i = 0; i < dt->tables_len; i++) {
		for (size_t j = 0; j < d->tables[i].len; j++) {
			if (!check_document(
				call, d->tables[i].items[j], dt->is_submittable, m, err))
				return false;
		}
	}
	return true;
}

static void
free_missing(struct missing *m)
{
	buf_free(&m->found_not);
	buf_free(&m->cancelled);
}

bool
links_check(struct call *call, struct doc *d, struct err *err)
{
	CLEANUP(free_missing)
	struct missing m = { BUF_INIT(64 * 1024), BUF_INIT(64 * 1024) };

	if (!check_all(call, d, &m, err))
		return false;
	if (m.found_not.len > 0)
		return err_set(err, ERR_LINK_VALIDATION, "Could not find %.*s",
		    STR_FMT(str_sub(buf_str(&m.found_not), 0, MOST_NAMED)));
	if (m.cancelled.len > 0)
		return err_set(err, ERR_CANCELLED_LINK, "Cannot link cancelled document: %.*s",
		    STR_FMT(str_sub(buf_str(&m.cancelled), 0, MOST_NAMED)));
	return true;
}

/* Links from these never keep a document (spec/documents.md 8.2). */
static const struct str IGNORED[] = {
	STR_INIT("Communication"),
	STR_INIT("ToDo"),
	STR_INIT("DocShare"),
	STR_INIT("Email Unsubscribe"),
	STR_INIT("Activity Log"),
	STR_INIT("File"),
	STR_INIT("Version"),
	STR_INIT("Document Follow"),
	STR_INIT("Comment"),
	STR_INIT("View Log"),
	STR_INIT("Tag Link"),
	STR_INIT("Notification Log"),
	STR_INIT("Email Queue"),
	STR_INIT("Document Share Key"),
	STR_INIT("Integration Request"),
	STR_INIT("Unhandled Email"),
	STR_INIT("Webhook Request Log"),
	STR_INIT("Workspace"),
	STR_INIT("Route History"),
	STR_INIT("Access Log"),
	STR_INIT("Permission Log"),
};

static bool
is_ignored(struct str doctype)
{
	for (size_t i = 0; i < ARRAY_LEN(IGNORED); i++) {
		if (str_eq(IGNORED[i], doctype))
			return true;
	}
	return false;
}

/* Whom a document that is to go belongs to: what points to it from there. */
struct holder {
	const struct doc *doc;
	const struct doctype *doctype;
	const struct field *field;
	bool submitted; /* only submitted ones count */
};

static bool
refuse_free(struct call *call, const struct holder *h, struct str type, struct str name,
    int64_t row, struct err *err)
{
	const struct doc *d = h->doc;
	const struct str dt = d->doctype->name;
	struct str at = STR("");
	const char *hint = "";

	if (h->doctype->istable &&
	    !arena_printf(call->arena, &at, err, "at Row: %lld", (long long)row))
		return false;
	if (doctype_field(d->doctype, STR("enabled")) != NULL)
		hint = "\nYou can disable this record instead of deleting it.";
	if (doctype_field(d->doctype, STR("disabled")) != NULL)
		hint = "\nYou can disable this record instead of deleting it.";
	return err_set(err, ERR_LINK_EXISTS,
	    "Cannot delete or cancel because %.*s <a href=\"/app/Form/%.*s/%.*s\">%.*s</a> is "
	    "linked with %.*s <a href=\"/app/Form/%.*s/%.*s\">%.*s</a> %.*s%s",
	    STR_FMT(dt), STR_FMT(dt), STR_FMT(doc_name(d)), STR_FMT(doc_name(d)), STR_FMT(type),
	    STR_FMT(type), STR_FMT(name), STR_FMT(name), STR_FMT(at), hint);
}

/* The first document but itself that points to it. */
static bool
check_table(struct call *call, const struct holder *h, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const bool is_dynamic = h->field->type == FIELD_DYNAMIC_LINK;

	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "SELECT `name`, `idx`");
	if (h->doctype->istable)
		sqlb_lit(&b, ", `parent`, `parenttype`");
	sqlb_lit(&b, " FROM ");
	sqlb_table(&b, h->doctype->name);
	sqlb_lit(&b, " WHERE ");
	sqlb_ident(&b, h->field->name);
	sqlb_text(&b, column_nocase(h->doctype, h->field));
	sqlb_lit(&b, " = ");
	sqlb_value(&b, h->doc->values[DOC_NAME]);
	if (is_dynamic) {
		sqlb_lit(&b, " AND ");
		sqlb_ident(&b, h->field->options);
		sqlb_lit(&b, " = ");
		sqlb_value(&b, value_text(h->doc->doctype->name));
	}
	if (h->submitted)
		sqlb_lit(&b, " AND `docstatus` = 1");
	else if (is_dynamic)
		sqlb_lit(&b, " AND `docstatus` < 2");
	if (!sqlb_query(call->db, &b, &rows, err))
		return false;
	for (;;) {
		const enum db_step step = db_next(rows, err);

		if (step != DB_ROW)
			return step == DB_DONE;
		const bool child = h->doctype->istable;
		const struct value idx = db_column(rows, 1);
		struct str name;
		const struct str type = child ? value_str(db_column(rows, 3)) : h->doctype->name;

		if (!cast_to_text(call->arena, db_column(rows, child ? 2 : 0), &name, err))
			return false;
		if ((str_eq(type, h->doc->doctype->name) && str_ieq(name, doc_name(h->doc))) ||
		    is_ignored(type))
			continue;
		return refuse_free(call, h, type, name, idx.kind == VALUE_INT ? idx.i : 0, err);
	}
}

static const struct str SINGLE_SQL =
    STR_INIT("SELECT 1 FROM `single` WHERE `doctype` = ?1 AND `field` = ?2 AND `value` = ?3");

static bool
check_holder(struct call *call, const struct holder *h, struct err *err)
{
	const struct value params[] = { value_text(h->doctype->name), value_text(h->field->name),
		h->doc->values[DOC_NAME] };
	struct value row[1];
	bool found;

	if (is_ignored(h->doctype->name) || h->field->column < 0)
		return true;
	if (!h->doctype->issingle)
		return check_table(call, h, err);
	if (h->submitted || h->field->type == FIELD_DYNAMIC_LINK)
		return true;
	if (!db_query_row(
		call->db, call->arena, SINGLE_SQL, params, ARRAY_LEN(params), row, 1, &found, err))
		return false;
	return !found || refuse_free(call, h, h->doctype->name, h->doctype->name, 0, err);
}

static bool
check_dynamic(struct call *call, const struct doc *d, bool submitted, struct err *err)
{
	const struct doctype *dt;
	size_t at = 0;

	while ((dt = metas_next(call->metas, &at)) != NULL) {
		for (size_t i = dt->first_value; i < dt->columns_len; i++) {
			const struct field *type = dt->columns[i]->type != FIELD_DYNAMIC_LINK
			    ? NULL
			    : doctype_field(dt, dt->columns[i]->options);
			const struct holder h = { d, dt, dt->columns[i], submitted };

			if (type != NULL && type->column >= 0 && !check_holder(call, &h, err))
				return false;
		}
	}
	return true;
}

bool
links_check_free(struct call *call, const struct doc *d, bool submitted, struct err *err)
{
	const struct meta_link *links;
	size_t len;

	if (!metas_links_to(call->metas, call->arena, d->doctype->name, &links, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		const struct holder h = { d, links[i].doctype, links[i].field, submitted };

		if (links[i].field->type == FIELD_LINK && !check_holder(call, &h, err))
			return false;
	}
	return check_dynamic(call, d, submitted, err);
}
