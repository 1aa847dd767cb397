#include "cli/user.h"

#include "base/buf.h"
#include "json/json_in.h"
#include "json/json_out.h"

#include <stdio.h>

enum { ARGUMENTS_MAX = 64 * 1024 };

static enum cli_exit add(struct cli *c), list(struct cli *c), disable(struct cli *c),
    enable(struct cli *c), set_password(struct cli *c), roles(struct cli *c);

static const struct cli_option ADD_OPTIONS[] = {
	{ "--first-name", "NAME", "The user's first name; else the part of the address before @" },
	{ "--last-name", "NAME", "The user's last name" },
	{ "--role", "ROLE", "A role that the user gets; repeatable" },
	{ "--password-stdin", NULL, "Read the user's password from standard input" },
};

static const struct cli_option ROLES_OPTIONS[] = {
	{ "--add", "ROLE", "Give the user this role; repeatable" },
	{ "--remove", "ROLE", "Take this role away; repeatable" },
};

const struct cli_command USER_COMMANDS[] = {
	{ .name = "user add",
	    .arguments = "EMAIL",
	    .least = 1,
	    .most = 1,
	    .help = "Make a user",
	    .run = add,
	    .options = ADD_OPTIONS,
	    .options_len = ARRAY_LEN(ADD_OPTIONS),
	    .prints = true },
	{ .name = "user list",
	    .arguments = "",
	    .help = "List the users",
	    .run = list,
	    .prints = true },
	{ .name = "user disable",
	    .arguments = "USER",
	    .least = 1,
	    .most = 1,
	    .help = "Refuse the user's keys, password and sessions at once",
	    .run = disable,
	    .prints = true },
	{ .name = "user enable",
	    .arguments = "USER",
	    .least = 1,
	    .most = 1,
	    .help = "Accept them again",
	    .run = enable,
	    .prints = true },
	{ .name = "user set-password",
	    .arguments = "USER",
	    .least = 1,
	    .most = 1,
	    .help = "Read a new password from standard input; the user's sessions end",
	    .run = set_password,
	    .prints = true },
	{ .name = "user roles",
	    .arguments = "USER",
	    .least = 1,
	    .most = 1,
	    .help = "List the user's roles, after giving and taking some",
	    .run = roles,
	    .options = ROLES_OPTIONS,
	    .options_len = ARRAY_LEN(ROLES_OPTIONS),
	    .prints = true },
};
const size_t USER_COMMANDS_LEN = ARRAY_LEN(USER_COMMANDS);

/* A User document as it concerns an operator. */
static void
print_user(const struct cli *c, const json_t *user)
{
	static const char *const FIELDS[] = { "name", "full_name", "enabled", "user_type" };
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	const json_t *tree;
	struct err err;

	json_open_object(&out);
	for (size_t i = 0; i < ARRAY_LEN(FIELDS); i++) {
		const json_t *value = json_object_get(user, FIELDS[i]);

		json_key(&out, str_from(FIELDS[i]));
		if (value == NULL)
			json_add_null(&out);
		else
			json_add_tree(&out, value);
	}
	json_close_object(&out);
	if (json_parse(c->arena, buf_str(&text), &tree, &err))
		cli_print(c, tree);
}

static void
put_roles(const struct cli *c, struct json_out *out)
{
	struct str role;

	json_key(out, STR("roles"));
	json_open_array(out);
	for (size_t i = 0; cli_value_at(c, "--role", i, &role); i++) {
		json_open_object(out);
		json_put_str(out, "role", role);
		json_close_object(out);
	}
	json_close_array(out);
}

static enum cli_exit
add(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	struct str first = cli_value(c, "--first-name"), password = STR_NULL, rest;
	const json_t *user;

	if (cli_has(c, "--password-stdin") && !cli_read_secret(c, "Password", &password))
		return CLI_FAILED;
	if (str_is_null(first))
		(void)str_cut(c->arguments[0], '@', &first, &rest);
	json_open_object(&out);
	json_key(&out, STR("doc"));
	json_open_object(&out);
	json_put_str(&out, "doctype", STR("User"));
	json_put_str(&out, "email", c->arguments[0]);
	json_put_str(&out, "first_name", first);
	if (cli_has(c, "--last-name"))
		json_put_str(&out, "last_name", cli_value(c, "--last-name"));
	json_put_int(&out, "enabled", 1);
	json_put_int(&out, "send_welcome_email", 0);
	if (!str_is_null(password))
		json_put_str(&out, "new_password", password);
	put_roles(c, &out);
	json_close_object(&out);
	json_close_object(&out);
	const bool ok = cli_call(c, "frappe.client.insert", buf_str(&text), &user);

	explicit_bzero(text.ptr, text.len);
	if (!ok)
		return CLI_FAILED;
	print_user(c, user);
	return CLI_DONE;
}

