/*
 * cli.h - the command line: one table of commands, their options, what they print.
 *
 * Data goes to standard output, complaints to standard error as "symbolon keys: ...". A command
 * ends with 0 (done), 1 (failed) or 2 (misused). Options that a command does not name are settings.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/arena.h"
#include "conf/conf.h"

#include <jansson.h>

enum cli_exit { CLI_DONE, CLI_FAILED, CLI_MISUSED };

enum { CLI_GIVEN_MAX = 64 };

struct cli_option {
	const char *name;  /* "--role" */
	const char *value; /* what stands behind it: "NAME"; NULL: nothing */
	const char *help;
};

struct cli;

struct cli_command {
	const char *name;      /* "user add" */
	const char *arguments; /* "EMAIL" */
	size_t least, most;    /* how many arguments */
	const char *help;      /* one line */
	enum cli_exit (*run)(struct cli *c);
	const struct cli_option *options;
	size_t options_len;
	bool prints;      /* data: it has --output json|table */
	bool prints_json; /* unless told otherwise */
	bool hidden;      /* not listed */
	bool settings;    /* its help lists all settings */
};

/* One command on its way. */
struct cli {
	const struct cli_command *command;
	const char *program; /* "symbolon", or "bench" */
	struct arena *arena;
	struct conf *conf;
	struct str arguments[CLI_GIVEN_MAX];
	size_t arguments_len;
	struct {
		const struct cli_option *option;
		struct str value;
	} given[CLI_GIVEN_MAX];
	size_t given_len;
	bool json;       /* --output json */
	struct rpc *rpc; /* cli/rpc.h: opened by the first call */
};

/* The program: main() without its arrays. */
int cli_main(int argc, char **argv, char **env);

/* Was the option given; its last value (STR_NULL: not given); the at-th of several. */
bool cli_has(const struct cli *c, const char *option);
struct str cli_value(const struct cli *c, const char *option);
bool cli_value_at(const struct cli *c, const char *option, size_t at, struct str *out);

/* Say what is wrong, and return CLI_FAILED or CLI_MISUSED. */
enum cli_exit cli_complain(const struct cli *c, const char *fmt, ...) PRINTF(2, 3);
enum cli_exit cli_misuse(const struct cli *c, const char *fmt, ...) PRINTF(2, 3);

/*
 * The first line of standard input, without its end; from a terminal it is asked for with prompt
 * and not shown. In the arena.
 */
MUST_USE bool cli_read_secret(struct cli *c, const char *prompt, struct str *out);

/*
 * Calls a method as Administrator: on the data directory if nobody uses it, else on the server
 * that does. arguments is the text of a JSON object; *message is what the method answered
 * (NULL: nothing). False: complained already.
 */
MUST_USE bool
cli_call(struct cli *c, const char *method, struct str arguments, const json_t **message);

/* Prints an answer as --output asks: JSON on one line; a table for objects and lists of them. */
void cli_print(const struct cli *c, const json_t *value);

/* Every command that is listed, for help and the manual; NULL at the end. */
const struct cli_command *cli_next_command(size_t *family, size_t *at);

#endif
