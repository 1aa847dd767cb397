/* What net.h promises of a connection, seen from outside. */
#include "tests/unit/unit.h"

#include "base/budget.h"
#include "tests/unit/net_service.h"

static void
answers_what_comes_together_in_order_and_what_comes_in_pieces(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE], many[16 * 1024] = "", number[32];
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const int fd = connect_to(address);
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		len += (size_t)snprintf(
		    many + len, sizeof(many) - len, i % 100 == 50 ? "later %d\n" : "echo %d\n", i);
	atomic_store(&s.delay_ms, 2);
	say(fd, many);
	for (int i = 0; i < 1000; i++) {
		snprintf(number, sizeof(number), "%d", i);
		expect(fd, number);
	}
	for (const char *p = "echo split\necho everywhere\n"; *p != '\0'; p++) {
		assert_int_equal(send(fd, p, 1, 0), 1);
		pause_ms(1);
	}
	expect(fd, "split");
	expect(fd, "everywhere");
	shutdown(fd, SHUT_WR);
	expect_end(fd);
	close(fd);
	end(&s);
}

static void
sends_large_answers_to_slow_readers_while_others_are_served(void **state)
{
	static const size_t SIZE = 6 * 1024 * 1024 + 17;

	(void)state;
	for (int is_unix = 0; is_unix < 2; is_unix++) {
		struct service s = { 0 };
		const struct net_options options = options_for(&s, 1);
		char text[NET_ADDRESS_SIZE], given[GIVEN_SIZE], directory[64], line[64];
		const struct str address =
		    serve(&s, &options, some_address(is_unix, given, directory), text);
		const int slow = connect_to(address), other = connect_to(address);

		snprintf(line, sizeof(line), "big %zu\nfile %zu\necho after\n", SIZE, SIZE);
		say(slow, line);
		for (int i = 0; i < 10; i++) {
			say(other, "echo hello\n");
			expect(other, "hello");
		}
		expect_letters(slow, SIZE, 10);
		expect(slow, "");
		expect(slow, "file");
		expect_letters(slow, SIZE, 10);
		expect(slow, "after");
		close(slow);
		close(other);
		end(&s);
		if (is_unix)
			rmdir(directory);
	}
}

static void
gives_back_messages_whose_connection_has_gone(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE];
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const struct linger abort_it = { .l_onoff = 1 };

	(void)state;
	atomic_store(&s.holds, true);
	for (int i = 0; i < 8; i++) {
		const int fd = connect_to(address);

		say(fd, "later lost\n");
		await_later(&s, (size_t)i + 1);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
		close(fd);
		await_closed(&s, i + 1);
	}
	atomic_store(&s.holds, false);
	atomic_store(&s.delay_ms, 200);
	const int fd = connect_to(address);

	/* Half-closed is not gone. */
	say(fd, "later found\n");
	shutdown(fd, SHUT_WR);
	expect(fd, "found");
	expect_end(fd);
	close(fd);
	end(&s);
	assert_int_equal(atomic_load(&s.undelivered), 8);
	assert_int_equal(atomic_load(&s.closed), 9);
}

static void
ends_connections_that_take_too_long(void **state)
{
	struct service s = { 0 };
	struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE], piece[101];
	int64_t began;

	(void)state;
	/* Far more than a busy machine lets pass between two lines of this test. */
	options.patience.head_timeout_ms = 900;
	options.patience.idle_timeout_ms = 900;
	options.patience.write_timeout_ms = 900;
	options.body_window_ms = 1500;
	options.patience.body_rate = 100;
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const int silent = connect_to(address), idle = connect_to(address),
		  stuck = connect_to(address);
	const int dripping = connect_to(address), slow = connect_to(address),
		  fast = connect_to(address);

	say(idle, "echo x\n");
	expect(idle, "x");
	say(stuck, "big 20000000\n");
	say(slow, "body 100000\n");
	say(fast, "body 4000\n");
	began = clock_mono_ms();
	memset(piece, 'x', 100);
	piece[100] = '\0';
	/* Some 6,000 a second are enough; a head is judged in all, however it drips. */
	for (int i = 0; i < 10; i++) {
		send(dripping, "e", 1, MSG_NOSIGNAL);
		for (int k = 0; k < 4; k++)
			say(fast, piece);
		pause_ms(60);
	}
	expect(dripping, "timeout");
	expect_end(dripping);
	expect(slow, "timeout");
	expect(fast, "body");
	expect_end(silent);
	expect_end(idle);
	while (atomic_load(&s.closed) < 5 && clock_mono_ms() - began < PATIENCE_MS)
		pause_ms(10); /* stuck is dropped without a word */
	CHECK(atomic_load(&s.closed) >= 5);
	close(silent);
	close(idle);
	close(stuck);
	close(dripping);
	close(slow);
	close(fast);
	end(&s);
	assert_int_equal(atomic_load(&s.closed), 6);
}

