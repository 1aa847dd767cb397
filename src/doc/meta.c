#include "doc/meta.h"

#include "doc/install.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { DOCTYPE_MEMORY = 8 * 1024 * 1024, MOST_FIELDS = 1024 };

/* A DocType and the memory that it lives in. */
struct entry {
	struct doctype doctype;
	struct arena *arena;
};

/* All DocTypes, sorted by name: immutable, replaced as a whole. */
struct table {
	size_t len;
	struct entry *entries[];
};

struct metas {
	struct turns *turns;
	struct role_names *roles;
	_Atomic(struct table *) table;
	int64_t generation;
};

struct metas *
metas_new(struct turns *turns, struct role_names *roles)
{
	struct metas *m = MEM_NEW(struct metas);

	m->turns = turns;
	m->roles = roles;
	atomic_init(&m->table, MEM_NEW(struct table));
	return m;
}

static void
free_entry(void *p)
{
	struct entry *e = p;

	if (e == NULL)
		return;
	struct arena *a = e->arena;

	arena_free(a); /* the entry itself lies in it */
}

void
metas_free(struct metas *m)
{
	if (m == NULL)
		return;
	struct table *t = atomic_load(&m->table);

	for (size_t i = 0; i < t->len; i++)
		free_entry(t->entries[i]);
	mem_free(t);
	mem_free(m);
}

/* Columns of tabDocType that a struct doctype holds, in the order read. */
static const struct str DOCTYPE_SQL =
    STR_INIT("SELECT `name`, `module`, `autoname`, `naming_rule`, `title_field`, `search_fields`,"
	     " `sort_field`, `sort_order`, `custom`, `istable`, `issingle`, `is_submittable`,"
	     " `track_changes`, `allow_rename`, `allow_import`, `show_title_field_in_link`"
	     " FROM `tabDocType` WHERE `name` = ?1");

static const struct str FIELDS_SQL = STR_INIT(
    "SELECT `fieldname`, `label`, `fieldtype`, `options`, `default`, `fetch_from`, `depends_on`,"
    " `permlevel`, `length`, `precision`, `reqd`, `unique`, `search_index`, `read_only`, `hidden`,"
    " `set_only_once`, `allow_on_submit`, `no_copy`, `non_negative`, `not_nullable`,"
    " `fetch_if_empty`, `ignore_user_permissions`, `ignore_xss_filter`, `is_virtual`,"
    " `in_list_view`, `in_standard_filter`, `bold`"
    " FROM `tabDocField` WHERE `parent` = ?1 AND `parenttype` = 'DocType' ORDER BY `idx`, `name`");

#define RIGHT_COLUMNS                                                                              \
	"`select`, `read`, `write`, `create`, `delete`, `submit`, `cancel`, `amend`, `report`,"    \
	" `export`, `import`, `share`, `print`, `email`"

static const struct str PERMS_SQL =
    STR_INIT("SELECT `role`, `permlevel`, `if_owner`, " RIGHT_COLUMNS
	     " FROM `tabDocPerm` WHERE `parent` = ?1 ORDER BY `idx`, `name`");
static const struct str CUSTOM_PERMS_SQL =
    STR_INIT("SELECT `role`, `permlevel`, `if_owner`, " RIGHT_COLUMNS
	     " FROM `tabCustom DocPerm` WHERE `parent` = ?1 ORDER BY `name`");

static int64_t
number(const struct db_rows *rows, size_t at, int64_t fallback)
{
	const struct value v = db_column(rows, at);
	int64_t n = fallback;

	if (v.kind == VALUE_INT)
		return v.i;
	if (v.kind == VALUE_TEXT && v.s.len > 0 && str_to_int64(v.s, &n))
		return n;
	return fallback;
}

static bool
text(struct arena *a, const struct db_rows *rows, size_t at, struct str *out, struct err *err)
{
	const struct str s = value_str(db_column(rows, at));

	return s.len == 0 || arena_str(a, s, out, err);
}

static bool
read_texts(
    struct arena *a, const struct db_rows *rows, struct str *const *to, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		if (!text(a, rows, i, to[i], err))
			return false;
	}
	return true;
}

