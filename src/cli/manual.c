#include "cli/manual.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>

enum { TEXT_MAX = 1024 * 1024, LINE_SIZE = 4096 };

static enum cli_exit manual(struct cli *c);

/* For the build: the page lists what the tables of commands and settings hold. */
const struct cli_command MANUAL_COMMANDS[] = {
	{ .name = "manual",
	    .arguments = "FILE",
	    .least = 1,
	    .most = 1,
	    .help = "Print FILE with @COMMANDS@ and @SETTINGS@ filled in",
	    .run = manual,
	    .hidden = true },
};
const size_t MANUAL_COMMANDS_LEN = ARRAY_LEN(MANUAL_COMMANDS);

/* Text of a man page: what roff would take for its own is escaped. */
static void
put_roff(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '-' || text.ptr[i] == '\\')
			fputs(text.ptr[i] == '-' ? "\\-" : "\\e", stdout);
		else
			fputc(text.ptr[i], stdout);
	}
}

static void
put_options(const struct cli_command *command)
{
	for (size_t i = 0; i < command->options_len; i++) {
		printf(".RS\n.TP\n.B ");
		put_roff(str_from(command->options[i].name));
		if (command->options[i].value != NULL)
			printf(" \\fI%s\\fP", command->options[i].value);
		fputc('\n', stdout);
		put_roff(str_from(command->options[i].help));
		printf(".\n.RE\n");
	}
}

static void
put_commands(void)
{
	const struct cli_command *command;
	size_t family = 0, at = 0;

	while ((command = cli_next_command(&family, &at)) != NULL) {
		printf(".TP\n\\fBsymbolon ");
		put_roff(str_from(command->name));
		printf("\\fP");
		if (command->arguments[0] != '\0')
			printf(" \\fI%s\\fP", command->arguments);
		printf("\n");
		put_roff(str_from(command->help));
		printf(".\n");
		put_options(command);
	}
}

/* conf_help(): a line with the name, and indented ones below it. */
static void
put_settings(void)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(TEXT_MAX);
	struct str rest, line;

	conf_help(&text);
	rest = buf_str(&text);
	while (rest.len > 0) {
		(void)str_cut(rest, '\n', &line, &rest);
		const bool is_name = line.len > 0 && line.ptr[0] != ' ';

		if (line.len == 0)
			continue;
		printf(is_name ? ".TP\n.B " : "");
		put_roff(str_trim(line));
		printf(is_name ? "\n" : "\n.br\n");
	}
}

static enum cli_exit
manual(struct cli *c)
{
	char path[LINE_SIZE], line[LINE_SIZE];

	snprintf(path, sizeof(path), "%.*s", STR_FMT(c->arguments[0]));
	FILE *in = fopen(path, "re");

	if (in == NULL)
		return cli_complain(c, "cannot read %s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), in) != NULL) {
		if (str_eq(str_from(line), STR("@COMMANDS@\n")))
			put_commands();
		else if (str_eq(str_from(line), STR("@SETTINGS@\n")))
			put_settings();
		else
			fputs(line, stdout);
	}
	(void)fclose(in);
	return CLI_DONE;
}
