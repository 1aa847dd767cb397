/* The exchange on real sockets, with stand-ins for the rooms around it. */
#include "tests/unit/unit.h"

#include "server/tally.h"
#include "tests/unit/exchange_service.h"

static void
answers_in_order_whatever_lane_a_call_runs_in(void **state)
{
	static const char *const PATHS[] = { "/memory", "/read", "/memory", "/short", "/fail",
		"/read" };
	struct service *s = service_new();

	(void)state;
	start(s, 10000);
	const int fd = connect_to(s, 0);
	char all[4096] = "";
	size_t len = 0;

	atomic_store(&s->lanes.delay_ms, 3);
	for (int i = 0; i < 12; i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len,
		    "GET %s HTTP/1.1\r\nHost: x\r\nX-Frappe-Request-Id: n%d\r\nAuthorization: "
		    "good\r\n\r\n",
		    PATHS[i % 6], i);
	say(fd, (struct str){ all, len });
	for (int i = 0; i < 12; i++) {
		char id[8];
		const struct answer a = hear(fd, false);

		snprintf(id, sizeof(id), "n%d", i);
		CHECK_STR(str_from(a.id), id);
		CHECK_CASE(id, a.status == (i % 6 == 4 ? 417 : 200));
		CHECK_CASE(id, i % 6 == 4 || has(a, "user=ada@example.com"));
	}
	/* And the same byte by byte. */
	len = strlen("GET /memory HTTP/1.1\r\nHost: x\r\nX-Frappe-Request-Id: n0\r\n"
		     "Authorization: good\r\n\r\n");
	for (size_t i = 0; i < len; i++)
		say(fd, (struct str){ all + i, 1 });
	CHECK(has(hear(fd, false), "user=ada@example.com"));
	close(fd);
	service_end(s);
}

