/*
 * execute.h - symbolon execute: any method, as bench execute does.
 */
#ifndef CLI_EXECUTE_H
#define CLI_EXECUTE_H

#include "cli/cli.h"

extern const struct cli_command EXECUTE_COMMANDS[];
extern const size_t EXECUTE_COMMANDS_LEN;

/* Under the name bench: skips "--site X" before the command. False: complained already. */
MUST_USE bool execute_skip_site(const struct cli *c, int *argc, char ***argv);

#endif
