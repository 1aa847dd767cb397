/*
 * fd.h - descriptors that are closed at the end of their block: CLEANUP(fd_closep) int fd =
 * open(...)
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <unistd.h>

/* A negative one is none. */
static inline void
fd_closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#endif
