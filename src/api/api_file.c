#include "api/api_file.h"

#include "api/api_doc.h"
#include "api/api_file_send.h"
#include "api/args.h"
#include "auth/who.h"
#include "base/base64.h"
#include "conf/conf.h"
#include "doc/file.h"
#include "doc/perm.h"
#include "doc/single.h"
#include "json/json_in.h"

static const struct str FILE_TYPE = STR_INIT("File");
static const struct str ATTACHMENTS = STR_INIT("Home/Attachments");

/* ---- upload_file */

static const struct http_part *
file_part(const struct call *call)
{
	const struct http_parts *parts = args_parts(call->args);

	for (size_t i = 0; i < parts->len; i++) {
		if (parts->items[i].is_file && str_eq(parts->items[i].name, STR("file")))
			return &parts->items[i];
	}
	return NULL;
}

static MUST_USE bool
check_guest(struct call *call, struct err *err)
{
	struct str allowed;

	if (!call->who->is_guest)
		return true;
	if (!single_text(
		call, STR("System Settings"), STR("allow_guests_to_upload_files"), &allowed, err))
		return false;
	return str_eq(allowed, STR("1")) || method_refuse(STR("upload_file"), err);
}

static MUST_USE bool
read_texts(struct call *call, struct file_new *file, struct err *err)
{
	struct str method;

	if (!args_str_or_null(call, "method", &method, err))
		return false;
	if (method.len > 0)
		return err_set(err, ERR_VALIDATION,
		    "upload_file does not call other methods here: leave out the argument method");
	file->is_private = args_bool(call->args, "is_private", false);
	return args_str_or_null(call, "file_name", &file->name, err) &&
	    args_str_or_null(call, "folder", &file->folder, err) &&
	    args_str_or_null(call, "doctype", &file->doctype, err) &&
	    args_str_or_null(call, "docname", &file->docname, err) &&
	    args_str_or_null(call, "fieldname", &file->fieldname, err) &&
	    args_str_or_null(call, "file_url", &file->url, err);
}

static MUST_USE bool
read_upload(struct call *call, struct file_new *file, struct err *err)
{
	const struct http_part *part = file_part(call);

	if (!read_texts(call, file, err))
		return false;
	file->from.fd = -1;
	if (part == NULL)
		return file->url.len > 0 ||
		    err_set(err, ERR_MANDATORY, "file_name or file_url must be set");
	if (file->name.len == 0)
		file->name = part->filename;
	file->url = STR_NULL;
	file->from = file_source_bytes(part->bytes);
	if (call->body_fd >= 0)
		file->from =
		    (struct file_source){ .fd = call->body_fd, .at = part->at, .len = part->len };
	return true;
}

/* Before its document is made, the bytes are on the disk; nobody finds them until it is. */
static MUST_USE bool
store(struct call *call, struct file_new *file, struct err *err)
{
	if (!file_check(call, file, err))
		return false;
	call->prepared = file;
	return file->from.len == 0 || file_store_put(call->conf, &file->from, &file->digest, err);
}

static bool
prepare_upload(struct call *call, struct err *err)
{
	struct file_new *file = ARENA_NEW(call->arena, struct file_new);

	if (file == NULL)
		return err_memory(err);
	return check_guest(call, err) && read_upload(call, file, err) && store(call, file, err);
}

static bool
upload_file(struct call *call, struct err *err)
{
	struct doc *d;

	return check_guest(call, err) && file_insert(call, call->prepared, &d, err) &&
	    doc_write(call, d, DOC_WITHOUT_NULLS, &call->out, err);
}

/* ---- attach_file */

static MUST_USE bool
read_attachment(struct call *call, struct file_new *file, struct err *err)
{
	struct str data;

	if (!args_str(call, "filename", &file->name, err) ||
	    !args_str(call, "filedata", &data, err) ||
	    !args_str(call, "doctype", &file->doctype, err) ||
	    !args_str(call, "docname", &file->docname, err) ||
	    !args_str_or_null(call, "folder", &file->folder, err) ||
	    !args_str_or_null(call, "docfield", &file->fieldname, err))
		return false;
	if (file->folder.len == 0)
		file->folder = ATTACHMENTS;
	file->is_private = args_bool(call->args, "is_private", false);
	if (args_bool(call->args, "decode_base64", false)) {
		char *bytes = arena_alloc(call->arena, data.len / 4 * 3 + 3);
		struct str rest;
		size_t len;

		if (bytes == NULL)
			return err_memory(err);
		/* A data URL: what stands before the comma says what it is. */
		if (str_starts(data, STR("data:")) && str_find(data, ',') >= 0) {
			str_cut(data, ',', &rest, &data);
		}
		if (!base64_decode(data, bytes, &len))
			return err_set(err, ERR_VALIDATION, "filedata is no base64");
		data = (struct str){ bytes, len };
	}
	file->from = file_source_bytes(data);
	return true;
}

