#include "tests/unit/scratch.h"

#include "auth/who.h"
#include "base/tempfile.h"
#include "conf/conf.h"
#include "doc/list.h"
#include "doc/meta.h"
#include "json/json_in.h"

/* A site with a few ToDos, and a call by somebody. */
struct desk {
	struct scratch s;
	struct arena *arena;
	struct turns *turns;
	struct role_names *roles;
	struct metas *metas;
	struct who who;
	struct call call;
	struct buf out;
};

static const struct str ROWS[] = {
	STR_INIT(
	    "INSERT INTO tabToDo (name, owner, creation, modified, modified_by, docstatus, idx, "
	    "status,"
	    " priority, date, description, allocated_to) VALUES"
	    " ('a1', 'ada@x', '2024-01-01 10:00:00', '2024-01-01', 'ada@x', 0, 0, 'Open', 'High',"
	    " '2024-01-31', 'first', 'ada@x'),"
	    " ('a2', 'ada@x', '2024-01-02 10:00:00', '2024-01-02', 'ada@x', 0, 0, 'Closed', 'Low',"
	    " NULL, 'Second', ''),"
	    " ('a3', 'bob@x', '2024-01-03 10:00:00', '2024-01-03', 'bob@x', 0, 0, 'Open', 'Medium',"
	    " '2024-02-29', 'third one', NULL)"),
	STR_INIT(
	    "INSERT INTO tabUser (name, owner, creation, modified, modified_by, email, first_name)"
	    " VALUES ('ada@x', 'Administrator', '2024-01-01', '2024-01-01', 'x', 'ada@x', 'Ada')"),
	STR_INIT(
	    "INSERT INTO `tabHas Role` (name, owner, creation, modified, modified_by, idx, parent,"
	    " parentfield, parenttype, role) VALUES ('h1', 'x', '2024-01-01', '2024-01-01', 'x', 1,"
	    " 'ada@x', 'roles', 'User', 'System Manager')"),
};

static void
open_desk(struct desk *d)
{
	struct scratch *s = &d->s;
	int ran;

	json_init();
	scratch_dir(s);
	scratch_connect(s);
	d->arena = arena_new(64 * 1024 * 1024);
	d->turns = turns_new();
	d->roles = role_names_new();
	d->metas = metas_new(d->turns, d->roles);
	CHECK_OK(s, migrate_run(s->db, s->c, &ran, &s->err));
	CHECK_OK(s, db_begin(s->c, &s->err));
	CHECK_OK(s, metas_install(d->metas, s->db, s->c, d->arena, &s->err));
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		CHECK_OK(s, db_exec(s->c, ROWS[i], NULL, 0, NULL, &s->err));
	CHECK_OK(s, db_commit(s->c, &s->err));
	CHECK_OK(s, metas_load(d->metas, s->c, &s->err));
	d->out = BUF_INIT(1024 * 1024);
	d->who = (struct who){ .name = STR("Administrator"),
		.enabled = true,
		.is_administrator = true,
		.is_system_user = true,
		.is_system_manager = true };
	d->who.roles = arena_alloc(d->arena, sizeof(struct role_set) + sizeof(uint64_t));
	d->call = (struct call){ .arena = d->arena, .db = s->c, .metas = d->metas, .who = &d->who };
}

static void
close_desk(struct desk *d)
{
	buf_free(&d->out);
	metas_free(d->metas);
	turns_free(d->turns);
	role_names_free(d->roles);
	arena_free(d->arena);
	scratch_close(&d->s);
	scratch_remove(&d->s);
}

static const json_t *
json(struct desk *d, struct str text)
{
	const json_t *v = NULL;

	if (text.len > 0)
		CHECK_OK(&d->s, json_parse(d->arena, text, &v, &d->s.err));
	return v;
}

/* The rows of a list as JSON text; the error's class if it was refused. */
static struct str
list(struct desk *d, struct list_args args)
{
	struct json_out o = JSON_OUT(&d->out);

	buf_clear(&d->out);
	if (!list_write(&d->call, &args, &o, &d->s.err))
		return str_from(err_exc_type(d->s.err.kind));
	return buf_str(&d->out);
}

