/*
 * pepper.h - symbolon pepper ...
 */
#ifndef CLI_PEPPER_H
#define CLI_PEPPER_H

#include "cli/cli.h"

extern const struct cli_command PEPPER_COMMANDS[];
extern const size_t PEPPER_COMMANDS_LEN;

#endif
