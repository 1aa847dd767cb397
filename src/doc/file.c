#include "doc/file.h"

#include "auth/who.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "doc/doc_body.h"
#include "doc/file_name.h"
#include "doc/file_type.h"
#include "doc/life.h"
#include "doc/perm.h"
#include "doc/single.h"
#include "doc/store.h"

enum { SAME_MAX = 100, SUFFIX_LEN = 6, MIB = 1024 * 1024 };

static const struct str FILES = STR_INIT("/files/");
static const struct str PRIVATE = STR_INIT("/private/files/");

static const struct str CLAIM =
    STR_INIT("INSERT INTO file_path (path, hash, used_us) VALUES (?1, ?2, ?3)"
	     " ON CONFLICT (path) DO UPDATE SET used_us = excluded.used_us"
	     " WHERE file_path.hash = excluded.hash RETURNING hash");
static const struct str SAME =
    STR_INIT("SELECT `file_url` FROM `tabFile` WHERE `content_hash` COLLATE NOCASE = ?1"
	     " AND `is_private` = ?2 AND (`is_private` = 0 OR `owner` COLLATE NOCASE = ?3)"
	     " ORDER BY `creation`, `name` LIMIT 1");
static const struct str HASH = STR_INIT("SELECT hash FROM file_path WHERE path = ?1");
static const struct str OF_PATH =
    STR_INIT("SELECT `name` FROM `tabFile` WHERE `content_hash` COLLATE NOCASE = ?1"
	     " AND `file_url` = ?2 ORDER BY `name` LIMIT ?3");
static const struct str DETACH =
    STR_INIT("DELETE FROM `tabFile` WHERE `attached_to_doctype` COLLATE NOCASE = ?1"
	     " AND `attached_to_name` COLLATE NOCASE = ?2");

/* ---- paths ---- */

bool
file_path_is(struct str path, bool *is_private)
{
	*is_private = str_starts(path, PRIVATE);
	return *is_private || str_starts(path, FILES);
}

static bool
claim(struct call *call, struct str path, struct str hash, bool *ours, struct err *err)
{
	const struct value params[] = { value_text(path), value_text(hash),
		value_int(call->now_us) };
	struct value row;

	return db_query_row(
	    call->db, call->arena, CLAIM, params, ARRAY_LEN(params), &row, 1, ours, err);
}

/* The path under which the same bytes already are, for all or for the caller alone. */
static bool
same_path(struct call *call, bool is_private, struct str hash, struct str *path, struct err *err)
{
	const struct value params[] = { value_text(hash), value_int(is_private),
		value_text(call->who->name) };
	struct value row = value_null();
	bool found;

	if (!db_query_row(
		call->db, call->arena, SAME, params, ARRAY_LEN(params), &row, 1, &found, err))
		return false;
	*path = found ? value_str(row) : STR_NULL;
	return true;
}

/* A name of its own: as it is, with the end of the hash, with something random. */
static bool
candidate(
    struct call *call, int try, struct str hash, struct str name, struct str *out, struct err *err)
{
	char random[SUFFIX_LEN];

	if (try == 0) {
		*out = name;
		return true;
	}
	random_hex(random, sizeof(random));
	return file_name_with(call->arena, name,
	    try == 1 ? str_sub(hash, hash.len - SUFFIX_LEN, SUFFIX_LEN)
		     : (struct str){ random, sizeof(random) },
	    out, err);
}

bool
file_path_claim(struct call *call, bool is_private, struct str hash, struct str *name,
    struct str *path, struct err *err)
{
	bool ours = false;

	if (!same_path(call, is_private, hash, path, err))
		return false;
	if (path->len > 0 && !claim(call, *path, hash, &ours, err))
		return false;
	for (int try = 0; !ours; try++) {
		struct str one;

		if (!candidate(call, try, hash, *name, &one, err))
			return false;
		const struct str parts[] = { is_private ? PRIVATE : FILES, one };

		if (!arena_join(call->arena, parts, ARRAY_LEN(parts), path, err) ||
		    !claim(call, *path, hash, &ours, err))
			return false;
		if (ours)
			*name = one;
	}
	return true;
}

bool
file_use(
    struct call *call, struct str path, struct str hash, int64_t size, bool *there, struct err *err)
{
	if (!claim(call, path, hash, there, err))
		return false;
	return !*there || file_store_use(call, hash, size, there, err);
}

/* ---- what may be uploaded ---- */

bool
file_check_target(struct call *call, struct str doctype, struct str name, struct err *err)
{
	const struct doctype *dt;
	struct doc *d;
	bool found;

	if (doctype.len == 0 || name.len == 0)
		return true;
	if (!doc_type(call, doctype, &dt, err) || !store_load_row(call, dt, name, &d, &found, err))
		return false;
	return !found || perm_check_doc(call, d, RIGHT_WRITE, err);
}

static bool
setting(struct call *call, const char *field, struct str *out, struct err *err)
{
	return single_text(call, STR("System Settings"), str_from(field), out, err);
}

static bool
check_size(struct call *call, int64_t size, struct err *err)
{
	struct str text;
	int64_t megabytes;

	if (size == 0)
		return err_set(err, ERR_VALIDATION, "The file is empty");
	if (size > call->conf->http.max_body)
		return err_set(err, ERR_TOO_LARGE, "The file is larger than %lld bytes",
		    (long long)call->conf->http.max_body);
	if (!setting(call, "max_file_size", &text, err))
		return false;
	if (!str_to_int64(text, &megabytes) || megabytes <= 0 || size / MIB < megabytes ||
	    size == megabytes * MIB)
		return true;
	err_set(err, ERR_FILE_SIZE, "File size exceeded the maximum allowed size of %lld MB",
	    (long long)megabytes);
	return err_title(err, "File too large");
}

