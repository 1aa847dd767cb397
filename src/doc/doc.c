#include "doc/doc.h"

#include "auth/who.h"
#include "doc/audited.h"
#include "doc/cast.h"
#include "doc/controller.h"
#include "doc/deleted.h"
#include "doc/custom.h"
#include "doc/doc_body.h"
#include "doc/doc_secrets.h"
#include "doc/file.h"
#include "doc/levels.h"
#include "doc/life.h"
#include "doc/life_child.h"
#include "doc/links.h"
#include "doc/naming.h"
#include "doc/docstatus.h"
#include "doc/perm.h"
#include "doc/store.h"
#include "doc/user_secret.h"
#include "json/json_in.h"

struct value
doc_get(const struct doc *d, struct str field)
{
	const struct field *f = doctype_field(d->doctype, field);

	return f == NULL || f->column < 0 ? value_null() : d->values[f->column];
}

bool
doc_set(struct doc *d, struct str field, struct value v)
{
	const struct field *f = doctype_field(d->doctype, field);

	if (f == NULL || f->column < 0)
		return false;
	d->values[f->column] = v;
	if (d->truth != NULL)
		d->truth[f->column] = false;
	return true;
}

struct str
doc_name(const struct doc *d)
{
	return value_str(d->values[DOC_NAME]);
}

bool
doc_is_on(const struct doc *d, struct str field)
{
	const struct value v = doc_get(d, field);

	return v.kind == VALUE_INT && v.i != 0;
}

struct str
doc_trimmed(const struct doc *d, struct str field)
{
	return str_trim(value_str(doc_get(d, field)));
}

struct doc *
doc_rows_find(const struct doc_rows *rows, struct str name)
{
	for (size_t i = 0; i < rows->len; i++) {
		if (str_eq(doc_name(rows->items[i]), name))
			return rows->items[i];
	}
	return NULL;
}

bool
doc_type(struct call *call, struct str doctype, const struct doctype **out, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, doctype);

	if (dt == NULL)
		return err_set(err, ERR_DOES_NOT_EXIST, "DocType %.*s not found",
		    STR_FMT(str_sub(doctype, 0, 140)));
	*out = dt;
	return true;
}

bool
doc_load(struct call *call, const struct doctype *dt, struct str name, struct doc **out,
    bool *found, struct err *err)
{
	return store_load(call, dt, name, out, found, err);
}

bool
doc_must_load(
    struct call *call, const struct doctype *dt, struct str name, struct doc **out, struct err *err)
{
	bool found;

	if (!store_load(call, dt, name, out, &found, err))
		return false;
	return found ||
	    err_set(err, ERR_DOES_NOT_EXIST, "%.*s %.*s not found", STR_FMT(dt->name),
		STR_FMT(str_sub(name, 0, 140)));
}

bool
doc_read(
    struct call *call, const struct doctype *dt, struct str name, struct doc **out, struct err *err)
{
	struct doc *d;

	if (!doc_must_load(call, dt, name, &d, err) || !perm_check_doc(call, d, RIGHT_READ, err))
		return false;
	levels_hide(call, d);
	*out = d;
	return true;
}

bool
doc_insert(struct call *call, const struct doctype *dt, const json_t *body, struct doc **out,
    struct err *err)
{
	struct doc *d;

	if (!doc_body_new(call, dt, &d, err) || !doc_body_read(call, d, NULL, body, err))
		return false;
	d->is_new = true;
	struct life life = { .d = d, .body = body };
	if (!life_insert(call, &life, err))
		return false;
	d->is_new = false;
	*out = d;
	return true;
}

static bool
run_update(struct call *call, struct life *life, struct doc **out, struct err *err)
{
	if (!life_update(call, life, err))
		return false;
	*out = life->d;
	return true;
}

bool
doc_update(struct call *call, const struct doctype *dt, struct str name, const json_t *body,
    struct doc **out, struct err *err)
{
	struct doc *old, *d;

	if (!doc_must_load(call, dt, name, &old, err) || !doc_body_copy(call, old, &d, err) ||
	    !doc_body_read(call, d, old, body, err))
		return false;
	struct life life = { .d = d, .old = old, .body = body };
	return run_update(call, &life, out, err);
}

bool
doc_save(struct call *call, const struct doctype *dt, const json_t *body, struct doc **out,
    struct err *err)
{
	const json_t *local = json_get(body, STR("__islocal"));
	struct doc *old, *d;
	struct str name;

	if (!doc_body_name(call, body, &name, err))
		return false;
	if (name.len == 0 || json_is_true(local) || json_integer_value(local) != 0)
		return doc_insert(call, dt, body, out, err);
	if (!doc_must_load(call, dt, name, &old, err) || !doc_body_new(call, dt, &d, err) ||
	    !doc_body_read(call, d, old, body, err))
		return false;
	struct life life = { .d = d, .old = old, .body = body, .is_whole = true };
	return run_update(call, &life, out, err);
}

