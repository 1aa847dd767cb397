#include "tests/unit/unit.h"

#include "http/multipart.h"

#include <fcntl.h>
#include <unistd.h>

static void
reads_parts_of_a_multipart_body(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	const struct str type = STR("multipart/form-data; boundary=\"--x\"");
	struct http_parts parts;
	struct err err;

	CHECK(http_parse_multipart(a,
	    STR("----x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
		"----x\r\nContent-Disposition: form-data; name=f; filename=\"b c.txt\"\r\n"
		"Content-Type: text/plain\r\n\r\n\r\nx\r\n\r\n----x--\r\n"),
	    type, &parts, &err));
	CHECK(parts.len == 2 && !parts.items[0].is_file && parts.items[1].is_file);
	CHECK_STR(parts.items[0].name, "a");
	CHECK_STR(parts.items[0].bytes, "1");
	CHECK_STR(parts.items[1].filename, "b c.txt");
	CHECK_STR(parts.items[1].type, "text/plain");
	CHECK_STR(parts.items[1].bytes, "\r\nx\r\n");
	CHECK(
	    !http_parse_multipart(a, STR("----x\r\nA: b\r\n\r\n1\r\n----x--"), type, &parts, &err));
	CHECK(!http_parse_multipart(a,
	    STR("----x\r\nContent-Disposition: form-data; name=a\r\n\r\n1"), type, &parts, &err));
	CHECK(!http_parse_multipart(a, STR("x"), STR("multipart/form-data"), &parts, &err));
}

#define BEGIN "--x\r\nContent-Disposition: form-data; "

static void
judges_multipart_bodies(void **state UNUSED)
{
	static const struct {
		const char *what;
		struct str body;
		const char *name, *bytes; /* of the last part; NULL: refused */
	} cases[] = {
		{ "one part", STR_INIT(BEGIN "name=a\r\n\r\n1\r\n--x--"), "a", "1" },
		{ "a preamble and an epilogue",
		    STR_INIT("p\r\n" BEGIN "name=a\r\n\r\n1\r\n--x--\r\ne"), "a", "1" },
		{ "an empty part", STR_INIT(BEGIN "name=a\r\n\r\n\r\n--x--"), "a", "" },
		{ "a part without bytes", STR_INIT(BEGIN "name=a\r\n\r\n--x--"), "a", "" },
		{ "quotes in a name", STR_INIT(BEGIN "name=\"a\\\";b\"; c=d\r\n\r\n1\r\n--x--"),
		    "a\\\";b", "1" },
		{ "blanks around the equals sign",
		    STR_INIT(BEGIN "name = \"a\" \r\n\r\n1\r\n--x--"), "a", "1" },
		{ "a file of any bytes",
		    STR_INIT(BEGIN "name=a; filename=\"C:\\b\"\r\n\r\n\xff\r\n--x--"), "a",
		    "\xff" },
		{ "a value that is not UTF-8", STR_INIT(BEGIN "name=a\r\n\r\n\xff\r\n--x--"), NULL,
		    NULL },
		{ "a value that holds NUL", STR_INIT(BEGIN "name=a\r\n\r\n\0\r\n--x--"), NULL,
		    NULL },
		{ "a name that is not UTF-8", STR_INIT(BEGIN "name=\xff\r\n\r\n1\r\n--x--"), NULL,
		    NULL },
		{ "a quote that never ends", STR_INIT(BEGIN "name=\"a\r\n\r\n1\r\n--x--"), NULL,
		    NULL },
		{ "no fields", STR_INIT("--x\r\n\r\n1\r\n--x--"), NULL, NULL },
		{ "no end", STR_INIT(BEGIN "name=a\r\n\r\n1\r\n--x"), NULL, NULL },
		{ "no empty line", STR_INIT(BEGIN "name=a\r\n--x--"), NULL, NULL },
		{ "another boundary", STR_INIT("--y\r\n\r\n1\r\n--y--"), NULL, NULL },
		{ "nothing", STR_INIT(""), NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
		struct http_parts parts;
		struct err err;
		const bool ok =
		    http_parse_multipart(a, cases[i].body, STR("m/f; boundary=x"), &parts, &err);

		CHECK_CASE(cases[i].what, ok == (cases[i].name != NULL));
		CHECK_CASE(cases[i].what, ok || err.kind == ERR_BAD_REQUEST);
		if (!ok)
			continue;
		CHECK_STR(parts.items[parts.len - 1].name, cases[i].name);
		CHECK_STR(parts.items[parts.len - 1].bytes, cases[i].bytes);
	}
}

/* Parts whose bytes are full of what begins a delimiter. */
static const struct str TRAPS =
    STR_INIT("p\r\n-\r\n--\r\n" BEGIN "name=a\r\n\r\n\r\r\n-\r\n--\r\n--y\r\r\n--x\r\n"
	     "Content-Disposition: form-data; name=f; filename=g\r\n\r\n\r\n--\0\xff\r\r\r\n--x\r\n"
	     "Content-Disposition: form-data; name=empty\r\n\r\n--x--and more");

static void
check_traps(const struct http_parts *parts)
{
	CHECK(parts->len == 3);
	CHECK_STR(parts->items[0].bytes, "\r\r\n-\r\n--\r\n--y\r");
	CHECK(parts->items[1].is_file && parts->items[1].len == 8);
	CHECK(memcmp(TRAPS.ptr + parts->items[1].at, "\r\n--\0\xff\r\r", 8) == 0);
	CHECK_STR(parts->items[2].bytes, "");
}

/* Feeds the stream cut at two places; the events and their places as text. */
static void
events(struct str stream, size_t first, size_t second, char *text, size_t size)
{
	static struct multipart m;
	const size_t ends[] = { first, second, stream.len };
	size_t at = 0, len = 0;
	struct err err;

	memset(&m, 0, sizeof(m));
	CHECK(multipart_begin(&m, STR("m/f; boundary=x"), &err));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		/* A copy that ends where the piece ends, for the address sanitizer. */
		char *copy = malloc(ends[i] - at + 1);
		struct str piece = { copy, ends[i] - at };
		enum multipart_event event;

		memcpy(copy, stream.ptr + at, piece.len);
		at = ends[i];
		while ((event = multipart_next(&m, &piece, &err)) != MULTIPART_MORE &&
		    event != MULTIPART_DONE)
			len += (size_t)snprintf(text + len, size - len, "%d %.*s %lld %lld;",
			    (int)event, event == MULTIPART_FIELDS ? (int)m.head_len : 0, m.head,
			    (long long)m.part_at,
			    event == MULTIPART_END ? (long long)m.part_len : 0);
		free(copy);
	}
}

