/*
 * migrate_database.h - moving a site from SQLite to PostgreSQL, and back.
 */
#ifndef CLI_MIGRATE_DATABASE_H
#define CLI_MIGRATE_DATABASE_H

#include "cli/cli.h"

extern const struct cli_command MIGRATE_DATABASE_COMMANDS[];
extern const size_t MIGRATE_DATABASE_COMMANDS_LEN;

#endif
