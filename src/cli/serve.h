/*
 * serve.h - symbolon serve: the server.
 */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "cli/cli.h"

extern const struct cli_command SERVE_COMMANDS[];
extern const size_t SERVE_COMMANDS_LEN;

#endif
