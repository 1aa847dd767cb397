#include "api/api_folder.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "doc/file.h"
#include "json/json_in.h"

enum { PAGE_LENGTH = 20, FILTERS_MAX = 256 * 1024 };

static const struct str FILE_TYPE = STR_INIT("File");

static MUST_USE bool
limit_of(const struct call *call, const char *name, int64_t *inout, struct err *err)
{
	const json_t *given = args_get(call->args, name);

	return given == NULL || list_parse_limit(given, inout, err);
}

/* Folders first. */
static bool
get_files_in_folder(struct call *call, struct err *err)
{
	struct list_args list = { .length = PAGE_LENGTH,
		.order_by = STR("is_folder desc, creation desc") };
	struct list_page page = { 0 };
	struct str folder;

	if (!args_str(call, "folder", &folder, err) || !limit_of(call, "start", &list.start, err) ||
	    !limit_of(call, "page_length", &list.length, err) ||
	    !doc_type(call, FILE_TYPE, &list.doctype, err) ||
	    !api_doc_member(
		call, STR("folder"), args_get(call->args, "folder"), &list.filters, err) ||
	    !json_parse(call->arena,
		STR("[\"name\",\"file_name\",\"file_url\",\"is_folder\",\"modified\"]"),
		&list.fields, err))
		return false;
	json_open_object(&call->out);
	json_key(&call->out, STR("files"));
	if (!list_write_page(call, &list, &call->out, &page, err))
		return false;
	json_put_bool(&call->out, "has_more", page.more);
	json_close_object(&call->out);
	return true;
}

static MUST_USE bool
move_one(struct call *call, const struct doctype *dt, struct str name, const json_t *body,
    struct err *err)
{
	struct doc *d;

	if (name.len == 0)
		return err_set(
		    err, ERR_VALIDATION, "file_list is a list of objects with a name each");
	if (!doc_read(call, dt, name, &d, err))
		return false;
	if (doc_is_on(d, STR("is_folder")))
		return err_set(err, ERR_VALIDATION,
		    "%.*s is a folder, which stays where it is: make another one there, and move "
		    "what it holds",
		    STR_FMT(name));
	return doc_update(call, dt, name, body, &d, err);
}

/* All of them, or none. */
static bool
move_file(struct call *call, struct err *err)
{
	const json_t *files, *body;
	const struct doctype *dt;
	struct str parent;

	if (!args_json(call, "file_list", &files, err) ||
	    !args_str(call, "new_parent", &parent, err) || !doc_type(call, FILE_TYPE, &dt, err) ||
	    !api_doc_member(call, STR("folder"), args_get(call->args, "new_parent"), &body, err))
		return false;
	if (!json_is_array(files))
		return err_set(
		    err, ERR_VALIDATION, "file_list is a list of objects with a name each");
	for (size_t i = 0; i < json_array_size(files); i++) {
		const struct str name = json_text(json_get(json_array_get(files, i), STR("name")));

		if (!move_one(call, dt, name, body, err))
			return false;
	}
	return true;
}

/* ---- files of documents */

/* Files that are attached to the documents of those names. */
static MUST_USE bool
attached_filters(
    struct call *call, struct str doctype, const json_t *names, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(FILTERS_MAX);
	struct json_out o = JSON_OUT(&b);

	json_open_array(&o);
	json_add_raw(&o, STR("[\"is_folder\",\"=\",0]"));
	json_open_array(&o);
	json_add_str(&o, STR("attached_to_doctype"));
	json_add_str(&o, STR("="));
	json_add_str(&o, doctype);
	json_close_array(&o);
	json_open_array(&o);
	json_add_str(&o, STR("attached_to_name"));
	json_add_str(&o, STR("in"));
	json_add_tree(&o, names);
	json_close_array(&o);
	json_close_array(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

/* {"NAME": ["/files/a.png", ...]} of rows that are in the order of their names. */
static void
put_by_name(struct json_out *o, const json_t *rows)
{
	struct str last = STR_NULL;

	json_open_object(o);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const struct str name = json_text(json_get(row, STR("attached_to_name")));

		if (i == 0 || !str_eq(name, last)) {
			if (i > 0)
				json_close_array(o);
			json_key(o, name);
			json_open_array(o);
		}
		last = name;
		json_add_str(o, json_text(json_get(row, STR("file_url"))));
	}
	if (json_array_size(rows) > 0)
		json_close_array(o);
	json_close_object(o);
}

static bool
get_attached_images(struct call *call, struct err *err)
{
	struct list_args list = { .order_by = STR("attached_to_name asc, creation asc") };
	const json_t *names, *rows;
	struct str doctype;

	if (!args_str(call, "doctype", &doctype, err) || !args_json(call, "names", &names, err) ||
	    !doc_type(call, FILE_TYPE, &list.doctype, err))
		return false;
	if (!json_is_array(names))
		return err_set(err, ERR_VALIDATION, "names is a list of names");
	if (!attached_filters(call, doctype, names, &list.filters, err) ||
	    !json_parse(
		call->arena, STR("[\"file_url\",\"attached_to_name\"]"), &list.fields, err) ||
	    !api_doc_rows(call, &list, &rows, err))
		return false;
	put_by_name(&call->out, rows);
	return true;
}

/* ---- making them */

static bool
create_new_folder(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct file_new folder = { .from.fd = -1, .is_folder = true };
	struct doc *d;

	return args_str(call, "file_name", &folder.name, err) &&
	    args_str(call, "folder", &folder.folder, err) && doc_type(call, FILE_TYPE, &dt, err) &&
	    file_insert(call, &folder, &d, err) &&
	    doc_write(call, d, DOC_WITHOUT_NULLS, &call->out, err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.core.api.file.create_new_folder"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = create_new_folder,
	  .help = "Make a folder for files: file_name, folder" },
	{ .name = STR_INIT("frappe.core.api.file.get_files_in_folder"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_files_in_folder,
	  .help = "What is in a folder of files: folder, start, page_length" },
	{ .name = STR_INIT("frappe.core.api.file.move_file"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = move_file,
	  .help = "Put files into another folder: file_list, new_parent, old_parent" },
	{ .name = STR_INIT("frappe.core.api.file.get_attached_images"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_attached_images,
	  .help = "The addresses of what is attached to documents: doctype, names" },
};
/* clang-format on */

const struct method_table API_FOLDER_METHODS = { METHODS, ARRAY_LEN(METHODS) };
