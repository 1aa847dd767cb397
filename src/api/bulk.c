#include "api/bulk.h"

#include "auth/who.h"
#include "doc/doc.h"
#include "json/json_in.h"

/* An item's names are told when it is its turn: what is wrong with one is its own failure. */
static MUST_USE bool
read_item(struct call *call, const struct bulk_options *o, struct bulk_item *item, struct err *err)
{
	const json_t *name = item->given;

	item->doctype = o->doctype;
	if (json_is_object(item->given)) {
		name = json_get(item->given, str_from(o->name_key));
		if (str_is_null(o->doctype))
			item->doctype = json_text(json_get(item->given, STR("doctype")));
	}
	if (json_is_integer(name))
		return arena_printf(call->arena, &item->name, err, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(name));
	item->name = json_text(name);
	return true;
}

/* A denial has its text beside the error. */
static void
keep_reason(const struct call *call, struct bulk_item *item, const struct err *err)
{
	item->err = *err;
	if (err->msg[0] != '\0')
		return;
	if (call->error_message.len > 0)
		err_set(&item->err, err->kind, "%.*s", STR_FMT(call->error_message));
	else
		err_set(&item->err, err->kind, "%s", err_exc_type(err->kind));
}

/* What became of the item before; true: the body runs again. */
static bool
next(struct call *call, bool ok, const struct err *err)
{
	struct bulk *b = bulk_of(call);
	struct bulk_item *item = &b->items[b->at];

	if (bulk_is_over(b))
		return false;
	item->done = ok;
	b->succeeded += ok;
	b->done += ok;
	b->failed += !ok;
	if (!ok)
		keep_reason(call, item, err);
	do {
		b->at++;
	} while (!bulk_is_over(b) && b->items[b->at].done);
	if (!bulk_is_over(b) || !b->options.again || b->failed == 0 || b->succeeded == 0)
		return true;
	b->failed = b->succeeded = 0;
	for (b->at = 0; b->items[b->at].done; b->at++)
		continue;
	return true;
}

static MUST_USE bool
read_items(struct call *call, struct bulk *b, const json_t *list, struct err *err)
{
	b->len = json_array_size(list);
	b->items = ARENA_NEW_ARRAY(call->arena, struct bulk_item, b->len);
	if (b->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < b->len; i++) {
		b->items[i] = (struct bulk_item){ .given = json_array_get(list, i) };
		if (!read_item(call, &b->options, &b->items[i], err))
			return false;
		if (doc_write_run(b->items[i].doctype) == RUN_WRITE_ALONE)
			call->plan.run = RUN_WRITE_ALONE;
	}
	return true;
}

bool
bulk_begin(
    struct call *call, const struct bulk_options *options, const json_t *list, struct err *err)
{
	struct bulk *b = ARENA_NEW(call->arena, struct bulk);

	if (b == NULL)
		return err_memory(err);
	*b = (struct bulk){ .options = *options };
	if (!json_is_array(list))
		return err_set(err, ERR_TYPE, "The argument \"%s\" must be a list of documents",
		    options->argument);
	const int most = str_is_null(call->job) ? BULK_MAX : BULK_JOB_MAX;

	if (json_array_size(list) > (size_t)most)
		return err_set(
		    err, ERR_VALIDATION, "Only %d documents are allowed in one request", most);
	if (!read_items(call, b, list, err))
		return false;
	call->parts = b;
	call->plan.next = next;
	return true;
}

static MUST_USE bool
update_one(struct call *call, const struct doctype *dt, const struct bulk_item *item,
    const char *name_key, struct err *err)
{
	struct doc *d;

	if (!json_is_object(item->given))
		return err_set(err, ERR_VALIDATION,
		    "Each document must be an object with \"%s\" and the fields to change",
		    name_key);
	if (doc_needs_hash(dt->name, item->given))
		return err_set(err, ERR_VALIDATION,
		    "A user with a password is not one of many: use frappe.client.set_value");
	return doc_update(call, dt, item->name, item->given, &d, err);
}

bool
bulk_item(struct call *call, struct err *err)
{
	const struct bulk *b = bulk_of(call);
	const struct bulk_item *item = &b->items[b->at];
	const struct doctype *dt;

	if (item->doctype.len == 0)
		return err_set(err, ERR_VALIDATION, "\"doctype\" of a document must be a text");
	if (item->name.len == 0)
		return err_set(err, ERR_VALIDATION,
		    "\"%s\" of a document must be a text or an integer", b->options.name_key);
	if (!doc_type(call, item->doctype, &dt, err))
		return false;
	switch (b->options.what) {
	case BULK_UPDATE:
		return update_one(call, dt, item, b->options.name_key, err);
	case BULK_DELETE:
		return doc_delete(call, dt, item->name, err);
	}
	return false;
}

static void
put_text_or_null(struct json_out *out, const char *key, struct str s)
{
	json_key(out, str_from(key));
	if (s.len > 0)
		json_add_str(out, s);
	else
		json_add_null(out);
}

static void
write_items(const struct bulk *b, bool done, struct json_out *out)
{
	const bool mixed = str_is_null(b->options.doctype);

	json_open_array(out);
	for (size_t i = 0; i < b->len; i++) {
		const struct bulk_item *item = &b->items[i];

		if (item->done != done)
			continue;
		if (done && !mixed) {
			json_add_str(out, item->name);
			continue;
		}
		json_open_object(out);
		if (mixed)
			put_text_or_null(out, "doctype", item->doctype);
		put_text_or_null(out, "name", item->name);
		if (!done)
			json_put_str(out, "error", str_from(item->err.msg));
		json_close_object(out);
	}
	json_close_array(out);
}

void
bulk_write(const struct bulk *b, struct json_out *out)
{
	json_open_object(out);
	json_key(out, b->options.what == BULK_UPDATE ? STR("updated") : STR("deleted"));
	write_items(b, true, out);
	json_key(out, STR("failed"));
	write_items(b, false, out);
	json_put_int(out, "total", (int64_t)b->len);
	json_put_int(out, "success_count", (int64_t)b->done);
	json_put_int(out, "failure_count", (int64_t)(b->len - b->done));
	json_close_object(out);
}
