#include "doc/file_rules.h"

#include "auth/who.h"
#include "doc/clean.h"
#include "doc/comment.h"
#include "doc/file.h"
#include "doc/file_name.h"
#include "doc/file_type.h"
#include "doc/perm.h"
#include "doc/perm_rows.h"
#include "doc/store.h"
#include "http/text.h"

enum { URL_MAX = 2000, TYPES_MAX = 200 };

/* What only the server says: where the bytes are, and which folders are the first two. */
static const struct str KEPT[] = { STR_INIT("file_url"), STR_INIT("content_hash"),
	STR_INIT("file_size"), STR_INIT("file_type"), STR_INIT("is_folder"),
	STR_INIT("is_home_folder"), STR_INIT("is_attachments_folder") };

static const struct str HOME = STR_INIT("Home");

static struct str
text_of(const struct doc *d, const char *field)
{
	return value_str(doc_get(d, str_from(field)));
}

static void
set_text(struct doc *d, const char *field, struct str text)
{
	(void)doc_set(d, str_from(field), value_text(text));
}

/* ---- making and changing ---- */

/* The name of the URL's last part, for a link without a name. */
static struct str
name_of_url(struct str url)
{
	for (size_t i = url.len; i-- > 0;) {
		if (url.ptr[i] == '/')
			return str_sub(url, i + 1, url.len);
	}
	return url;
}

static bool
clean_name(struct call *call, struct doc *d, struct err *err)
{
	struct str name = text_of(d, "file_name");

	if (name.len == 0 && !doc_is_on(d, STR("is_folder")))
		name = name_of_url(text_of(d, "file_url"));
	if (!file_name_clean(call->arena, name, &name, err))
		return false;
	set_text(d, "file_name", name);
	return name.len > 0 ||
	    (!doc_is_on(d, STR("is_folder")) && text_of(d, "file_url").len > 0) ||
	    err_set(err, ERR_MANDATORY, "file_name or file_url must be set");
}

static bool
before_links(struct call *call, struct doc *d, struct err *err)
{
	if (d->is_new && text_of(d, "folder").len == 0 && !doc_is_on(d, STR("is_home_folder")))
		set_text(d, "folder", HOME);
	return clean_name(call, d, err);
}

/* A folder is known by its place: Home/Attachments. */
static bool
name_file(struct call *call, struct doc *d, struct str *out, struct err *err)
{
	*out = STR_NULL;
	if (!doc_is_on(d, STR("is_folder")))
		return true;
	const struct str parts[] = { text_of(d, "folder"), STR("/"), text_of(d, "file_name") };

	return arena_join(call->arena, parts, ARRAY_LEN(parts), out, err);
}

static bool
place(struct call *call, struct doc *d, struct str hash, int64_t size, struct err *err)
{
	struct str name = text_of(d, "file_name"), path;

	if (!file_path_claim(call, doc_is_on(d, STR("is_private")), hash, &name, &path, err))
		return false;
	set_text(d, "file_name", name);
	set_text(d, "file_url", path);
	set_text(d, "content_hash", hash);
	set_text(d, "file_type", file_type_of(name)->label);
	(void)doc_set(d, STR("file_size"), value_int(size));
	return true;
}

static bool
place_bytes(struct call *call, struct doc *d, const struct file_new *file, struct err *err)
{
	char hex[DIGEST_HEX_LEN];
	struct str hash;

	return arena_str(call->arena, digest_to_hex(&file->digest, hex), &hash, err) &&
	    place(call, d, hash, file->from.len, err);
}

/* Another name for bytes that are here and that the caller may read. */
static bool
place_copy(struct call *call, struct doc *d, struct str url, struct err *err)
{
	enum file_found found;
	bool there = false;
	struct doc *from;

	if (!file_find(call, url, STR_NULL, &from, &found, err))
		return false;
	const struct value size =
	    found == FILE_FOUND ? doc_get(from, STR("file_size")) : value_null();

	if (size.kind == VALUE_INT &&
	    !file_use(call, url, text_of(from, "content_hash"), size.i, &there, err))
		return false;
	if (!there)
		return err_set(err, ERR_VALIDATION, "File %.*s does not exist",
		    STR_FMT(str_sub(url, 0, FILE_NAME_MAX)));
	(void)doc_set(d, STR("is_private"), value_int(doc_is_on(from, STR("is_private"))));
	set_text(d, "file_url", url);
	set_text(d, "content_hash", text_of(from, "content_hash"));
	(void)doc_set(d, STR("file_size"), size);
	return true;
}