static void
filters_select_as_their_operators_say(void **state UNUSED)
{
	static const struct {
		struct str filters;
		const char *names;
	} cases[] = {
		{ STR_INIT(""), "[[\"a3\"],[\"a2\"],[\"a1\"]]" },
		{ STR_INIT("{\"status\": \"open\"}"), "[[\"a3\"],[\"a1\"]]" },
		{ STR_INIT("{\"status\": [\"!=\", \"Open\"]}"), "[[\"a2\"]]" },
		{ STR_INIT(
		      "[[\"ToDo\", \"status\", \"=\", \"Open\"], [\"priority\", \"=\", \"High\"]]"),
		    "[[\"a1\"]]" },
		{ STR_INIT("[\"status\", \"=\", \"Closed\"]"), "[[\"a2\"]]" },
		{ STR_INIT("[[\"allocated_to\", \"=\", \"\"]]"), "[[\"a3\"],[\"a2\"]]" },
		{ STR_INIT("[[\"allocated_to\", \"!=\", \"zoe\"]]"),
		    "[[\"a3\"],[\"a2\"],[\"a1\"]]" },
		{ STR_INIT("[[\"allocated_to\", \"=\", null]]"), "[]" },
		{ STR_INIT("[[\"allocated_to\", \"is\", \"set\"]]"), "[[\"a1\"]]" },
		{ STR_INIT("[[\"date\", \"is\", \"not set\"]]"), "[[\"a2\"]]" },
		{ STR_INIT("[[\"date\", \">\", \"2024-1-31\"]]"), "[[\"a3\"]]" },
		{ STR_INIT("[[\"date\", \"<=\", \"31-01-2024\"]]"), "[[\"a2\"],[\"a1\"]]" },
		{ STR_INIT("[[\"creation\", \"between\", [\"2024-01-02\", \"2024-01-03\"]]]"),
		    "[[\"a3\"],[\"a2\"]]" },
		{ STR_INIT("[[\"description\", \"like\", \"%IR%\"]]"), "[[\"a3\"],[\"a1\"]]" },
		{ STR_INIT("[[\"description\", \"not like\", \"%ir%\"]]"), "[[\"a2\"]]" },
		{ STR_INIT("[[\"name\", \"in\", [\"a1\", \"A3\", \"x\"]]]"),
		    "[[\"a3\"],[\"a1\"]]" },
		{ STR_INIT("[[\"name\", \"in\", \"a1, a2\"]]"), "[[\"a2\"],[\"a1\"]]" },
		{ STR_INIT("[[\"name\", \"not in\", [\"a1\"]]]"), "[[\"a3\"],[\"a2\"]]" },
		{ STR_INIT("[[\"docstatus\", \"=\", \"0\"], [\"idx\", \"<\", 1]]"),
		    "[[\"a3\"],[\"a2\"],[\"a1\"]]" },
		{ STR_INIT("[[\"colour\", \"=\", \"x\"]]"), "DataError" },
		{ STR_INIT("[[\"name\", \"; drop\", \"x\"]]"), "ValidationError" },
		{ STR_INIT("[[\"date\", \">\", \"someday\"]]"), "ValidationError" },
		{ STR_INIT("[[\"No DocType\", \"name\", \"=\", \"x\"]]"), "DoesNotExistError" },
		{ STR_INIT("[[\"name\"]]"), "DataError" },
		{ STR_INIT("5"), "DataError" },
	};
	struct desk d;

	open_desk(&d);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct str got = list(&d,
		    (struct list_args){ .doctype = metas_find(d.metas, STR("ToDo")),
			.filters = json(&d, cases[i].filters),
			.as_arrays = true });

		if (!str_eq(got, str_from(cases[i].names)))
			fail_msg("%.*s gives %.*s", STR_FMT(cases[i].filters), STR_FMT(got));
	}
	close_desk(&d);
}

static void
columns_order_and_pages_are_as_asked(void **state UNUSED)
{
	struct desk d;
	const struct doctype *todo;

	open_desk(&d);
	todo = metas_find(d.metas, STR("ToDo"));
	CHECK_STR(
	    list(&d, (struct list_args){ .doctype = todo, .length = 1 }), "[{\"name\":\"a3\"}]");
	CHECK_STR(list(&d,
		      (struct list_args){ .doctype = todo,
			  .fields = json(&d, STR("[\"status as s\", \"`tabToDo`.`date`\"]")),
			  .order_by = STR("date desc"),
			  .start = 1,
			  .length = 1 }),
	    "[{\"s\":\"Open\",\"date\":\"2024-01-31\"}]");
	CHECK_STR(
	    list(&d,
		(struct list_args){ .doctype = todo,
		    .fields = json(&d, STR("[\"status\", \"count(name) as n\", \"sum(idx)\"]")),
		    .group_by = STR("status"),
		    .order_by = STR("status asc") }),
	    "[{\"status\":\"Closed\",\"n\":1,\"sum(idx)\":0.0},"
	    "{\"status\":\"Open\",\"n\":2,\"sum(idx)\":0.0}]");
	CHECK_STR(list(&d, (struct list_args){ .doctype = todo, .order_by = STR("sleep(1)") }),
	    "DataError");
	CHECK_STR(
	    list(&d,
		(struct list_args){ .doctype = todo, .fields = json(&d, STR("[\"version()\"]")) }),
	    "DataError");
	CHECK_STR(list(&d,
		      (struct list_args){ .doctype = metas_find(d.metas, STR("Has Role")),
			  .parent = STR("User"),
			  .filters = json(&d, STR("{\"parent\": \"ADA@x\"}")),
			  .fields = json(&d, STR("[\"role\"]")) }),
	    "[{\"role\":\"System Manager\"}]");
	CHECK_STR(list(&d, (struct list_args){ .doctype = metas_find(d.metas, STR("Has Role")) }),
	    "PermissionError");
	close_desk(&d);
}

