#include "cli/move.h"

#include "auth/role.h"
#include "base/turn.h"
#include "db/migrate.h"
#include "db/sqlb.h"
#include "doc/meta.h"
#include "server/claim.h"

#include <stdio.h>
#include <stdlib.h>

enum { DROP_MEMORY = 4 * 1024 * 1024 };

/* Tables that say what the database itself is: each has its own. */
static const struct str MIGRATION = STR_INIT("migration"), SITE = STR_INIT("site");

/* ---- emptying ---- */

static bool
is_frame(struct str table)
{
	return str_eq(table, MIGRATION) || str_eq(table, SITE);
}

static bool
drop(struct db_conn *to, struct str table, struct str more, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(DROP_MEMORY);
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, a);
	sqlb_lit(&b, "DROP TABLE IF EXISTS ");
	sqlb_ident(&b, table);
	if (!str_is_null(more)) {
		sqlb_lit(&b, ", ");
		sqlb_ident(&b, more);
	}
	return db_begin(to, err) && db_end(to, sqlb_exec(to, &b, err), err);
}

/* What says that it is half filled goes last, and at once. */
bool
move_undo(struct db_conn *to, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(DROP_MEMORY);
	struct str *tables;
	size_t len;

	if (!db_tables(to, a, &tables, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_frame(tables[i]) && !drop(to, tables[i], STR_NULL, err))
			return false;
	}
	return drop(to, SITE, MIGRATION, err);
}

bool
move_prepare(struct db_conn *to, struct err *err)
{
	struct claim claim;
	bool has, has_documents;

	if (!db_has_table(to, MIGRATION, &has, err))
		return false;
	if (!has)
		return true; /* it is empty: db_open() has looked */
	if (!claim_read(to, &claim, err) ||
	    !db_has_table(to, STR("tabDocType"), &has_documents, err))
		return false;
	/* Nobody's, and without a document: a move or a first start that broke off early. */
	if (claim.state == CLAIM_MOVING || (claim.state == CLAIM_NONE && !has_documents))
		return move_undo(to, err);
	return err_set(err, ERR_UNAVAILABLE,
	    "it holds a site already, which stays as it is: name an empty database");
}

/* ---- what there is to move ---- */

static int
by_name(const void *a, const void *b)
{
	return str_cmp(((const struct move_table *)a)->name, ((const struct move_table *)b)->name);
}

static size_t
count_doctypes(const struct metas *metas)
{
	size_t n = 0;

	for (size_t at = 0; metas_next(metas, &at) != NULL;)
		n++;
	return n;
}

static bool
add_doctypes(struct move *m, const struct metas *metas, struct err *err)
{
	const struct doctype *dt;

	for (size_t at = 0; (dt = metas_next(metas, &at)) != NULL;) {
		struct move_table *t = &m->tables[m->len];
		bool has;

		*t = (struct move_table){ .doctype = dt };
		if (dt->issingle)
			continue;
		if (!arena_printf(m->arena, &t->name, err, "tab%.*s", STR_FMT(dt->name)) ||
		    !db_has_table(m->from, t->name, &has, err))
			return false;
		m->len += has;
	}
	return true;
}

/* Is it a DocType's? A migration may make such a table, too. */
static bool
is_of_doctype(const struct metas *metas, struct str table)
{
	const struct str tab = STR("tab");

	return str_starts(table, tab) &&
	    metas_find(metas, str_sub(table, tab.len, table.len)) != NULL;
}

/* The tables of to, which migrations have just made, and those of the DocTypes of from. */
static bool
list_tables(struct move *m, const struct metas *metas, struct err *err)
{
	struct str *own;
	size_t len;

	if (!db_tables(m->to, m->arena, &own, &len, err))
		return false;
	m->tables = ARENA_NEW_ARRAY(m->arena, struct move_table, len + count_doctypes(metas));
	if (m->tables == NULL)
		return err_memory(err);
	for (size_t i = 0; i < len; i++) {
		if (!is_frame(own[i]) && !is_of_doctype(metas, own[i]))
			m->tables[m->len++] = (struct move_table){ .name = own[i] };
	}
	const size_t ours = m->len;

	if (!add_doctypes(m, metas, err))
		return false;
	qsort(m->tables + ours, m->len - ours, sizeof(m->tables[0]), by_name);
	return true;
}

static bool
is_listed(const struct move *m, struct str stored)
{
	char text[DB_NAME_SIZE];

	for (size_t i = 0; i < m->len; i++) {
		if (str_eq(db_stored_name(m->from_db, m->tables[i].name, text), stored))
			return true;
	}
	return is_frame(stored);
}

static bool
list_left(struct move *m, struct err *err)
{
	struct str *all;
	size_t len;

	if (!db_tables(m->from, m->arena, &all, &len, err))
		return false;
	m->left = all;
	for (size_t i = 0; i < len; i++) {
		if (!is_listed(m, all[i]))
			m->left[m->left_len++] = all[i];
	}
	return true;
}

static bool
plan(struct move *m, const struct metas *metas, struct err *err)
{
	int64_t total = 0;

	if (!list_tables(m, metas, err) || !list_left(m, err))
		return false;
	for (size_t i = 0; i < m->len; i++) {
		if (!move_table_plan(&m->tables[i], m->from, m->to, m->arena, err) ||
		    !move_table_count(&m->tables[i], m->from, err))
			return false;
		total += m->tables[i].rows;
	}
	move_progress_init(&m->progress, total);
	return true;
}

/* ---- moving ---- */

static bool
move_all(struct move *m, const struct metas *metas, struct err *err)
{
	if (!plan(m, metas, err))
		return false;
	for (size_t i = 0; i < m->len; i++) {
		if (!move_table_run(&m->tables[i], m->from, m->to, &m->progress, err))
			return false;
		m->tables[i].doctype = NULL; /* it does not outlive the move */
	}
	return true;
}

static bool
with_metas(struct move *m, struct err *err)
{
	struct turns *turns = turns_new();
	struct turn_thread *turn = turn_join(turns);
	struct role_names *roles = role_names_new();
	struct metas *metas = metas_new(turns, roles);

	turn_awake(turn);
	const bool ok = metas_load(metas, m->from, err) && move_all(m, metas, err);

	turn_asleep(turn);
	metas_free(metas);
	turn_leave(turn);
	turns_free(turns);
	role_names_free(roles);
	return ok;
}

static bool
begin_target(struct move *m, struct err *err)
{
	int ran;
	bool made;

	if (!migrate_run(m->to_db, m->to, &ran, err) ||
	    !claim_begin_move(m->to, m->pepper, &made, err))
		return false;
	m->begun = made;
	return made ||
	    err_set(err, ERR_UNAVAILABLE, "somebody else has begun to use the new database");
}

bool
move_run(struct move *m, struct err *err)
{
	struct claim claim;

	if (!begin_target(m, err) || !db_begin(m->from, err))
		return false;
	const bool ok = claim_read(m->from, &claim, err) && with_metas(m, err);

	db_rollback(m->from); /* it has only read */
	move_progress_break(&m->progress);
	return ok && claim_end_move(m->to, claim.created_us, err);
}
