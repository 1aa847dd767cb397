/*
 * check_config.h - symbolon check-config: what the settings come to.
 */
#ifndef CLI_CHECK_CONFIG_H
#define CLI_CHECK_CONFIG_H

#include "cli/cli.h"

extern const struct cli_command CHECK_CONFIG_COMMANDS[];
extern const size_t CHECK_CONFIG_COMMANDS_LEN;

#endif
