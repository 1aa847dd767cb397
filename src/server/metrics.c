#include "server/metrics.h"

#include "server/tally.h"

#include <stdatomic.h>
#include <stdio.h>

enum sort { COUNTER, GAUGE };

/* One line; several of one name follow each other, and the first brings the help. */
struct metric {
	const char *name, *labels, *help; /* help NULL: as the line before */
	enum sort sort;
	uint64_t value;
};

static void
print(const struct metric *metrics, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		const struct metric *m = &metrics[i];

		if (m->help != NULL)
			buf_printf(out, "# HELP symbolon_%s %s\n# TYPE symbolon_%s %s\n", m->name,
			    m->help, m->name, m->sort == COUNTER ? "counter" : "gauge");
		buf_printf(
		    out, "symbolon_%s%s %llu\n", m->name, m->labels, (unsigned long long)m->value);
	}
}

static void
print_auth(struct auth *auth, struct buf *out)
{
	const struct auth_counts c = auth_counts(auth);
	const struct metric metrics[] = {
		{ "auth_total", "{outcome=\"accepted\"}",
		    "Requests, by what became of their credentials.", COUNTER, c.accepted },
		{ "auth_total", "{outcome=\"refused\"}", NULL, COUNTER, c.refused },
		{ "auth_total", "{outcome=\"throttled\"}", NULL, COUNTER, c.throttled },
		{ "auth_total", "{outcome=\"guest\"}", NULL, COUNTER, c.guests },
		{ "auth_total", "{outcome=\"session\"}", NULL, COUNTER, c.sessions_accepted },
		{ "keys", "", "API keys.", GAUGE, c.keys },
		{ "secrets", "", "Live secrets in the token table.", GAUGE, c.secrets },
		{ "sessions", "", "Live cookie sessions.", GAUGE, c.sessions },
		{ "uses_dropped_total", "", "Uses of keys that were too many to be counted.",
		    COUNTER, c.uses_dropped },
		{ "token_table_bytes", "", "Memory of the token table.", GAUGE, c.table_bytes },
	};

	print(metrics, ARRAY_LEN(metrics), out);
}

/* Nothing before they were counted. */
static void
print_findings(struct key_findings *f, struct buf *out)
{
	char labels[KEY_FINDINGS][48];
	struct metric metrics[KEY_FINDINGS];

	atomic_store(&f->asked, true);
	if (!atomic_load_explicit(&f->known, memory_order_acquire))
		return;
	for (size_t i = 0; i < KEY_FINDINGS; i++) {
		const int len = snprintf(
		    labels[i], sizeof(labels[i]), "{finding=\"%s\"}", KEY_FINDING_NAMES[i]);

		for (int at = 0; at < len; at++)
			labels[i][at] = labels[i][at] == ' ' ? '_' : labels[i][at];
		metrics[i] = (struct metric){ "key_findings", labels[i],
			i > 0 ? NULL
			      : "API keys that should be looked at; counted at most once a minute.",
			GAUGE, atomic_load_explicit(&f->of[i], memory_order_relaxed) };
	}
	print(metrics, KEY_FINDINGS, out);
}

/* A rotation's progress. */
static void
print_peppers(const struct auth *auth, struct buf *out)
{
	struct auth_pepper p;
	uint32_t at = 0;

	buf_lit(out,
	    "# HELP symbolon_pepper_secrets Live secrets by the pepper of their digests.\n"
	    "# TYPE symbolon_pepper_secrets gauge\n");
	while (auth_pepper(auth, &at, &p))
		buf_printf(out, "symbolon_pepper_secrets{pepper=\"%.*s\",current=\"%d\"} %llu\n",
		    STR_FMT(p.id), p.is_current, (unsigned long long)p.secrets);
}

static void
print_server(const struct metrics_sources *s, struct buf *out)
{
	const struct lanes_counts l = lanes_counts(s->lanes);
	const struct net_counts n = net_counts(s->net);
	const struct metric metrics[] = {
		{ "queue_length", "{lane=\"reads\"}", "Calls that wait in a lane.", GAUGE,
		    l.reads },
		{ "queue_length", "{lane=\"writer\"}", NULL, GAUGE, l.writes },
		{ "queue_length", "{lane=\"hash\"}", NULL, GAUGE, l.hashes },
		{ "read_only", "", "1: the disk refuses writes.", GAUGE, l.read_only ? 1 : 0 },
		{ "connections", "", "Open connections.", GAUGE, n.open },
		{ "connections_total", "{outcome=\"accepted\"}", "Connections so far.", COUNTER,
		    n.accepted },
		{ "connections_total", "{outcome=\"refused\"}", NULL, COUNTER, n.refused },
		{ "request_memory_bytes", "", "Memory that requests in flight hold.", GAUGE,
		    atomic_load_explicit(&s->site->memory.used, memory_order_relaxed) },
		{ "request_memory_limit_bytes", "", "What they may hold in all.", GAUGE,
		    s->site->memory.limit },
	};

	print(metrics, ARRAY_LEN(metrics), out);
}

void
metrics_print(const struct metrics_sources *sources, struct buf *out)
{
	buf_lit(out,
	    "# HELP symbolon_info The version.\n# TYPE symbolon_info gauge\n"
	    "symbolon_info{version=\"" SYMBOLON_VERSION "\"} 1\n");
	tally_print(exchange_tallies(sources->exchange), NET_MAX_LOOPS, out);
	print_auth(sources->site->auth, out);
	print_findings(&sources->site->findings, out);
	print_peppers(sources->site->auth, out);
	print_server(sources, out);
}

static void
tell_server(const struct metrics_sources *s, struct json_out *out)
{
	const struct lanes_counts l = lanes_counts(s->lanes);
	const struct net_counts n = net_counts(s->net);

	json_put_str(
	    out, "database", db_is_embedded(s->site->db) ? STR("SQLite") : STR("PostgreSQL"));
	json_put_bool(out, "read_only", l.read_only);
	json_put_int(out, "connections", (int64_t)n.open);
	json_key(out, STR("waiting"));
	json_open_object(out);
	json_put_int(out, "reads", (int64_t)l.reads);
	json_put_int(out, "writer", (int64_t)l.writes);
	json_put_int(out, "hash", (int64_t)l.hashes);
	json_close_object(out);
	json_put_int(out, "request_memory_bytes",
	    (int64_t)atomic_load_explicit(&s->site->memory.used, memory_order_relaxed));
	json_put_int(out, "request_memory_limit_bytes", (int64_t)s->site->memory.limit);
}

void
metrics_tell(const struct metrics_sources *sources, struct json_out *out)
{
	tell_server(sources, out);
	tally_tell(exchange_tallies(sources->exchange), NET_MAX_LOOPS, out);
}
