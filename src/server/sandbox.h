/*
 * sandbox.h - gives up what a server does not need, before its first thread starts.
 *
 * No new privileges, no core dumps, no ptrace; files only of the data directory and the few that
 * the system's libraries read (landlock, as far as the kernel knows it); system calls only from a
 * list (seccomp: others fail with EPERM and are noted in the system's audit log).
 */
#ifndef SERVER_SANDBOX_H
#define SERVER_SANDBOX_H

#include "conf/conf.h"

/*
 * Enters it, unless [server] sandbox is off or the program was built with a sanitizer. What the
 * kernel does not offer is left out, with a line in the log. For the calling thread and those it
 * makes later.
 */
void sandbox_enter(const struct conf *conf);

#endif
