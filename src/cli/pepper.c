#include "cli/pepper.h"

#include "base/buf.h"
#include "json/json_in.h"
#include "json/json_out.h"

#include <stdio.h>

enum { ARGUMENTS_MAX = 4096 };

static enum cli_exit status(struct cli *c), rotate(struct cli *c), remove_one(struct cli *c);

/* clang-format off */
const struct cli_command PEPPER_COMMANDS[] = {
	{ .name = "pepper status", .arguments = "", .run = status, .prints = true,
	  .help = "List the peppers of symbolon.key, how many secrets rest on each, and nodes that lack one" },
	{ .name = "pepper rotate", .arguments = "", .run = rotate, .prints = true,
	  .help = "Make a new pepper, and the one of new secrets once every node has it; no key ends" },
	{ .name = "pepper remove", .arguments = "PEPPER", .least = 1, .most = 1, .run = remove_one, .prints = true,
	  .help = "Take an old pepper that no secret rests on out of symbolon.key" },
};
/* clang-format on */
const size_t PEPPER_COMMANDS_LEN = ARRAY_LEN(PEPPER_COMMANDS);

static void
print_lacking(const struct cli *c, const json_t *nodes)
{
	const json_t *node, *lacks;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		lacks = json_object_get(node, "lacks");
		if (json_array_size(lacks) > 0)
			cli_complain(c, "%s lacks %s: copy symbolon.key there",
			    json_string_value(json_object_get(node, "node")),
			    json_string_value(json_array_get(lacks, 0)));
	}
}

static enum cli_exit
status(struct cli *c)
{
	const json_t *answer;

	if (!cli_call(c, "symbolon.pepper.status", STR("{}"), &answer))
		return CLI_FAILED;
	if (c->json) {
		cli_print(c, answer);
		return CLI_DONE;
	}
	cli_print(c, json_object_get(answer, "peppers"));
	print_lacking(c, json_object_get(answer, "nodes"));
	return CLI_DONE;
}

static enum cli_exit
rotate(struct cli *c)
{
	const json_t *answer, *node;
	size_t i;

	if (!cli_call(c, "symbolon.pepper.rotate", STR("{}"), &answer))
		return CLI_FAILED;
	cli_print(c, answer);
	if (json_is_true(json_object_get(answer, "current")))
		return CLI_DONE;
	json_array_foreach(json_object_get(answer, "lacking"), i, node) cli_complain(
	    c, "%s lacks the new pepper: copy symbolon.key there", json_string_value(node));
	return cli_complain(c,
	    "nothing has changed yet: run symbolon pepper rotate again when all of them have it");
}

static enum cli_exit
remove_one(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	struct json_out out = JSON_OUT(&text);
	const json_t *answer;

	json_open_object(&out);
	json_put_str(&out, "pepper", c->arguments[0]);
	json_close_object(&out);
	if (!cli_call(c, "symbolon.pepper.remove", buf_str(&text), &answer))
		return CLI_FAILED;
	cli_print(c, answer);
	return CLI_DONE;
}