static void
finishes_what_is_under_way_when_it_stops(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE], copy[NET_ADDRESS_SIZE] = "";
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	int busy[4], idle[4];

	(void)state;
	memcpy(copy, address.ptr, address.len);
	atomic_store(&s.delay_ms, 300);
	for (int i = 0; i < 4; i++) {
		idle[i] = connect_to(address);
		say(idle[i], "echo x\n");
		expect(idle[i], "x");
		busy[i] = connect_to(address);
		say(busy[i], "later answer\n");
	}
	const int fresh = connect_to(address); /* perhaps still in the listener's queue */

	say(fresh, "echo queued\n");
	const int64_t began = clock_mono_ms();

	net_stop(s.net, began + PATIENCE_MS);
	CHECK(clock_mono_ms() - began < PATIENCE_MS);
	for (int i = 0; i < 4; i++) {
		expect(busy[i], "answer");
		expect_end(busy[i]);
		expect_end(idle[i]);
		close(busy[i]);
		close(idle[i]);
	}
	expect(fresh, "queued");
	expect_end(fresh);
	close(fresh);
	for (size_t i = 0; i < atomic_load(&s.threads_len); i++)
		pthread_join(s.threads[i], NULL);
	net_free(s.net);
	assert_int_equal(atomic_load(&s.undelivered), 0);
}

static void
gives_up_at_the_deadline_of_a_stop(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE];
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const int fd = connect_to(address);

	(void)state;
	atomic_store(&s.holds, true);
	say(fd, "later lost\n");
	await_later(&s, 1);
	net_stop(s.net, clock_mono_ms() + 200); /* it returns: it did not wait for what is held */
	atomic_store(&s.holds, false);
	close(fd);
	end(&s);
	assert_int_equal(atomic_load(&s.undelivered), 1);
}

static void
lets_a_peer_that_still_sends_read_the_last_answer(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE];
	static char junk[4 * 1024 * 1024];
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const int fd = connect_to(address);

	(void)state;
	say(fd, "bye\n");
	for (size_t at = 0; at < sizeof(junk);) {
		const ssize_t n = send(fd, junk + at, sizeof(junk) - at, MSG_NOSIGNAL);

		assert_true(n > 0);
		at += (size_t)n;
	}
	expect(fd, "bye");
	expect_end(fd);
	close(fd);
	end(&s);
}

static void
sends_an_answer_from_elsewhere_before_it_closes(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE];
	const int fd = connect_to(serve(&s, &options, "127.0.0.1:0", text));

	(void)state;
	say(fd, "later good-bye\necho never\n");
	expect(fd, "good-bye");
	expect_end(fd);
	close(fd);
	end(&s);
}

/* One recv finds them all: had each been sent alone, the first would wake the client. */
static void
sends_all_answers_to_one_read_at_once(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE], given[GIVEN_SIZE], directory[64], all[1024];
	const int fd = connect_to(serve(&s, &options, some_address(true, given, directory), text));

	(void)state;
	say(fd, "echo 1\necho 2\necho 3\necho 4\necho 5\necho 6\necho 7\necho 8\n");
	const ssize_t n = recv(fd, all, sizeof(all), 0);

	assert_true(n > 0);
	CHECK_STR(((struct str){ all, (size_t)n }), "1\n2\n3\n4\n5\n6\n7\n8\n");
	close(fd);
	end(&s);
	rmdir(directory);
}

/* What connections hold, as soon as it is what the test waits for. */
static bool
comes_to_hold(struct budget *memory, bool something)
{
	const int64_t until = clock_mono_ms() + PATIENCE_MS;

	while ((atomic_load(&memory->used) > 0) != something && clock_mono_ms() < until)
		pause_ms(1);
	return (atomic_load(&memory->used) > 0) == something;
}

static void
owns_memory_only_while_a_request_or_a_send_is_under_way(void **state)
{
	struct budget memory = { .limit = 64 * 1024 * 1024 };
	struct service s = { 0 };
	struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE];

	(void)state;
	options.memory = &memory;
	const int fd = connect_to(serve(&s, &options, "127.0.0.1:0", text));

	CHECK(comes_to_hold(&memory, false));
	say(fd, "ech");
	CHECK(comes_to_hold(&memory, true));
	say(fd, "o x\n");
	expect(fd, "x");
	CHECK(comes_to_hold(&memory, false));
	say(fd, "big 16000000\n");
	CHECK(comes_to_hold(&memory, true));
	expect_letters(fd, 16000000, 0);
	expect(fd, "");
	CHECK(comes_to_hold(&memory, false));
	close(fd);
	end(&s);
}

/* A peer that takes nothing may not make the server hold more than its memory. */
static void
gives_up_a_peer_for_whom_no_memory_is_left(void **state)
{
	struct budget memory = { .limit = 1024 * 1024 };
	struct service s = { 0 };
	struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE], letters[64 * 1024];
	size_t got = 0;

	(void)state;
	options.memory = &memory;
	const int fd = connect_to(serve(&s, &options, "127.0.0.1:0", text));

	say(fd, "big 30000000\n");
	for (ssize_t n = 1; n > 0; got += (size_t)MAX(n, (ssize_t)0))
		n = recv(fd, letters, sizeof(letters), 0);
	CHECK(got < 30000000);
	CHECK(comes_to_hold(&memory, false));
	close(fd);
	end(&s);
}

UNIT_TESTS(answers_what_comes_together_in_order_and_what_comes_in_pieces,
    sends_large_answers_to_slow_readers_while_others_are_served,
    gives_back_messages_whose_connection_has_gone, ends_connections_that_take_too_long,
    finishes_what_is_under_way_when_it_stops, gives_up_at_the_deadline_of_a_stop,
    lets_a_peer_that_still_sends_read_the_last_answer,
    sends_an_answer_from_elsewhere_before_it_closes, sends_all_answers_to_one_read_at_once,
    owns_memory_only_while_a_request_or_a_send_is_under_way,
    gives_up_a_peer_for_whom_no_memory_is_left)
