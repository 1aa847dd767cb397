#include "cli/execute.h"

#include "base/buf.h"
#include "cli/literal.h"
#include "cli/output.h"
#include "cli/rpc.h"
#include "json/json_in.h"
#include "json/json_out.h"

#include <stdio.h>

enum { ARGUMENTS_MAX = 16 * 1024 * 1024 };

static enum cli_exit execute(struct cli *c);

static const struct cli_option OPTIONS[] = {
	{ "--args", "LIST", "Positional arguments: \"['ada@example.com']\" or [ada@example.com]" },
	{ "--kwargs", "OBJECT", "Named arguments: \"{'user': 'ada@example.com'}\"" },
	{ "--site", "NAME", "Taken for bench's sake: a data directory holds one site" },
};

const struct cli_command EXECUTE_COMMANDS[] = {
	{ .name = "execute",
	    .arguments = "METHOD",
	    .least = 1,
	    .most = 1,
	    .help = "Call a method as Administrator and print what it returns",
	    .run = execute,
	    .options = OPTIONS,
	    .options_len = ARRAY_LEN(OPTIONS) },
};
const size_t EXECUTE_COMMANDS_LEN = ARRAY_LEN(EXECUTE_COMMANDS);

/* What positional arguments are called, in order. */
static const struct {
	const char *method, *parameters;
} SIGNATURES[] = {
	{ "frappe.core.doctype.user.user.generate_keys", "user" },
	{ "frappe.core.doctype.user.user.get_roles", "uid" },
	{ "frappe.core.doctype.user.user.update_password",
	    "new_password logout_all_sessions key old_password" },
	{ "frappe.core.doctype.user.user.verify_password", "password" },
	{ "frappe.client.get", "doctype name filters parent" },
	{ "frappe.client.get_list",
	    "doctype fields filters group_by order_by limit_start limit_page_length parent debug "
	    "as_dict or_filters" },
	{ "frappe.client.get_count", "doctype filters debug cache" },
	{ "frappe.client.get_value", "doctype fieldname filters as_dict debug parent" },
	{ "frappe.client.get_single_value", "doctype field" },
	{ "frappe.client.set_value", "doctype name fieldname value" },
	{ "frappe.client.insert", "doc" },
	{ "frappe.client.insert_many", "docs" },
	{ "frappe.client.save", "doc" },
	{ "frappe.client.rename_doc", "doctype old_name new_name merge" },
	{ "frappe.client.submit", "doc" },
	{ "frappe.client.cancel", "doctype name" },
	{ "frappe.client.delete", "doctype name" },
	{ "symbolon.keys.list", "user" },
	{ "symbolon.keys.revoke", "user key reason keys" },
	{ "symbolon.keys.undo_revoke", "undo" },
	{ "symbolon.keys.rotate", "key overlap" },
	{ "symbolon.keys.end_overlap", "key" },
	{ "symbolon.keys.secrets", "key" },
	{ "symbolon.keys.uses", "key user from to" },
	{ "symbolon.permissions.set", "doctype rules" },
	{ "symbolon.sessions.list", "user" },
	{ "symbolon.sessions.end", "user session others" },
	{ "login", "usr pwd" },
};

/* What scripts call out of habit, and what is done here anyway. */
static const struct str NOTHING_TO_DO[] = { STR_INIT("frappe.db.commit") };

static struct str
parameters_of(struct str method)
{
	for (size_t i = 0; i < ARRAY_LEN(SIGNATURES); i++) {
		if (str_eq(method, str_from(SIGNATURES[i].method)))
			return str_from(SIGNATURES[i].parameters);
	}
	return STR_NULL;
}

/* The part behind the last dot: "generate_keys". */
static struct str
short_name(struct str method)
{
	struct str before, after = method;

	while (str_cut(after, '.', &before, &after))
		method = after;
	return method;
}

/* Reads an option's literal into the arena; NULL: it was not given. */
static bool
read_literal(struct cli *c, const char *option, const json_t **out)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct err err;

	*out = NULL;
	if (!cli_has(c, option))
		return true;
	if (literal_to_json(cli_value(c, option), &text, &err) &&
	    json_parse(c->arena, buf_str(&text), out, &err))
		return true;
	cli_complain(c, "%s: %s", option, err.msg);
	return false;
}

