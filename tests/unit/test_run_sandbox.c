#include "tests/unit/scratch.h"

#include "server/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* What a child tried: true if it went as it must. The first one that did not is its exit code. */
struct trial {
	const char *what;
	bool (*went_well)(const struct scratch *s);
};

static void *
nothing(void *arg)
{
	return arg;
}

static bool
makes_threads(const struct scratch *s)
{
	pthread_t thread;

	(void)s;
	return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

static bool
writes_its_directory(const struct scratch *s)
{
	char from[SCRATCH_PATH + 64];

	snprintf(from, sizeof(from), "%s", scratch_file(s, "a"));
	const int fd = open(from, O_RDWR | O_CREAT, 0600);

	return fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && ftruncate(fd, 0) == 0 &&
	    rename(from, scratch_file(s, ".b")) == 0 && unlink(scratch_file(s, ".b")) == 0;
}

static bool
makes_files_without_names(const struct scratch *s)
{
	return open(s->dir, O_TMPFILE | O_RDWR, 0600) >= 0 || errno == EOPNOTSUPP;
}

static bool
uses_a_database(const struct scratch *s)
{
	struct scratch own = *s;

	scratch_open(&own);
	const bool ok = db_begin(own.c, &own.err) && scratch_insert(own.c, STR("x"), &own.err) &&
	    db_commit(own.c, &own.err);

	scratch_close(&own);
	return ok;
}

static bool
knows_the_time(const struct scratch *s)
{
	const time_t now = time(NULL);
	struct tm tm;

	(void)s;
	return localtime_r(&now, &tm) != NULL && access("/usr/share/zoneinfo", R_OK) == 0;
}

static bool
opens_sockets(const struct scratch *s)
{
	(void)s;
	return socket(AF_INET6, SOCK_STREAM, 0) >= 0 && socket(AF_UNIX, SOCK_DGRAM, 0) >= 0;
}

static bool
runs_no_programs(const struct scratch *s)
{
	char *const argv[] = { "true", NULL };

	(void)s;
	return execv("/bin/true", argv) != 0 && (errno == EPERM || errno == EACCES);
}

static bool
makes_no_processes(const struct scratch *s)
{
	(void)s;
	const pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child < 0 && errno == EPERM;
}

static bool
traces_nobody(const struct scratch *s)
{
	(void)s;
	return syscall(SYS_ptrace, 0, 0, 0, 0) != 0 && errno == EPERM;
}

static bool
mounts_nothing(const struct scratch *s)
{
	(void)s;
	return syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL) != 0 && errno == EPERM;
}

static bool
opens_no_raw_sockets(const struct scratch *s)
{
	(void)s;
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM;
}

static bool
reaches_no_other_files(const struct scratch *s)
{
	(void)s;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
		return true; /* not with this kernel */
	return open("/root", O_RDONLY | O_DIRECTORY) < 0 &&
	    open("/tmp/x", O_WRONLY | O_CREAT, 0600) < 0 && open("/etc/passwd", O_WRONLY) < 0;
}

static bool
dumps_no_core(const struct scratch *s)
{
	struct rlimit limit;

	(void)s;
	return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0;
}

static const struct trial TRIALS[] = {
	{ "threads", makes_threads },
	{ "files in the data directory", writes_its_directory },
	{ "files without names", makes_files_without_names },
	{ "a database", uses_a_database },
	{ "the time", knows_the_time },
	{ "sockets", opens_sockets },
	{ "no programs", runs_no_programs },
	{ "no processes", makes_no_processes },
	{ "no tracing", traces_nobody },
	{ "no mounts", mounts_nothing },
	{ "no raw sockets", opens_no_raw_sockets },
	{ "no other files", reaches_no_other_files },
	{ "no core dumps", dumps_no_core },
};

/* In a child, for there is no way out of a sandbox. */
static int
try_all(const struct scratch *s)
{
	const struct conf conf = { .server = { .data = str_from(s->dir), .sandbox = true },
		.log = { .level = LOG_WARN } };
	const pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		sandbox_enter(&conf);
		for (size_t i = 0; i < ARRAY_LEN(TRIALS); i++) {
			if (!TRIALS[i].went_well(s))
				_exit((int)i + 1);
		}
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
allows_what_a_server_does_and_nothing_else(void **state UNUSED)
{
	struct scratch s;

#ifdef SANITIZED
	skip(); /* a sanitizer does what a server does not */
#endif
	scratch_dir(&s);
	const int failed = try_all(&s);

	scratch_remove(&s);
	CHECK_CASE(failed == 0 ? "all" : TRIALS[failed - 1].what, failed == 0);
}

UNIT_TESTS(allows_what_a_server_does_and_nothing_else)