bool
doc_discard(struct call *call, const struct doctype *dt, struct str name, struct err *err)
{
	struct doc *old, *d;

	if (!doc_must_load(call, dt, name, &old, err) || !doc_body_copy(call, old, &d, err))
		return false;
	d->values[DOC_DOCSTATUS] = value_int(DOCSTATUS_CANCELLED);
	struct life life = { .d = d, .old = old, .discards = true };
	return life_update(call, &life, err);
}

static bool
check_delete(struct call *call, struct doc *d, struct err *err)
{
	const struct doctype *dt = d->doctype;
	const struct controller *c = dt->controller;

	if (!perm_check_doc(call, d, RIGHT_DELETE, err))
		return false;
	if (!dt->istable && docstatus_of(d) == DOCSTATUS_SUBMITTED)
		return err_set(err, ERR_VALIDATION,
		    "%.*s %.*s: Submitted Record cannot be deleted. You must Cancel it first.",
		    STR_FMT(dt->name), STR_FMT(doc_name(d)));
	if (c != NULL && c->deleting != NULL && !c->deleting(call, d, err))
		return false;
	return dt->istable || dt->issingle || (c != NULL && c->keeps_links) ||
	    links_check_free(call, d, false, err);
}

/* What exists only for the sake of a document goes with it. */
static bool
delete_dependents(struct call *call, const struct doc *d, struct err *err)
{
	static const struct {
		struct str doctype, sql;
	} KEPT[] = {
		{ STR_INIT("ToDo"),
		    STR_INIT("DELETE FROM `tabToDo` WHERE `reference_type` = ?1 "
			     "AND `reference_name` COLLATE NOCASE = ?2") },
		{ STR_INIT("DocShare"),
		    STR_INIT("DELETE FROM `tabDocShare` WHERE `share_doctype` = ?1 "
			     "AND `share_name` COLLATE NOCASE = ?2") },
		{ STR_INIT("Version"),
		    STR_INIT("DELETE FROM `tabVersion` WHERE `ref_doctype` = ?1 "
			     "AND `docname` COLLATE NOCASE = ?2") },
		{ STR_INIT("Comment"),
		    STR_INIT("DELETE FROM `tabComment` WHERE `reference_doctype` = ?1 "
			     "AND `reference_name` COLLATE NOCASE = ?2") },
		{ STR_INIT("Tag Link"),
		    STR_INIT("DELETE FROM `tabTag Link` WHERE `document_type` = ?1 "
			     "AND `document_name` COLLATE NOCASE = ?2") },
	};
	const struct value params[] = { value_text(d->doctype->name), d->values[DOC_NAME] };

	for (size_t i = 0; i < ARRAY_LEN(KEPT); i++) {
		if (metas_find(call->metas, KEPT[i].doctype) != NULL &&
		    !db_exec(call->db, KEPT[i].sql, params, ARRAY_LEN(params), NULL, err))
			return false;
	}
	return true;
}

bool
doc_delete(struct call *call, const struct doctype *dt, struct str name, struct err *err)
{
	const struct controller *c = dt->controller;
	struct doc *d;
	bool found;

	if (!store_load(call, dt, name, &d, &found, err))
		return false;
	if (!found)
		return err_set_silent(err, ERR_DOES_NOT_EXIST, "%s", "");
	if (!check_delete(call, d, err) || !audited_keep(call, NULL, d, err) ||
	    !deleted_keep(call, d, err) || !store_delete(call, d, err) ||
	    !delete_dependents(call, d, err) || !file_detach(call, d, err) ||
	    !doc_secrets_drop(call, d, err) || !naming_deleted(call, d, err))
		return false;
	if (c != NULL && c->deleted != NULL && !c->deleted(call, d, err))
		return false;
	return life_child_written(call, d, err);
}

enum call_run
doc_write_run(struct str doctype)
{
	const struct controller *c = controller_find(doctype);

	return c != NULL && c->alone ? RUN_WRITE_ALONE : RUN_WRITE;
}

bool
doc_needs_hash(struct str doctype, const json_t *body)
{
	return str_eq(doctype, STR("User")) && user_secret_needs_hash(body);
}

bool
doc_prepare_hash(struct call *call, struct str doctype, const json_t *body, struct err *err)
{
	return doc_prepare_hash_of(call, doctype, STR_NULL, body, err);
}

bool
doc_prepare_hash_of(
    struct call *call, struct str doctype, struct str name, const json_t *body, struct err *err)
{
	return !doc_needs_hash(doctype, body) || user_secret_prepare(call, name, body, err);
}

/* ---- the serialiser */

/* A document, or a row, on its way out. */
struct writing {
	struct json_out *out;
	enum doc_write how;
	uint32_t levels; /* that the caller may read */
	bool without_secrets;
};

enum { EVERY_LEVEL = 0x3ff };

