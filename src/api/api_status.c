#include "api/api_status.h"

#include "auth/auth.h"
#include "base/clock.h"

static void
put_time(struct json_out *out, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	json_put_str(out, key, clock_stamp(us, text));
}

/* Counts are since the start, of this node. */
static bool
status(struct call *call, struct err *err)
{
	const struct auth_counts c = auth_counts(call->auth);
	const struct {
		const char *key;
		uint64_t n;
	} numbers[] = {
		{ "keys", c.keys },
		{ "secrets", c.secrets },
		{ "sessions", c.sessions },
		{ "token_table_bytes", c.table_bytes },
		{ "accepted", c.accepted },
		{ "refused", c.refused },
		{ "throttled", c.throttled },
		{ "guests", c.guests },
		{ "session_requests", c.sessions_accepted },
	};

	(void)err;
	json_open_object(&call->out);
	json_put_str(&call->out, "version", STR(SYMBOLON_VERSION));
	put_time(&call->out, "started", c.since_us);
	put_time(&call->out, "now", call->now_us);
	json_put_str(&call->out, "time_zone", clock_zone());
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		json_put_int(&call->out, numbers[i].key, (int64_t)numbers[i].n);
	if (call->tell != NULL)
		call->tell(call->site, &call->out);
	json_close_object(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("symbolon.server.status"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_MEMORY, .body = status,
	  .help = "Version, start, keys and sessions, and since the start what became of credentials, requests by status, how long they took" },
};
/* clang-format on */

const struct method_table API_STATUS_METHODS = { METHODS, ARRAY_LEN(METHODS) };
