#include "cli/cli.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/audit.h"
#include "cli/backup.h"
#include "cli/check_config.h"
#include "cli/execute.h"
#include "cli/keys.h"
#include "cli/manual.h"
#include "cli/migrate_database.h"
#include "cli/output.h"
#include "cli/pepper.h"
#include "cli/rpc.h"
#include "cli/serve.h"
#include "cli/user.h"
#include "cli/version.h"
#include "json/json_in.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

enum {
	MEMORY = 256 * 1024 * 1024,
	SECRET_MAX = 4096,
	HELP_MAX = 256 * 1024,
	HELP_COLUMN = 30,
};

#define HELP_FLAG "--help"

static const struct cli_option HELP = { HELP_FLAG, NULL, "Say this" };
static const struct cli_option OUTPUT = { "--output", "json|table", "How to print" };

/* In the order in which help lists them. */
static const struct {
	const struct cli_command *rows;
	const size_t *len;
} FAMILIES[] = {
	{ SERVE_COMMANDS, &SERVE_COMMANDS_LEN },
	{ USER_COMMANDS, &USER_COMMANDS_LEN },
	{ KEYS_COMMANDS, &KEYS_COMMANDS_LEN },
	{ AUDIT_COMMANDS, &AUDIT_COMMANDS_LEN },
	{ PEPPER_COMMANDS, &PEPPER_COMMANDS_LEN },
	{ EXECUTE_COMMANDS, &EXECUTE_COMMANDS_LEN },
	{ BACKUP_COMMANDS, &BACKUP_COMMANDS_LEN },
	{ MIGRATE_DATABASE_COMMANDS, &MIGRATE_DATABASE_COMMANDS_LEN },
	{ CHECK_CONFIG_COMMANDS, &CHECK_CONFIG_COMMANDS_LEN },
	{ VERSION_COMMANDS, &VERSION_COMMANDS_LEN },
	{ MANUAL_COMMANDS, &MANUAL_COMMANDS_LEN },
};

const struct cli_command *
cli_next_command(size_t *family, size_t *at)
{
	for (; *family < ARRAY_LEN(FAMILIES); ++*family, *at = 0) {
		while (*at < *FAMILIES[*family].len) {
			const struct cli_command *command = &FAMILIES[*family].rows[(*at)++];

			if (!command->hidden)
				return command;
		}
	}
	return NULL;
}

/* ---- what was said ---- */

bool
cli_value_at(const struct cli *c, const char *option, size_t at, struct str *out)
{
	for (size_t i = 0; i < c->given_len; i++) {
		if (str_eq(str_from(c->given[i].option->name), str_from(option)) && at-- == 0) {
			*out = c->given[i].value;
			return true;
		}
	}
	return false;
}

bool
cli_has(const struct cli *c, const char *option)
{
	struct str value;

	return cli_value_at(c, option, 0, &value);
}

struct str
cli_value(const struct cli *c, const char *option)
{
	struct str value = STR_NULL;

	for (size_t i = 0; cli_value_at(c, option, i, &value); i++)
		;
	return value;
}

/* ---- complaints ---- */

static void PRINTF(2, 0) say(const struct cli *c, const char *fmt, va_list args)
{
	struct str family, rest;

	fflush(stdout);
	if (c->command == NULL) {
		fprintf(stderr, "%s: ", c->program);
	} else {
		(void)str_cut(str_from(c->command->name), ' ', &family, &rest);
		fprintf(stderr, "%s %.*s: ", c->program, STR_FMT(family));
	}
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

enum cli_exit
cli_complain(const struct cli *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(c, fmt, args);
	va_end(args);
	return CLI_FAILED;
}

enum cli_exit
cli_misuse(const struct cli *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(c, fmt, args);
	va_end(args);
	if (c->command == NULL)
		fprintf(stderr, "%s --help lists the commands.\n", c->program);
	else
		fprintf(stderr, "%s %s --help says how.\n", c->program, c->command->name);
	return CLI_MISUSED;
}

/* ---- help ---- */

static void
print_option(const struct cli_option *o)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s", o->name, o->value == NULL ? "" : " ",
	    o->value == NULL ? "" : o->value);
	printf("  %-*s %s\n", HELP_COLUMN, text, o->help);
}