/* Nothing but asterisks leaves a Password field, whatever the column holds. */
static struct value
seen_value(const struct writing *w, const struct doc *d, size_t at)
{
	const struct field *f = d->doctype->columns[at];
	const struct value v = d->values[at];

	if (!perm_has_level(w->levels, f->permlevel))
		return levels_empty(f);
	if (f->type == FIELD_PASSWORD && w->without_secrets)
		return value_null();
	if (f->type == FIELD_PASSWORD && d->shown.len > 0)
		return value_text(d->shown);
	if (f->type == FIELD_PASSWORD && !cast_is_empty(v) && !cast_is_mask(value_str(v)))
		return value_text(STR("***************"));
	return v;
}

static void
write_column(const struct writing *w, const struct doc *d, size_t at)
{
	const struct doctype *dt = d->doctype;
	const struct value v = seen_value(w, d, at);
	int64_t number;

	if (v.kind == VALUE_NULL && w->how != DOC_WITH_NULLS)
		return;
	json_key(w->out, dt->columns[at]->name);
	if (at == DOC_NAME && dt->autoincrement && str_to_int64(value_str(v), &number))
		json_add_int(w->out, number);
	else if (d->truth != NULL && d->truth[at] && v.kind == VALUE_INT)
		json_add_bool(w->out, v.i != 0);
	else
		json_add_value(w->out, v);
}

static void
write_columns(const struct writing *w, const struct doc *d, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		write_column(w, d, i);
}

static void
write_values(const struct writing *w, const struct doc *d)
{
	const struct doctype *dt = d->doctype;

	write_columns(w, d, 0, DOC_STANDARD_LEN);
	write_columns(w, d, dt->first_value, dt->columns_len);
	if (dt->istable)
		write_columns(w, d, DOC_PARENT, DOC_CHILD_LEN);
	json_put_str(w->out, "doctype", dt->name);
}

static void
write_table(const struct writing *w, const struct doc *d, size_t at)
{
	const struct field *f = d->doctype->tables[at];
	const struct doc_rows *rows = &d->tables[at];

	json_key(w->out, f->name);
	json_open_array(w->out);
	for (size_t i = 0; i < rows->len && perm_has_level(w->levels, f->permlevel); i++) {
		json_open_object(w->out);
		write_values(w, rows->items[i]);
		if (rows->items[i]->is_unsaved_row)
			json_put_int(w->out, "__unsaved", 1);
		json_close_object(w->out);
	}
	json_close_array(w->out);
}

static void
write_marks(const struct writing *w, const struct doc *d)
{
	for (size_t i = 0; i < d->doctype->marks_len && i < MARK_SHOWN; i++) {
		if (d->marks[i].len == 0)
			continue;
		json_key(w->out, d->doctype->marks[i].name);
		json_add_str(w->out, d->marks[i]);
	}
}

static void
write_minimal(const struct writing *w, const struct doc *d)
{
	write_column(w, d, DOC_NAME);
	write_column(w, d, DOC_MODIFIED);
	json_put_str(w->out, "doctype", d->doctype->name);
}

static void
write_all(const struct writing *w, const struct doc *d)
{
	write_values(w, d);
	for (size_t i = 0; i < d->doctype->tables_len; i++)
		write_table(w, d, i);
	write_marks(w, d);
}

static bool
write_whole(const struct writing *w, const struct doc *d, struct err *err)
{
	json_open_object(w->out);
	if (w->how == DOC_MINIMAL)
		write_minimal(w, d);
	else
		write_all(w, d);
	json_close_object(w->out);
	return buf_ok(w->out->buf) ||
	    err_set(err, ERR_TOO_LARGE, "The document is larger than an answer may be");
}

bool
doc_write(struct call *call, const struct doc *d, enum doc_write how, struct json_out *out,
    struct err *err)
{
	const struct writing w = { out, how, levels_readable(call, d), false };

	return write_whole(&w, d, err);
}

bool
doc_write_kept(const struct doc *d, struct json_out *out, struct err *err)
{
	const struct writing w = { out, DOC_WITHOUT_NULLS, EVERY_LEVEL, true };

	return write_whole(&w, d, err);
}

bool
doc_write_meta(struct call *call, struct str name, struct json_out *out, struct err *err)
{
	const struct writing w = { out, DOC_WITHOUT_NULLS, BIT(0), false };
	const struct doctype *meta, *dt;
	struct doc *d;

	if (call->who->is_guest)
		return err_set(err, ERR_PERMISSION, "Log in to see what DocTypes are made of");
	if (!doc_type(call, STR("DocType"), &meta, err) || !doc_type(call, name, &dt, err))
		return false;
	if (!perm_key_allows(call, dt, RIGHT_READ))
		return err_set(err, ERR_PERMISSION,
		    "The scopes of this API key do not name the DocType %.*s", STR_FMT(dt->name));
	return doc_must_load(call, meta, dt->name, &d, err) &&
	    custom_apply(call, d, STR_NULL, err) && write_whole(&w, d, err);
}
