#include "doc/install.h"

#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/sqlb.h"
#include "doc/ddl.h"
#include "doc/shipped.h"

enum { MAX_CELLS = 160, NAME_LEN = 10 };

struct install {
	struct db *db;
	struct db_conn *c;
	struct arena *arena;
	struct shipped *all;
	size_t len;
	char stamp[CLOCK_TEXT_SIZE];
	struct str now;
	struct err *err;
};

/* One row to be written. */
struct row {
	struct str names[MAX_CELLS];
	struct value values[MAX_CELLS];
	size_t len;
};

static void
put(struct row *r, struct str name, struct value v)
{
	assert(r->len < MAX_CELLS);
	r->names[r->len] = name;
	r->values[r->len++] = v;
}

/* The standard columns of a document that the program itself makes. */
static void
begin_row(const struct install *in, struct row *r, struct str name)
{
	r->len = 0;
	put(r, STR("name"), value_text(name));
	put(r, STR("owner"), value_text(STR("Administrator")));
	put(r, STR("creation"), value_text(in->now));
	put(r, STR("modified"), value_text(in->now));
	put(r, STR("modified_by"), value_text(STR("Administrator")));
}

static bool
new_name(struct install *in, struct str *out)
{
	char *text = arena_alloc(in->arena, NAME_LEN + 1);

	if (text == NULL)
		return err_memory(in->err);
	random_hex(text, NAME_LEN);
	*out = (struct str){ text, NAME_LEN };
	return true;
}

/* Inserts the row; one that is there already stays as it is. */
static bool
insert(struct install *in, struct str doctype, const struct row *r)
{
	CLEANUP(sqlb_free) struct sqlb b;

	sqlb_init(&b, in->arena);
	sqlb_lit(&b, "INSERT INTO ");
	sqlb_table(&b, doctype);
	sqlb_lit(&b, " (");
	for (size_t i = 0; i < r->len; i++) {
		if (i > 0)
			sqlb_lit(&b, ", ");
		sqlb_ident(&b, r->names[i]);
	}
	sqlb_lit(&b, ") VALUES (");
	for (size_t i = 0; i < r->len; i++) {
		if (i > 0)
			sqlb_lit(&b, ", ");
		sqlb_value(&b, r->values[i]);
	}
	sqlb_lit(&b, ") ON CONFLICT (`name`) DO NOTHING");
	return sqlb_ok(&b, in->err) &&
	    db_exec(in->c, buf_str(&b.text), b.params, b.params_len, NULL, in->err);
}

/* A cell of the text, cast to the column's type. */
static void
put_text(struct row *r, const struct field *f, struct str text)
{
	int64_t n = 0;

	if (field_type_column(f->type) == DB_TYPE_INT)
		put(r, f->name, value_int(str_to_int64(text, &n) ? n : 0));
	else
		put(r, f->name, value_text(text));
}

static bool
insert_doctype(struct install *in, const struct shipped *s, const struct doctype *meta)
{
	struct row r;

	begin_row(in, &r, s->doctype.name);
	for (size_t i = 0; i < s->properties_len; i++) {
		const struct field *f = doctype_field(meta, s->properties[i].key);

		if (f != NULL && f->column >= 0)
			put_text(&r, f, s->properties[i].value);
	}
	for (size_t i = 0; i < s->properties_len; i++) {
		if (str_eq(s->properties[i].key, STR("allow_rename")))
			return insert(in, STR("DocType"), &r);
	}
	put(&r, STR("allow_rename"), value_int(0));
	return insert(in, STR("DocType"), &r);
}

/* Begins a row of a child table of a DocType. */
static bool
begin_child(struct install *in, struct row *r, struct str parent, struct str field, size_t at)
{
	struct str name;

	if (!new_name(in, &name))
		return false;
	begin_row(in, r, name);
	put(r, STR("idx"), value_int((int64_t)at + 1));
	put(r, STR("parent"), value_text(parent));
	put(r, STR("parentfield"), value_text(field));
	put(r, STR("parenttype"), value_text(STR("DocType")));
	return true;
}