static bool
is_listed(struct str list, struct str extension)
{
	while (list.len > 0) {
		struct str line;

		str_cut(list, '\n', &line, &list);
		line = str_trim(line);
		if (str_starts(line, STR(".")))
			line = str_sub(line, 1, line.len);
		if (str_ieq(line, extension))
			return true;
	}
	return false;
}

bool
file_check_kind(struct call *call, struct str name, struct err *err)
{
	const struct str extension = file_type_extension(name);
	struct str list;

	if (!call->who->is_system_user && !file_type_of(name)->for_website)
		return err_set(err, ERR_VALIDATION,
		    "You can only upload JPG, PNG, PDF, TXT, CSV or Microsoft documents.");
	if (!setting(call, "allowed_file_extensions", &list, err))
		return false;
	if (str_trim(list).len == 0 || is_listed(list, extension))
		return true;
	return err_set(err, ERR_FILE_TYPE, "File type of %.*s is not allowed",
	    STR_FMT(str_sub(extension, 0, FILE_EXTENSION_MAX)));
}

bool
file_check(struct call *call, const struct file_new *file, struct err *err)
{
	struct str name;

	if (file->from.len == 0 && file->url.len == 0 && file->name.len == 0)
		return err_set(err, ERR_MANDATORY, "file_name or file_url must be set");
	if (file->url.len == 0 && (!check_size(call, file->from.len, err)))
		return false;
	if (file->url.len > 0)
		return file_check_target(call, file->doctype, file->docname, err);
	if (!file_name_clean(call->arena, file->name, &name, err))
		return false;
	if (name.len == 0)
		return err_set(err, ERR_VALIDATION, "The file needs a name");
	return file_check_kind(call, name, err) &&
	    file_check_target(call, file->doctype, file->docname, err);
}

/* ---- making ---- */

bool
file_insert(struct call *call, const struct file_new *file, struct doc **out, struct err *err)
{
	const struct {
		const char *field;
		struct str text;
	} texts[] = {
		{ "file_name", file->name },
		{ "folder", file->folder },
		{ "attached_to_doctype", file->doctype },
		{ "attached_to_name", file->docname },
		{ "attached_to_field", file->fieldname },
		{ "file_url", file->url },
	};
	const struct doctype *dt;
	struct doc *d;

	if (!doc_type(call, STR("File"), &dt, err) || !doc_body_new(call, dt, &d, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].text.len > 0)
			(void)doc_set(d, str_from(texts[i].field), value_text(texts[i].text));
	}
	(void)doc_set(d, STR("is_private"), value_int(file->is_private));
	(void)doc_set(d, STR("is_folder"), value_int(file->is_folder));
	d->is_new = true;
	d->kept = (void *)(uintptr_t)file; /* file_rules.c takes it from there */
	struct life life = { .d = d };

	if (!life_insert(call, &life, err))
		return false;
	d->is_new = false;
	d->kept = NULL;
	*out = d;
	return file->from.len == 0 || file_store_keep(call, &file->from, &file->digest, err);
}

/* ---- finding ---- */

static bool
names_of_path(struct call *call, struct str path, struct str *names, size_t *len, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value of_path[] = { value_text(path) };
	struct value hash = value_null();
	enum db_step step;
	bool found;

	*len = 0;
	if (!db_query_row(call->db, call->arena, HASH, of_path, 1, &hash, 1, &found, err) || !found)
		return !found;
	const struct value params[] = { hash, of_path[0], value_int(SAME_MAX) };

	if (!db_query(call->db, OF_PATH, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW && *len < SAME_MAX) {
		if (!arena_str(call->arena, value_str(db_column(rows, 0)), &names[(*len)++], err))
			return false;
	}
	return step != DB_FAILED;
}

/* The File of that name, if it is readable and says the path. */
static bool
judge(struct call *call, struct str name, struct str path, struct doc **out, enum file_found *found,
    struct err *err)
{
	const struct doctype *dt;
	struct doc *d;
	bool is_there, may;

	if (!doc_type(call, STR("File"), &dt, err) ||
	    !store_load_row(call, dt, name, &d, &is_there, err))
		return false;
	if (!is_there || !str_eq(value_str(doc_get(d, STR("file_url"))), path))
		return true;
	*found = FILE_FORBIDDEN;
	const struct value is_private = doc_get(d, STR("is_private"));

	/* What is public is there for everybody, whatever roles say of the DocType. */
	may = is_private.kind == VALUE_INT && is_private.i == 0;
	if (!may && !perm_has(call, d, RIGHT_READ, &may, err))
		return false;
	if (may) {
		*found = FILE_FOUND;
		*out = d;
	}
	return true;
}

bool
file_find(struct call *call, struct str path, struct str fid, struct doc **out,
    enum file_found *found, struct err *err)
{
	struct str names[SAME_MAX];
	size_t len;

	*found = FILE_MISSING;
	if (fid.len > 0)
		return judge(call, fid, path, out, found, err);
	if (!names_of_path(call, path, names, &len, err))
		return false;
	for (size_t i = 0; i < len && *found != FILE_FOUND; i++) {
		if (!judge(call, names[i], path, out, found, err))
			return false;
	}
	return true;
}

bool
file_detach(struct call *call, const struct doc *d, struct err *err)
{
	const struct value params[] = { value_text(d->doctype->name), d->values[DOC_NAME] };

	return metas_find(call->metas, STR("File")) == NULL ||
	    db_exec(call->db, DETACH, params, ARRAY_LEN(params), NULL, err);
}