static void
judges_credentials_before_a_body(void **state)
{
	static const struct {
		const char *what, *request;
		int status,
		    then; /* then: of a second request on the same connection; 0: it was closed */
	} cases[] = {
		{ "wrong secret", "GET /memory HTTP/1.1\r\nHost: x\r\nAuthorization: bad\r\n\r\n",
		    401, 200 },
		{ "the body is there",
		    "POST /memory HTTP/1.1\r\nHost: x\r\nAuthorization: bad\r\nContent-Length: "
		    "2\r\n\r\nab",
		    401, 200 },
		{ "the body never comes",
		    "POST /memory HTTP/1.1\r\nHost: x\r\nAuthorization: bad\r\nContent-Length: "
		    "9\r\n\r\nab",
		    401, 0 },
		{ "expecting",
		    "POST /memory HTTP/1.1\r\nHost: x\r\nAuthorization: bad\r\nExpect: "
		    "100-continue\r\nContent-Length: 9\r\n\r\n",
		    401, 0 },
		{ "expecting, too large",
		    "POST /memory HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
		    "65537\r\n\r\n",
		    413, 0 },
		{ "too large", "POST /memory HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n",
		    413, 0 },
		{ "a length beyond all",
		    "POST /memory HTTP/1.1\r\nHost: x\r\nContent-Length: "
		    "9223372036854775807\r\n\r\n",
		    413, 0 },
		{ "no framing", "nonsense\r\n\r\n", 400, 0 },
		{ "a bad chunk",
		    "POST /memory HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		    400, 0 },
		{ "asked to close", "GET /memory HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		    200, 0 },
		{ "another's error", "GET /fail HTTP/1.1\r\nHost: x\r\n\r\n", 417, 200 },
	};
	struct service *s = service_new();

	(void)state;
	start(s, 10000);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const int fd = connect_to(s, 0);

		say(fd, str_from(cases[i].request));
		struct answer a = hear(fd, false);

		CHECK_CASE(cases[i].what, a.status == cases[i].status);
		CHECK_CASE(cases[i].what, a.keep_alive == (cases[i].then != 0));
		if (cases[i].then == 0) {
			expect_end(fd);
		} else {
			say(fd, STR("GET /memory HTTP/1.1\r\nHost: x\r\n\r\n"));
			a = hear(fd, false);
			CHECK_CASE(
			    cases[i].what, a.status == cases[i].then && has(a, "user=Guest"));
		}
		close(fd);
	}
	service_end(s);
}

/* Sends a body of n bytes by length or in chunks of 15, in pieces of piece bytes. */
static void
send_body(int fd, size_t n, bool chunked, size_t piece, uint64_t *hash)
{
	struct buf plain = BUF_INIT(16 << 20), wire = BUF_INIT(16 << 20);

	for (size_t i = 0; i < n; i++)
		buf_put_char(&plain, (char)(i * 7 + i / 251));
	*hash = str_hash(buf_str(&plain), 1);
	if (chunked) {
		buf_lit(&wire,
		    "POST /hash HTTP/1.1\r\nHost: x\r\nAuthorization: good\r\nTransfer-Encoding: "
		    "chunked\r\n\r\n");
		for (size_t at = 0; at < n; at += 15) {
			const struct str part = str_sub(buf_str(&plain), at, 15);

			buf_printf(&wire, "%zx\r\n", part.len);
			buf_put(&wire, part);
			buf_lit(&wire, "\r\n");
		}
		buf_lit(&wire, "0\r\n\r\n");
	} else {
		buf_printf(&wire,
		    "POST /hash HTTP/1.1\r\nHost: x\r\nAuthorization: good\r\nContent-Length: "
		    "%zu\r\n\r\n",
		    n);
		buf_put(&wire, buf_str(&plain));
	}
	for (size_t at = 0; at < wire.len; at += piece)
		say(fd, str_sub(buf_str(&wire), at, piece));
	buf_free(&plain);
	buf_free(&wire);
}

static void
takes_bodies_of_every_size_in_memory_and_in_files(void **state)
{
	static const size_t SIZES[] = { 0, 1, 100, 65536, 65537, 262143, 262144, 262145, 400000,
		3000000 };
	static const size_t PIECES[] = { 61, 5000, 10000000 };
	struct service *s = service_new();
	char want[64];

	(void)state;
	start(s, 10000);
	const int fd = connect_to(s, 0);

	for (size_t i = 0; i < ARRAY_LEN(SIZES) * ARRAY_LEN(PIECES) * 2; i++) {
		const size_t n = SIZES[i / 2 % ARRAY_LEN(SIZES)];
		const size_t piece = PIECES[i / 2 / ARRAY_LEN(SIZES)];
		uint64_t hash;

		if (piece < 100 && n > 70000)
			continue;
		send_body(fd, n, i % 2 == 1, piece, &hash);
		const struct answer a = hear(fd, false);

		snprintf(want, sizeof(want), "body=%zu fnv=%llx", n, (unsigned long long)hash);
		CHECK_CASE(want, a.status == 200 && a.keep_alive && has(a, want));
	}
	/* Chunks beyond the limit, which no length announced. */
	uint64_t hash;

	send_body(fd, FAKE_LIMIT + 1, true, 10000000, &hash);
	assert_int_equal(hear(fd, false).status, 413);
	expect_end(fd);
	close(fd);
	service_end(s);
}

static void
says_go_on_to_who_expects_it(void **state)
{
	struct service *s = service_new();

	(void)state;
	start(s, 10000);
	const int fd = connect_to(s, 0);

	say(fd,
	    STR("POST /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
		"5\r\n\r\n"));
	assert_int_equal(hear(fd, true).status, 100);
	say(fd, STR("hello"));
	CHECK(has(hear(fd, false), "body=5"));
	/* Whoever did not wait is not told. */
	say(fd,
	    STR("POST /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
		"5\r\n\r\nhello"));
	assert_int_equal(hear(fd, false).status, 200);
	close(fd);
	service_end(s);
}

static void
believes_trusted_proxies_only(void **state)
{
	static const struct {
		const char *what, *fields, *answer;
		bool trusted;
	} cases[] = {
		{ "no proxy", "", "peer=127.0.0.1 secure=0", true },
		{ "the right-most untrusted", "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.2\r\n",
		    "peer=203.0.113.9 ", true },
		{ "all trusted", "X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n", "peer=10.0.0.3 ",
		    true },
		{ "several fields", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9\r\n",
		    "peer=203.0.113.9 ", true },
		{ "goes on in the field before",
		    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.0.0.2\r\n",
		    "peer=203.0.113.9 ", true },
		{ "with a port", "X-Forwarded-For: 203.0.113.9:4711\r\n", "peer=203.0.113.9 ",
		    true },
		{ "IPv6 with a port", "X-Forwarded-For: [2001:db8::1]:4711\r\n",
		    "peer=2001:db8::1 ", true },
		{ "nonsense ends the list", "X-Forwarded-For: 203.0.113.9, unknown, 10.0.0.2\r\n",
		    "peer=10.0.0.2 ", true },
		{ "the scheme", "X-Forwarded-Proto: https\r\n", "secure=1", true },
		{ "the right-most scheme", "X-Forwarded-Proto: https, http\r\n", "secure=0", true },
		{ "a stranger's address", "X-Forwarded-For: 203.0.113.9\r\n", "peer=127.0.0.1 ",
		    false },
		{ "a stranger's scheme", "X-Forwarded-Proto: https\r\n", "secure=0", false },
	};

	(void)state;
	for (int trusted = 0; trusted < 2; trusted++) {
		struct service *s = service_new();

		if (trusted)
			s->conf.http.trusted_proxies =
			    (struct conf_list){ TRUSTED, ARRAY_LEN(TRUSTED) };
		start(s, 10000);
		const int fd = connect_to(s, 0);

		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			char request[512];

			if (cases[i].trusted != (trusted == 1))
				continue;
			snprintf(request, sizeof(request),
			    "GET /memory HTTP/1.1\r\nHost: x\r\n%s\r\n", cases[i].fields);
			say(fd, str_from(request));
			CHECK_CASE(cases[i].what, has(hear(fd, false), cases[i].answer));
		}
		close(fd);
		service_end(s);
	}
}

