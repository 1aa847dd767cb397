#include "doc/install.h"

#include "base/clock.h"
#include "crypto/digest.h"
#include "doc/ddl.h"
#include "doc/install_row.h"
#include "doc/shipped.h"

static const struct str CHECKSUM = STR_INIT("SELECT checksum FROM shipped WHERE name = ?1");
static const struct str RECORD =
    STR_INIT("INSERT INTO shipped (name, checksum) VALUES (?1, ?2)"
	     " ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum");
static const struct str SETTING =
    STR_INIT("INSERT INTO single (doctype, field, value) VALUES (?1, ?2, ?3)"
	     " ON CONFLICT (doctype, field) DO NOTHING");

enum { PENDING_MEMORY = 64 * 1024 };

static const struct str DOCTYPE = STR_INIT("DocType");
static const struct str RECORDS = STR_INIT("doctypes/records.tsv");

struct install {
	struct db_conn *c;
	struct arena *arena;
	struct shipped *all;
	struct install_kind *kinds; /* of each of all */
	size_t len;
	char stamp[CLOCK_TEXT_SIZE];
	struct err *err;
};

static const struct install_kind *
find_kind(struct install *in, struct str doctype)
{
	for (size_t i = 0; i < in->len; i++) {
		if (str_eq(in->all[i].doctype.name, doctype))
			return &in->kinds[i];
	}
	err_set(
	    in->err, ERR_INTERNAL, "The DocType %.*s is needed and not shipped", STR_FMT(doctype));
	return NULL;
}

static bool
begin(struct install *in, struct str doctype, struct str name, struct install_row *out)
{
	const struct install_kind *kind = find_kind(in, doctype);

	return kind != NULL && install_row_begin(in->arena, kind, name, out, in->err);
}

static bool
text(struct install *in, struct install_row *r, struct str name, struct str value)
{
	return install_row_text(in->arena, r, name, value, in->err);
}

/* ---- DocTypes ---- */

static bool
write_doctype(struct install *in, const struct shipped *s)
{
	struct install_row r;

	if (!begin(in, DOCTYPE, s->doctype.name, &r))
		return false;
	install_row_int(&r, STR("allow_rename"), 0);
	for (size_t i = 0; i < s->properties_len; i++) {
		if (!text(in, &r, s->properties[i].key, s->properties[i].value))
			return false;
	}
	return install_row_write(in->c, &r, NULL, in->err);
}

static bool
put_texts(struct install *in, struct install_row *r, const struct field *f,
    const struct shipped_extra *extra)
{
	const struct {
		struct str column, value;
	} texts[] = {
		{ STR("fieldname"), f->name },
		{ STR("label"), f->label },
		{ STR("fieldtype"), field_type_name(f->type) },
		{ STR("options"), f->options },
		{ STR("default"), f->fallback },
		{ STR("fetch_from"), f->fetch_from },
		{ STR("depends_on"), f->depends_on },
		{ STR("mandatory_depends_on"),
		    shipped_depends(extra->depends, STR("mandatory_depends_on")) },
		{ STR("read_only_depends_on"),
		    shipped_depends(extra->depends, STR("read_only_depends_on")) },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!text(in, r, texts[i].column, texts[i].value))
			return false;
	}
	return true;
}

static bool
write_field(struct install *in, const struct shipped *s, size_t at)
{
	const struct field *f = &s->doctype.fields[s->doctype.first_value + at];
	const struct shipped_extra *extra = &s->extras[at];
	struct install_row r;
	struct str flag, precision;

	if (!begin(in, STR("DocField"), STR_NULL, &r))
		return false;
	install_row_child(&r, DOCTYPE, s->doctype.name, STR("fields"), at + 1);
	if (!put_texts(in, &r, f, extra))
		return false;
	install_row_int(&r, STR("permlevel"), f->permlevel);
	install_row_int(&r, STR("length"), f->length);
	if (f->precision >= 0 &&
	    (!arena_printf(in->arena, &precision, in->err, "%d", (int)f->precision) ||
		!text(in, &r, STR("precision"), precision)))
		return false;
	for (struct str rest = extra->flags; rest.len > 0;) {
		str_cut(rest, ' ', &flag, &rest);
		install_row_int(&r, flag, 1);
	}
	return install_row_write(in->c, &r, NULL, in->err);
}

static bool
write_perm(struct install *in, const struct shipped *s, size_t at)
{
	const struct shipped_perm *p = &s->perms[at];
	struct install_row r;

	if (!begin(in, STR("DocPerm"), STR_NULL, &r))
		return false;
	install_row_child(&r, DOCTYPE, s->doctype.name, STR("permissions"), at + 1);
	if (!text(in, &r, STR("role"), p->role))
		return false;
	install_row_int(&r, STR("permlevel"), p->permlevel);
	install_row_int(&r, STR("if_owner"), p->if_owner);
	for (size_t i = 0; i < RIGHT_LEN; i++)
		install_row_int(&r, right_name((enum right)i), (p->rights & BIT(i)) != 0);
	return install_row_write(in->c, &r, NULL, in->err);
}