static void
print_settings(void)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(HELP_MAX);

	conf_help(&text);
	printf(
	    "\nSettings, in symbolon.conf (section { name = value }), as variables and flags:\n\n"
	    "%.*s",
	    STR_FMT(buf_str(&text)));
}

static enum cli_exit
help_on(const struct cli *c)
{
	const struct cli_command *command = c->command;

	printf("Usage: %s %s%s%s [OPTION]...\n%s.\n\nOptions:\n", c->program, command->name,
	    command->arguments[0] == '\0' ? "" : " ", command->arguments, command->help);
	for (size_t i = 0; i < command->options_len; i++)
		print_option(&command->options[i]);
	if (command->prints)
		print_option(&OUTPUT);
	print_option(&HELP);
	if (command->settings) {
		print_settings();
	} else {
		printf("  %-*s %s\n", HELP_COLUMN, "--data DIR", "The data directory; ./var");
		printf("  %-*s %s\n", HELP_COLUMN, "--config FILE", "The settings file");
		printf("  and every setting that serve --help lists.\n");
	}
	return CLI_DONE;
}

/* "user add" is of the family "user". */
static bool
is_of_family(const struct cli_command *command, struct str family)
{
	struct str first, rest;

	return str_cut(str_from(command->name), ' ', &first, &rest) && str_eq(first, family);
}

/* The listed commands of a family, or all of them (STR_NULL); how many. */
static size_t
list_commands(FILE *out, struct str of)
{
	const struct cli_command *command;
	size_t family = 0, at = 0, n = 0;
	char text[96];

	while ((command = cli_next_command(&family, &at)) != NULL) {
		if (!str_is_null(of) && !is_of_family(command, of))
			continue;
		snprintf(text, sizeof(text), "%s %s", command->name, command->arguments);
		if (out != NULL)
			fprintf(out, "  %-*s %s\n", HELP_COLUMN, text, command->help);
		n++;
	}
	return n;
}

static enum cli_exit
help_all(const struct cli *c)
{
	printf("symbolon: API keys, and an API server that knows them\n\n"
	       "Usage: %s COMMAND [ARGUMENT]... [OPTION]...\n\nCommands:\n",
	    c->program);
	list_commands(stdout, STR_NULL);
	printf("\n%s COMMAND --help says more about each.\n", c->program);
	return CLI_DONE;
}

/* ---- reading the arguments ---- */

static bool
is_flag(struct str arg)
{
	return str_starts(arg, STR("--")) && arg.len > 2;
}

/* Does the name of the command stand at the beginning? *words: of how many. */
static bool
matches(const struct cli_command *command, int argc, char **argv, int *words)
{
	struct str rest = str_from(command->name), word;

	for (*words = 0; rest.len > 0; ++*words) {
		(void)str_cut(rest, ' ', &word, &rest);
		if (*words >= argc || !str_eq(str_from(argv[*words]), word))
			return false;
	}
	return true;
}

static bool
find_command(struct cli *c, int argc, char **argv, int *words)
{
	for (size_t i = 0; i < ARRAY_LEN(FAMILIES); i++) {
		for (size_t j = 0; j < *FAMILIES[i].len; j++) {
			c->command = &FAMILIES[i].rows[j];
			if (matches(c->command, argc, argv, words))
				return true;
		}
	}
	c->command = NULL;
	return false;
}

