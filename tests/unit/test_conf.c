#include "tests/unit/unit.h"

#include "base/buf.h"
#include "conf/conf.h"

#include <stdlib.h>
#include <unistd.h>

enum { ARGS_MAX = 8 };

struct loading {
	const char *what;
	const char *file; /* its text; NULL: none */
	const char *env[ARGS_MAX];
	const char *args[ARGS_MAX];
	const char *error; /* a part of the message; NULL: none */
};

static char file_path[] = "/tmp/test_conf_XXXXXX";

/* Loads from a file, variables and flags as a program would. */
static bool
load(const struct loading *l, struct conf **out, struct err *err)
{
	char config[64];
	char *argv[ARGS_MAX + 1];
	int argc = 0;

	if (l->file != NULL) {
		memcpy(file_path + sizeof(file_path) - 7, "XXXXXX", 6);
		const int fd = mkstemp(file_path);

		CHECK(fd >= 0);
		CHECK(write(fd, l->file, strlen(l->file)) == (ssize_t)strlen(l->file));
		close(fd);
		snprintf(config, sizeof(config), "--config=%s", file_path);
		argv[argc++] = config;
	}
	for (int i = 0; i < ARGS_MAX && l->args[i] != NULL; i++)
		argv[argc++] = (char *)(uintptr_t)l->args[i];
	const bool ok = conf_load(argc, argv, (char *const *)(uintptr_t)l->env, out, NULL, err);

	if (l->file != NULL)
		unlink(file_path);
	return ok;
}

static void
needs_no_settings(void **state UNUSED)
{
	const struct loading none = { .args = { "--data", "/nonexistent" } };
	struct conf *c;
	struct err err;

	CHECK(load(&none, &c, &err));
	CHECK(c->server.listen.len == 1);
	CHECK_STR(c->server.listen.items[0], "127.0.0.1:8000");
	CHECK(c->server.memory == 512 * 1024 * 1024);
	CHECK(c->server.sandbox && c->http.gzip && c->auth.token_first && !c->auth.strict_csrf);
	CHECK(c->http.rate_limit_s == 0 && c->http.max_head == 16384);
	CHECK_STR(c->site.time_zone, "UTC");
	CHECK(c->log.level == LOG_INFO && c->log.format == LOG_LOGFMT);
	CHECK(str_is_null(c->file));
	conf_free(c);
}

static void
later_sources_win(void **state UNUSED)
{
	const struct loading all = {
		.file = "server {\n\tlisten = {\"a:1\", \"b:2\"}\n\tloops = 3\n\tdrain_s = 4\n}\n"
			"log { level = debug }\nhttp { rate_limit = 2.5/60 }\n",
		.env = { "SYMBOLON_SERVER_LOOPS=5", "SYMBOLON_SERVER_DRAIN_S=6",
		    "SYMBOLON_HTTP_ALLOW_CORS=https://a.test, https://b.test", "HOME=/" },
		.args = { "--server.drain_s", "7", "--listen", "c:3", "--listen=unix:/d" },
	};
	struct conf *c;
	struct err err = { 0 };

	CHECK_CASE(err.msg, load(&all, &c, &err));
	CHECK(c->server.loops == 5);
	CHECK(c->server.drain_s == 7);
	CHECK(c->log.level == LOG_DEBUG);
	CHECK(c->http.rate_limit_s == 2.5 && c->http.rate_window_s == 60);
	CHECK(c->server.listen.len == 2);
	CHECK_STR(c->server.listen.items[0], "c:3");
	CHECK_STR(c->server.listen.items[1], "unix:/d");
	CHECK(c->http.allow_cors.len == 2);
	CHECK_STR(c->http.allow_cors.items[1], "https://b.test");
	CHECK(!str_is_null(c->file));
	conf_free(c);
}

