#include "cli/keys.h"

#include "auth/key.h"
#include "base/buf.h"
#include "json/json_out.h"

#include <stdio.h>

enum { ARGUMENTS_MAX = 64 * 1024 };

static enum cli_exit generate(struct cli *c), create(struct cli *c), change(struct cli *c),
    rotate(struct cli *c), end_overlap(struct cli *c), revoke(struct cli *c),
    undo_revoke(struct cli *c), list(struct cli *c), report(struct cli *c), secrets(struct cli *c),
    uses(struct cli *c), verify(struct cli *c), disable(struct cli *c), enable(struct cli *c),
    delete_key(struct cli *c);

/* clang-format off */
#define FIELD_OPTIONS \
	{ "--label", "TEXT", "What the key is for" }, \
	{ "--not-before", "TIME", "From when it is valid, such as '2027-01-01 08:00:00'" }, \
	{ "--expires", "TIME", "When it ends" }, \
	{ "--allow", "NETWORKS", "Where it may be used: 10.0.0.0/8,2001:db8::/32; else everywhere" }, \
	{ "--deny", "NETWORKS", "Where it may not be used" }, \
	{ "--read-only", NULL, "It only reads" }, \
	{ "--rate", "REQUESTS/SECONDS", "How many requests it has in a window, such as 100/60" }, \
	{ "--quota", "REQUESTS", "How many it has in all" }, \
	{ "--scope", "KIND:TARGET[:RIGHTS]", \
	    "What it is for, and nothing else: DocType:ToDo:read,write, Method:symbolon.keys.list, " \
	    "Path:/shop/:GET, Name:orders; repeatable" }
/* clang-format on */

static const struct cli_option CREATE_OPTIONS[] = { FIELD_OPTIONS };

static const struct cli_option CHANGE_OPTIONS[] = {
	FIELD_OPTIONS,
	{ "--read-write", NULL, "It writes again" },
	{ "--no-scopes", NULL, "It is for everything that its user may do" },
};

static const struct cli_option ROTATE_OPTIONS[] = {
	{ "--overlap", "TIME",
	    "How long the old secret goes on: 90s, 15m, 24h, 7d; else it ends now" },
};

static const struct cli_option USES_OPTIONS[] = {
	{ "--user", "USER", "Of all keys of this user" },
	{ "--from", "DATE", "The first day, such as 2027-01-31; else 29 days before the last" },
	{ "--to", "DATE", "The last day; else today (UTC)" },
};

static const struct cli_option REVOKE_OPTIONS[] = {
	{ "--key", "KEY",
	    "End this key alone, and for ever; repeated, several keys, which keys undo-revoke "
	    "takes back" },
	{ "--reason", "TEXT", "Why; kept with the key" },
};