static bool
insert_field(struct install *in, const struct shipped *s, size_t at, const struct doctype *meta)
{
	const struct field *f = &s->doctype.fields[s->doctype.first_value + at];
	struct str flag, rest = s->flags[at];
	struct row r;

	if (!begin_child(in, &r, s->doctype.name, STR("fields"), at))
		return false;
	put(&r, STR("fieldname"), value_text(f->name));
	put(&r, STR("label"), value_text(f->label));
	put(&r, STR("fieldtype"), value_text(field_type_name(f->type)));
	put(&r, STR("options"), value_text(f->options));
	put(&r, STR("default"), value_text(f->fallback));
	put(&r, STR("fetch_from"), value_text(f->fetch_from));
	put(&r, STR("permlevel"), value_int(f->permlevel));
	put(&r, STR("length"), value_int(f->length));
	while (rest.len > 0) {
		str_cut(rest, ' ', &flag, &rest);
		const struct field *column = doctype_field(meta, flag);

		if (column != NULL && column->type == FIELD_CHECK)
			put(&r, flag, value_int(1));
	}
	return insert(in, STR("DocField"), &r);
}

static bool
insert_perm(struct install *in, const struct shipped *s, size_t at)
{
	const struct shipped_perm *p = &s->perms[at];
	struct row r;

	if (!begin_child(in, &r, s->doctype.name, STR("permissions"), at))
		return false;
	put(&r, STR("role"), value_text(p->role));
	put(&r, STR("permlevel"), value_int(p->permlevel));
	put(&r, STR("if_owner"), value_int(p->if_owner));
	for (size_t i = 0; i < RIGHT_LEN; i++)
		put(&r, right_name((enum right)i), value_int((p->rights & BIT(i)) != 0));
	return insert(in, STR("DocPerm"), &r);
}

