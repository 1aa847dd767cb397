/*
 * listen.h - sockets that wait for peers: TCP and Unix, bound so that a second server fails.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "net/net.h"

#include <sys/types.h>

struct listener {
	int fd;
	int tag;
	struct tls *tls;
	bool is_unix;
	struct str address; /* as given; owned */
	/* Unix: the socket's file, to be removed at the end if it is still ours */
	int directory; /* -1: none */
	struct str name;
	dev_t device;
	ino_t inode;
};

/* Binds and listens. Errors as net_listen(). */
MUST_USE bool
listen_open(struct listener *l, struct str address, int tag, struct tls *tls, struct err *err);

/* Closes it; a Unix socket's file goes first. */
void listen_close(struct listener *l);

/* The address with the real port, in text (NET_ADDRESS_SIZE) or the listener's own memory. */
struct str listen_address(const struct listener *l, char *text);

#endif
