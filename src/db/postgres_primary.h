/*
 * postgres_primary.h - which server is the primary, of those that a connection string names; for
 * db/ only.
 *
 * libpq takes the first that may be written to, which may be an old one that came back
 * (postgres_history.h).
 */
#ifndef DB_POSTGRES_PRIMARY_H
#define DB_POSTGRES_PRIMARY_H

#include "db/postgres_link.h"

/*
 * Connects to each host by itself, where there are several, so that the history knows the latest
 * one before the first is used. Those that do not answer take connect_timeout_s each.
 */
void postgres_primary_look(const struct postgres_options *o);

/*
 * postgres_link_open(), to no server of the past: if the first that may be written to is one, the
 * others are tried. ERR_UNAVAILABLE, with words for the operator in the cause.
 */
MUST_USE bool postgres_primary_open(
    const struct postgres_options *o, struct postgres_link **out, struct err *err);

#endif
