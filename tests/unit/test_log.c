#include "tests/unit/unit.h"

#include "base/log.h"

#include <unistd.h>

/* What was written since the log was opened on the pipe. */
static struct str
take(int fd, char *text, size_t size)
{
	log_flush();
	const ssize_t n = read(fd, text, size);

	return (struct str){ text, n < 0 ? 0 : (size_t)n };
}

static void
a_value_cannot_forge_a_line(void **state UNUSED)
{
	char text[8192];
	struct log_line l;
	int pipe_fds[2];

	CHECK(pipe(pipe_fds) == 0);
	log_open(pipe_fds[1], LOG_INFO, LOG_LOGFMT);
	log_begin(&l, LOG_INFO, "request");
	log_str(&l, "path", STR("/a\nlevel=error \"x\\\x80"));
	log_str(&l, "plain", STR("/api/method/ping"));
	log_int(&l, "status", 200);
	log_end(&l);
	const struct str line = take(pipe_fds[0], text, sizeof(text));

	CHECK(str_starts(line, STR("time=")));
	CHECK(str_ends(line,
	    STR(" level=info event=request path=\"/a\\u000alevel=error \\\"x\\\\\\u0080\""
		" plain=/api/method/ping status=200\n")));
	log_open(pipe_fds[1], LOG_WARN, LOG_JSON);
	log_text(LOG_INFO, "quiet", "not written");
	log_text(LOG_WARN, "settings", "unknown variable %s", "X");
	CHECK(str_ends(take(pipe_fds[0], text, sizeof(text)),
	    STR("\"level\":\"warn\",\"event\":\"settings\",\"text\":\"unknown variable X\"}\n")));
	log_open(2, LOG_INFO, LOG_LOGFMT);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void
a_long_value_is_cut_and_the_line_stays_whole(void **state UNUSED)
{
	char text[8192];
	char value[4000];
	struct log_line l;
	int pipe_fds[2];
	struct err err;

	memset(value, 'a', sizeof(value));
	CHECK(pipe(pipe_fds) == 0);
	log_open(pipe_fds[1], LOG_INFO, LOG_JSON);
	log_begin(&l, LOG_INFO, "long");
	for (int i = 0; i < 50; i++)
		log_str(&l, "v", (struct str){ value, sizeof(value) });
	log_int(&l, "n", 7);
	log_end(&l);
	const struct str line = take(pipe_fds[0], text, sizeof(text));

	CHECK(str_starts(line, STR("{\"time\":")) && str_ends(line, STR(",\"cut\":1}\n")));
	err_set(&err, ERR_UNAVAILABLE, "try later");
	err_cause(&err, "disk");
	log_err(LOG_ERROR, "db", &err);
	CHECK(str_ends(take(pipe_fds[0], text, sizeof(text)),
	    STR("\"error\":\"ServiceUnavailable\",\"text\":\"try later\",\"cause\":\"disk\"}\n")));
	log_open(2, LOG_INFO, LOG_LOGFMT);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

UNIT_TESTS(a_value_cannot_forge_a_line, a_long_value_is_cut_and_the_line_stays_whole)