/* clang-format off */
const struct cli_command KEYS_COMMANDS[] = {
	{ .name = "keys generate", .arguments = "USER", .least = 1, .most = 1, .run = generate, .prints = true, .prints_json = true,
	  .help = "Make a new secret, and a key if the user has none; the old secret ends" },
	{ .name = "keys create", .arguments = "USER", .least = 1, .most = 1, .run = create, .prints = true, .prints_json = true,
	  .options = CREATE_OPTIONS, .options_len = ARRAY_LEN(CREATE_OPTIONS),
	  .help = "Make a named key beside the user's other ones" },
	{ .name = "keys change", .arguments = "KEY", .least = 1, .most = 1, .run = change, .prints = true,
	  .options = CHANGE_OPTIONS, .options_len = ARRAY_LEN(CHANGE_OPTIONS),
	  .help = "Change what is named and keep the rest; an empty value ('') takes it away, and --scope replaces all scopes" },
	{ .name = "keys rotate", .arguments = "KEY", .least = 1, .most = 1, .run = rotate, .prints = true, .prints_json = true,
	  .options = ROTATE_OPTIONS, .options_len = ARRAY_LEN(ROTATE_OPTIONS),
	  .help = "Make a new secret for a key; the old one may go on for a while" },
	{ .name = "keys end-overlap", .arguments = "KEY", .least = 1, .most = 1, .run = end_overlap, .prints = true,
	  .help = "End the old secrets of a key before their time" },
	{ .name = "keys disable", .arguments = "KEY", .least = 1, .most = 1, .run = disable, .prints = true,
	  .help = "Refuse a key until it is enabled again" },
	{ .name = "keys enable", .arguments = "KEY", .least = 1, .most = 1, .run = enable, .prints = true,
	  .help = "Accept a key again that was disabled" },
	{ .name = "keys delete", .arguments = "KEY", .least = 1, .most = 1, .run = delete_key,
	  .help = "Delete a key with all that is known of it" },
	{ .name = "keys revoke", .arguments = "[USER]", .most = 1, .run = revoke, .prints = true,
	  .options = REVOKE_OPTIONS, .options_len = ARRAY_LEN(REVOKE_OPTIONS),
	  .help = "End all secrets of the user's keys, or one key or several for ever" },
	{ .name = "keys undo-revoke", .arguments = "ID", .least = 1, .most = 1, .run = undo_revoke, .prints = true,
	  .help = "Take back several keys that were revoked at once, within ten minutes" },
	{ .name = "keys list", .arguments = "[USER]", .most = 1, .run = list, .prints = true,
	  .help = "List keys with their users and last uses; never a secret" },
	{ .name = "keys report", .arguments = "", .run = report, .prints = true,
	  .help = "List the keys that should be looked at: stale, never used, expiring, owner disabled, weak" },
	{ .name = "keys secrets", .arguments = "KEY", .least = 1, .most = 1, .run = secrets, .prints = true,
	  .help = "List the secrets of a key: age, end, uses, and who used the old one last" },
	{ .name = "keys uses", .arguments = "[KEY]", .most = 1, .run = uses, .prints = true,
	  .options = USES_OPTIONS, .options_len = ARRAY_LEN(USES_OPTIONS),
	  .help = "List how often each secret of a key, or of a user's keys, was used on each day" },
	{ .name = "keys verify", .arguments = "", .run = verify, .prints = true,
	  .help = "Read KEY:SECRET from standard input and say whose it is" },
};
/* clang-format on */
const size_t KEYS_COMMANDS_LEN = ARRAY_LEN(KEYS_COMMANDS);

/* What a call is told: an argument's name and its value; one without a value is left out. */
struct named {
	const char *name;
	struct str value;
};

static void
put_all(struct json_out *out, const struct named *args, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!str_is_null(args[i].value))
			json_put_str(out, args[i].name, args[i].value);
	}
}

static enum cli_exit
call_with(struct cli *c, const char *method, const struct named *args, size_t len)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	const json_t *answer;

	json_open_object(&out);
	put_all(&out, args, len);
	json_close_object(&out);
	if (!cli_call(c, method, buf_str(&text), &answer))
		return CLI_FAILED;
	cli_print(c, answer);
	return CLI_DONE;
}

static enum cli_exit
call_with_first(struct cli *c, const char *method, const char *name)
{
	const struct named arg = { name, c->arguments_len > 0 ? c->arguments[0] : STR_NULL };

	return call_with(c, method, &arg, 1);
}

static enum cli_exit
generate(struct cli *c)
{
	return call_with_first(c, "frappe.core.doctype.user.user.generate_keys", "user");
}

/* These fields of a key's document. */
static enum cli_exit
print_fields(const struct cli *c, const json_t *key, const char *const *fields, size_t len)
{
	json_t *some = json_object();

	for (size_t i = 0; i < len; i++)
		json_object_set(some, fields[i], json_object_get(key, fields[i]));
	cli_print(c, some);
	json_decref(some);
	return CLI_DONE;
}

/* "DocType:ToDo:read,write" */
static bool
put_scope(struct json_out *out, struct str text)
{
	struct str kind, target, rights, rest;

	if (!str_cut(text, ':', &kind, &rest))
		return false;
	target = rest;
	rights = STR("");
	if (!str_eq(kind, STR("Name"))) /* which may hold colons, and has no rights */
		(void)str_cut(rest, ':', &target, &rights);
	json_open_object(out);
	json_put_str(out, "kind", kind);
	json_put_str(out, "target", target);
	json_put_str(out, "rights", rights);
	json_close_object(out);
	return true;
}

static bool
put_scopes(struct cli *c, struct json_out *out)
{
	struct str scope;

	json_key(out, STR("scopes"));
	json_open_array(out);
	for (size_t i = 0; cli_value_at(c, "--scope", i, &scope); i++) {
		if (!put_scope(out, scope)) {
			cli_misuse(c, "a scope is KIND:TARGET[:RIGHTS], such as DocType:ToDo:read");
			return false;
		}
	}
	json_close_array(out);
	return true;
}

/* A number that is taken away is none. */
static struct str
number_or_none(struct str value)
{
	return !str_is_null(value) && value.len == 0 ? STR("0") : value;
}