static bool
place_url(struct call *call, struct doc *d, struct err *err)
{
	const struct str url = text_of(d, "file_url");
	bool is_private;

	for (size_t i = 0; i < ARRAY_LEN(KEPT); i++) {
		const struct field *f = doctype_field(d->doctype, KEPT[i]);

		if (f != NULL && f->column >= 0 && !str_eq(KEPT[i], STR("file_url")))
			d->values[f->column] = f->type == FIELD_CHECK || f->type == FIELD_INT
			    ? value_int(0)
			    : value_null();
	}
	if (url.len == 0)
		return err_set(err, ERR_MANDATORY,
		    "A File needs its content: upload it with /api/method/upload_file");
	if (url.len > URL_MAX)
		return err_set(
		    err, ERR_VALIDATION, "The file_url is longer than %d bytes", (int)URL_MAX);
	if (file_path_is(url, &is_private))
		return place_copy(call, d, url, err);
	return str_istarts(url, STR("http://")) || str_istarts(url, STR("https://")) ||
	    err_set(err, ERR_VALIDATION, "URL must start with http:// or https://");
}

static bool
make_folder(struct doc *d)
{
	static const char *const NONE[] = { "file_url", "content_hash", "file_type",
		"attached_to_doctype", "attached_to_name", "attached_to_field" };

	for (size_t i = 0; i < ARRAY_LEN(NONE); i++)
		set_text(d, NONE[i], STR_NULL);
	(void)doc_set(d, STR("file_size"), value_int(0));
	(void)doc_set(d, STR("is_home_folder"), value_int(0));
	(void)doc_set(d, STR("is_attachments_folder"), value_int(0));
	return true;
}

/* DocType.max_attachments, where it is set. */
static bool
check_count(struct call *call, const struct doc *d, struct err *err)
{
	static const struct str MOST =
	    STR_INIT("SELECT `max_attachments` FROM `tabDocType` WHERE `name` = ?1");
	static const struct str COUNT = STR_INIT(
	    "SELECT count(*) FROM `tabFile` WHERE `attached_to_doctype` COLLATE NOCASE = ?1"
	    " AND `attached_to_name` COLLATE NOCASE = ?2");
	const struct value params[] = { doc_get(d, STR("attached_to_doctype")),
		doc_get(d, STR("attached_to_name")) };
	struct value most = value_int(0), count = value_int(0);
	bool found;

	if (value_str(params[0]).len == 0 || value_str(params[1]).len == 0)
		return true;
	if (!db_query_row(call->db, call->arena, MOST, params, 1, &most, 1, &found, err))
		return false;
	if (!found || most.kind != VALUE_INT || most.i <= 0)
		return true;
	if (!db_query_row(call->db, call->arena, COUNT, params, 2, &count, 1, &found, err))
		return false;
	if (count.kind == VALUE_INT && count.i < most.i)
		return true;
	err_set(err, ERR_ATTACHMENT_LIMIT,
	    "Maximum Attachment Limit of %lld has been reached for %.*s %.*s.", (long long)most.i,
	    STR_FMT(value_str(params[0])),
	    STR_FMT(str_sub(value_str(params[1]), 0, FILE_NAME_MAX)));
	return err_title(err, "Attachment Limit Reached");
}

/* What has its bytes here is of a kind that its name says. */
static bool
check_kind(struct call *call, struct doc *d, struct err *err)
{
	const struct str name = text_of(d, "file_name");

	if (text_of(d, "content_hash").len == 0)
		return true;
	set_text(d, "file_type", file_type_of(name)->label);
	return file_check_kind(call, name, err);
}

static bool
validate_new(struct call *call, struct doc *d, struct err *err)
{
	const struct file_new *file = d->kept;

	if (!file_check_target(
		call, text_of(d, "attached_to_doctype"), text_of(d, "attached_to_name"), err) ||
	    !check_count(call, d, err))
		return false;
	if (doc_is_on(d, STR("is_folder")))
		return make_folder(d);
	if (file != NULL && file->from.len > 0)
		return place_bytes(call, d, file, err);
	return place_url(call, d, err) && check_kind(call, d, err);
}

static bool
is_same_text(const struct doc *a, const struct doc *b, const char *field)
{
	return str_eq(text_of(a, field), text_of(b, field));
}

