/*
 * version.h - symbolon version: which program this is.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include "cli/cli.h"

extern const struct cli_command VERSION_COMMANDS[];
extern const size_t VERSION_COMMANDS_LEN;

#endif