static void
echoes_request_ids_that_are_safe_and_makes_others(void **state)
{
	static const struct {
		const char *id;
		bool echoed;
	} cases[] = {
		{ "a", true },
		{ "A-z.0_9", true },
		{ "", false },
		{ "with blank", false },
		{ "quote\"", false },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false },
	};
	struct service *s = service_new();
	char before[80] = "";

	(void)state;
	start(s, 10000);
	const int fd = connect_to(s, 0);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char request[256];

		snprintf(request, sizeof(request),
		    "GET /memory HTTP/1.1\r\nHost: x\r\nX-Frappe-Request-Id: %s\r\n\r\n",
		    cases[i].id);
		say(fd, str_from(request));
		const struct answer a = hear(fd, false);

		CHECK_CASE(cases[i].id, (strcmp(a.id, cases[i].id) == 0) == cases[i].echoed);
		CHECK_CASE(cases[i].id, strcmp(a.id, before) != 0 && a.id[0] != '\0');
		memcpy(before, a.id, sizeof(before));
	}
	close(fd);
	service_end(s);
}

static void
keeps_each_door_to_its_own(void **state)
{
	enum { PUBLIC, ADMIN, CONTROL, CONTROL_BY_TCP };
	static const struct {
		const char *what;
		size_t listener;
		const char *request;
		int status;
		const char *answer;
	} cases[] = {
		{ "numbers", ADMIN, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200, "numbers 1" },
		{ "numbers for nobody by name", ADMIN,
		    "GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: bad\r\n\r\n", 200,
		    "numbers 1" },
		{ "health", ADMIN,
		    "GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: good\r\n\r\n", 200,
		    "user=Guest" },
		{ "nothing else", ADMIN, "GET /memory HTTP/1.1\r\nHost: x\r\n\r\n", 404, "error=" },
		{ "no posting", ADMIN,
		    "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405,
		    "error=" },
		{ "numbers are not public", PUBLIC, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200,
		    "user=Guest" },
		{ "control", CONTROL, "GET /memory HTTP/1.1\r\nHost: x\r\n\r\n", 200,
		    "user=Administrator peer=unix" },
		{ "control from a lane", CONTROL, "GET /read HTTP/1.1\r\nHost: x\r\n\r\n", 200,
		    "user=Administrator peer=unix" },
		{ "control without a uid", CONTROL_BY_TCP,
		    "GET /memory HTTP/1.1\r\nHost: x\r\n\r\n", 403, "" },
	};
	struct service *s = service_new();

	(void)state;
	start(s, 10000);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const int fd = connect_to(s, cases[i].listener);

		say(fd, str_from(cases[i].request));
		const struct answer a = hear(fd, false);

		CHECK_CASE(cases[i].what, a.status == cases[i].status && has(a, cases[i].answer));
		close(fd);
	}
	service_end(s);
}