static bool
validate_change(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(KEPT); i++)
		(void)doc_set(d, KEPT[i], doc_get(old, KEPT[i]));
	if ((!is_same_text(d, old, "attached_to_doctype") ||
		!is_same_text(d, old, "attached_to_name")) &&
	    !file_check_target(
		call, text_of(d, "attached_to_doctype"), text_of(d, "attached_to_name"), err))
		return false;
	if (doc_is_on(d, STR("is_folder"))) {
		(void)doc_set(d, STR("file_name"), doc_get(old, STR("file_name")));
		(void)doc_set(d, STR("folder"), doc_get(old, STR("folder")));
	} else if (!is_same_text(d, old, "file_name") && !check_kind(call, d, err)) {
		return false;
	}
	const struct value size = doc_get(old, STR("file_size"));

	if (doc_is_on(d, STR("is_private")) == doc_is_on(old, STR("is_private")) ||
	    text_of(old, "content_hash").len == 0)
		return true;
	return place(
	    call, d, text_of(old, "content_hash"), size.kind == VALUE_INT ? size.i : 0, err);
}

/* What a File lies in is a folder; one that is not there at all is told of as a link is. */
static bool
check_folder(struct call *call, const struct doc *d, struct err *err)
{
	static const struct str IS_FOLDER =
	    STR_INIT("SELECT 1 FROM `tabFile` WHERE `name` = ?1 AND `is_folder` = 1");
	const struct value params[] = { doc_get(d, STR("folder")) };
	struct value one;
	bool is_one = false;

	if (value_str(params[0]).len == 0)
		return true;
	if (!db_query_row(call->db, call->arena, IS_FOLDER, params, 1, &one, 1, &is_one, err))
		return false;
	return is_one ||
	    err_set(err, ERR_VALIDATION, "%.*s is no folder",
		STR_FMT(str_sub(value_str(params[0]), 0, FILE_NAME_MAX)));
}

static bool
validate_file(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	return (old == NULL ? validate_new(call, d, err) : validate_change(call, d, old, err)) &&
	    check_folder(call, d, err);
}

static bool
deleting_file(struct call *call, struct doc *d, struct err *err)
{
	static const struct str HELD =
	    STR_INIT("SELECT 1 FROM `tabFile` WHERE `folder` COLLATE NOCASE = ?1 LIMIT 1");
	const struct value params[] = { d->values[DOC_NAME] };
	struct value one;
	bool holds = false;

	if (!doc_is_on(d, STR("is_folder")))
		return true;
	if (doc_is_on(d, STR("is_home_folder")) || doc_is_on(d, STR("is_attachments_folder")))
		return err_set(err, ERR_VALIDATION, "Cannot delete Home and Attachments folders");
	if (!db_query_row(call->db, call->arena, HELD, params, 1, &one, 1, &holds, err))
		return false;
	return !holds ||
	    err_set(err, ERR_FOLDER_NOT_EMPTY, "Folder %.*s is not empty", STR_FMT(doc_name(d)));
}

/* ---- what is noted beside the document that it is attached to ---- */

static bool
note(struct call *call, const struct doc *d, const char *type, struct str content, struct err *err)
{
	return doc_is_on(d, STR("is_folder")) ||
	    comment_note_at(call, text_of(d, "attached_to_doctype"), text_of(d, "attached_to_name"),
		type, content, err);
}

/* A link to it. */
static bool
written_file(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	const struct str name = text_of(d, "file_name"), url = text_of(d, "file_url");

	if (old != NULL || text_of(d, "attached_to_name").len == 0)
		return true;
	buf_lit(&b, "<a href='");
	http_percent_put(&b, url.len > 0 ? url : name, STR("/:"));
	buf_lit(&b, "' target='_blank'>");
	clean_escape(&b, name.len > 0 ? name : url);
	buf_lit(&b, "</a>");
	if (doc_is_on(d, STR("is_private")))
		buf_lit(&b, " <i class=\"fa fa-lock text-warning\"></i>");
	return (buf_ok(&b) || err_memory(err)) && note(call, d, "Attachment", buf_str(&b), err);
}

static bool
deleted_file(struct call *call, struct doc *d, struct err *err)
{
	return note(call, d, "Attachment Removed", text_of(d, "file_name"), err);
}

/* ---- rights ---- */

