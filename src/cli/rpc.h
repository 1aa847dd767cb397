/*
 * rpc.h - calls of methods from the command line: here, or by the server that runs.
 *
 * A directory that nobody uses is opened and the method runs in this process; else the request
 * goes to DIR/control.sock. The method and its answer are the same.
 */
#ifndef CLI_RPC_H
#define CLI_RPC_H

#include "cli/cli.h"

struct rpc;

struct rpc_answer {
	bool failed;
	const json_t *message; /* what the method answered; NULL: nothing */
	struct str exception;  /* "frappe.exceptions.DoesNotExistError: User x not found" */
	struct str reason;     /* the part of it for people */
};

/* False: it could not be called at all. Everything lives in c->arena. */
MUST_USE bool rpc_call(struct cli *c, struct str method, struct str arguments,
    struct rpc_answer *out, struct err *err);

/* Gives the directory back; NULL does nothing. */
void rpc_close(struct rpc *r);

#endif
