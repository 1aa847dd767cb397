#include "api/api_doc.h"

#include "api/api_rest.h"
#include "api/args.h"
#include "doc/perm.h"
#include "json/json_in.h"

bool
api_doc_type(struct call *call, const struct doctype **out, struct err *err)
{
	struct str name;

	return args_str(call, "doctype", &name, err) && doc_type(call, name, out, err);
}

bool
api_doc_body(const struct call *call, const char *name, const json_t **doc, struct str *doctype,
    struct err *err)
{
	struct str ignored;

	if (!args_has(call->args, name))
		return args_str(call, name, &ignored, err);
	if (!args_json(call, name, doc, err))
		return false;
	if (!json_is_object(*doc))
		return err_set(err, ERR_TYPE, "The argument \"%s\" must be a JSON object", name);
	*doctype = json_text(json_get(*doc, STR("doctype")));
	return doctype->len > 0 ||
	    err_set(err, ERR_VALIDATION, "\"doctype\" is a required key of the document");
}

static bool
prepare(struct call *call, struct err *err)
{
	const json_t *doc = NULL;
	struct str doctype = STR_NULL, name;

	if (!api_doc_body(call, "doc", &doc, &doctype, err))
		return false;
	name = json_text(json_get(doc, STR("name")));
	return doc_prepare_hash_of(call, doctype, name.len > 0 ? name : STR_NULL, doc, err);
}

bool
api_doc_plan(struct call *call, struct err *err)
{
	const json_t *doc = NULL;
	struct str doctype = STR_NULL;

	if (!api_doc_body(call, "doc", &doc, &doctype, err))
		return true;
	if (!api_rest_plan_write(call, doctype, doc, err))
		return false;
	if (call->plan.prepare_run != PREPARE_NONE)
		call->plan.prepare = prepare;
	return true;
}

bool
api_doc_member(const struct call *call, struct str field, const json_t *value, const json_t **out,
    struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	json_key(&o, field);
	if (value == NULL)
		json_add_str(&o, STR(""));
	else
		json_add_tree(&o, value);
	json_close_object(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

bool
api_doc_with(const struct call *call, const json_t *object, struct str field, int64_t n,
    const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	for (struct json_member m = json_first(object); m.value != NULL; m = json_next(m)) {
		if (str_eq(m.key, field))
			continue;
		json_key(&o, m.key);
		json_add_tree(&o, m.value);
	}
	json_key(&o, field);
	json_add_int(&o, n);
	json_close_object(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

bool
api_doc_rows(struct call *call, const struct list_args *list, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out rows = JSON_OUT(&b);

	return list_write(call, list, &rows, err) && json_parse_buf(call->arena, &b, out, err);
}

bool
api_doc_write_rights(
    struct call *call, const struct doc *d, bool reads, struct json_out *out, struct err *err)
{
	bool has;

	json_open_object(out);
	json_key(out, STR("if_owner"));
	json_add_raw(out, STR("{}"));
	json_put_bool(out, "has_if_owner_enabled", false);
	for (enum right r = 0; r < RIGHT_LEN; r++) {
		if (!perm_has(call, d, r, &has, err))
			return false;
		json_key(out, right_name(r));
		json_add_int(out, reads && has);
	}
	json_close_object(out);
	return true;
}

bool
api_doc_write(struct call *call, const struct doc *d, struct err *err)
{
	return doc_write(call, d, DOC_WITH_NULLS, &call->out, err);
}