/* As what it is attached to: to read for reading, to write for everything else. */
static bool
permits_attached(
    struct call *call, const struct doc *d, enum right right, bool *may, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, text_of(d, "attached_to_doctype"));
	const struct str name = text_of(d, "attached_to_name");
	const bool reads = right == RIGHT_READ || right == RIGHT_SELECT || right == RIGHT_PRINT ||
	    right == RIGHT_REPORT || right == RIGHT_EXPORT || right == RIGHT_EMAIL;
	bool found = false;
	struct doc *to;

	*may = false;
	if (dt == NULL || name.len == 0 || call->db == NULL)
		return true;
	if (!store_load_row(call, dt, name, &to, &found, err))
		return false;
	return !found || perm_has(call, to, reads ? RIGHT_READ : RIGHT_WRITE, may, err);
}

static bool
permits_file(struct call *call, const struct doc *d, enum right right, bool *may, struct err *err)
{
	const bool reads = right == RIGHT_READ || right == RIGHT_SELECT;
	const bool is_own =
	    !call->who->is_guest && str_ieq(value_str(d->values[DOC_OWNER]), call->who->name);

	/* Guests make one by upload_file alone, which asks the settings. */
	const bool is_guests = call->who->is_guest && d->is_new;

	*may = true;
	if (call->who->is_administrator || (reads && !doc_is_on(d, STR("is_private"))))
		return true;
	if (is_guests)
		*may = d->kept != NULL;
	else if (!is_own && str_eq(text_of(d, "attached_to_doctype"), STR("File")))
		*may = false;
	else if (!is_own)
		return permits_attached(call, d, right, may, err);
	return true;
}

/* " OR (...)": what is attached to documents of dt that the caller may read. */
static bool
put_attached(struct call *call, struct sqlb *b, const struct doctype *dt, struct err *err)
{
	struct perm_rows rows;

	if (perm_reach(call, dt, RIGHT_READ) == PERM_NONE)
		return true;
	if (!perm_rows_of(call, dt, &rows, err))
		return false;
	const bool is_cut =
	    rows.none || rows.own_only || rows.with_code || rows.select_only || rows.limits.len > 0;

	/* Names that are numbers, and none at all, are in no text of a row. */
	if (is_cut && (dt->autoincrement || dt->issingle))
		return true;
	sqlb_lit(b, " OR (`attached_to_doctype` = ");
	sqlb_value(b, value_text(dt->name));
	if (is_cut) {
		sqlb_lit(b, " AND `attached_to_name` IN (SELECT `name` FROM ");
		sqlb_table(b, dt->name);
		sqlb_lit(b, " WHERE 1 = 1");
		perm_rows_put(call, b, dt, &rows);
		sqlb_lit(b, ")");
	}
	sqlb_lit(b, ")");
	return true;
}

/* DocTypes that anything is attached to. */
static bool
attached_types(struct call *call, const struct doctype **types, size_t *len, struct err *err)
{
	static const struct str TYPES =
	    STR_INIT("SELECT DISTINCT `attached_to_doctype` FROM `tabFile`"
		     " WHERE `attached_to_doctype` IS NOT NULL");
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	*len = 0;
	if (!db_query(call->db, TYPES, NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW && *len < TYPES_MAX) {
		const struct doctype *dt = metas_find(call->metas, value_str(db_column(rows, 0)));

		types[*len] = dt;
		*len += dt != NULL && !dt->istable && !str_eq(dt->name, STR("File"));
	}
	return step != DB_FAILED;
}

/* A list holds what a read gives: see permits_file(). */
static void
file_condition(struct call *call, struct sqlb *b, bool *any)
{
	const struct doctype *types[TYPES_MAX];
	size_t len = 0;
	struct err err;

	*any = !call->who->is_administrator;
	if (!*any)
		return;
	sqlb_lit(b, "(`tabFile`.`owner` COLLATE NOCASE = ");
	sqlb_value(b, value_text(call->who->name));
	if (call->who->is_system_user) {
		sqlb_lit(b, " OR `is_private` = 0");
		if (!attached_types(call, types, &len, &err)) {
			sqlb_fail(b, &err);
			return;
		}
	}
	for (size_t i = 0; i < len; i++) {
		if (!put_attached(call, b, types[i], &err)) {
			sqlb_fail(b, &err);
			return;
		}
	}
	sqlb_lit(b, ")");
}

const struct controller FILE_RULES = {
	.doctype = STR_INIT("File"),
	.name = name_file,
	.before_links = before_links,
	.validate = validate_file,
	.written = written_file,
	.deleting = deleting_file,
	.deleted = deleted_file,
	.permits = permits_file,
	.list_condition = file_condition,
};
