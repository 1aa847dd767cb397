#include "server/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Rights of newer kernels than the headers that we are built with. */
#define RIGHT_REFER (UINT64_C(1) << 13)    /* ABI 2 */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */

enum { PATH_SIZE = 4096 };

#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_WRITE                                                                               \
	(RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |            \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | RIGHT_REFER |             \
	    RIGHT_TRUNCATE)
#define RIGHTS_SOCKET                                                                              \
	(LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                            \
	    LANDLOCK_ACCESS_FS_MAKE_SOCK)
/* Everything that the first ABI knows: what is not allowed below is refused. */
#define RIGHTS_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* What the C library, SQLite and OpenSSL read by themselves. */
static const struct {
	const char *path;
	uint64_t rights;
} SYSTEM_FILES[] = {
	{ "/etc", RIGHTS_READ }, /* localtime, hosts, resolv.conf, nsswitch.conf */
	{ "/usr/share/zoneinfo", RIGHTS_READ },
	{ "/usr/lib", RIGHTS_READ }, /* nss, gconv, OpenSSL's modules */
	{ "/lib", RIGHTS_READ }, { "/lib64", RIGHTS_READ },
	{ "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE },
	{ "/sys/devices/system/cpu", RIGHTS_READ }, /* how many cores */
	{ "/sys/kernel/mm/transparent_hugepage", RIGHTS_READ },
	{ "/proc/self", RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE }, /* names of threads */
};

/* clang-format off */
/* In the order of what they are for. */
static const int CALLS[] = {
	/* files, as SQLite uses them */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(open), SCMP_SYS(openat),
	SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(fchown), SCMP_SYS(umask),
	SCMP_SYS(flock), SCMP_SYS(fcntl), SCMP_SYS(fadvise64), SCMP_SYS(copy_file_range),
	SCMP_SYS(utimensat), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(ioctl),
	SCMP_SYS(memfd_create),
	/* sockets and waiting */
	SCMP_SYS(socketpair), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(sendto),
	SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg), SCMP_SYS(sendfile), SCMP_SYS(splice), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(signalfd4), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(madvise), SCMP_SYS(msync), SCMP_SYS(mincore), SCMP_SYS(mlock), SCMP_SYS(mlock2),
	SCMP_SYS(munlock), SCMP_SYS(membarrier),
	/* threads */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
	SCMP_SYS(getcpu), SCMP_SYS(prctl), SCMP_SYS(arch_prctl), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(gettid), SCMP_SYS(getpriority), SCMP_SYS(setpriority),
	/* signals */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigpending),
	SCMP_SYS(sigaltstack), SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(restart_syscall),
	/* time, identity, numbers of the system */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrusage),
	SCMP_SYS(getrlimit), SCMP_SYS(setrlimit), SCMP_SYS(prlimit64), SCMP_SYS(sysinfo),
	SCMP_SYS(uname), SCMP_SYS(capget),
};