static enum cli_exit
list(struct cli *c)
{
	const json_t *users;

	if (!cli_call(c, "frappe.client.get_list",
		STR("{\"doctype\":\"User\",\"fields\":[\"name\",\"full_name\",\"enabled\","
		    "\"user_type\",\"last_active\"],\"order_by\":\"name asc\","
		    "\"limit_page_length\":0}"),
		&users))
		return CLI_FAILED;
	cli_print(c, users);
	return CLI_DONE;
}

static enum cli_exit
set_enabled(struct cli *c, bool enabled)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	const json_t *user;

	json_open_object(&out);
	json_put_str(&out, "doctype", STR("User"));
	json_put_str(&out, "name", c->arguments[0]);
	json_put_str(&out, "fieldname", STR("enabled"));
	json_put_int(&out, "value", enabled ? 1 : 0);
	json_close_object(&out);
	if (!cli_call(c, "frappe.client.set_value", buf_str(&text), &user))
		return CLI_FAILED;
	print_user(c, user);
	return CLI_DONE;
}

static enum cli_exit
disable(struct cli *c)
{
	return set_enabled(c, false);
}

static enum cli_exit
enable(struct cli *c)
{
	return set_enabled(c, true);
}

static enum cli_exit
set_password(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	struct str password;
	const json_t *answer;

	if (!cli_read_secret(c, "New password", &password))
		return CLI_FAILED;
	json_open_object(&out);
	json_put_str(&out, "user", c->arguments[0]);
	json_put_str(&out, "password", password);
	json_close_object(&out);
	const bool ok = cli_call(c, "symbolon.set_password", buf_str(&text), &answer);

	explicit_bzero(text.ptr, text.len);
	if (!ok)
		return CLI_FAILED;
	cli_print(c, answer);
	return CLI_DONE;
}

/* ---- roles ---- */

static bool
get_user(struct cli *c, const json_t **user)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);

	json_open_object(&out);
	json_put_str(&out, "doctype", STR("User"));
	json_put_str(&out, "name", c->arguments[0]);
	json_close_object(&out);
	return cli_call(c, "frappe.client.get", buf_str(&text), user);
}

static bool
is_removed(const struct cli *c, struct str role)
{
	struct str removed;

	for (size_t i = 0; cli_value_at(c, "--remove", i, &removed); i++) {
		if (str_ieq(role, removed))
			return true;
	}
	return false;
}

static bool
has_role(const json_t *user, struct str role)
{
	const json_t *row;
	size_t at;

	json_array_foreach(json_object_get(user, "roles"), at, row)
	{
		if (str_ieq(json_text(json_object_get(row, "role")), role))
			return true;
	}
	return false;
}

static void
put_role(struct json_out *out, struct str role)
{
	json_open_object(out);
	json_put_str(out, "role", role);
	json_close_object(out);
}

/* What stays, and what is added, as the user's whole table. */
static bool
change_roles(struct cli *c, const json_t **user)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	struct str role;
	const json_t *row, *answer;
	size_t at;

	json_open_object(&out);
	json_put_str(&out, "doctype", STR("User"));
	json_put_str(&out, "name", c->arguments[0]);
	json_key(&out, STR("fieldname"));
	json_open_object(&out);
	json_key(&out, STR("roles"));
	json_open_array(&out);
	json_array_foreach(json_object_get(*user, "roles"), at, row)
	{
		role = json_text(json_object_get(row, "role"));
		if (!is_removed(c, role))
			put_role(&out, role);
	}
	for (size_t i = 0; cli_value_at(c, "--add", i, &role); i++) {
		if (!has_role(*user, role))
			put_role(&out, role);
	}
	json_close_array(&out);
	json_close_object(&out);
	json_close_object(&out);
	return cli_call(c, "frappe.client.set_value", buf_str(&text), &answer) && get_user(c, user);
}

static enum cli_exit
roles(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	const json_t *user, *row, *names;
	struct err err;
	size_t at;

	if (!get_user(c, &user))
		return CLI_FAILED;
	if ((cli_has(c, "--add") || cli_has(c, "--remove")) && !change_roles(c, &user))
		return CLI_FAILED;
	json_open_array(&out);
	json_array_foreach(json_object_get(user, "roles"), at, row)
	    json_add_str(&out, json_text(json_object_get(row, "role")));
	json_close_array(&out);
	if (!json_parse(c->arena, buf_str(&text), &names, &err))
		return cli_complain(c, "%s", err.msg);
	cli_print(c, names);
	return CLI_DONE;
}
