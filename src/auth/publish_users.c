#include "auth/publish_users.h"

#include "auth/ask.h"
#include "auth/fill.h"
#include "base/mem.h"

static const struct str SQL_USERS =
    STR_INIT("SELECT " FILL_USER_COLUMNS " FROM \"tabUser\" WHERE name IN (");
static const struct str SQL_ROLES =
    STR_INIT("SELECT parent, role FROM \"tabHas Role\" "
	     "WHERE parenttype = 'User' AND parent COLLATE NOCASE IN (");

struct item {
	struct str name;
	uint32_t *roles;
	size_t len, size;
	bool found;
};

struct batch {
	struct auth *auth;
	struct db_conn *db;
	const struct str *names;
	struct item items[ASK_MAX];
	size_t len;
};

static struct item *
item_named(struct batch *b, struct value name)
{
	for (size_t i = 0; i < b->len; i++) {
		if (str_ieq(b->items[i].name, value_str(name)))
			return &b->items[i];
	}
	return NULL;
}

static bool
add_role(struct batch *b, struct item *item, struct value role, struct err *err)
{
	uint32_t number;

	if (item->len == ROLE_MAX)
		return true;
	if (!role_number(b->auth->roles, value_str(role), &number, err))
		return false;
	if (item->len == item->size) {
		item->size = MAX(2 * item->size, (size_t)8);
		item->roles = mem_resize(item->roles, item->size * sizeof(item->roles[0]));
	}
	item->roles[item->len++] = number;
	return true;
}

static bool
read_roles(struct batch *b, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!ask_names(b->db, SQL_ROLES, b->names, b->len, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct item *item = item_named(b, db_column(rows, 0));

		if (item != NULL && !add_role(b, item, db_column(rows, 1), err))
			return false;
	}
	return step == DB_DONE;
}

static bool
read_users(struct batch *b, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct value row[FILL_USER_LEN];
	enum db_step step;

	if (!ask_names(b->db, SQL_USERS, b->names, b->len, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct item *item = item_named(b, db_column(rows, 0));

		if (item == NULL)
			continue;
		fill_columns(rows, row, FILL_USER_LEN);
		fill_user(b->auth, row, item->roles, item->len);
		item->found = true;
	}
	return step == DB_DONE;
}

/* Whom the database has no more. */
static void
end_users(struct batch *b)
{
	struct auth *a = b->auth;
	uint32_t number;

	for (size_t i = 0; i < b->len; i++) {
		if (!b->items[i].found && users_find(a->users, b->items[i].name, &number) &&
		    number != a->administrator && number != a->guest)
			users_put(a->users, number, NULL);
	}
}

bool
publish_users(struct auth *a, struct db_conn *c, const struct str *names, size_t len, size_t *done,
    struct err *err)
{
	CLEANUP(mem_freep) struct batch *b = MEM_NEW(struct batch);

	*b = (struct batch){ .auth = a, .db = c, .names = names, .len = len };
	for (size_t i = 0; i < len; i++)
		b->items[i].name = names[i];
	*done = len;
	const bool ok = read_roles(b, err) && read_users(b, err);

	if (ok)
		end_users(b);
	for (size_t i = 0; i < len; i++)
		mem_free(b->items[i].roles);
	return ok;
}