static bool
read_properties(struct arena *a, struct db_conn *c, struct str name, struct doctype *dt,
    bool *found, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct str *const texts[] = { &dt->name, &dt->module, &dt->autoname, &dt->naming_rule,
		&dt->title_field, &dt->search_fields, &dt->sort_field, &dt->sort_order };
	bool *const flags[] = { &dt->custom, &dt->istable, &dt->issingle, &dt->is_submittable,
		&dt->track_changes, &dt->allow_rename, &dt->allow_import,
		&dt->show_title_field_in_link };
	const struct value params[] = { value_text(name) };

	if (!db_query(c, DOCTYPE_SQL, params, 1, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	*found = step == DB_ROW;
	if (step != DB_ROW)
		return step == DB_DONE;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		*flags[i] = number(rows, ARRAY_LEN(texts) + i, 0) != 0;
	return read_texts(a, rows, texts, ARRAY_LEN(texts), err);
}

static bool
read_field(struct arena *a, const struct db_rows *rows, struct field *f, struct err *err)
{
	struct str type = STR_NULL;
	struct str *const texts[] = { &f->name, &f->label, &type, &f->options, &f->fallback,
		&f->fetch_from, &f->depends_on };
	bool *const flags[] = { &f->reqd, &f->unique, &f->search_index, &f->read_only, &f->hidden,
		&f->set_only_once, &f->allow_on_submit, &f->no_copy, &f->non_negative,
		&f->not_nullable, &f->fetch_if_empty, &f->ignore_user_permissions,
		&f->ignore_xss_filter, &f->is_virtual, &f->in_list_view, &f->in_standard_filter,
		&f->bold };

	if (!read_texts(a, rows, texts, ARRAY_LEN(texts), err))
		return false;
	if (!field_type_find(type, &f->type))
		return err_set(err, ERR_INTERNAL, "The field %.*s has the unknown type %.*s",
		    STR_FMT(f->name), STR_FMT(type));
	f->permlevel = (int32_t)(number(rows, 7, 0) & 15);
	f->length = (int32_t)MIN(number(rows, 8, 0), 1000);
	f->precision = (int32_t)number(rows, 9, -1);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		*flags[i] = number(rows, 10 + i, 0) != 0;
	return true;
}

static bool
read_fields(struct arena *a, struct db_conn *c, struct str name, struct field **out, size_t *len,
    struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct field *fields = ARENA_NEW_ARRAY(a, struct field, MOST_FIELDS);
	const struct value params[] = { value_text(name) };
	enum db_step step;
	size_t n = 0;

	if (fields == NULL)
		return err_memory(err);
	if (!db_query(c, FIELDS_SQL, params, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW && n < MOST_FIELDS) {
		if (!read_field(a, rows, &fields[n++], err))
			return false;
	}
	*out = fields;
	*len = n;
	return step != DB_FAILED;
}

static bool
read_perms(struct metas *m, struct arena *a, struct db_conn *c, struct str sql, struct doctype *dt,
    struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct perm *perms = ARENA_NEW_ARRAY(a, struct perm, 256);
	const struct value params[] = { value_text(dt->name) };
	enum db_step step;

	if (perms == NULL)
		return err_memory(err);
	if (!db_query(c, sql, params, 1, &rows, err))
		return false;
	dt->perms = perms;
	dt->perms_len = 0;
	while ((step = db_next(rows, err)) == DB_ROW && dt->perms_len < 256) {
		struct perm *p = &perms[dt->perms_len++];

		*p = (struct perm){ .permlevel = (int32_t)(number(rows, 1, 0) & 15),
			.if_owner = number(rows, 2, 0) != 0 };
		for (size_t i = 0; i < RIGHT_LEN; i++)
			p->rights |= number(rows, 3 + i, 0) != 0 ? BIT(i) : 0;
		if (!role_number(m->roles, value_str(db_column(rows, 0)), &p->role, err))
			return false;
	}
	return step != DB_FAILED;
}

/* Custom DocPerm rows replace the shipped ones, but not for the DocTypes that make DocTypes. */
static bool
may_customise(const struct doctype *dt)
{
	static const struct str FIXED[] = { STR_INIT("DocType"), STR_INIT("DocField"),
		STR_INIT("DocPerm"), STR_INIT("Custom DocPerm") };

	for (size_t i = 0; i < ARRAY_LEN(FIXED); i++) {
		if (str_eq(FIXED[i], dt->name))
			return false;
	}
	return !dt->istable;
}

/* The DocType as its rows say; *out NULL if there is none of that name. */
static bool
read_doctype(
    struct metas *m, struct db_conn *c, struct str name, struct entry **out, struct err *err)
{
	struct arena *a = arena_new(DOCTYPE_MEMORY);
	struct entry *e = ARENA_NEW(a, struct entry);
	struct field *fields = NULL;
	size_t len = 0;
	bool found = false;

	e->arena = a;
	bool ok = read_properties(a, c, name, &e->doctype, &found, err);

	if (ok && found) {
		ok = read_fields(a, c, e->doctype.name, &fields, &len, err) &&
		    doctype_finish(a, &e->doctype, fields, len, err) &&
		    (!may_customise(&e->doctype) ||
			read_perms(m, a, c, CUSTOM_PERMS_SQL, &e->doctype, err)) &&
		    (e->doctype.perms_len > 0 || read_perms(m, a, c, PERMS_SQL, &e->doctype, err));
		e->doctype.generation = ++m->generation;
	}
	*out = ok && found ? e : NULL;
	if (*out == NULL)
		arena_free(a);
	return ok;
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *const *x = a;
	const struct entry *const *y = b;

	return str_cmp((*x)->doctype.name, (*y)->doctype.name);
}

/* A table like old, without the DocType of that name, and with e if it is not NULL. */
static struct table *
with_entry(const struct table *old, struct str name, struct entry *e, struct entry **gone)
{
	struct table *t = mem_alloc(sizeof(*t) + (old->len + 1) * sizeof(t->entries[0]));

	*gone = NULL;
	for (size_t i = 0; i < old->len; i++) {
		if (str_eq(old->entries[i]->doctype.name, name))
			*gone = old->entries[i];
		else
			t->entries[t->len++] = old->entries[i];
	}
	if (e != NULL)
		t->entries[t->len++] = e;
	qsort(t->entries, t->len, sizeof(t->entries[0]), by_name);
	return t;
}

static void
replace(struct metas *m, struct str name, struct entry *e)
{
	struct table *old = atomic_load(&m->table);
	struct entry *gone;

	atomic_store(&m->table, with_entry(old, name, e, &gone));
	turn_retire(m->turns, old, mem_free);
	if (gone != NULL)
		turn_retire(m->turns, gone, free_entry);
}

bool
metas_install(
    struct metas *m UNUSED, struct db *db, struct db_conn *c, struct arena *a, struct err *err)
{
	return install_shipped(db, c, a, err);
}

bool
metas_load(struct metas *m, struct db_conn *c, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	CLEANUP(arena_freep) struct arena *a = arena_new(DOCTYPE_MEMORY);
	enum db_step step;

	if (!db_query(
		c, STR("SELECT `name` FROM `tabDocType` ORDER BY `name`"), NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct entry *e;
		struct str name;

		if (!arena_str(a, value_str(db_column(rows, 0)), &name, err) ||
		    !read_doctype(m, c, name, &e, err))
			return false;
		if (e != NULL)
			replace(m, name, e);
	}
	return step == DB_DONE;
}

void
metas_publish(struct metas *m, struct db_conn *c, const struct change *change)
{
	struct entry *e = NULL;
	struct err err;

	if (change->kind != CHANGE_DOCTYPE)
		return;
	if (!read_doctype(m, c, change->name, &e, &err))
		log_err(LOG_ERROR, "doctype", &err);
	else
		replace(m, change->name, e);
}

const struct doctype *
metas_find(const struct metas *m, struct str name)
{
	const struct table *t = atomic_load(&((struct metas *)(uintptr_t)m)->table);
	size_t low = 0;
	size_t high = t->len;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = str_cmp(t->entries[middle]->doctype.name, name);

		if (order == 0)
			return &t->entries[middle]->doctype;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool
metas_links_to(const struct metas *m, struct arena *a, struct str name,
    const struct meta_link **out, size_t *len, struct err *err)
{
	size_t at = 0;
	size_t n = 0;
	size_t most = 0;
	const struct doctype *dt;

	while ((dt = metas_next(m, &at)) != NULL)
		most += dt->fields_len;
	struct meta_link *links = ARENA_NEW_ARRAY(a, struct meta_link, most);

	if (links == NULL)
		return err_memory(err);
	at = 0;
	while ((dt = metas_next(m, &at)) != NULL) {
		for (size_t i = 0; i < dt->fields_len; i++) {
			const struct field *f = &dt->fields[i];

			if ((f->type == FIELD_LINK || field_type_is_table(f->type)) &&
			    str_eq(f->options, name))
				links[n++] = (struct meta_link){ dt, f };
		}
	}
	*out = links;
	*len = n;
	return true;
}

const struct doctype *
metas_next(const struct metas *m, size_t *at)
{
	const struct table *t = atomic_load(&((struct metas *)(uintptr_t)m)->table);

	return *at < t->len ? &t->entries[(*at)++]->doctype : NULL;
}
