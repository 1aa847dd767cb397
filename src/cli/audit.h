/*
 * audit.h - symbolon audit verify|export: is the audit log as it was written; its rows as lines.
 */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H

#include "cli/cli.h"

extern const struct cli_command AUDIT_COMMANDS[];
extern const size_t AUDIT_COMMANDS_LEN;

#endif
