#include "tests/unit/scratch.h"

#include "server/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* What is tried in a sandbox: true if it went as it must. */
struct trial {
	const char *what;
	bool (*went_well)(const struct scratch *s);
};

/*
 * A sandbox holds the thread that enters it, and those that come from it. So a child enters it with
 * a thread of its own: there is no way out, but the rest of the child can say what came of it.
 */
struct attempt {
	const struct scratch *s;
	const struct refusal *refusal; /* NULL: none */
	const struct trial *trials;
	size_t len;
	int failed; /* the first that did not go well, from 1; 0: none */
};

/* A system call that fails, as on a kernel that lacks it, and what the log then says. */
struct refusal {
	struct trial still; /* what holds nevertheless */
	int call, error;
	int argument; /* only if this one is value; -1: always */
	scmp_datum_t value;
	const char *says;
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
	/* Not execv(): one that counts covered lines would give up its counts before. */
	return syscall(SYS_execve, "/bin/true", argv, NULL) != 0 &&
	    (errno == EPERM || errno == EACCES);
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
	return open("/root", O_RDONLY | O_DIRECTORY) < 0 && open("/etc", O_RDONLY) >= 0 &&
	    open("/tmp/x", O_WRONLY | O_CREAT, 0600) < 0 && open("/etc/passwd", O_WRONLY) < 0;
}

static bool
dumps_no_core(const struct scratch *s)
{
	struct rlimit limit;

	(void)s;
	return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0;
}

static bool
binds(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	return bind(fd, (const struct sockaddr *)&name, sizeof(name)) == 0 && unlink(path) == 0;
}

static bool
reaches_what_the_settings_name(const struct scratch *s)
{
	(void)s;
	return open("tls/key.pem", O_RDONLY) >= 0 && open("tls/key.pem", O_WRONLY) < 0 &&
	    open("ui/index.html", O_RDONLY) >= 0 && open("ui/more", O_WRONLY | O_CREAT, 0600) < 0 &&
	    open("etc/symbolon.conf", O_RDONLY) >= 0 && open("etc/symbolon.conf", O_RDWR) < 0;
}

static bool
binds_its_sockets(const struct scratch *s)
{
	(void)s;
	return binds("run/socket") && open("run/file", O_WRONLY | O_CREAT, 0600) < 0 &&
	    !binds("ui/socket");
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
	{ "files of the settings", reaches_what_the_settings_name },
	{ "sockets of the settings", binds_its_sockets },
};

/* clang-format off */
static const struct refusal REFUSALS[] = {
	{ { "no landlock", runs_no_programs }, SYS_landlock_create_ruleset, ENOSYS, -1, 0,
	  "this kernel has no landlock: files stay reachable" },
	{ { "no rulesets", runs_no_programs }, SYS_landlock_create_ruleset, ENOMEM, 2, 0,
	  "landlock: Cannot allocate memory" },
	{ { "no rules", runs_no_programs }, SYS_landlock_add_rule, EINVAL, -1, 0,
	  "landlock: /etc: Invalid argument" },
	{ { "no restriction", runs_no_programs }, SYS_landlock_restrict_self, E2BIG, -1, 0,
	  "landlock: Argument list too long" },
	{ { "no seccomp", reaches_no_other_files }, SYS_seccomp, EACCES, -1, 0,
	  "seccomp: " },
	{ { "no end of privileges", dumps_no_core }, SYS_prctl, EINVAL, 0, PR_SET_NO_NEW_PRIVS,
	  "no_new_privs: Invalid argument" },
};

/* What the settings name lies beside the data directory. */
static const struct {
	const char *directory, *file;
} BESIDE[] = {
	{ "tls", "tls/key.pem" },
	{ "ui", "ui/index.html" },
	{ "etc", "etc/symbolon.conf" },
	{ "run", NULL },
};
/* clang-format on */

static bool
refuse(const struct refusal *r)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	const struct scmp_arg_cmp argument = {
		.arg = (unsigned)r->argument, .op = SCMP_CMP_EQ, .datum_a = r->value
	};
	const bool ok = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)r->error), r->call,
			    r->argument >= 0 ? 1 : 0, &argument) == 0 &&
	    seccomp_load(filter) == 0;

	seccomp_release(filter);
	return ok;
}