static bool
prepare_attachment(struct call *call, struct err *err)
{
	struct file_new *file = ARENA_NEW(call->arena, struct file_new);

	if (file == NULL)
		return err_memory(err);
	return read_attachment(call, file, err) && store(call, file, err);
}

/* {"field": "url"} */
static MUST_USE bool
set_member(
    struct call *call, struct str field, struct str text, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * 1024);
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	json_key(&o, field);
	json_add_str(&o, text);
	json_close_object(&o);
	return buf_ok(&b) ? json_parse(call->arena, buf_str(&b), out, err) : err_memory(err);
}

/* Unlike an upload this needs its document, and writes the path into its field. */
static bool
attach_file(struct call *call, struct err *err)
{
	const struct file_new *file = call->prepared;
	const struct doctype *dt;
	struct doc *d, *target;
	const json_t *body;

	if (!doc_type(call, file->doctype, &dt, err) ||
	    !doc_read(call, dt, file->docname, &target, err) ||
	    !perm_check_doc(call, target, RIGHT_WRITE, err) || !file_insert(call, file, &d, err))
		return false;
	if (file->fieldname.len > 0) {
		const struct str url = value_str(doc_get(d, STR("file_url")));

		if (doctype_field(dt, file->fieldname) == NULL)
			return err_set(err, ERR_VALIDATION, "%.*s has no field %.*s",
			    STR_FMT(dt->name), STR_FMT(str_sub(file->fieldname, 0, 64)));
		if (!set_member(call, file->fieldname, url, &body, err) ||
		    !doc_update(call, dt, file->docname, body, &target, err))
			return false;
	}
	return doc_write(call, d, DOC_WITHOUT_NULLS, &call->out, err);
}

/* A field of a DocType whose writes run alone makes this one of them. */
static bool
plan_attachment(struct call *call, struct err *err)
{
	(void)err;
	call->plan.run = doc_write_run(json_text(args_get(call->args, "doctype")));
	return true;
}

/* ---- reading and removing */

static bool
download_file(struct call *call, struct err *err)
{
	struct str url, fid;
	enum file_found found;
	struct doc *file;

	if (!args_str(call, "file_url", &url, err) || !args_str_or_null(call, "fid", &fid, err) ||
	    !file_find(call, url, fid, &file, &found, err))
		return false;
	switch (found) {
	case FILE_FOUND:
		return api_file_send(call, file, true, err);
	case FILE_FORBIDDEN:
		return err_set(
		    err, ERR_PERMISSION, "You don't have permission to access this file");
	case FILE_MISSING:
		break;
	}
	return err_set(err, ERR_DOES_NOT_EXIST, "There is no such file");
}

static bool
remove_attach(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str fid;

	return args_str(call, "fid", &fid, err) && doc_type(call, FILE_TYPE, &dt, err) &&
	    doc_delete(call, dt, fid, err);
}

/* ---- frappe.core.api.file */

static bool
get_max_file_size(struct call *call, struct err *err)
{
	struct str text;
	int64_t megabytes;

	if (!single_text(call, STR("System Settings"), STR("max_file_size"), &text, err))
		return false;
	if (!str_to_int64(text, &megabytes) || megabytes <= 0 ||
	    megabytes > call->conf->http.max_body / (1024 * 1024))
		json_add_int(&call->out, call->conf->http.max_body);
	else
		json_add_int(&call->out, megabytes * 1024 * 1024);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("upload_file"), .verbs = VERBS_WRITE, .who = WHO_ANYONE, .run = RUN_WRITE, .body = upload_file,
	  .prepare_run = PREPARE_READ, .prepare = prepare_upload,
	  .help = "Store a file (multipart/form-data): file, is_private, folder, doctype, docname, fieldname, file_url" },
	{ .name = STR_INIT("frappe.client.attach_file"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = attach_file,
	  .prepare_run = PREPARE_READ, .prepare = prepare_attachment, .plan = plan_attachment,
	  .help = "Attach a file sent as text: filename, filedata, doctype, docname, folder, decode_base64, is_private, docfield" },
	{ .name = STR_INIT("download_file"), .verbs = VERBS_ANY, .who = WHO_ANYONE, .run = RUN_READ, .body = download_file, .sends_file = true,
	  .help = "The bytes of a file: file_url" },
	{ .name = STR_INIT("frappe.desk.form.utils.remove_attach"), .verbs = VERBS_DELETE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = remove_attach,
	  .help = "Delete a File: fid" },
	{ .name = STR_INIT("frappe.core.api.file.get_max_file_size"), .verbs = VERBS_ANY, .who = WHO_ANYONE, .run = RUN_READ, .body = get_max_file_size,
	  .help = "How many bytes a file may have" },
};
/* clang-format on */

const struct method_table API_FILE_METHODS = { METHODS, ARRAY_LEN(METHODS) };