static const int FAMILIES[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
/* clang-format on */

/* ---- landlock ---- */

static int
landlock_abi(void)
{
	return (int)syscall(
	    SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
}

static void
allow(int ruleset, uint64_t handled, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights & handled };
	const int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return; /* what is not there needs no leave */
	rule.parent_fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		log_text(LOG_WARN, "sandbox", "landlock: %s: %s", path, strerror(errno));
	close(fd);
}

static void
allow_str(int ruleset, uint64_t handled, struct str path, uint64_t rights)
{
	char text[PATH_SIZE];

	if (path.len > 0 && snprintf(text, sizeof(text), "%.*s", STR_FMT(path)) < (int)sizeof(text))
		allow(ruleset, handled, text, rights);
}

/* The directory that a file lies in: files are replaced by renaming others over them. */
static struct str
parent(struct str path)
{
	while (path.len > 0 && path.ptr[path.len - 1] != '/')
		path.len--;
	return path.len > 0 ? path : STR(".");
}

static void
allow_listener(int ruleset, uint64_t handled, struct str address)
{
	if (str_starts(address, STR("unix:")))
		allow_str(
		    ruleset, handled, parent(str_sub(address, 5, address.len)), RIGHTS_SOCKET);
}

static void
allow_settings(int ruleset, uint64_t handled, const struct conf *conf)
{
	allow_str(ruleset, handled, conf->server.data, RIGHTS_WRITE);
	allow_str(ruleset, handled, conf->server.ui_dir, RIGHTS_READ);
	if (conf->file.len > 0)
		allow_str(ruleset, handled, parent(conf->file), RIGHTS_READ);
	if (conf->tls.certificate.len > 0)
		allow_str(ruleset, handled, parent(conf->tls.certificate), RIGHTS_READ);
	if (conf->tls.key.len > 0)
		allow_str(ruleset, handled, parent(conf->tls.key), RIGHTS_READ);
	for (size_t i = 0; i < conf->server.listen.len; i++)
		allow_listener(ruleset, handled, conf->server.listen.items[i]);
	for (size_t i = 0; i < conf->tls.listen.len; i++)
		allow_listener(ruleset, handled, conf->tls.listen.items[i]);
	allow_listener(ruleset, handled, conf->server.admin_listen);
}

static void
enter_landlock(const struct conf *conf)
{
	const int abi = landlock_abi();
	uint64_t handled = RIGHTS_ALL;

	if (abi < 1) {
		log_text(LOG_INFO, "sandbox", "this kernel has no landlock: files stay reachable");
		return;
	}
	handled |= abi >= 2 ? RIGHT_REFER : 0;
	handled |= abi >= 3 ? RIGHT_TRUNCATE : 0;
	const struct landlock_ruleset_attr attr = { .handled_access_fs = handled };
	const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (ruleset < 0) {
		log_text(LOG_WARN, "sandbox", "landlock: %s", strerror(errno));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(SYSTEM_FILES); i++)
		allow(ruleset, handled, SYSTEM_FILES[i].path, SYSTEM_FILES[i].rights);
	allow_settings(ruleset, handled, conf);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		log_text(LOG_WARN, "sandbox", "landlock: %s", strerror(errno));
	close(ruleset);
}

/* ---- seccomp ---- */

static bool
allow_call(scmp_filter_ctx filter, int call, struct scmp_arg_cmp first_argument)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &first_argument) == 0;
}

static bool
add_rules(scmp_filter_ctx filter)
{
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(CALLS); i++)
		ok &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALLS[i], 0) == 0;
	for (size_t i = 0; i < ARRAY_LEN(FAMILIES); i++)
		ok &= allow_call(filter, SCMP_SYS(socket),
		    (struct scmp_arg_cmp){
			.op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)FAMILIES[i] });
	/* Threads, but no processes; clone3's arguments cannot be seen: the C library falls back.
	 */
	ok &= allow_call(filter, SCMP_SYS(clone),
	    (struct scmp_arg_cmp){
		.op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = CLONE_THREAD });
	ok &= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
	return ok;
}

static void
enter_seccomp(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (filter == NULL || !add_rules(filter)) {
		log_text(
		    LOG_WARN, "sandbox", "seccomp: the list of system calls is not understood");
	} else {
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
		const int rc = seccomp_load(filter);

		if (rc != 0)
			log_text(LOG_WARN, "sandbox", "seccomp: %s", strerror(-rc));
	}
	if (filter != NULL)
		seccomp_release(filter);
}

void
sandbox_enter(const struct conf *conf)
{
	const struct rlimit none = { 0, 0 };
	char data[PATH_SIZE];

	/* Secrets are in memory: no dumps, whatever else is asked for. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!conf->server.sandbox || SANITIZED)
		return;
	/* Where SQLite sorts what does not fit its memory. */
	if (snprintf(data, sizeof(data), "%.*s", STR_FMT(conf->server.data)) < (int)sizeof(data))
		(void)setenv("SQLITE_TMPDIR", data, 1);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		log_text(LOG_WARN, "sandbox", "no_new_privs: %s", strerror(errno));
		return;
	}
	enter_landlock(conf);
	enter_seccomp();
}
