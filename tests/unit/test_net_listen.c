/* What net.h promises of listeners and of accepting, seen from outside. */
#include "tests/unit/unit.h"

#include "tests/unit/net_service.h"

static void
spreads_connections_evenly_over_the_loops(void **state)
{
	(void)state;
	for (int is_unix = 0; is_unix < 2; is_unix++) {
		struct service s = { 0 };
		const struct net_options options = options_for(&s, 4);
		char text[NET_ADDRESS_SIZE], given[GIVEN_SIZE], directory[64], line[64];
		int fds[64], by_loop[4] = { 0 };
		const struct str address =
		    serve(&s, &options, some_address(is_unix, given, directory), text);

		for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
			int64_t n;

			fds[i] = connect_to(address);
			say(fds[i], "loop\n");
			CHECK(str_to_int64(hear(fds[i], line, sizeof(line)), &n) && n < 4);
			by_loop[n]++;
		}
		for (int i = 0; i < 4; i++)
			CHECK_CASE(is_unix ? "unix" : "tcp", by_loop[i] >= 13 && by_loop[i] <= 19);
		assert_int_equal(net_counts(s.net).open, 64);
		assert_int_equal(net_counts(s.net).accepted, 64);
		for (size_t i = 0; i < ARRAY_LEN(fds); i++)
			close(fds[i]);
		end(&s);
		assert_int_equal(atomic_load(&s.closed), 64);
		if (is_unix)
			assert_int_equal(rmdir(directory), 0); /* the socket's file is gone, too */
	}
}

static void
refuses_an_address_that_another_server_has(void **state)
{
	(void)state;
	for (int is_unix = 0; is_unix < 2; is_unix++) {
		struct service s = { 0 };
		const struct net_options options = options_for(&s, 1);
		struct net *second_net;
		struct err err = { 0 };
		char text[NET_ADDRESS_SIZE], given[GIVEN_SIZE], directory[64];
		const struct str address =
		    serve(&s, &options, some_address(is_unix, given, directory), text);

		CHECK(net_new(&options, &second_net, &err));
		CHECK(!net_listen(second_net, address, 0, NULL, &err));
		assert_int_equal(err.kind, ERR_UNAVAILABLE);
		CHECK(str_find_str(str_from(err.msg), address) >= 0);
		net_free(second_net);
		const int fd = connect_to(address); /* the first one has not suffered */
		say(fd, "echo still here\n");
		expect(fd, "still here");
		close(fd);
		end(&s);
		if (is_unix)
			rmdir(directory);
	}
}

static void
replaces_a_socket_that_nobody_answers_and_no_other_file(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char directory[64], given[GIVEN_SIZE], text[NET_ADDRESS_SIZE];
	struct net *other;
	struct stat st;
	struct err err = { 0 };

	(void)state;
	some_address(true, given, directory);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", given + strlen("unix:"));
	const int dead = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(bind(dead, (struct sockaddr *)&un, sizeof(un)), 0);
	close(dead);
	const mode_t mask = umask(0027);
	const struct str address = serve(&s, &options, given, text);

	umask(mask);
	assert_int_equal(stat(un.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	const int fd = connect_to(address);

	say(fd, "echo alive\n");
	expect(fd, "alive");
	close(fd);
	end(&s);

	close(open(un.sun_path, O_CREAT | O_WRONLY, 0600));
	CHECK(net_new(&options, &other, &err));
	CHECK(!net_listen(other, str_from(given), 0, NULL, &err));
	net_free(other);
	assert_int_equal(unlink(un.sun_path), 0);
	rmdir(directory);
}

static void
listens_at_paths_that_are_too_long_for_a_socket(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	char directory[64], path[512], given[600], link_path[80], text[NET_ADDRESS_SIZE];
	char through[120];

	(void)state;
	temporary(directory);
	snprintf(path, sizeof(path), "%s/%0150d", directory, 1);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(given, sizeof(given), "unix:%s/socket", path);
	const struct str address = serve(&s, &options, given, text);

	CHECK_STR(address, given);
	snprintf(link_path, sizeof(link_path), "%s/l", directory);
	assert_int_equal(symlink(path, link_path), 0);
	snprintf(through, sizeof(through), "unix:%s/socket", link_path);
	const int fd = connect_to(str_from(through));

	say(fd, "echo far away\n");
	expect(fd, "far away");
	close(fd);
	end(&s);
	unlink(link_path);
	assert_int_equal(rmdir(path), 0);
	rmdir(directory);
}

static void
tells_peers_that_are_too_many(void **state)
{
	struct service s = { 0 };
	struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE];

	(void)state;
	options.max_connections = 3;
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	int fds[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = connect_to(address);
		say(fds[i], "echo in\n");
		expect(fds[i], "in");
	}
	const int one_more = connect_to(address);

	say(one_more, "echo out\n");
	expect(one_more, "full");
	close(one_more);
	assert_int_equal(net_counts(s.net).refused, 1);
	close(fds[0]);
	for (int64_t began = clock_mono_ms();
	     net_counts(s.net).open == 3 && clock_mono_ms() - began < PATIENCE_MS;)
		pause_ms(5);
	fds[0] = connect_to(address);
	say(fds[0], "echo in again\n");
	expect(fds[0], "in again");
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	end(&s);
}

UNIT_TESTS(spreads_connections_evenly_over_the_loops, refuses_an_address_that_another_server_has,
    replaces_a_socket_that_nobody_answers_and_no_other_file,
    listens_at_paths_that_are_too_long_for_a_socket, tells_peers_that_are_too_many)
