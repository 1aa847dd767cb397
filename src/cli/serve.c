#include "cli/serve.h"

#include "server/server.h"

static enum cli_exit serve(struct cli *c);

const struct cli_command SERVE_COMMANDS[] = {
	{ .name = "serve",
	    .arguments = "",
	    .help = "Serve the site in the data directory, and make it first if there is none",
	    .run = serve,
	    .settings = true },
};
const size_t SERVE_COMMANDS_LEN = ARRAY_LEN(SERVE_COMMANDS);

static enum cli_exit
serve(struct cli *c)
{
	struct server *server;
	struct err err = { 0 };

	if (!server_start(c->conf, &server, &err)) {
		if (err.cause[0] != '\0')
			return cli_complain(c, "%s (%s)", err.msg, err.cause);
		return cli_complain(c, "%s", err.msg);
	}
	server_wait(server);
	server_free(server);
	return CLI_DONE;
}
