#include "cli/version.h"

#include <stdio.h>

static enum cli_exit version(struct cli *c);

const struct cli_command VERSION_COMMANDS[] = {
	{ .name = "version", .arguments = "", .help = "Say which version this is", .run = version },
};
const size_t VERSION_COMMANDS_LEN = ARRAY_LEN(VERSION_COMMANDS);

static enum cli_exit
version(struct cli *c)
{
	(void)c;
	printf("symbolon " SYMBOLON_VERSION "\n");
	return CLI_DONE;
}