/* What stood there from an earlier version of the file. */
static bool
forget(struct install *in, struct str doctype)
{
	static const struct str STATEMENTS[] = {
		STR_INIT("DELETE FROM `tabDocField` WHERE `parent` COLLATE NOCASE = ?1 AND "
			 "`parenttype` = 'DocType'"),
		STR_INIT("DELETE FROM `tabDocPerm` WHERE `parent` COLLATE NOCASE = ?1 AND "
			 "`parenttype` = 'DocType'"),
		STR_INIT("DELETE FROM `tabDocType` WHERE `name` = ?1"),
	};
	const struct value params[] = { value_text(doctype) };

	for (size_t i = 0; i < ARRAY_LEN(STATEMENTS); i++) {
		if (!db_exec(in->c, STATEMENTS[i], params, 1, NULL, in->err))
			return false;
	}
	return true;
}

static bool
write_all(struct install *in, const struct shipped *s)
{
	const size_t own = s->doctype.fields_len - s->doctype.first_value;

	if (!forget(in, s->doctype.name) || !write_doctype(in, s))
		return false;
	for (size_t i = 0; i < own; i++) {
		if (!write_field(in, s, i))
			return false;
	}
	for (size_t i = 0; i < s->perms_len; i++) {
		if (!write_perm(in, s, i))
			return false;
	}
	return true;
}

/* ---- documents of a fresh site ---- */

/* One line of records.tsv: DocType, name, key=value. */
static bool
write_record(struct install *in, struct str line)
{
	struct str doctype, rest, name, pair, key, value;
	struct install_row r;

	str_cut(line, '\t', &doctype, &rest);
	str_cut(rest, '\t', &name, &rest);
	if (!begin(in, doctype, name, &r))
		return false;
	const struct str autoname = r.kind->doctype->autoname;

	if (str_starts(autoname, STR("field:")) &&
	    !text(in, &r, str_sub(autoname, 6, autoname.len), name))
		return false;
	if (!text(in, &r, STR("app_name"), STR("frappe")))
		return false;
	while (rest.len > 0) {
		str_cut(rest, '\t', &pair, &rest);
		str_cut(pair, '=', &key, &value);
		if (!text(in, &r, key, value))
			return false;
	}
	return install_row_write(in->c, &r, NULL, in->err);
}

static bool
write_role(struct install *in, struct str user, struct str role, size_t idx)
{
	struct install_row r;

	if (!begin(in, STR("Has Role"), STR_NULL, &r) || !text(in, &r, STR("role"), role))
		return false;
	install_row_child(&r, STR("User"), user, STR("roles"), idx);
	return install_row_write(in->c, &r, NULL, in->err);
}

/* Administrator holds every role that is shipped. */
static bool
write_all_roles(struct install *in, struct str user, struct str records)
{
	struct str line, doctype, name, rest;
	size_t idx = 0;

	while (records.len > 0) {
		str_cut(records, '\n', &line, &records);
		str_cut(line, '\t', &doctype, &rest);
		str_cut(rest, '\t', &name, &rest);
		if (str_eq(doctype, STR("Role")) && !write_role(in, user, name, ++idx))
			return false;
	}
	return true;
}

static bool
write_user(struct install *in, struct str name, struct str username, struct str email,
    struct str type, bool *made)
{
	const struct {
		struct str column, value;
	} texts[] = {
		{ STR("email"), email },
		{ STR("first_name"), name },
		{ STR("full_name"), name },
		{ STR("username"), username },
		{ STR("user_type"), type },
		{ STR("time_zone"), clock_zone() },
	};
	struct install_row r;

	if (!begin(in, STR("User"), name, &r))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!text(in, &r, texts[i].column, texts[i].value))
			return false;
	}
	install_row_int(&r, STR("thread_notify"), 0);
	return install_row_write(in->c, &r, made, in->err);
}

static bool
write_users(struct install *in, struct str records)
{
	const struct str administrator = STR("Administrator"), guest = STR("Guest");
	bool made;

	if (!write_user(in, administrator, STR("administrator"), STR("admin@example.com"),
		STR("System User"), &made))
		return false;
	if (made && !write_all_roles(in, administrator, records))
		return false;
	if (!write_user(
		in, guest, STR("guest"), STR("guest@example.com"), STR("Website User"), &made))
		return false;
	return !made || write_role(in, guest, guest, 1);
}

static bool
write_records(struct install *in)
{
	const struct asset *asset = asset_find(RECORDS);

	if (asset == NULL)
		return err_set(in->err, ERR_INTERNAL, "records.tsv is not built in");
	for (struct str rest = asset->bytes, line; rest.len > 0;) {
		str_cut(rest, '\n', &line, &rest);
		if (line.len > 0 && line.ptr[0] != '#' && !write_record(in, line))
			return false;
	}
	return write_users(in, asset->bytes);
}

static bool
write_setting(struct install *in, struct str doctype, struct str field, struct str value)
{
	const struct value params[] = { value_text(doctype), value_text(field), value_text(value) };

	return str_is_null(value) || db_exec(in->c, SETTING, params, 3, NULL, in->err);
}

