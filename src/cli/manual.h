/*
 * manual.h - symbolon manual: the manual page, at build time.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/cli.h"

extern const struct cli_command MANUAL_COMMANDS[];
extern const size_t MANUAL_COMMANDS_LEN;

#endif