/* Positional arguments under their names. */
static bool
put_positional(struct cli *c, struct json_out *out, const json_t *args)
{
	const struct str method = c->arguments[0];
	struct str rest = parameters_of(method), name;
	const json_t *item;
	size_t at;

	if (str_is_null(rest) && json_array_size(args) > 0) {
		cli_complain(c,
		    "the names of %.*s's parameters are not known here: use --kwargs \"{'name': "
		    "value}\"",
		    STR_FMT(method));
		return false;
	}
	json_array_foreach(args, at, item)
	{
		if (rest.len == 0) {
			const struct str called = short_name(method);

			cli_complain(c,
			    "TypeError: %.*s() takes %zu positional arguments but %zu were given",
			    STR_FMT(called), at, json_array_size(args));
			return false;
		}
		(void)str_cut(rest, ' ', &name, &rest);
		json_key(out, name);
		json_add_tree(out, item);
	}
	return true;
}

static bool
put_arguments(struct cli *c, struct json_out *out)
{
	const json_t *args, *kwargs;

	if (!read_literal(c, "--args", &args) || !read_literal(c, "--kwargs", &kwargs))
		return false;
	if (kwargs != NULL && !json_is_object(kwargs)) {
		cli_complain(c, "--kwargs must be an object: \"{'name': value}\"");
		return false;
	}
	json_open_object(out);
	if (json_is_array(args)) {
		if (!put_positional(c, out, args))
			return false;
	} else if (args != NULL) { /* bench takes a single value for a list of one */
		const json_t *alone;
		CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
		struct json_out list = JSON_OUT(&text);
		struct err err;

		json_open_array(&list);
		json_add_tree(&list, args);
		json_close_array(&list);
		if (!json_parse_buf(c->arena, &text, &alone, &err) ||
		    !put_positional(c, out, alone))
			return false;
	}
	for (struct json_member m = json_first(kwargs); m.value != NULL; m = json_next(m)) {
		json_key(out, m.key);
		json_add_tree(out, m.value);
	}
	json_close_object(out);
	return true;
}

/* What Python finds false is not printed. */
static bool
is_nothing(const json_t *v)
{
	if (v == NULL || json_is_null(v) || json_is_false(v))
		return true;
	if (json_is_number(v))
		return json_number_value(v) == 0;
	if (json_is_string(v))
		return json_text(v).len == 0;
	return json_is_array(v) ? json_array_size(v) == 0
				: json_is_object(v) && json_object_size(v) == 0;
}

static void
print(const json_t *message)
{
	if (is_nothing(message))
		return;
	if (json_is_string(message))
		printf("%.*s\n", STR_FMT(json_text(message)));
	else
		output_json(message, true);
}

static enum cli_exit
execute(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	struct rpc_answer answer;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(NOTHING_TO_DO); i++) {
		if (str_eq(c->arguments[0], NOTHING_TO_DO[i]))
			return CLI_DONE;
	}
	if (!put_arguments(c, &out))
		return CLI_FAILED;
	if (!buf_ok(&text))
		return cli_complain(c, "the arguments are too long");
	if (!rpc_call(c, c->arguments[0], buf_str(&text), &answer, &err))
		return cli_complain(c, "%s", err.msg);
	if (answer.failed)
		return cli_complain(c, "%.*s", STR_FMT(answer.exception));
	print(answer.message);
	return CLI_DONE;
}

bool
execute_skip_site(const struct cli *c, int *argc, char ***argv)
{
	while (*argc > 0 && str_starts(str_from((*argv)[0]), STR("--site"))) {
		const struct str arg = str_from((*argv)[0]);
		const int words = arg.len == strlen("--site") ? 2 : 1;

		if (words > *argc || (words == 1 && arg.ptr[strlen("--site")] != '=')) {
			cli_misuse(c, "--site needs a name");
			return false;
		}
		*argc -= words;
		*argv += words;
	}
	return true;
}
