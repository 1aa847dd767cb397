#include "doc/meta.h"

#include "base/log.h"
#include "base/mem.h"
#include "doc/install.h"
#include "doc/meta_read.h"

#include <stdatomic.h>
#include <stdlib.h>

static const struct str NAMES_SQL = STR_INIT("SELECT `name` FROM `tabDocType`");
static const struct str COUNT_SQL = STR_INIT("SELECT count(*) FROM `tabDocType`");

enum { DOCTYPE_MEMORY = 16 * 1024 * 1024 };

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

static void
free_table(struct table *t)
{
	for (size_t i = 0; i < t->len; i++)
		free_entry(t->entries[i]);
	mem_free(t);
}

void
metas_free(struct metas *m)
{
	if (m == NULL)
		return;
	free_table(atomic_load(&m->table));
	mem_free(m);
}

/* The DocType as its rows say; *out NULL if there is none of that name. */
static bool
read_entry(struct metas *m, struct db_conn *c, struct str name, struct entry **out, struct err *err)
{
	struct arena *a = arena_new(DOCTYPE_MEMORY);
	struct entry *e = ARENA_NEW(a, struct entry);

	*out = NULL;
	e->arena = a;
	const bool ok = meta_read(c, a, m->roles, name, &e->doctype, err);

	if (!ok || e->doctype.name.len == 0) {
		arena_free(a);
		return ok;
	}
	e->doctype.generation = ++m->generation;
	*out = e;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *const *x = a;
	const struct entry *const *y = b;

	return str_cmp((*x)->doctype.name, (*y)->doctype.name);
}

static struct table *
new_table(size_t len)
{
	struct table *t = mem_alloc(sizeof(*t) + len * sizeof(struct entry *));

	t->len = len;
	return t;
}

/* A table like old, without the DocType of that name, and with e, if it is not NULL, in its place.
 */
static struct table *
with_entry(const struct table *old, struct str name, struct entry *e, struct entry **gone)
{
	struct table *t = new_table(old->len + 1);
	size_t n = 0;

	*gone = NULL;
	for (size_t i = 0; i < old->len; i++) {
		const int order = str_cmp(old->entries[i]->doctype.name, name);

		if (order >= 0 && e != NULL) {
			t->entries[n++] = e;
			e = NULL;
		}
		if (order == 0)
			*gone = old->entries[i];
		else
			t->entries[n++] = old->entries[i];
	}
	if (e != NULL)
		t->entries[n++] = e;
	t->len = n;
	return t;
}

/* Every reader sees either table; the old one is freed when none can still hold it. */
static void
publish(struct metas *m, struct table *t)
{
	struct table *old = atomic_exchange(&m->table, t);

	turn_retire(m->turns, old, mem_free);
}

static void
replace(struct metas *m, struct str name, struct entry *e)
{
	struct entry *gone;

	publish(m, with_entry(atomic_load(&m->table), name, e, &gone));
	if (gone != NULL)
		turn_retire(m->turns, gone, free_entry);
}

bool
metas_install(struct metas *m UNUSED, struct db *db UNUSED, struct db_conn *c, struct arena *a,
    struct err *err)
{
	return install_shipped(c, a, err);
}

bool
metas_pending(struct db_conn *c, bool *pending, struct err *err)
{
	return install_pending(c, pending, err);
}

static bool
read_names(struct db_conn *c, struct arena *a, struct str **out, size_t *len, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct value n;
	enum db_step step;
	bool found;

	if (!db_query_row(c, a, COUNT_SQL, NULL, 0, &n, 1, &found, err))
		return false;
	*out = ARENA_NEW_ARRAY(a, struct str, (size_t)n.i);
	if (*out == NULL)
		return err_memory(err);
	if (!db_query(c, NAMES_SQL, NULL, 0, &rows, err))
		return false;
	for (*len = 0; (step = db_next(rows, err)) == DB_ROW && *len < (size_t)n.i; (*len)++) {
		if (!arena_str(a, value_str(db_column(rows, 0)), &(*out)[*len], err))
			return false;
	}
	return step != DB_FAILED;
}