static void
refuses_what_it_does_not_know(void **state UNUSED)
{
	static const struct loading cases[] = {
		{ "a setting", .file = "server {\n\tlisten = \"a:1\"\n\tcolour = 3\n}\n",
		    .error = ":3: " },
		{ "a section", .file = "\nsurver { listen = a }\n", .error = ":2: " },
		{ "half a file", .file = "server {\n\tloops =", .error = ":2: " },
		{ "half a section", .file = "server {\n\tloops = 1\n",
		    .error = ":3: the file ends inside" },
		{ "half a comment", .file = "server {\n\tloops = 1\n}\n/* x",
		    .error = ":4: the file ends inside" },
		{ "a number", .file = "server {\n\n\tloops = many\n}\n",
		    .error = ":3: [server] loops must be a number" },
		{ "too large a number", .args = { "--server.loops", "65" },
		    .error = "--server.loops: [server] loops must be from 0 to 64" },
		{ "a word", .env = { "SYMBOLON_LOG_LEVEL=loud" },
		    .error = "SYMBOLON_LOG_LEVEL: [log] level must be one of debug, " },
		{ "too little", .args = { "--server.memory", "1" },
		    .error = "must be at least 16777216" },
		{ "a rate", .args = { "--http.rate_limit=5" }, .error = "SECONDS/WINDOW" },
		{ "a flag", .args = { "--liste", "a:1" }, .error = "unknown option --liste" },
		{ "a flag without value", .args = { "--listen" }, .error = "needs a value" },
		{ "a secret as an argument", .args = { "--auth.admin_password=x" },
		    .error = "--auth.admin_password_file PATH" },
		{ "TLS without a certificate", .args = { "--tls.listen=a:1" },
		    .error = "[tls] certificate" },
		{ "a file that is not there", .args = { "--config=/nonexistent/c" },
		    .error = "cannot read the settings file /nonexistent/c" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf *c;
		struct err err = { 0 };

		CHECK_CASE(cases[i].what, !load(&cases[i], &c, &err));
		CHECK_CASE(err.msg, strstr(err.msg, cases[i].error) != NULL);
	}
}

static void
reads_sizes(void **state UNUSED)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
	} cases[] = {
		{ "65536", 65536 },
		{ "64K", 65536 },
		{ "2m", 2 * 1024 * 1024 },
		{ "1G", -1 }, /* too many for [http] max_json */
		{ "K", -1 },
		{ "", -1 },
		{ "9223372036854775807K", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct loading l = { .args = { "--http.max_json", cases[i].text } };
		struct conf *c;
		struct err err;
		const bool ok = load(&l, &c, &err);

		CHECK_CASE(cases[i].text, ok == (cases[i].bytes >= 0));
		if (ok) {
			CHECK_CASE(cases[i].text, c->http.max_json == cases[i].bytes);
			conf_free(c);
		}
	}
}

static void
reads_seconds(void **state UNUSED)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: refused */
	} cases[] = {
		{ "30s", 30 },
		{ "30", 30 },
		{ "0", 0 },
		{ "s", -1 },
		{ "1m", -1 },
		{ "-1s", -1 },
		{ "86401s", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct loading l = { .args = { "--database.fail_open", cases[i].text } };
		struct conf *c;
		struct err err;
		const bool ok = load(&l, &c, &err);

		CHECK_CASE(cases[i].text, ok == (cases[i].seconds >= 0));
		if (ok) {
			CHECK_CASE(cases[i].text, c->database.fail_open_s == cases[i].seconds);
			conf_free(c);
		}
	}
}

static void
reads_a_secret_from_its_file_and_never_shows_it(void **state UNUSED)
{
	char path[] = "/tmp/test_conf_secret_XXXXXX", variable[96];
	const int fd = mkstemp(path);
	const struct loading l = { .env = { variable } };
	CLEANUP(buf_free) struct buf text = BUF_INIT(100000);
	struct conf *c;
	struct err err;

	CHECK(write(fd, "geheim!\n", 8) == 8);
	close(fd);
	snprintf(variable, sizeof(variable), "SYMBOLON_ADMIN_PASSWORD_FILE=%s", path);
	CHECK(load(&l, &c, &err));
	unlink(path);
	CHECK_STR(c->auth.admin_password, "geheim!");
	conf_print(c, &text);
	CHECK(str_find_str(buf_str(&text), STR("geheim")) < 0);
	CHECK(str_find_str(buf_str(&text), STR("admin_password = \"********\"")) >= 0);
	CHECK(str_find_str(buf_str(&text), STR("# SYMBOLON_ADMIN_PASSWORD_FILE")) >= 0);
	conf_free(c);
}

static void
what_it_prints_can_be_read_again(void **state UNUSED)
{
	const struct loading first = { .args = { "--http.rate_limit", "2/60", "--site.home_page",
					   "/a\"b\\c", "--listen", "a:1,b:2",
					   "--database.fail_open=30s" } };
	CLEANUP(buf_free) struct buf text = BUF_INIT(100000);
	CLEANUP(buf_free) struct buf again = BUF_INIT(100000);
	struct conf *c;
	struct err err = { 0 };

	CHECK(load(&first, &c, &err));
	conf_print(c, &text);
	buf_put_char(&text, '\0');
	conf_free(c);

	const struct loading second = { .file = text.ptr };

	CHECK_CASE(err.msg, load(&second, &c, &err));
	CHECK_STR(c->site.home_page, "/a\"b\\c");
	CHECK(c->server.listen.len == 2 && c->http.rate_window_s == 60);
	conf_print(c, &again);
	CHECK(buf_ok(&again));
	conf_free(c);
}

static void
hands_back_what_is_no_flag(void **state UNUSED)
{
	char *argv[] = { "one", "--server.loops", "2", "two" };
	struct conf_list rest;
	struct conf *c;
	struct err err;

	CHECK(conf_load(4, argv, NULL, &c, &rest, &err));
	CHECK(rest.len == 2);
	CHECK_STR(rest.items[0], "one");
	CHECK_STR(rest.items[1], "two");
	conf_free(c);
}

UNIT_TESTS(needs_no_settings, later_sources_win, refuses_what_it_does_not_know, reads_sizes,
    reads_seconds, reads_a_secret_from_its_file_and_never_shows_it,
    what_it_prints_can_be_read_again, hands_back_what_is_no_flag)
