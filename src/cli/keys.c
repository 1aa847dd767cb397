#include "cli/keys.h"

#include "auth/key.h"
#include "base/buf.h"
#include "json/json_out.h"

#include <stdio.h>

enum { ARGUMENTS_MAX = 64 * 1024 };

static enum cli_exit generate(struct cli *c), revoke(struct cli *c), list(struct cli *c),
    verify(struct cli *c);

const struct cli_command KEYS_COMMANDS[] = {
	{ .name = "keys generate",
	    .arguments = "USER",
	    .least = 1,
	    .most = 1,
	    .help = "Make a new secret, and a key if the user has none; the old secret ends",
	    .run = generate,
	    .prints = true,
	    .prints_json = true },
	{ .name = "keys revoke",
	    .arguments = "USER",
	    .least = 1,
	    .most = 1,
	    .help = "End all secrets of the user's keys",
	    .run = revoke,
	    .prints = true },
	{ .name = "keys list",
	    .arguments = "[USER]",
	    .most = 1,
	    .help = "List keys with their users and last uses; never a secret",
	    .run = list,
	    .prints = true },
	{ .name = "keys verify",
	    .arguments = "",
	    .help = "Read KEY:SECRET from standard input and say whose it is",
	    .run = verify,
	    .prints = true },
};
const size_t KEYS_COMMANDS_LEN = ARRAY_LEN(KEYS_COMMANDS);

/* {"name": value}, or {} for a null value. */
static void
one_argument(struct buf *text, const char *name, struct str value)
{
	struct json_out out = JSON_OUT(text);

	json_open_object(&out);
	if (!str_is_null(value))
		json_put_str(&out, name, value);
	json_close_object(&out);
}

static enum cli_exit
call_with(struct cli *c, const char *method, const char *name, struct str value)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	const json_t *answer;

	one_argument(&text, name, value);
	if (!cli_call(c, method, buf_str(&text), &answer))
		return CLI_FAILED;
	cli_print(c, answer);
	return CLI_DONE;
}

static enum cli_exit
generate(struct cli *c)
{
	return call_with(c, "frappe.core.doctype.user.user.generate_keys", "user", c->arguments[0]);
}

static enum cli_exit
revoke(struct cli *c)
{
	return call_with(c, "symbolon.keys_revoke", "user", c->arguments[0]);
}

static enum cli_exit
list(struct cli *c)
{
	return call_with(
	    c, "symbolon.keys_list", "user", c->arguments_len > 0 ? c->arguments[0] : STR_NULL);
}

static enum cli_exit
verify(struct cli *c)
{
	struct str token, key, secret;

	if (!cli_read_secret(c, "KEY:SECRET", &token))
		return CLI_FAILED;
	token = str_trim(token);
	if (!str_cut(token, ':', &key, &secret))
		return cli_complain(c, "a token is KEY:SECRET");
	if (str_starts(secret, STR("smb_")) && !key_secret_is_wellformed(secret))
		return cli_complain(c, "the secret is mistyped or cut: its checksum is wrong");
	return call_with(c, "symbolon.keys_verify", "token", token);
}