static void
a_limit_is_a_number_or_none(void **state UNUSED)
{
	static const struct {
		struct str text;
		bool ok;
		int64_t n;
	} cases[] = {
		{ STR_INIT("5"), true, 5 },
		{ STR_INIT("\"7\""), true, 7 },
		{ STR_INIT("\"2.7\""), true, 2 },
		{ STR_INIT("\"None\""), false, 0 },
		{ STR_INIT("[1]"), false, 0 },
		{ STR_INIT("null"), true, 0 },
		{ STR_INIT("\"\""), true, 0 },
		{ STR_INIT("-1"), false, 0 },
		{ STR_INIT("\"-1\""), false, 0 },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const json_t *v;
		struct err err;
		int64_t n = 0;

		CHECK(json_parse(a, cases[i].text, &v, &err));
		CHECK_CASE(cases[i].text.ptr, list_parse_limit(v, &n, &err) == cases[i].ok);
		CHECK_CASE(cases[i].text.ptr, n == cases[i].n);
	}
}

/* A hundred documents more, of 60 KB each. */
static const struct str MANY =
    STR_INIT("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
	     " INSERT INTO tabToDo (name, owner, creation, modified, modified_by, docstatus, idx,"
	     " description) SELECT 'm' || i, 'x', '2024-01-01', '2024-01-01', 'x', 0, 0,"
	     " hex(zeroblob(30000)) FROM n");

enum { MEMORY = 1024 * 1024, ANSWER = 100 * 60000 };

/* Takes all that a list writes into its call, and the outcome. */
static bool
list_into_call(struct desk *d, enum call_spills how, struct str data, struct budget *memory)
{
	struct conf conf = { .server.data = data };
	const struct list_args args = { .doctype = metas_find(d->metas, STR("ToDo")),
		.fields = json(d, STR("[\"description\"]")) };
	struct call *call = &d->call;

	call->conf = &conf;
	call->file.fd = -1;
	call->spill.how = how;
	call->response.body.budget = memory;
	http_response_reset(&call->response, 8 * (size_t)MEMORY);
	call->out = JSON_OUT(&call->response.body);
	return list_write(call, &args, &call->out, &d->s.err);
}

static void
a_list_of_any_length_takes_a_mebibyte_of_memory(void **state UNUSED)
{
	struct budget memory = { .limit = MEMORY }, more = { .limit = 4 * MEMORY };
	char begin[] = "[{\"description\":\"third";
	struct desk d;
	size_t n;

	open_desk(&d);
	struct call *call = &d.call;
	const struct str data = str_from(d.s.dir);

	CHECK_OK(&d.s, db_exec(d.s.c, MANY, NULL, 0, NULL, &d.s.err));
	CHECK(!list_into_call(&d, CALL_SPILLS_NOT, data, &memory));
	CHECK(d.s.err.kind == ERR_TOO_LARGE);
	CHECK(!list_into_call(&d, CALL_SPILLS_AWAY, data, &memory));
	CHECK(d.s.err.kind == ERR_OVER_BUDGET);
	/* Where nothing can be written, memory bears a little more. */
	CHECK(!list_into_call(&d, CALL_SPILLS, STR("/nowhere"), &more));
	CHECK(d.s.err.kind == ERR_UNAVAILABLE && call->spill.len == 0);

	CHECK_OK(&d.s, list_into_call(&d, CALL_SPILLS, data, &memory));
	CHECK(call->spill.len + (int64_t)call->response.body.len > ANSWER);
	CHECK(call->response.body.cap + (size_t)call->spill.len == 8 * (size_t)MEMORY);
	CHECK_OK(&d.s, tempfile_read(call->spill.fd, 0, begin, sizeof(begin) - 1, &n, &d.s.err));
	CHECK_STR(((struct str){ begin, n }), "[{\"description\":\"third");
	call_drop_file(call);
	CHECK(call->spill.len == 0 && call->response.body.cap == 8 * (size_t)MEMORY);
	http_response_free(&call->response);
	close_desk(&d);
}

UNIT_TESTS(a_list_of_any_length_takes_a_mebibyte_of_memory, filters_select_as_their_operators_say,
    columns_order_and_pages_are_as_asked, a_limit_is_a_number_or_none)
