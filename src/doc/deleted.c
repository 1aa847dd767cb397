#include "doc/deleted.h"

#include "auth/who.h"
#include "doc/doc_body.h"
#include "doc/docstatus.h"
#include "doc/life.h"
#include "doc/log_row.h"
#include "doc/store.h"
#include "json/json_in.h"

enum { DATA_MAX = 16 * 1024 * 1024 };

static const struct str DELETED_DOCUMENT = STR_INIT("Deleted Document");
static const struct str DATA = STR_INIT("data");
static const struct str RESTORED = STR_INIT("restored");

bool
deleted_keep(struct call *call, const struct doc *d, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(DATA_MAX);
	struct json_out o = JSON_OUT(&b);
	struct doc *row;

	if (d->doctype->issingle || str_eq(d->doctype->name, DELETED_DOCUMENT))
		return true;
	if (!doc_write_kept(d, &o, err) || !log_row_new(call, DELETED_DOCUMENT, &row, err))
		return false;
	(void)doc_set(row, STR("deleted_doctype"), value_text(d->doctype->name));
	(void)doc_set(row, STR("deleted_name"), d->values[DOC_NAME]);
	(void)doc_set(row, DATA, value_text(buf_str(&b)));
	return log_row_write(call, row, err);
}

/* ---- the way back */

static bool
check_restored(const struct doc *kept, struct err *err)
{
	const struct value restored = doc_get(kept, RESTORED);

	return restored.kind != VALUE_INT || restored.i == 0 ||
	    err_set(err, ERR_RESTORED, "Document %.*s Already Restored", STR_FMT(doc_name(kept)));
}

/* It says under which name it is back. */
static bool
note(struct call *call, const struct doc *kept, struct value name, struct err *err)
{
	struct doc *d;
	struct str now;

	if (!doc_body_copy(call, kept, &d, err) || !life_next_stamp(call, kept, &now, err))
		return false;
	(void)doc_set(d, RESTORED, value_int(1));
	(void)doc_set(d, STR("new_name"), name);
	d->values[DOC_MODIFIED] = value_text(now);
	d->values[DOC_MODIFIED_BY] = value_text(call->who->name);
	return store_update(call, d, kept, err);
}

/* The members of an object but for its docstatus. */
static bool
without_docstatus(struct call *call, const json_t *object, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(DATA_MAX);
	struct json_out o = JSON_OUT(&b);
	json_t *from = (json_t *)(uintptr_t)object; /* jansson's iterator; nothing is changed */

	json_open_object(&o);
	for (void *at = json_object_iter(from); at != NULL; at = json_object_iter_next(from, at)) {
		const struct str key = { json_object_iter_key(at), json_object_iter_key_len(at) };

		if (str_eq(key, STR("docstatus")))
			continue;
		json_key(&o, key);
		json_add_tree(&o, json_object_iter_value(at));
	}
	json_close_object(&o);
	return buf_ok(&b) ? json_parse(call->arena, buf_str(&b), out, err) : err_memory(err);
}

/* The body of a document that is back: a cancelled one is a draft again. */
static bool
read_body(struct call *call, const struct doc *kept, const json_t **out, struct err *err)
{
	if (!json_parse(call->arena, value_str(doc_get(kept, DATA)), out, err))
		return false;
	if (json_integer_value(json_get(*out, STR("docstatus"))) == DOCSTATUS_DRAFT)
		return true;
	return without_docstatus(call, *out, out, err) &&
	    call_message(call, NULL, NULL, false, STR("Cancelled Document restored as Draft"), err);
}

bool
deleted_restore(struct call *call, struct str name, struct doc **out, struct err *err)
{
	const struct doctype *kept_type, *dt;
	const json_t *body;
	struct doc *kept;

	return doc_type(call, DELETED_DOCUMENT, &kept_type, err) &&
	    doc_read(call, kept_type, name, &kept, err) && check_restored(kept, err) &&
	    doc_type(call, value_str(doc_get(kept, STR("deleted_doctype"))), &dt, err) &&
	    read_body(call, kept, &body, err) && doc_insert(call, dt, body, out, err) &&
	    note(call, kept, (*out)->values[DOC_NAME], err);
}
