#include "net/accept.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "net/address_counts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REFUSALS = 32,    /* refused peers that are still reading why */
	REFUSAL_MS = 500, /* and how long they may */
	BREATHE_MS = 50,  /* after the system refused a descriptor */
	WORDS_MAX = 4096,
};

struct refusal {
	int fd;
	int64_t until_ms;
};

struct acceptor {
	struct accept_options o;
	pthread_t thread;
	int stop;    /* eventfd */
	int reserve; /* given up for a moment when the system has no descriptor left */
	_Atomic bool stopping;
	uint32_t next; /* loop that is asked first, so that equals take turns */
	int64_t warned_ms;
	struct refusal refusals[REFUSALS]; /* a ring, oldest first */
	size_t refusals_at, refusals_len;
	struct pollfd *polled; /* the listeners and stop */
};

static void
close_oldest(struct acceptor *a)
{
	close(a->refusals[a->refusals_at].fd);
	a->refusals_at = (a->refusals_at + 1) % REFUSALS;
	a->refusals_len--;
}

/*
 * Tells a peer why it is not served. It is closed a little later: closed at once, with its request
 * unread, the system would send a reset that overtakes the words.
 */
static void
refuse(struct acceptor *a, int fd, const struct listener *from, bool of_address)
{
	const struct net_handler *h = &a->o.net->handler;
	struct buf words = BUF_INIT(WORDS_MAX);

	atomic_fetch_add_explicit(&a->o.tally->refused, 1, memory_order_relaxed);
	if (h->refused == NULL || from->tls != NULL) {
		close(fd);
		return;
	}
	h->refused(h->arg, of_address, &words);
	if (words.len > 0 && send(fd, words.ptr, words.len, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		shutdown(fd, SHUT_WR);
	buf_free(&words);
	if (a->refusals_len == REFUSALS)
		close_oldest(a);
	a->refusals[(a->refusals_at + a->refusals_len++) % REFUSALS] =
	    (struct refusal){ fd, clock_mono_ms() + REFUSAL_MS };
}

static bool
read_peer(
    int fd, const struct listener *from, const struct sockaddr_storage *sa, struct net_peer *peer)
{
	*peer = (struct net_peer){ .is_unix = from->is_unix };
	if (from->is_unix) {
		struct ucred who = { 0 };
		socklen_t len = sizeof(who);

		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
			return false;
		peer->uid = who.uid;
	} else if (sa->ss_family == AF_INET) {
		struct sockaddr_in four;

		memcpy(&four, sa, sizeof(four));
		peer->address.s6_addr[10] = peer->address.s6_addr[11] = 0xff;
		memcpy(peer->address.s6_addr + 12, &four.sin_addr, sizeof(four.sin_addr));
		peer->port = ntohs(four.sin_port);
	} else {
		struct sockaddr_in6 six;

		memcpy(&six, sa, sizeof(six));
		peer->address = six.sin6_addr;
		peer->port = ntohs(six.sin6_port);
	}
	return true;
}

static struct net_loop *
least_loaded(struct acceptor *a)
{
	struct net_loop *best = &a->o.loops[a->next % a->o.loops_len];
	uint32_t least = atomic_load(&best->load);

	for (uint32_t i = 1; i < a->o.loops_len; i++) {
		struct net_loop *l = &a->o.loops[(a->next + i) % a->o.loops_len];
		const uint32_t load = atomic_load(&l->load);

		if (load < least) {
			best = l;
			least = load;
		}
	}
	a->next = (best->index + 1) % a->o.loops_len;
	return best;
}

static uint64_t
load_in_all(const struct acceptor *a)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < a->o.loops_len; i++)
		sum += atomic_load(&a->o.loops[i].load);
	return sum;
}

static void
hand_out(struct acceptor *a, int fd, const struct listener *from, const struct net_peer *peer)
{
	struct net_loop *l = least_loaded(a);
	struct loop_arrival *arrival = MEM_NEW(struct loop_arrival);

	*arrival =
	    (struct loop_arrival){ .fd = fd, .tag = from->tag, .peer = *peer, .tls = from->tls };
	atomic_fetch_add(&l->load, 1);
	atomic_fetch_add_explicit(&a->o.tally->accepted, 1, memory_order_relaxed);
	loop_post(l, (struct loop_mail){ .message = arrival });
}

