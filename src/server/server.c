#include "server/server.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/tls.h"
#include "net/net.h"
#include "server/datadir.h"
#include "server/exchange.h"
#include "server/feed.h"
#include "server/housekeeper.h"
#include "server/local.h"
#include "server/metrics.h"
#include "server/notify.h"
#include "server/proxy.h"
#include "server/run.h"
#include "server/sandbox.h"
#include "server/site.h"
#include "server/welcome.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READS_A_CORE = 4,
	READS_QUEUE = 1024,
	HASH_QUEUE = 32,
	URL_SIZE = 512,
};

struct server {
	const struct conf *conf;
	struct conf **reloaded; /* by each SIGHUP; those under way may still look at old ones */
	size_t reloaded_len;
	struct site *site;
	struct tls *tls;
	struct lanes *lanes;
	struct exchange_server *exchange;
	struct net *net;
	struct housekeeper *housekeeper;
	struct welcome welcome;
	sigset_t signals;
};

/* What conf/ cannot judge. */
static bool
check_conf(const struct conf *conf, struct err *err)
{
	return proxy_list_check(&conf->http.trusted_proxies, err);
}

static int
cores(void)
{
	const long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (int)MIN(n, (long)NET_MAX_LOOPS);
}

/* Signals wait for server_wait(): no thread is interrupted by one. */
static void
hold_signals(struct server *s)
{
	sigemptyset(&s->signals);
	sigaddset(&s->signals, SIGTERM);
	sigaddset(&s->signals, SIGINT);
	sigaddset(&s->signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &s->signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is a full disk to us */
}

static bool
open_tls(struct server *s, struct err *err)
{
	char certificate[DATADIR_PATH_SIZE], key[DATADIR_PATH_SIZE];

	if (s->conf->tls.listen.len == 0)
		return true;
	snprintf(certificate, sizeof(certificate), "%.*s", STR_FMT(s->conf->tls.certificate));
	snprintf(key, sizeof(key), "%.*s", STR_FMT(s->conf->tls.key));
	return tls_new(certificate, key, &s->tls, err);
}

static bool
start_lanes(struct server *s, struct err *err)
{
	const struct lanes_options options = { .site = s->site,
		.read_threads = READS_A_CORE * cores(),
		.hash_threads = MAX(1, cores() / 2),
		.read_queue = READS_QUEUE,
		.hash_queue = HASH_QUEUE };

	return lanes_start(&options, &s->lanes, err);
}

static struct net_patience
patience_of(const struct conf *c)
{
	return (struct net_patience){
		.head_timeout_ms = (int)c->http.head_timeout_s * 1000,
		.write_timeout_ms = (int)c->http.write_timeout_s * 1000,
		.idle_timeout_ms = (int)c->http.idle_timeout_s * 1000,
		.body_rate = (int)MIN(c->http.body_rate, (int64_t)INT32_MAX),
	};
}

static bool
make_net(struct server *s, struct err *err)
{
	const struct conf *c = s->conf;
	const struct exchange_options exchange = {
		.site = s->site, .lanes = s->lanes, .local = &LOCAL_METHODS
	};

	s->exchange = exchange_new(&exchange);
	const struct net_options options = {
		.loops = c->server.loops == 0 ? cores() : (int)c->server.loops,
		.max_connections = (int)c->http.max_connections,
		.max_connections_per_address = (int)c->http.max_connections_per_address,
		.is_trusted = exchange_is_trusted,
		.patience = patience_of(c),
		.memory = &s->site->memory,
		.handler = exchange_handler(s->exchange),
	};

	if (!net_new(&options, &s->net, err))
		return false;
	exchange_set_net(s->exchange, s->net);
	return true;
}

/* The commands' door: for this user alone. */
static bool
listen_control(struct server *s, struct err *err)
{
	char path[DATADIR_PATH_SIZE], address[DATADIR_PATH_SIZE + 8];

	if (!datadir_path(s->conf, DATADIR_CONTROL, path, err))
		return false;
	snprintf(address, sizeof(address), "unix:%s", path);
	const mode_t mask = umask(0177);
	const bool ok = net_listen(s->net, str_from(address), DOOR_CONTROL, NULL, err);

	umask(mask);
	return ok;
}

static bool
listen_all(struct server *s, struct err *err)
{
	const struct conf *c = s->conf;

	for (size_t i = 0; i < c->server.listen.len; i++) {
		if (!net_listen(s->net, c->server.listen.items[i], DOOR_PUBLIC, NULL, err))
			return false;
	}
	for (size_t i = 0; i < c->tls.listen.len; i++) {
		if (!net_listen(s->net, c->tls.listen.items[i], DOOR_PUBLIC, s->tls, err))
			return false;
	}
	if (c->server.admin_listen.len > 0 &&
	    !net_listen(s->net, c->server.admin_listen, DOOR_ADMIN, NULL, err))
		return false;
	return listen_control(s, err);
}

/* "http://127.0.0.1:8000", with the real port; "http://unix:PATH" for a socket. */
static struct str
listener_url(const struct server *s, size_t at, char *url)
{
	char address[URL_SIZE];
	const bool is_tls = at >= s->conf->server.listen.len &&
	    at < s->conf->server.listen.len + s->conf->tls.listen.len;
	const struct str text = net_address(s->net, at, address);

	snprintf(url, URL_SIZE, "http%s://%.*s", is_tls ? "s" : "", STR_FMT(text));
	return str_from(url);
}

/* What a first start has to say; from here on the site stays. */
static bool
say_welcome(struct server *s, struct err *err)
{
	char url[URL_SIZE];

	if (!s->site->is_new)
		return true;
	const struct str first = listener_url(s, 0, url);
	const struct str scheme = STR("http://");
	const bool is_unix = str_starts(first, STR("http://unix:"));

	welcome_print(
	    s->site, &s->welcome, is_unix ? str_sub(first, scheme.len, first.len) : first);
	welcome_free(&s->welcome);
	return site_keep(s->site, err);
}

static void
say_ready(struct server *s)
{
	const struct conf *c = s->conf;
	const size_t doors = c->server.listen.len + c->tls.listen.len;
	char url[URL_SIZE];

	for (size_t i = 0; i < doors; i++)
		fprintf(stderr, "listening on %s\n", listener_url(s, i, url).ptr);
	if (c->server.admin_listen.len > 0)
		fprintf(stderr, "metrics on %s/metrics\n", listener_url(s, doors, url).ptr);
	fflush(stderr);
	notify_send("READY=1");
}

static bool
start(struct server *s, struct err *err)
{
	if (!check_conf(s->conf, err) || !site_open(s->conf, true, &s->site, err) ||
	    !open_tls(s, err))
		return false;
	s->site->server = s;
	if (s->site->is_new && !welcome_make(s->site, &s->welcome, err))
		return false;
	sandbox_enter(s->conf);
	if (!start_lanes(s, err) || !make_net(s, err) || !listen_all(s, err) ||
	    !say_welcome(s, err) || !housekeeper_start(s->site, &s->housekeeper, err) ||
	    !feed_start(s->site, &s->site->feed, err) || !net_start(s->net, err))
		return false;
	malloc_trim(0); /* what loading left behind */
	log_flush();
	say_ready(s);
	return true;
}

bool
server_start(const struct conf *conf, struct server **out, struct err *err)
{
	struct server *s = MEM_NEW(struct server);

	s->conf = conf;
	log_open(STDERR_FILENO, conf->log.level, conf->log.format);
	hold_signals(s);
	if (!start(s, err)) {
		server_free(s);
		return false;
	}
	*out = s;
	return true;
}

static void
use(struct server *s, struct conf *conf)
{
	const struct net_patience patience = patience_of(conf);

	s->reloaded = mem_resize(s->reloaded, (s->reloaded_len + 1) * sizeof(struct conf *));
	s->reloaded[s->reloaded_len++] = conf;
	s->conf = conf;
	log_open(STDERR_FILENO, conf->log.level, conf->log.format);
	site_use_conf(s->site, conf);
	exchange_use_conf(s->exchange, conf);
	net_set_patience(s->net, &patience);
}

/* Certificates, and the settings that need no new start. What is wrong changes nothing. */
static void
reload(struct server *s)
{
	struct conf *conf;
	struct err err;

	notify_send("RELOADING=1");
	if (s->tls != NULL && !tls_reload(s->tls, &err))
		log_err(LOG_ERROR, "reload", &err);
	if (conf_reload(s->conf, check_conf, &conf, &err)) {
		use(s, conf);
		log_text(
		    LOG_INFO, "reload", "certificates and settings are as they are written now");
	} else {
		log_err(LOG_ERROR, "reload", &err);
	}
	log_flush();
	notify_send("READY=1");
}

void
server_wait(struct server *s)
{
	int signal_number = 0;

	for (;;) {
		if (sigwait(&s->signals, &signal_number) != 0)
			continue;
		if (signal_number != SIGHUP)
			break;
		reload(s);
	}
	log_text(LOG_INFO, "stop",
	    "draining for %lld seconds at most; a second signal stops at once",
	    (long long)s->conf->server.drain_s);
	log_flush();
	notify_send("STOPPING=1");
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &s->signals, NULL);
}

/* In the order in which requests go: nobody comes in, what is in ends, what ended is written. */
void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	if (s->net != NULL)
		net_stop(s->net, clock_mono_ms() + s->conf->server.drain_s * 1000);
	housekeeper_stop(s->housekeeper);
	if (s->site != NULL)
		feed_stop(s->site->feed);
	lanes_stop(s->lanes);
	exchange_free(s->exchange);
	net_free(s->net);
	welcome_free(&s->welcome);
	site_close(s->site);
	tls_free(s->tls);
	while (s->reloaded_len > 0)
		conf_free(s->reloaded[--s->reloaded_len]);
	mem_free(s->reloaded);
	log_flush();
	mem_free(s);
}

static struct metrics_sources
sources_of(struct server *s)
{
	return (struct metrics_sources){
		.exchange = s->exchange, .net = s->net, .lanes = s->lanes, .site = s->site
	};
}

void
server_metrics(struct server *s, struct buf *out)
{
	const struct metrics_sources sources = sources_of(s);

	metrics_print(&sources, out);
}

void
server_tell(struct site *site, struct json_out *out)
{
	const struct metrics_sources sources = sources_of(site->server);

	metrics_tell(&sources, out);
}