static void
sends_large_answers_from_files_and_compresses_texts(void **state)
{
	struct service *s = service_new();

	(void)state;
	start(s, 10000);
	const int fd = connect_to(s, 0);

	say(fd,
	    STR("GET /large HTTP/1.1\r\nHost: x\r\n\r\nGET /memory HTTP/1.1\r\nHost: x\r\n\r\n"));
	struct answer a = hear(fd, false);

	assert_int_equal(a.length, FAKE_LARGE);
	for (int64_t i = 1000; i < a.length; i++)
		assert_int_equal(a.body.ptr[i], 'a' + i % 26);
	assert_int_equal(hear(fd, false).status, 200);
	say(fd,
	    STR("HEAD /large HTTP/1.1\r\nHost: x\r\n\r\nHEAD /memory HTTP/1.1\r\nHost: x\r\n\r\n"));
	assert_int_equal(hear(fd, true).length, FAKE_LARGE);
	CHECK(hear(fd, true).length > 10);
	say(fd,
	    STR("GET /text HTTP/1.1\r\nHost: x\r\n\r\nGET /text HTTP/1.1\r\nHost: "
		"x\r\nAccept-Encoding: gzip\r\n\r\n"));
	assert_int_equal(hear(fd, false).length, 20000);
	CHECK(is_compressed(hear(fd, false)));
	say(fd,
	    STR("GET /large HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\nGET /memory "
		"HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"));
	CHECK(is_compressed(hear(fd, false)));
	CHECK(has(hear(fd, false), "user=Guest"));
	close(fd);
	service_end(s);
}

static void
leaves_large_answers_of_a_loop_to_a_lane(void **state)
{
	static const struct str PIPELINE = STR_INIT(
	    "GET /texts HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"
	    "GET /texts HTTP/1.1\r\nHost: x\r\n\r\nGET /memory HTTP/1.1\r\nHost: x\r\n\r\n");
	struct service *s = service_new();

	(void)state;
	start(s, 10000);
	const int fd = connect_to(s, 0);

	say(fd, PIPELINE);
	CHECK(is_compressed(hear(fd, false)));
	assert_int_equal(atomic_load(&s->lanes.len), 1);
	assert_int_equal(hear(fd, false).length, 100 * 1000);
	CHECK(has(hear(fd, false), "user=Guest"));
	atomic_store(&s->lanes.full, true); /* then it goes as it is */
	say(fd, PIPELINE);
	assert_int_equal(hear(fd, false).length, 100 * 1000);
	assert_int_equal(hear(fd, false).length, 100 * 1000);
	CHECK(has(hear(fd, false), "user=Guest"));
	assert_int_equal(atomic_load(&s->lanes.len), 1);
	close(fd);
	service_end(s);
}

