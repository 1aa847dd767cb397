/*
 * backup.h - symbolon backup: copies of the database, and their way back.
 */
#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H

#include "cli/cli.h"

extern const struct cli_command BACKUP_COMMANDS[];
extern const size_t BACKUP_COMMANDS_LEN;

#endif
