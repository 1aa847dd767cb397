#include "tests/unit/scratch.h"

#include "doc/meta.h"
#include "doc/shipped.h"

/* A database with everything shipped, and the memory made from it. */
struct site {
	struct scratch s;
	struct arena *arena;
	struct turns *turns;
	struct role_names *roles;
	struct metas *metas;
};

static void
install(struct site *x)
{
	struct scratch *s = &x->s;

	CHECK_OK(s, db_begin(s->c, &s->err));
	CHECK_OK(s, metas_install(x->metas, s->db, s->c, x->arena, &s->err));
	CHECK_OK(s, db_commit(s->c, &s->err));
}

static void
open_site(struct site *x)
{
	struct scratch *s = &x->s;
	int ran;

	scratch_dir(s);
	scratch_connect(s);
	x->arena = arena_new(64 * 1024 * 1024);
	x->turns = turns_new();
	x->roles = role_names_new();
	x->metas = metas_new(x->turns, x->roles);
	CHECK_OK(s, migrate_run(s->db, s->c, &ran, &s->err));
	install(x);
	CHECK_OK(s, metas_load(x->metas, s->c, &s->err));
}

static void
close_site(struct site *x)
{
	metas_free(x->metas);
	turns_free(x->turns);
	role_names_free(x->roles);
	arena_free(x->arena);
	scratch_close(&x->s);
	scratch_remove(&x->s);
}

static int64_t
count(struct site *x, struct str sql)
{
	struct value n;
	bool found;

	CHECK_OK(&x->s, db_query_row(x->s.c, x->arena, sql, NULL, 0, &n, 1, &found, &x->s.err));
	return n.i;
}

static void
every_shipped_doctype_is_loaded_as_its_file_says(void **state UNUSED)
{
	struct site x;
	struct shipped *all;
	size_t len;

	open_site(&x);
	CHECK_OK(&x.s, shipped_read(x.arena, &all, &len, &x.s.err));
	CHECK(len >= 12);
	for (size_t i = 0; i < len; i++) {
		const struct doctype *shipped = &all[i].doctype;
		const struct doctype *dt = metas_find(x.metas, shipped->name);

		CHECK_CASE(shipped->name.ptr, dt != NULL);
		CHECK_CASE(shipped->name.ptr, dt->fields_len == shipped->fields_len);
		CHECK_CASE(shipped->name.ptr, dt->columns_len == shipped->columns_len);
		CHECK_CASE(shipped->name.ptr, dt->tables_len == shipped->tables_len);
		CHECK_CASE(shipped->name.ptr, str_eq(dt->select_all, shipped->select_all));
		CHECK_CASE(shipped->name.ptr, dt->perms_len == all[i].perms_len);
	}
	close_site(&x);
}

static void
a_doctype_knows_its_columns_tables_and_rights(void **state UNUSED)
{
	struct site x;
	uint32_t manager;

	open_site(&x);
	const struct doctype *user = metas_find(x.metas, STR("User"));
	const struct doctype *role = metas_find(x.metas, STR("Has Role"));
	const struct field *key = doctype_field(user, STR("api_key"));

	CHECK(user->columns[DOC_NAME] == doctype_field(user, STR("name")));
	CHECK(key->permlevel == 1 && key->unique && user->columns[key->column] == key);
	CHECK(doctype_field(user, STR("roles"))->table >= 0);
	CHECK(doctype_field(user, STR("Email")) == NULL);
	CHECK(role->istable && role->first_value == DOC_CHILD_LEN);
	CHECK(str_eq(role->columns[DOC_PARENT]->name, STR("parent")));
	CHECK(
	    role_find(x.roles, STR("System Manager"), &manager) && manager == ROLE_SYSTEM_MANAGER);
	CHECK(user->perms[0].role == ROLE_SYSTEM_MANAGER);
	CHECK((user->perms[0].rights & BIT(RIGHT_CREATE)) != 0);
	CHECK((user->perms[0].rights & BIT(RIGHT_SUBMIT)) == 0);
	CHECK(metas_find(x.metas, STR("user")) == NULL);
	close_site(&x);
}

static void
links_to_a_doctype_are_found(void **state UNUSED)
{
	struct site x;
	const struct meta_link *links;
	size_t len;
	bool has_role = false;

	open_site(&x);
	CHECK_OK(&x.s, metas_links_to(x.metas, x.arena, STR("Role"), &links, &len, &x.s.err));
	for (size_t i = 0; i < len; i++)
		has_role |= str_eq(links[i].doctype->name, STR("Has Role"));
	CHECK(has_role);
	close_site(&x);
}

static void
a_fresh_site_has_its_users_roles_and_settings_once(void **state UNUSED)
{
	struct site x;

	open_site(&x);
	install(&x); /* a second start changes nothing */
	CHECK(count(&x, STR("SELECT count(*) FROM tabUser")) == 2);
	CHECK(count(&x, STR("SELECT count(*) FROM tabRole WHERE name = 'system manager'")) == 1);
	CHECK(count(&x, STR("SELECT count(*) FROM tabRole")) == 28);
	CHECK(count(&x, STR("SELECT count(*) FROM `tabModule Def`")) == 12);
	CHECK(count(&x, STR("SELECT count(*) FROM single WHERE doctype = 'System Settings'")) > 5);
	CHECK(count(&x, STR("SELECT enabled FROM tabUser WHERE name = 'Guest'")) == 1);
	close_site(&x);
}

static void
a_published_change_replaces_one_doctype(void **state UNUSED)
{
	struct site x;
	const struct change changed = { .kind = CHANGE_DOCTYPE, .name = STR("Note") };

	open_site(&x);
	const int64_t before = metas_find(x.metas, STR("Note"))->generation;

	CHECK_OK(&x.s,
	    db_exec(x.s.c,
		STR("UPDATE tabDocField SET label = 'Heading' WHERE parent = 'Note'"
		    " AND fieldname = 'title'"),
		NULL, 0, NULL, &x.s.err));
	metas_publish(x.metas, x.s.c, &changed);
	const struct doctype *note = metas_find(x.metas, STR("Note"));

	CHECK(note->generation > before);
	CHECK_STR(doctype_field(note, STR("title"))->label, "Heading");
	CHECK_OK(&x.s,
	    db_exec(
		x.s.c, STR("DELETE FROM tabDocType WHERE name = 'Note'"), NULL, 0, NULL, &x.s.err));
	metas_publish(x.metas, x.s.c, &changed);
	CHECK(metas_find(x.metas, STR("Note")) == NULL);
	CHECK(metas_find(x.metas, STR("ToDo")) != NULL);
	close_site(&x);
}

UNIT_TESTS(every_shipped_doctype_is_loaded_as_its_file_says,
    a_doctype_knows_its_columns_tables_and_rights, links_to_a_doctype_are_found,
    a_fresh_site_has_its_users_roles_and_settings_once, a_published_change_replaces_one_doctype)
