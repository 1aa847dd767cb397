/*
 * server.h - a running server: site, lanes, loops, housekeeper; start, reload, stop.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "conf/conf.h"
#include "base/err.h"

struct server;

/* Opens the site, starts lanes and loops, listens. Prints "listening on http://..." to standard
 * error, tells sd_notify. */
MUST_USE bool server_start(const struct conf *conf, struct server **out, struct err *err);

/* Waits for SIGTERM or SIGINT; SIGHUP reloads settings and certificates. Then drains and stops. */
void server_wait(struct server *s);
void server_free(struct server *s);

/* Text for /metrics (Prometheus), appended to out; the exchange answers it on the admin door. */
struct buf;
void server_metrics(struct server *s, struct buf *out);

/* The same for people, as members of an open object (symbolon.server.status). Any thread. */
struct json_out;
struct site;
void server_tell(struct site *site, struct json_out *out);

#endif
