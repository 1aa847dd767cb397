#include "server/intake.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/text.h"

#include <unistd.h>

struct intake_rules *
intake_rules_new(
    const struct conf *conf, const struct method_table *local, struct intake_rules *older)
{
	struct intake_rules *r = MEM_NEW(struct intake_rules);

	r->limits = (struct http_limits){ .line = (size_t)conf->http.max_line,
		.head = (size_t)conf->http.max_head,
		.fields = (size_t)MIN(conf->http.max_fields, (int64_t)HTTP_MAX_FIELDS) };
	r->proxies = proxy_list_new(&conf->http.trusted_proxies);
	r->local = local;
	r->older = older;
	return r;
}

void
intake_rules_free(struct intake_rules *r)
{
	while (r != NULL) {
		struct intake_rules *older = r->older;

		proxy_list_free(r->proxies);
		mem_free(r);
		r = older;
	}
}

/* A bijection that scatters: ids that follow each other do not look alike (splitmix64). */
static uint64_t
scatter(uint64_t n)
{
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ULL;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebULL;
	return n ^ (n >> 31);
}

struct str
intake_new_id(uint64_t serial, char *text)
{
	static const char HEX[] = "0123456789abcdef";
	uint64_t n = scatter(serial);

	for (int i = 15; i >= 0; i--) {
		text[i] = HEX[n & 15];
		n >>= 4;
	}
	return (struct str){ text, 16 };
}

static bool
is_id(struct str s)
{
	if (s.len == 0 || s.len > TRIP_ID_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_word(s.ptr[i]) && s.ptr[i] != '.' && s.ptr[i] != '-')
			return false;
	}
	return true;
}

static struct str
id_of(struct trip *t, uint64_t serial)
{
	const struct str asked = http_field(t->call.head, &t->head, STR("X-Frappe-Request-Id"));

	if (!is_id(asked))
		return intake_new_id(serial, t->id);
	memcpy(t->id, asked.ptr, asked.len);
	return (struct str){ t->id, asked.len };
}

static struct str
known(const struct trip *t, enum http_known which)
{
	return t->head.present[which] ? http_span_str(t->call.head, t->head.known[which])
				      : STR_NULL;
}

/* Everything that the call before has left behind, but for what trips keep. */
static void
clear(struct call *call)
{
	call_reset(call);
	call->body = STR("");
	call->body_fd = -1;
	call->body_len = 0;
	call->identity = (struct identity){ 0 };
	call->local = NULL;
	call->provisional = call->site->feed != NULL;
	call->db_us = 0;
}

void
intake_anew(struct trip *t)
{
	arena_rewind(t->call.arena, t->planned);
	call_reset(&t->call);
}

static void
fill(struct trip *t, struct net_conn *c, const struct intake_rules *rules, uint64_t serial)
{
	struct call *call = &t->call;

	call->started_us = net_loop_mono_us(net_conn_loop(c));
	call->now_us = net_loop_wall_us(net_conn_loop(c));
	call->verb = t->head.verb;
	call->method = http_span_str(call->head, t->head.method);
	call->path = http_span_str(call->head, t->head.path);
	call->query = http_span_str(call->head, t->head.query);
	call->fields = &t->head;
	proxy_resolve(
	    rules->proxies, net_conn_peer(c), net_conn_is_tls(c), call->head, &t->head, &t->client);
	call->peer = t->client.address;
	call->secure = t->client.secure;
	call->from_proxy = t->client.through_proxy;
	call->id = id_of(t, serial);
	t->to = net_conn_id(c);
	t->user_len = 0;
	t->packed = false;
	t->gzip = call->conf->http.gzip && http_accepts_gzip(known(t, HTTP_ACCEPT_ENCODING));
}

/* The control door is for whoever may read the data directory anyway. */
static bool
may_control(const struct net_peer *peer)
{
	return peer->is_unix && (peer->uid == 0 || peer->uid == geteuid());
}

bool
intake_begin(struct trip *t, struct net_conn *c, const struct intake_rules *rules, struct str head,
    uint64_t serial, struct err *err)
{
	if (net_conn_tag(c) == DOOR_CONTROL && !may_control(net_conn_peer(c)))
		return err_set(
		    err, ERR_PERMISSION, "Only the server's own user and root may use this socket");
	t->call.conf = t->call.site->conf;
	clear(&t->call);
	/* A few hundred bytes, copied so that nothing refers to the loop's buffer when the call
	 * moves. */
	if (!arena_str(t->call.arena, head, &t->call.head, err)) {
		err_set(err, ERR_UNAVAILABLE, "The server has no memory for this request now");
		err->retry_after_s = 1;
		return false;
	}
	fill(t, c, rules, serial);
	if (net_conn_tag(c) == DOOR_CONTROL)
		t->call.local = rules->local;
	return true;
}

bool
intake_has_body(const struct trip *t)
{
	return t->head.chunked || t->head.content_length > 0;
}