/* What the options say of a key's document, and no more. False: misused, complained already. */
static bool
put_said(struct cli *c, struct json_out *out)
{
	const struct str rate = number_or_none(cli_value(c, "--rate"));
	struct str requests = STR_NULL, window = STR_NULL;

	if (!str_is_null(rate) && !str_cut(rate, '/', &requests, &window))
		window = STR_NULL;
	if (cli_value(c, "--rate").len > 0 && window.len == 0) {
		cli_misuse(c, "a rate is REQUESTS/SECONDS, such as 100/60");
		return false;
	}
	const struct named fields[] = { { "label", cli_value(c, "--label") },
		{ "not_before", cli_value(c, "--not-before") },
		{ "expires", cli_value(c, "--expires") },
		{ "allowed_networks", cli_value(c, "--allow") },
		{ "denied_networks", cli_value(c, "--deny") }, { "rate_limit", requests },
		{ "rate_window_s", window }, { "quota", number_or_none(cli_value(c, "--quota")) } };

	put_all(out, fields, ARRAY_LEN(fields));
	if (cli_has(c, "--read-only") || cli_has(c, "--read-write"))
		json_put_int(out, "read_only", cli_has(c, "--read-only"));
	return (!cli_has(c, "--scope") && !cli_has(c, "--no-scopes")) || put_scopes(c, out);
}

static enum cli_exit
create(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	const struct named of[] = { { "doctype", STR("API Key") }, { "user", c->arguments[0] } };
	static const char *const SHOWN[] = { "api_key", "api_secret" };
	const json_t *key;

	json_open_object(&out);
	json_key(&out, STR("doc"));
	json_open_object(&out);
	put_all(&out, of, ARRAY_LEN(of));
	if (!put_said(c, &out))
		return CLI_MISUSED;
	json_close_object(&out);
	json_close_object(&out);
	return cli_call(c, "frappe.client.insert", buf_str(&text), &key)
	    ? print_fields(c, key, SHOWN, ARRAY_LEN(SHOWN))
	    : CLI_FAILED;
}

/* Its scopes as --scope takes them. */
static void
print_changed(const struct cli *c, json_t *key)
{
	static const char *const SHOWN[] = { "api_key", "label", "not_before", "expires",
		"allowed_networks", "denied_networks", "read_only", "rate_limit", "rate_window_s",
		"quota", "scopes" };
	const json_t *rows = json_object_get(key, "scopes"), *row;
	json_t *texts = json_array();
	size_t at;

	json_array_foreach(rows, at, row)
	{
		const char *rights = json_string_value(json_object_get(row, "rights"));

		json_array_append_new(texts,
		    json_sprintf("%s:%s%s%s", json_string_value(json_object_get(row, "kind")),
			json_string_value(json_object_get(row, "target")),
			rights != NULL && rights[0] != '\0' ? ":" : "",
			rights != NULL ? rights : ""));
	}
	json_object_set_new(key, "scopes", texts);
	(void)print_fields(c, key, SHOWN, ARRAY_LEN(SHOWN));
}

static enum cli_exit
change(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	const struct named of[] = { { "doctype", STR("API Key") }, { "name", c->arguments[0] } };
	const json_t *key;
	json_t *copy;
	size_t said = 0;

	for (size_t i = 0; i < ARRAY_LEN(CHANGE_OPTIONS); i++)
		said += cli_has(c, CHANGE_OPTIONS[i].name);
	if (said == 0)
		return cli_misuse(c, "say what changes, such as --expires TIME");
	if (cli_has(c, "--read-only") && cli_has(c, "--read-write"))
		return cli_misuse(c, "--read-only or --read-write, not both");
	if (cli_has(c, "--scope") && cli_has(c, "--no-scopes"))
		return cli_misuse(c, "--scope or --no-scopes, not both");
	json_open_object(&out);
	put_all(&out, of, ARRAY_LEN(of));
	json_key(&out, STR("fieldname"));
	json_open_object(&out);
	if (!put_said(c, &out))
		return CLI_MISUSED;
	json_close_object(&out);
	json_close_object(&out);
	if (!cli_call(c, "frappe.client.set_value", buf_str(&text), &key))
		return CLI_FAILED;
	copy = json_copy((json_t *)key);
	print_changed(c, copy);
	json_decref(copy);
	return CLI_DONE;
}

static enum cli_exit
rotate(struct cli *c)
{
	const struct named args[] = { { "key", c->arguments[0] },
		{ "overlap", cli_value(c, "--overlap") } };

	return call_with(c, "symbolon.keys.rotate", args, ARRAY_LEN(args));
}