static void
warn_of_descriptors(struct acceptor *a)
{
	const int64_t now = clock_mono_ms();

	if (a->warned_ms != 0 && now < a->warned_ms + 10 * 1000)
		return;
	a->warned_ms = now;
	log_text(LOG_WARN, "descriptors", "no descriptor is left; connections are refused");
}

/* No descriptor is left: gives up the reserve to take one peer off the queue and tell it. */
static void
refuse_one(struct acceptor *a, const struct listener *from)
{
	const struct timespec breathe = { .tv_nsec = BREATHE_MS * 1000000L };

	warn_of_descriptors(a);
	while (a->refusals_len > 0)
		close_oldest(a);
	close(a->reserve);
	const int fd = accept4(from->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		refuse(a, fd, from, false);
		nanosleep(&breathe, NULL);
		while (a->refusals_len > 0)
			close_oldest(a);
	}
	a->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Takes one peer; false when none waits. */
static bool
take_one(struct acceptor *a, const struct listener *from)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	struct net_peer peer;
	const int fd =
	    accept4(from->fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			refuse_one(a, from);
			return false;
		}
		return errno == EINTR || errno == ECONNABORTED;
	}
	if (!read_peer(fd, from, &sa, &peer))
		close(fd);
	else if (load_in_all(a) >= a->o.max_connections)
		refuse(a, fd, from, false);
	else if (a->o.addresses != NULL && !address_counts_take(a->o.addresses, &peer))
		refuse(a, fd, from, true);
	else
		hand_out(a, fd, from, &peer);
	return true;
}

static void
close_due(struct acceptor *a)
{
	const int64_t now = a->refusals_len > 0 ? clock_mono_ms() : 0;

	while (a->refusals_len > 0 && a->refusals[a->refusals_at].until_ms <= now)
		close_oldest(a);
}

static void *
accept_main(void *arg)
{
	struct acceptor *a = arg;
	bool stopping = false;

	while (!stopping) {
		poll(a->polled, a->o.listeners_len + 1, a->refusals_len > 0 ? REFUSAL_MS : -1);
		stopping = atomic_load(&a->stopping); /* then once more, for what has queued up */
		for (size_t i = 0; i < a->o.listeners_len; i++) {
			const bool ready = stopping || a->polled[i].revents != 0;

			while (ready && take_one(a, &a->o.listeners[i]))
				;
		}
		close_due(a);
	}
	while (a->refusals_len > 0)
		close_oldest(a);
	log_flush();
	return NULL;
}

static void
release(struct acceptor *a)
{
	if (a->stop >= 0)
		close(a->stop);
	if (a->reserve >= 0)
		close(a->reserve);
	mem_free(a->polled);
	mem_free(a);
}

bool
accept_start(const struct accept_options *options, struct acceptor **out, struct err *err)
{
	struct acceptor *a = MEM_NEW(struct acceptor);

	a->o = *options;
	a->polled = MEM_NEW_ARRAY(struct pollfd, options->listeners_len + 1);
	a->stop = eventfd(0, EFD_CLOEXEC);
	a->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < options->listeners_len; i++)
		a->polled[i] = (struct pollfd){ .fd = options->listeners[i].fd, .events = POLLIN };
	a->polled[options->listeners_len] = (struct pollfd){ .fd = a->stop, .events = POLLIN };
	const int error = a->stop < 0 ? errno : thread_start(&a->thread, "accept", accept_main, a);

	if (error != 0) {
		release(a);
		err_set(err, ERR_UNAVAILABLE, "The system refused a thread to accept connections");
		return err_cause(err, "%s", strerror(error));
	}
	*out = a;
	return true;
}

void
accept_stop(struct acceptor *a)
{
	const uint64_t one = 1;

	atomic_store(&a->stopping, true);
	if (write(a->stop, &one, sizeof(one)) < 0)
		log_text(LOG_WARN, "stop", "the accepting thread could not be woken");
	pthread_join(a->thread, NULL);
	release(a);
}