static void
counts_answers_against_the_memory_of_all_requests(void **state)
{
	struct service *s = service_new();

	(void)state;
	start(s, 10000);
	const int fd = connect_to(s, 0);

	say(fd, STR("GET /memory HTTP/1.1\r\nHost: x\r\n\r\n"));
	assert_int_equal(hear(fd, false).status, 200);
	s->site.memory.limit = atomic_load(&s->site.memory.used) + 1024 * 1024;
	say(fd, STR("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
	CHECK(hear(fd, false).length < FAKE_LARGE);
	close(fd);
	service_end(s);
}

static void
tells_a_peer_why_it_is_refused_at_the_door(void **state)
{
	struct service *s = service_new();
	char ids[2][80];

	(void)state;
	start(s, 10000);
	const struct net_handler h = exchange_handler(s->x);

	for (int of_address = 0; of_address < 2; of_address++) {
		CLEANUP(buf_free) struct buf out = BUF_INIT(4096);

		h.refused(h.arg, of_address, &out);
		buf_put_char(&out, '\0');
		CHECK(str_starts(
		    buf_str(&out), of_address ? STR("HTTP/1.1 429 ") : STR("HTTP/1.1 503 ")));
		CHECK(strstr(out.ptr, "Connection: close\r\n") != NULL);
		CHECK(strstr(out.ptr, "Retry-After: 1\r\n") != NULL);
		const struct str id = field_of(out.ptr, "X-Frappe-Request-Id: ");

		CHECK(id.len == 16);
		memcpy(ids[of_address], id.ptr, id.len);
	}
	CHECK(memcmp(ids[0], ids[1], 16) != 0);
	service_end(s);
}

static void
ends_a_connection_after_its_share_of_requests(void **state)
{
	struct service *s = service_new();

	(void)state;
	s->conf.http.max_requests_per_connection = 3;
	start(s, 10000);
	const int fd = connect_to(s, 0);

	for (int i = 1; i <= 4; i++)
		say(fd, STR("GET /memory HTTP/1.1\r\nHost: x\r\n\r\n"));
	for (int i = 1; i <= 3; i++)
		CHECK(hear(fd, false).keep_alive == (i < 3));
	expect_end(fd);
	close(fd);
	service_end(s);
}

static void
answers_408_to_what_comes_too_slowly_and_503_when_full(void **state)
{
	static const char *const REQUESTS[] = { "GET /memory HT",
		"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
		"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab" };
	struct service *s = service_new();

	(void)state;
	start(s, 600);
	for (size_t i = 0; i < ARRAY_LEN(REQUESTS); i++) {
		const int fd = connect_to(s, 0);

		say(fd, str_from(REQUESTS[i]));
		assert_int_equal(hear(fd, false).status, 408);
		expect_end(fd);
		close(fd);
	}
	const int fd = connect_to(s, 0);

	atomic_store(&s->lanes.full, true);
	say(fd,
	    STR("GET /read HTTP/1.1\r\nHost: x\r\n\r\nGET /memory HTTP/1.1\r\nHost: x\r\n\r\n"));
	assert_int_equal(hear(fd, false).status, 503);
	assert_int_equal(hear(fd, false).status, 200);
	s->site.memory.limit = 0;
	say(fd,
	    STR("POST /memory HTTP/1.1\r\nHost: x\r\nAuthorization: good\r\nContent-Length: "
		"100000\r\n\r\n"));
	char piece[20000] = "";

	say(fd, (struct str){ piece, sizeof(piece) });
	assert_int_equal(hear(fd, false).status, 503);
	close(fd);
	service_end(s);
}

static void
survives_clients_that_leave_and_finishes_when_it_stops(void **state)
{
	const struct linger abort_it = { .l_onoff = 1 };
	struct service *s = service_new();
	const struct timespec blink = { .tv_nsec = 20 * 1000 * 1000 };

	(void)state;
	start(s, 10000);
	atomic_store(&s->lanes.delay_ms, 250);
	for (int i = 0; i < 6; i++) {
		const int fd = connect_to(s, 0);

		say(fd,
		    i % 2 == 0 ? STR("GET /read HTTP/1.1\r\nHost: x\r\n\r\n")
			       : STR("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: "
				     "60000\r\n\r\nabc"));
		nanosleep(&blink, NULL); /* pause: gone before or in the lane, as it falls */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
		close(fd);
	}
	const int fd = connect_to(s, 0);

	say(fd, STR("GET /read HTTP/1.1\r\nHost: x\r\n\r\n"));
	nanosleep(&blink, NULL); /* pause: the stop finds it in the lane */
	net_stop(s->net, clock_mono_ms() + 5000);
	const struct answer a = hear(fd, false);

	CHECK(a.status == 200 && !a.keep_alive);
	expect_end(fd);
	close(fd);
	service_end(s);
}

static void
counts_what_it_answers(void **state)
{
	struct service *s = service_new();
	struct buf out = BUF_INIT(1 << 20);

	(void)state;
	start(s, 10000);
	for (int i = 0; i < 4; i++) {
		const int fd = connect_to(s, 0);

		say(fd,
		    i == 3 ? STR("nonsense\r\n\r\n")
			   : STR("GET /memory HTTP/1.1\r\nHost: x\r\n\r\nGET /fail "
				 "HTTP/1.1\r\nHost: x\r\n\r\n"));
		hear(fd, false);
		if (i < 3)
			hear(fd, false);
		close(fd);
	}
	tally_print(exchange_tallies(s->x), NET_MAX_LOOPS, &out);
	static const char *const LINES[] = {
		"symbolon_requests_total{route=\"rpc\",status=\"2xx\"} 3\n",
		"symbolon_requests_total{route=\"rpc\",status=\"4xx\"} 3\n",
		"symbolon_request_seconds_bucket{le=\"+Inf\"} 6\n",
		"symbolon_request_seconds_count 6\n",
		"symbolon_refused_total 1\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(LINES); i++)
		CHECK_CASE(LINES[i], str_find_str(buf_str(&out), str_from(LINES[i])) >= 0);
	buf_free(&out);
	service_end(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { UNIT_EACH(answers_in_order_whatever_lane_a_call_runs_in,
	    judges_credentials_before_a_body, takes_bodies_of_every_size_in_memory_and_in_files,
	    says_go_on_to_who_expects_it, believes_trusted_proxies_only,
	    echoes_request_ids_that_are_safe_and_makes_others, keeps_each_door_to_its_own,
	    sends_large_answers_from_files_and_compresses_texts,
	    leaves_large_answers_of_a_loop_to_a_lane,
	    counts_answers_against_the_memory_of_all_requests,
	    tells_a_peer_why_it_is_refused_at_the_door,
	    ends_a_connection_after_its_share_of_requests,
	    answers_408_to_what_comes_too_slowly_and_503_when_full,
	    survives_clients_that_leave_and_finishes_when_it_stops, counts_what_it_answers) };

	log_open(2, LOG_ERROR + 1, LOG_LOGFMT); /* the requests themselves are not of interest */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