bool
metas_load(struct metas *m, struct db_conn *c, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(DOCTYPE_MEMORY);
	struct str *names;
	size_t len = 0, n = 0;
	bool ok = true;

	if (!read_names(c, a, &names, &len, err))
		return false;
	struct table *t = new_table(len);

	for (size_t i = 0; ok && i < len; i++) {
		ok = read_entry(m, c, names[i], &t->entries[n], err);
		n += ok && t->entries[n] != NULL;
	}
	t->len = n;
	if (!ok) {
		free_table(t);
		return false;
	}
	qsort(t->entries, t->len, sizeof(struct entry *), by_name);
	publish(m, t);
	return true;
}

bool
metas_read(const struct metas *m, struct db_conn *c, struct arena *a, struct str name,
    struct doctype *out, struct err *err)
{
	return meta_read(c, a, m->roles, name, out, err);
}

bool
metas_publish(struct metas *m, struct db_conn *c, const struct change *change)
{
	struct entry *e = NULL;
	struct err err;

	if (change->kind != CHANGE_DOCTYPE)
		return true;
	if (!read_entry(m, c, change->name, &e, &err)) {
		log_err(LOG_ERROR, "doctype", &err);
		return false;
	}
	replace(m, e == NULL ? change->name : e->doctype.name, e);
	return true;
}

static const struct table *
table_of(const struct metas *m)
{
	return atomic_load(&((struct metas *)(uintptr_t)m)->table);
}

const struct doctype *
metas_find(const struct metas *m, struct str name)
{
	const struct table *t = table_of(m);
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

/* Appends the fields of one DocType that point to name; counts them alone if links is NULL. */
static size_t
take_links(const struct doctype *dt, struct str name, struct meta_link *links)
{
	size_t n = 0;

	for (size_t i = 0; i < dt->fields_len; i++) {
		const struct field *f = &dt->fields[i];

		if ((f->type != FIELD_LINK && !field_type_is_table(f->type)) ||
		    !str_eq(f->options, name))
			continue;
		if (links != NULL)
			links[n] = (struct meta_link){ dt, f };
		n++;
	}
	return n;
}

bool
metas_links_to(const struct metas *m, struct arena *a, struct str name,
    const struct meta_link **out, size_t *len, struct err *err)
{
	const struct table *t = table_of(m); /* one and the same for both walks */
	size_t n = 0;

	for (size_t i = 0; i < t->len; i++)
		n += take_links(&t->entries[i]->doctype, name, NULL);
	struct meta_link *links = ARENA_NEW_ARRAY(a, struct meta_link, n);

	if (links == NULL)
		return err_memory(err);
	*out = links;
	*len = n;
	for (size_t i = 0; i < t->len; i++)
		links += take_links(&t->entries[i]->doctype, name, links);
	return true;
}

const struct doctype *
metas_next(const struct metas *m, size_t *at)
{
	const struct table *t = table_of(m);

	return *at < t->len ? &t->entries[(*at)++]->doctype : NULL;
}

/* Names of what is in memory, in the arena: entries are replaced while they are gone through. */
static bool
known_names(struct metas *m, struct arena *a, struct str **out, size_t *len, struct err *err)
{
	const struct table *t = table_of(m);

	*out = ARENA_NEW_ARRAY(a, struct str, t->len + 1);
	if (*out == NULL)
		return err_memory(err);
	for (*len = 0; *len < t->len; (*len)++) {
		if (!arena_str(a, t->entries[*len]->doctype.name, &(*out)[*len], err))
			return false;
	}
	return true;
}

static bool
publish_all(
    struct metas *m, struct db_conn *c, const struct str *names, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		const struct change change = { .kind = CHANGE_DOCTYPE, .name = names[i] };

		if (!metas_publish(m, c, &change))
			return err_set(err, ERR_UNAVAILABLE, "The DocTypes could not be read");
	}
	return true;
}

bool
metas_reload(struct metas *m, struct db_conn *c, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(DOCTYPE_MEMORY);
	struct str *known = NULL, *names = NULL;
	size_t known_len = 0, len = 0;

	return known_names(m, a, &known, &known_len, err) && read_names(c, a, &names, &len, err) &&
	    publish_all(m, c, known, known_len, err) && publish_all(m, c, names, len, err);
}