static bool
write_settings(struct install *in)
{
	const struct str name = STR("System Settings");
	const struct {
		struct str field, value;
	} own[] = {
		{ STR("language"), STR("en") },
		{ STR("time_zone"), clock_zone() },
		{ STR("date_format"), STR("yyyy-mm-dd") },
		{ STR("number_format"), STR("#,###.##") },
		{ STR("float_precision"), STR("3") },
		{ STR("setup_complete"), STR("1") },
	};
	const struct install_kind *kind = find_kind(in, name);

	if (kind == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (!write_setting(in, name, own[i].field, own[i].value))
			return false;
	}
	for (size_t i = kind->doctype->first_value; i < kind->doctype->columns_len; i++) {
		const struct field *f = kind->doctype->columns[i];

		if (!write_setting(in, name, f->name, f->fallback))
			return false;
	}
	return true;
}

/* ---- all of it ---- */

static struct str
sum_of(const struct asset *asset, char *hex)
{
	struct digest digest;

	digest_sha256(asset->bytes, &digest);
	return digest_to_hex(&digest, hex);
}

/* Did the file change since it was installed? */
static bool
is_changed(struct install *in, const struct asset *asset, bool *changed)
{
	const struct value params[] = { value_text(asset->path) };
	char hex[DIGEST_HEX_LEN];
	struct value have = value_null();
	bool found;

	if (!db_query_row(in->c, in->arena, CHECKSUM, params, 1, &have, 1, &found, in->err))
		return false;
	*changed = !found || !str_eq(value_str(have), sum_of(asset, hex));
	return true;
}

static bool
record(struct install *in, const bool *changed)
{
	for (size_t i = 0; i < ASSET_ALL_LEN; i++) {
		char hex[DIGEST_HEX_LEN];
		const struct value params[] = { value_text(ASSET_ALL[i].path),
			value_text(sum_of(&ASSET_ALL[i], hex)) };

		if (changed[i] && !db_exec(in->c, RECORD, params, 2, NULL, in->err))
			return false;
	}
	return true;
}

static bool
any_changed(struct install *in, bool *changed, bool *any)
{
	*any = false;
	for (size_t i = 0; i < ASSET_ALL_LEN; i++) {
		if (!str_starts(ASSET_ALL[i].path, STR("doctypes/")))
			continue;
		if (!is_changed(in, &ASSET_ALL[i], &changed[i]))
			return false;
		*any |= changed[i];
	}
	return true;
}

/* The tables of a site that an earlier program made. */
static bool
sync_marks(struct install *in)
{
	static const struct str PARENTS =
	    STR_INIT("SELECT `name` FROM `tabDocType` WHERE `istable` = 0 AND `issingle` = 0"
		     " AND `name` > ?1 ORDER BY `name` LIMIT 1");
	struct value last = value_text(STR("")), name;
	bool found;

	for (;;) {
		if (!db_query_row(in->c, in->arena, PARENTS, &last, 1, &name, 1, &found, in->err))
			return false;
		if (!found)
			return true;
		if (!ddl_sync_marks(in->c, in->arena, value_str(name), in->err))
			return false;
		last = name;
	}
}

/* Tables come before all rows, since rows of DocTypes are rows, too. */
static bool
write_changed(struct install *in, const bool *changed, struct str now)
{
	in->kinds = ARENA_NEW_ARRAY(in->arena, struct install_kind, in->len);
	if (in->kinds == NULL)
		return err_memory(in->err);
	for (size_t i = 0; i < in->len; i++) {
		const struct shipped *s = &in->all[i];

		if ((changed[s->asset - ASSET_ALL] &&
			!ddl_sync(in->c, in->arena, &s->doctype, in->err)) ||
		    !install_row_kind(in->arena, &s->doctype, now, &in->kinds[i], in->err))
			return false;
	}
	if (!sync_marks(in))
		return false;
	for (size_t i = 0; i < in->len; i++) {
		if (changed[in->all[i].asset - ASSET_ALL] && !write_all(in, &in->all[i]))
			return false;
	}
	return write_records(in) && write_settings(in);
}

bool
install_pending(struct db_conn *c, bool *pending, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(PENDING_MEMORY);
	struct install in = { .c = c, .arena = a, .err = err };
	bool *changed = ARENA_NEW_ARRAY(a, bool, ASSET_ALL_LEN);
	bool has_table;

	if (changed == NULL)
		return err_memory(err);
	*pending = true;
	if (!db_has_table(c, STR("shipped"), &has_table, err))
		return false;
	return !has_table || any_changed(&in, changed, pending);
}

bool
install_shipped(struct db_conn *c, struct arena *a, struct err *err)
{
	struct install in = { .c = c, .arena = a, .err = err };
	bool *changed = ARENA_NEW_ARRAY(a, bool, ASSET_ALL_LEN);
	bool any;

	if (changed == NULL)
		return err_memory(err);
	if (!any_changed(&in, changed, &any))
		return false;
	if (!any)
		return true;
	return record(&in, changed) && shipped_read(a, &in.all, &in.len, err) &&
	    write_changed(&in, changed, clock_stamp(clock_now_us(), in.stamp));
}
