/*
 * user.h - symbolon user: users.
 */
#ifndef CLI_USER_H
#define CLI_USER_H

#include "cli/cli.h"

extern const struct cli_command USER_COMMANDS[];
extern const size_t USER_COMMANDS_LEN;

#endif
