#include "cli/check_config.h"

#include "base/buf.h"
#include "server/proxy.h"

#include <stdio.h>

enum { TEXT_MAX = 1024 * 1024 };

static enum cli_exit check_config(struct cli *c);

const struct cli_command CHECK_CONFIG_COMMANDS[] = {
	{ .name = "check-config",
	    .arguments = "",
	    .help = "Check the settings, and print each with where it came from",
	    .run = check_config,
	    .settings = true },
};
const size_t CHECK_CONFIG_COMMANDS_LEN = ARRAY_LEN(CHECK_CONFIG_COMMANDS);

/* That each is right by itself has been seen already, when they were loaded. */
static enum cli_exit
check_config(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(TEXT_MAX);
	struct err err;

	if (!proxy_list_check(&c->conf->http.trusted_proxies, &err))
		return cli_complain(c, "%s", err.msg);
	conf_print(c->conf, &text);
	fwrite(text.ptr, 1, text.len, stdout);
	return CLI_DONE;
}