/* What stood there from an earlier version of the file. */
static bool
forget(struct install *in, struct str doctype)
{
	static const struct str STATEMENTS[] = {
		STR_INIT(
		    "DELETE FROM `tabDocField` WHERE `parent` = ?1 AND `parenttype` = 'DocType'"),
		STR_INIT(
		    "DELETE FROM `tabDocPerm` WHERE `parent` = ?1 AND `parenttype` = 'DocType'"),
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
write_rows(struct install *in, const struct shipped *s)
{
	const struct shipped *doctype = shipped_find(in->all, in->len, STR("DocType"));
	const struct shipped *docfield = shipped_find(in->all, in->len, STR("DocField"));
	const size_t own = s->doctype.fields_len - s->doctype.first_value;

	if (doctype == NULL || docfield == NULL)
		return err_set(
		    in->err, ERR_INTERNAL, "doctype.tsv or docfield.tsv is not built in");
	if (!forget(in, s->doctype.name) || !insert_doctype(in, s, &doctype->doctype))
		return false;
	for (size_t i = 0; i < own; i++) {
		if (!insert_field(in, s, i, &docfield->doctype))
			return false;
	}
	for (size_t i = 0; i < s->perms_len; i++) {
		if (!insert_perm(in, s, i))
			return false;
	}
	return true;
}

/* Did the file change since it was installed? Its checksum is recorded then. */
static bool
is_changed(struct install *in, const struct asset *asset, bool *changed)
{
	struct digest digest;
	char hex[2 * sizeof(digest.bytes) + 1];
	struct value have = value_null();
	bool found;

	digest_sha256(asset->bytes, &digest);
	const struct str sum = digest_to_hex(&digest, hex);
	const struct value params[] = { value_text(asset->path), value_text(sum) };

	if (!db_query_row(in->c, in->arena, STR("SELECT checksum FROM shipped WHERE name = ?1"),
		params, 1, &have, 1, &found, in->err))
		return false;
	*changed = !found || !str_eq(value_str(have), sum);
	return !*changed ||
	    db_exec(in->c,
		STR("INSERT INTO shipped (name, checksum) VALUES (?1, ?2)"
		    " ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum"),
		params, 2, NULL, in->err);
}

/* One line of records.tsv: DocType, name, key=value. */
static bool
insert_record(struct install *in, struct str line)
{
	struct str doctype, rest, name, pair, key, value;
	struct row r;

	str_cut(line, '\t', &doctype, &rest);
	str_cut(rest, '\t', &name, &rest);
	const struct shipped *s = shipped_find(in->all, in->len, doctype);

	if (s == NULL)
		return err_set(in->err, ERR_INTERNAL,
		    "records.tsv names the DocType %.*s, which is not shipped", STR_FMT(doctype));
	begin_row(in, &r, name);
	if (str_starts(s->doctype.autoname, STR("field:")))
		put(&r, str_sub(s->doctype.autoname, 6, s->doctype.autoname.len), value_text(name));
	if (str_eq(doctype, STR("Module Def")))
		put(&r, STR("app_name"), value_text(STR("frappe")));
	while (rest.len > 0) {
		str_cut(rest, '\t', &pair, &rest);
		str_cut(pair, '=', &key, &value);
		const struct field *f = doctype_field(&s->doctype, key);

		if (f != NULL && f->column >= 0)
			put_text(&r, f, value);
	}
	return insert(in, doctype, &r);
}

static bool
insert_records(struct install *in)
{
	const struct asset *asset = asset_find(STR("doctypes/records.tsv"));
	bool changed;

	if (asset == NULL)
		return err_set(in->err, ERR_INTERNAL, "records.tsv is not built in");
	if (!is_changed(in, asset, &changed))
		return false;
	if (!changed)
		return true;
	for (struct str rest = asset->bytes, line; rest.len > 0;) {
		str_cut(rest, '\n', &line, &rest);
		if (line.len > 0 && line.ptr[0] != '#' && !insert_record(in, line))
			return false;
	}
	return true;
}

static bool
insert_user(struct install *in, struct str name, struct str email)
{
	const struct shipped *user = shipped_find(in->all, in->len, STR("User"));
	struct row r;

	if (user == NULL)
		return err_set(in->err, ERR_INTERNAL, "user.tsv is not built in");
	begin_row(in, &r, name);
	put(&r, STR("email"), value_text(email));
	put(&r, STR("first_name"), value_text(name));
	put(&r, STR("full_name"), value_text(name));
	/* The other columns take their DocType's defaults. */
	for (size_t i = user->doctype.first_value; i < user->doctype.columns_len; i++) {
		const struct field *f = user->doctype.columns[i];

		if (!str_is_null(f->fallback) && !str_eq(f->name, STR("user_type")))
			put_text(&r, f, f->fallback);
	}
	put(&r, STR("user_type"),
	    value_text(str_eq(name, STR("Guest")) ? STR("Website User") : STR("System User")));
	return insert(in, STR("User"), &r);
}

static bool
insert_settings(struct install *in)
{
	const struct shipped *s = shipped_find(in->all, in->len, STR("System Settings"));

	for (size_t i = 0; s != NULL && i < s->doctype.columns_len; i++) {
		const struct field *f = s->doctype.columns[i];
		const struct value params[] = { value_text(s->doctype.name), value_text(f->name),
			value_text(f->fallback) };

		if (!str_is_null(f->fallback) &&
		    !db_exec(in->c,
			STR("INSERT INTO single (doctype, field, value) VALUES (?1, ?2, ?3)"
			    " ON CONFLICT (doctype, field) DO NOTHING"),
			params, 3, NULL, in->err))
			return false;
	}
	return true;
}

bool
install_shipped(struct db *db, struct db_conn *c, struct arena *a, struct err *err)
{
	struct install in = { .db = db, .c = c, .arena = a, .err = err };
	bool any = false;

	in.now = clock_stamp(clock_now_us(), in.stamp);
	if (!shipped_read(a, &in.all, &in.len, err))
		return false;
	bool *changed = ARENA_NEW_ARRAY(a, bool, in.len + 1);

	if (changed == NULL)
		return err_memory(err);
	for (size_t i = 0; i < in.len; i++) {
		if (!is_changed(&in, in.all[i].asset, &changed[i]) ||
		    (changed[i] && !ddl_sync(db, c, a, &in.all[i].doctype, err)))
			return false;
		any |= changed[i];
	}
	for (size_t i = 0; i < in.len; i++) {
		if (changed[i] && !write_rows(&in, &in.all[i]))
			return false;
	}
	if (!any)
		return true;
	return insert_records(&in) &&
	    insert_user(&in, STR("Administrator"), STR("admin@example.com")) &&
	    insert_user(&in, STR("Guest"), STR("guest@example.com")) && insert_settings(&in);
}