static enum cli_exit
set_enabled(struct cli *c, struct str value)
{
	const struct named args[] = { { "doctype", STR("API Key") }, { "name", c->arguments[0] },
		{ "fieldname", STR("enabled") }, { "value", value } };
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	static const char *const SHOWN[] = { "api_key", "enabled" };
	const json_t *key;

	json_open_object(&out);
	put_all(&out, args, ARRAY_LEN(args));
	json_close_object(&out);
	if (!cli_call(c, "frappe.client.set_value", buf_str(&text), &key))
		return CLI_FAILED;
	return print_fields(c, key, SHOWN, ARRAY_LEN(SHOWN));
}

static enum cli_exit
disable(struct cli *c)
{
	return set_enabled(c, STR("0"));
}

static enum cli_exit
enable(struct cli *c)
{
	return set_enabled(c, STR("1"));
}

static enum cli_exit
delete_key(struct cli *c)
{
	const struct named args[] = { { "doctype", STR("API Key") }, { "name", c->arguments[0] } };

	return call_with(c, "frappe.client.delete", args, ARRAY_LEN(args));
}

static enum cli_exit
end_overlap(struct cli *c)
{
	return call_with_first(c, "symbolon.keys.end_overlap", "key");
}

static enum cli_exit
revoke_several(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	const struct named reason = { "reason", cli_value(c, "--reason") };
	const json_t *answer;
	struct str key;

	json_open_object(&out);
	put_all(&out, &reason, 1);
	json_key(&out, STR("keys"));
	json_open_array(&out);
	for (size_t i = 0; cli_value_at(c, "--key", i, &key); i++)
		json_add_str(&out, key);
	json_close_array(&out);
	json_close_object(&out);
	if (!cli_call(c, "symbolon.keys.revoke", buf_str(&text), &answer))
		return CLI_FAILED;
	cli_print(c, answer);
	return CLI_DONE;
}

static enum cli_exit
undo_revoke(struct cli *c)
{
	return call_with_first(c, "symbolon.keys.undo_revoke", "undo");
}

static enum cli_exit
revoke(struct cli *c)
{
	const struct str key = cli_value(c, "--key");
	struct str second;
	const struct named args[] = { { "key", key }, { "reason", cli_value(c, "--reason") } };

	if (str_is_null(key) != (c->arguments_len == 1))
		return cli_misuse(c, "name a user, or keys with --key");
	if (cli_value_at(c, "--key", 1, &second))
		return revoke_several(c);
	return str_is_null(key) ? call_with_first(c, "symbolon.keys.revoke", "user")
				: call_with(c, "symbolon.keys.revoke", args, ARRAY_LEN(args));
}

static enum cli_exit
list(struct cli *c)
{
	return call_with_first(c, "symbolon.keys.list", "user");
}

static enum cli_exit
report(struct cli *c)
{
	return call_with(c, "symbolon.keys.report", NULL, 0);
}

static enum cli_exit
secrets(struct cli *c)
{
	return call_with_first(c, "symbolon.keys.secrets", "key");
}

static enum cli_exit
uses(struct cli *c)
{
	const struct str key = c->arguments_len > 0 ? c->arguments[0] : STR_NULL,
			 user = cli_value(c, "--user");
	const struct named args[] = { { "key", key }, { "user", user },
		{ "from", cli_value(c, "--from") }, { "to", cli_value(c, "--to") } };

	if (str_is_null(key) == str_is_null(user))
		return cli_misuse(c, "name a key, or a user with --user");
	return call_with(c, "symbolon.keys.uses", args, ARRAY_LEN(args));
}

static enum cli_exit
verify(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	struct str token, key, secret;
	const json_t *answer;

	if (!cli_read_secret(c, "KEY:SECRET", &token))
		return CLI_FAILED;
	token = str_trim(token);
	if (!str_cut(token, ':', &key, &secret))
		return cli_complain(c, "a token is KEY:SECRET");
	if (str_starts(secret, STR("smb_")) && !key_secret_is_wellformed(secret))
		return cli_complain(c, "the secret is mistyped or cut: its checksum is wrong");
	json_open_object(&out);
	json_put_str(&out, "token", token);
	json_close_object(&out);
	if (!cli_call(c, "symbolon.keys.verify", buf_str(&text), &answer))
		return CLI_FAILED;
	if (!json_is_true(json_object_get(answer, "valid")))
		return cli_complain(c, "Invalid API key or secret");
	cli_print(c, answer);
	return CLI_DONE;
}