void
intake_turn_away(uint64_t serial, bool of_address, struct buf *out)
{
	char id[TRIP_ID_MAX], date[CLOCK_TEXT_SIZE];
	struct err err;

	if (of_address)
		err_set(&err, ERR_TOO_MANY_REQUESTS, "Too many connections from this address");
	else
		err_set(&err, ERR_UNAVAILABLE, "The server has too many connections; try again");
	err.retry_after_s = 1;
	api_refuse(&err, intake_new_id(serial, id), clock_http_date(clock_now_us(), date), out);
}

bool
intake_keeps_alive(const struct trip *t, uint32_t requests)
{
	const int64_t most = t->call.conf->http.max_requests_per_connection;

	return t->head.keep_alive && (most == 0 || requests < most);
}

size_t
intake_skip_body(struct trip *t, struct str rest)
{
	if (!intake_has_body(t))
		return 0;
	if (!t->head.chunked && t->head.content_length <= rest.len)
		return (size_t)t->head.content_length;
	t->keep_alive = false;
	return rest.len;
}

bool
intake_who(struct trip *t, struct err *err)
{
	return auth_who(t->call.auth, &t->call.identity, &t->call.who, err);
}

/* The admin door knows numbers and health, and nobody by name. */
static bool
check_door(const struct trip *t, struct net_conn *c, struct err *err)
{
	static const struct str PATHS[] = { STR_INIT("/metrics"), STR_INIT("/healthz"),
		STR_INIT("/readyz") };

	if (net_conn_tag(c) != DOOR_ADMIN)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(PATHS); i++) {
		if (str_eq(t->call.path, PATHS[i]))
			return t->call.verb == HTTP_GET || t->call.verb == HTTP_HEAD ||
			    err_set(err, ERR_METHOD_NOT_ALLOWED, "Only GET is allowed here");
	}
	return err_set(
	    err, ERR_DOES_NOT_EXIST, "This address has /metrics, /healthz and /readyz only");
}

bool
intake_lost(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "The database does not answer. Try again later");
	err->retry_after_s = 1;
	return false;
}

/*
 * auth_identify(), where the memory is only good as long as the lease is: then nobody who shows a
 * credential is told anything but to come again.
 */
static bool
identify_by_lease(struct trip *t, const struct auth_request *request, struct err *err)
{
	struct call *call = &t->call;
	const bool ok = auth_identify(call->auth, request, &call->identity, err);
	const struct feed *feed = call->site->feed;

	if (feed == NULL)
		return ok;
	const bool is_guest =
	    ok && call->identity.kind == IDENTITY_GUEST && !call->identity.session_expired;

	/* What the memory knew may count a little longer; what it does not know, nobody knows. */
	if (!is_guest && !feed_is_live(feed) &&
	    !(ok && !call->identity.session_expired && feed_may_accept(feed))) {
		t->doubtful = false;
		return intake_lost(err);
	}
	t->doubtful = call->provisional &&
	    (ok ? call->identity.session_expired
		: err->kind == ERR_AUTHENTICATION || err->kind == ERR_PERMISSION);
	if (ok && t->doubtful)
		return err_set(err, ERR_AUTHENTICATION, "The session has ended");
	return ok;
}

static bool
identify(struct trip *t, struct net_conn *c, struct err *err)
{
	struct call *call = &t->call;
	const struct auth_request request = {
		.has_authorization = t->head.present[HTTP_AUTHORIZATION],
		.authorization = known(t, HTTP_AUTHORIZATION),
		.cookie = known(t, HTTP_COOKIE),
		.address = call->peer,
		.now_us = call->now_us,
		.mono_us = call->started_us,
		.provisional = call->provisional,
		.loop = (uint32_t)net_loop_index(net_conn_loop(c)) + 1,
	};

	switch ((enum door)net_conn_tag(c)) {
	case DOOR_CONTROL: {
		const struct who *administrator = auth_find_user(call->auth, STR("Administrator"));

		call->identity = (struct identity){ .kind = IDENTITY_LOCAL,
			.user = administrator == NULL ? 0 : administrator->user };
		break;
	}
	case DOOR_ADMIN: {
		const struct auth_request nobody = {
			.address = call->peer, .now_us = call->now_us, .mono_us = call->started_us
		};

		if (!auth_identify(call->auth, &nobody, &call->identity, err))
			return false;
		break;
	}
	case DOOR_PUBLIC:
		if (!identify_by_lease(t, &request, err))
			return false;
		break;
	}
	return intake_who(t, err);
}

bool
intake_admit(struct trip *t, struct net_conn *c, struct err *err)
{
	int64_t limit = 0;

	if (!identify(t, c, err))
		return false;
	t->user_len = MIN(t->call.who->name.len, (size_t)TRIP_USER_MAX);
	if (t->user_len > 0)
		memcpy(t->user, t->call.who->name.ptr, t->user_len);
	if (!check_door(t, c, err))
		return false;
	if (!intake_has_body(t))
		return true;
	return api_body_limit(&t->call, &limit, err) && body_begin(&t->body, &t->head, limit, err);
}