static const struct cli_option *
find_option(const struct cli *c, struct str name)
{
	for (size_t i = 0; i < c->command->options_len; i++) {
		if (str_eq(name, str_from(c->command->options[i].name)))
			return &c->command->options[i];
	}
	if (c->command->prints && str_eq(name, str_from(OUTPUT.name)))
		return &OUTPUT;
	return str_eq(name, str_from(HELP.name)) ? &HELP : NULL;
}

/* What is left over for conf_load(). */
struct leftover {
	char **argv;
	int argc;
};

/* Takes the option at argv[*at], and its value; false: misused. */
static bool
take_option(struct cli *c, int argc, char **argv, int *at, struct leftover *left)
{
	struct str name, value;
	const bool has_value = str_cut(str_from(argv[*at]), '=', &name, &value);
	const struct cli_option *option = find_option(c, name);

	if (option == NULL) { /* a setting; its value goes along */
		left->argv[left->argc++] = argv[*at];
		if (!has_value && *at + 1 < argc)
			left->argv[left->argc++] = argv[++*at];
		return true;
	}
	if (option->value == NULL && has_value) {
		cli_misuse(c, "%s takes no value", option->name);
		return false;
	}
	if (option->value != NULL && !has_value) {
		if (*at + 1 >= argc) {
			cli_misuse(c, "%s needs a value: %s", option->name, option->value);
			return false;
		}
		value = str_from(argv[++*at]);
	}
	if (c->given_len == CLI_GIVEN_MAX) {
		cli_misuse(c, "too many options");
		return false;
	}
	c->given[c->given_len].option = option;
	c->given[c->given_len++].value = value;
	return true;
}

static bool
take_argument(struct cli *c, char *arg)
{
	if (c->arguments_len == c->command->most || c->arguments_len == CLI_GIVEN_MAX) {
		cli_misuse(c, "what is \"%s\" for?", arg);
		return false;
	}
	c->arguments[c->arguments_len++] = str_from(arg);
	return true;
}

static bool
take_all(struct cli *c, int argc, char **argv, struct leftover *left)
{
	bool only_arguments = false;

	for (int i = 0; i < argc; i++) {
		const struct str arg = str_from(argv[i]);

		if (!only_arguments && str_eq(arg, STR("--")))
			only_arguments = true;
		else if (!only_arguments && is_flag(arg) ? !take_option(c, argc, argv, &i, left)
							 : !take_argument(c, argv[i]))
			return false;
	}
	return true;
}

static bool
take_output(struct cli *c)
{
	const struct str output = cli_value(c, OUTPUT.name);

	c->json = str_eq(output, STR("json")) || (str_is_null(output) && c->command->prints_json);
	if (str_is_null(output) || c->json || str_eq(output, STR("table")))
		return true;
	cli_misuse(c, "--output knows json and table");
	return false;
}

/* Reads the arguments of a known command and runs it. */
static enum cli_exit
run_command(struct cli *c, int argc, char **argv, char **env)
{
	struct leftover left = { .argv = ARENA_NEW_ARRAY(c->arena, char *, (size_t)argc + 1) };
	struct err err;

	if (left.argv == NULL)
		return cli_complain(c, "too many arguments");
	if (!take_all(c, argc, argv, &left))
		return CLI_MISUSED;
	if (cli_has(c, HELP.name))
		return help_on(c);
	if (c->arguments_len < c->command->least)
		return cli_misuse(c, "it needs %s", c->command->arguments);
	if (!take_output(c))
		return CLI_MISUSED;
	if (!conf_load(left.argc, left.argv, env, &c->conf, NULL, &err)) {
		if (err.kind == ERR_BAD_REQUEST)
			return cli_misuse(c, "%s", err.msg);
		return cli_complain(c, "%s", err.msg);
	}
	log_open(STDERR_FILENO, c->conf->log.level, c->conf->log.format);
	return c->command->run(c);
}

