#include "cli/audit.h"

#include "base/buf.h"
#include "base/clock.h"
#include "json/json_in.h"
#include "json/json_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 4096, PLAIN_MS = 5000 };

static enum cli_exit verify(struct cli *c), export_lines(struct cli *c);

static const struct cli_option VERIFY_OPTIONS[] = {
	{ "--head", "DIGEST", "A digest that was kept elsewhere, and must be one of the chain's" },
};

static const struct cli_option EXPORT_OPTIONS[] = {
	{ "--after", "N", "Begin behind the row of this sequence" },
};

/* clang-format off */
const struct cli_command AUDIT_COMMANDS[] = {
	{ .name = "audit verify", .arguments = "", .run = verify, .prints = true,
	  .options = VERIFY_OPTIONS, .options_len = ARRAY_LEN(VERIFY_OPTIONS),
	  .help = "Say whether the audit log is as it was written, or which row is the first that is not" },
	{ .name = "audit export", .arguments = "", .run = export_lines,
	  .options = EXPORT_OPTIONS, .options_len = ARRAY_LEN(EXPORT_OPTIONS),
	  .help = "Print the audit log, one JSON object a line" },
};
/* clang-format on */
const size_t AUDIT_COMMANDS_LEN = ARRAY_LEN(AUDIT_COMMANDS);

/* What the command line itself has written waits for a seal while no server runs. */
static bool
seal(struct cli *c)
{
	const json_t *nothing;

	return cli_call(c, "symbolon.audit.seal", STR("{}"), &nothing);
}

static enum cli_exit
complain_broken(const struct cli *c, const json_t *broken)
{
	const json_t *name = json_object_get(broken, "name");
	const char *const why = json_string_value(json_object_get(broken, "why"));
	const json_int_t sequence = json_integer_value(json_object_get(broken, "sequence"));

	if (sequence == 0)
		return cli_complain(c, "the audit log is not as it was written: %s", why);
	return cli_complain(c,
	    "the audit log is not as it was written, from row %" PRId64 "%s%s%s on: %s",
	    (int64_t)sequence, json_is_string(name) ? " (" : "",
	    json_is_string(name) ? json_string_value(name) : "", json_is_string(name) ? ")" : "",
	    why);
}

/* On a terminal one line that changes; otherwise a line every few seconds. */
static void
say_progress(const json_t *answer, int64_t *said_ms)
{
	const bool is_terminal = isatty(STDERR_FILENO);
	const json_int_t rows = json_integer_value(json_object_get(answer, "rows"));
	const json_int_t all = json_integer_value(json_object_get(answer, "all"));

	if (is_terminal)
		fputs("\r\033[K", stderr); /* also before what follows the last one */
	if (all > 0 && (is_terminal || clock_mono_ms() - *said_ms >= PLAIN_MS)) {
		*said_ms = clock_mono_ms();
		fprintf(stderr, "%lld of %lld rows verified%s", (long long)rows, (long long)all,
		    is_terminal ? "" : "\n");
	}
	fflush(stderr);
}

/* Asks for one part after the other. */
static const json_t *
verify_all(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	const struct str head = cli_value(c, "--head");
	int64_t said_ms = clock_mono_ms();
	struct str next = STR_NULL;
	const json_t *answer;

	do {
		buf_clear(&text);
		struct json_out out = JSON_OUT(&text);

		json_open_object(&out);
		if (!str_is_null(head))
			json_put_str(&out, "head", head);
		if (!str_is_null(next))
			json_put_str(&out, "next", next);
		json_close_object(&out);
		if (!cli_call(c, "symbolon.audit.verify", buf_str(&text), &answer))
			return NULL;
		next = json_text(json_object_get(answer, "next"));
		say_progress(answer, &said_ms);
	} while (!str_is_null(next));
	return answer;
}

static enum cli_exit
verify(struct cli *c)
{
	const json_t *const answer = seal(c) ? verify_all(c) : NULL;

	if (answer == NULL)
		return CLI_FAILED;
	cli_print(c, answer);
	return json_is_true(json_object_get(answer, "intact"))
	    ? CLI_DONE
	    : complain_broken(c, json_object_get(answer, "broken"));
}

static enum cli_exit
export_lines(struct cli *c)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ARGUMENTS_MAX);
	const struct str given = cli_value(c, "--after");
	const json_t *answer;
	int64_t after = 0, last = -1;

	if (!str_is_null(given) && !str_to_int64(given, &after))
		return cli_misuse(c, "--after is the sequence of a row, a number");
	if (!seal(c))
		return CLI_FAILED;
	for (; after != last; after = json_integer_value(json_object_get(answer, "last"))) {
		last = after;
		buf_clear(&text);
		buf_printf(&text, "{\"after\":%" PRId64 "}", after);
		if (!cli_call(c, "symbolon.audit.lines", buf_str(&text), &answer))
			return CLI_FAILED;
		const struct str lines = json_text(json_object_get(answer, "lines"));

		fwrite(lines.ptr, 1, lines.len, stdout);
	}
	return CLI_DONE;
}