static void *
try_all(void *arg)
{
	struct attempt *a = arg;
	struct str doors[] = { STR("127.0.0.1:0"), STR("unix:run/socket") };
	const struct conf conf = { .server = { .data = str_from(a->s->dir),
				       .listen = { doors, ARRAY_LEN(doors) },
				       .admin_listen = STR("unix:run/admin"),
				       .ui_dir = STR("ui"),
				       .sandbox = true },
		.tls = { .certificate = STR("tls/certificate.pem"),
		    .key = STR("tls/key.pem"),
		    .listen = { doors, ARRAY_LEN(doors) } },
		.file = STR("etc/symbolon.conf") };

	if (a->refusal != NULL && !refuse(a->refusal))
		abort();
	sandbox_enter(&conf);
	log_flush();
	for (size_t i = 0; i < a->len && a->failed == 0; i++)
		a->failed = a->trials[i].went_well(a->s) ? 0 : (int)i + 1;
	return NULL;
}

/* The number of the trial that failed; 0: none. What is logged stands in the file "log". */
static int
attempt(const struct scratch *s, const char *beside, struct attempt a)
{
	fflush(NULL); /* what is not yet written would be written twice */
	const pid_t child = fork();
	pthread_t thread;
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		a.s = s;
		log_open(open(scratch_file(s, "log"), O_WRONLY | O_CREAT | O_TRUNC, 0600), LOG_INFO,
		    LOG_LOGFMT);
		if (chdir(beside) != 0 || pthread_create(&thread, NULL, try_all, &a) != 0 ||
		    pthread_join(thread, NULL) != 0)
			abort();
		exit(a.failed);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
make_beside(const struct scratch *s)
{
	for (size_t i = 0; i < ARRAY_LEN(BESIDE); i++) {
		CHECK(mkdir(scratch_file(s, BESIDE[i].directory), 0700) == 0);
		if (BESIDE[i].file == NULL)
			continue;
		const int fd = open(scratch_file(s, BESIDE[i].file), O_WRONLY | O_CREAT, 0600);

		CHECK(fd >= 0 && close(fd) == 0);
	}
}

static void
remove_beside(struct scratch *s)
{
	for (size_t i = 0; i < ARRAY_LEN(BESIDE); i++) {
		if (BESIDE[i].file != NULL)
			unlink(scratch_file(s, BESIDE[i].file));
		CHECK(rmdir(scratch_file(s, BESIDE[i].directory)) == 0);
	}
	scratch_remove(s);
}

static void
open_directories(struct scratch *data, struct scratch *beside)
{
#ifdef SANITIZED
	skip(); /* a sanitizer does what a server does not */
#endif
	scratch_dir(data);
	scratch_dir(beside);
	make_beside(beside);
}

static void
close_directories(struct scratch *data, struct scratch *beside)
{
	scratch_remove(data);
	remove_beside(beside);
}

static void
allows_what_a_server_does_and_nothing_else(void **state UNUSED)
{
	const struct attempt all = { .trials = TRIALS, .len = ARRAY_LEN(TRIALS) };
	struct scratch data, beside;

	open_directories(&data, &beside);
	const int failed = attempt(&data, beside.dir, all);

	close_directories(&data, &beside);
	CHECK_CASE(failed == 0 ? "all" : TRIALS[failed - 1].what, failed == 0);
}

static bool
was_logged(const struct scratch *s, const char *text)
{
	char log[8192];
	const int fd = open(scratch_file(s, "log"), O_RDONLY);
	const ssize_t len = read(fd, log, sizeof(log));

	CHECK(len >= 0 && close(fd) == 0);
	return str_find_str((struct str){ log, (size_t)len }, str_from(text)) >= 0;
}

static void
says_what_the_kernel_refuses_and_keeps_the_rest(void **state UNUSED)
{
	struct scratch data, beside;

	open_directories(&data, &beside);
	for (size_t i = 0; i < ARRAY_LEN(REFUSALS); i++) {
		const struct refusal *r = &REFUSALS[i];
		const struct attempt one = { .refusal = r, .trials = &r->still, .len = 1 };

		CHECK_CASE(r->still.what, attempt(&data, beside.dir, one) == 0);
		CHECK_CASE(r->still.what, was_logged(&data, r->says));
	}
	close_directories(&data, &beside);
}

UNIT_TESTS(
    allows_what_a_server_does_and_nothing_else, says_what_the_kernel_refuses_and_keeps_the_rest)
