/*
 * remote.h - a request to the server that uses a data directory, through DIR/control.sock.
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "base/arena.h"

struct remote_request {
	struct str data; /* the directory */
	struct str method;
	struct str arguments; /* a JSON object */
};

/* Does somebody listen there? */
bool remote_is_there(struct str data);

/* Sends it and waits for the answer; *body is in the arena. */
MUST_USE bool remote_call(const struct remote_request *request, struct arena *a, int *status,
    struct str *body, struct err *err);

#endif