/* The first word of a command is there and the second is not. */
static enum cli_exit
help_family(const struct cli *c, int argc, char **argv)
{
	const struct str family = str_from(argv[0]);
	const bool is_asked = argc == 2 && str_eq(str_from(argv[1]), STR(HELP_FLAG));

	if (list_commands(NULL, family) == 0)
		return cli_misuse(c, "there is no command \"%s\"", argv[0]);
	if (argc > 1 && !is_asked)
		cli_complain(c, "there is no command \"%s %s\"", argv[0], argv[1]);
	fprintf(is_asked ? stdout : stderr, "%s %s is one of:\n", c->program, argv[0]);
	list_commands(is_asked ? stdout : stderr, family);
	fprintf(is_asked ? stdout : stderr, "\n--help behind it says more.\n");
	return is_asked ? CLI_DONE : CLI_MISUSED;
}

static enum cli_exit
run(struct cli *c, int argc, char **argv, char **env)
{
	const struct str first = argc > 0 ? str_from(argv[0]) : STR("");
	int words = 0;

	if (argc > 0 && find_command(c, argc, argv, &words))
		return run_command(c, argc - words, argv + words, env);
	if (str_eq(first, STR("--version")))
		return VERSION_COMMANDS[0].run(c);
	if (str_eq(first, STR("--help")) || str_eq(first, STR("help")))
		return help_all(c);
	if (argc == 0) {
		help_all(c);
		return CLI_MISUSED;
	}
	return help_family(c, argc, argv);
}

static const char *
base_name(const char *path)
{
	const struct str s = str_from(path);

	for (size_t i = s.len; i > 0; i--) {
		if (s.ptr[i - 1] == '/')
			return path + i;
	}
	return path;
}

int
cli_main(int argc, char **argv, char **env)
{
	struct cli c = { .program = "symbolon", .arena = arena_new(MEMORY) };
	const bool is_bench = argc > 0 && str_eq(str_from(base_name(argv[0])), STR("bench"));
	enum cli_exit outcome;

	json_init();
	argc = MAX(argc - 1, 0);
	argv++;
	if (is_bench) {
		c.program = "bench";
		outcome =
		    execute_skip_site(&c, &argc, &argv) ? run(&c, argc, argv, env) : CLI_MISUSED;
	} else {
		outcome = run(&c, argc, argv, env);
	}
	rpc_close(c.rpc);
	conf_free(c.conf);
	arena_free(c.arena);
	log_flush();
	if (fflush(stdout) != 0 && outcome == CLI_DONE)
		outcome = CLI_FAILED; /* the disk is full, or nobody reads */
	return (int)outcome;
}

/* ---- for commands ---- */

bool
cli_read_secret(struct cli *c, const char *prompt, struct str *out)
{
	char text[SECRET_MAX];
	struct termios before, silent;
	const bool is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	struct err err;

	if (is_terminal) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		fprintf(stderr, "%s: ", prompt);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	const char *line = fgets(text, sizeof(text), stdin);

	if (is_terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (line == NULL) {
		cli_complain(c, "standard input is empty");
		return false;
	}
	struct str secret = str_from(text);

	while (secret.len > 0 && (str_ends(secret, STR("\n")) || str_ends(secret, STR("\r"))))
		secret.len--;
	const bool ok = secret.len > 0 && arena_str(c->arena, secret, out, &err);

	explicit_bzero(text, sizeof(text));
	if (!ok)
		cli_complain(c, "the first line of standard input is empty");
	return ok;
}

bool
cli_call(struct cli *c, const char *method, struct str arguments, const json_t **message)
{
	struct rpc_answer answer;
	struct err err;

	if (!rpc_call(c, str_from(method), arguments, &answer, &err)) {
		cli_complain(c, "%s", err.msg);
		return false;
	}
	if (answer.failed) {
		cli_complain(c, "%.*s", STR_FMT(answer.reason));
		return false;
	}
	*message = answer.message;
	return true;
}

void
cli_print(const struct cli *c, const json_t *value)
{
	if (c->json)
		output_json(value, false);
	else
		output_table(value);
}
