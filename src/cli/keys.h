/*
 * keys.h - symbolon keys: API keys.
 */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "cli/cli.h"

extern const struct cli_command KEYS_COMMANDS[];
extern const size_t KEYS_COMMANDS_LEN;

#endif