static void
says_the_same_however_the_stream_is_cut(void **state UNUSED)
{
	char whole[2048] = "", cut[2048];

	events(TRAPS, TRAPS.len, TRAPS.len, whole, sizeof(whole));
	for (size_t i = 0; i <= TRAPS.len; i++) {
		for (size_t k = i; k <= TRAPS.len; k++) {
			cut[0] = '\0';
			events(TRAPS, i, k, cut, sizeof(cut));
			CHECK(strcmp(whole, cut) == 0);
		}
	}
}

static void
reads_the_same_from_memory_and_from_a_file(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	const struct str type = STR("m/f; boundary=x");
	const int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct http_parts parts;
	struct err err;

	CHECK(http_parse_multipart(a, TRAPS, type, &parts, &err));
	check_traps(&parts);
	CHECK(!str_is_null(parts.items[1].bytes));
	CHECK(fd >= 0 && write(fd, TRAPS.ptr, TRAPS.len) == (ssize_t)TRAPS.len);
	CHECK(http_parse_multipart_file(a, fd, (int64_t)TRAPS.len, type, &parts, &err));
	check_traps(&parts);
	CHECK(str_is_null(parts.items[1].bytes));
	/* Cut off: the file is shorter than was said, and a stream that ends too early. */
	CHECK(!http_parse_multipart_file(a, fd, (int64_t)TRAPS.len + 1, type, &parts, &err) ||
	    parts.len == 3);
	CHECK(!http_parse_multipart_file(a, fd, (int64_t)TRAPS.len - 15, type, &parts, &err));
	CHECK(err.kind == ERR_BAD_REQUEST);
	close(fd);
}

/* A file of several pieces, with a delimiter across the seam of two, costs the same memory. */
static void
does_not_keep_what_a_file_holds(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	static char bytes[4 * 1024 * 1024];
	const struct str begin = STR(BEGIN "name=f; filename=g\r\n\r\n"), end = STR("\r\n--x--");
	const int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct http_parts parts;
	struct err err;

	memset(bytes, '\r', sizeof(bytes));
	for (size_t over = 0; over < end.len + 2; over++) {
		const size_t len = 4 * 64 * 1024 - begin.len - over;

		CHECK(pwrite(fd, begin.ptr, begin.len, 0) == (ssize_t)begin.len);
		CHECK(pwrite(fd, bytes, len, (off_t)begin.len) == (ssize_t)len);
		CHECK(pwrite(fd, end.ptr, end.len, (off_t)(begin.len + len)) == (ssize_t)end.len);
		CHECK(http_parse_multipart_file(a, fd, (int64_t)(begin.len + len + end.len),
		    STR("m/f; boundary=x"), &parts, &err));
		CHECK(parts.len == 1 && parts.items[0].len == (int64_t)len);
		arena_reset(a);
	}
	close(fd);
}

static void
bounds_parts_and_their_fields(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(4 * 1024 * 1024);
	const struct str part = STR(BEGIN "name=a\r\n\r\n1\r\n"), end = STR("--x--");
	static char text[1001 * 64];
	struct http_parts parts;
	size_t len = 0;
	struct err err;

	for (int i = 0; i < MULTIPART_MAX_PARTS; i++, len += part.len)
		memcpy(text + len, part.ptr, part.len);
	memcpy(text + len, end.ptr, end.len);
	CHECK(http_parse_multipart(
	    a, (struct str){ text, len + end.len }, STR("m/f; boundary=x"), &parts, &err));
	CHECK(parts.len == MULTIPART_MAX_PARTS);
	memcpy(text + len, part.ptr, part.len);
	memcpy(text + len + part.len, end.ptr, end.len);
	CHECK(!http_parse_multipart(a, (struct str){ text, len + part.len + end.len },
	    STR("m/f; boundary=x"), &parts, &err));
	CHECK(err.kind == ERR_TOO_LARGE);
	memset(text, 'a', sizeof(text));
	memcpy(text, "--x\r\n", 5);
	CHECK(!http_parse_multipart(
	    a, (struct str){ text, sizeof(text) }, STR("m/f; boundary=x"), &parts, &err));
	CHECK(err.kind == ERR_BAD_REQUEST);
}

UNIT_TESTS(reads_parts_of_a_multipart_body, judges_multipart_bodies,
    says_the_same_however_the_stream_is_cut, reads_the_same_from_memory_and_from_a_file,
    does_not_keep_what_a_file_holds, bounds_parts_and_their_fields)
