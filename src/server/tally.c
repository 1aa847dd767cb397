#include "server/tally.h"

#include <stdatomic.h>

/* Upper bounds of the histogram; each text is that many seconds. */
/* clang-format off */
static const struct {
	int64_t us;
	const char *seconds;
} BOUNDS[TALLY_BUCKETS - 1] = {
	{ 50, "0.00005" }, { 100, "0.0001" }, { 250, "0.00025" }, { 500, "0.0005" },
	{ 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" }, { 10000, "0.01" },
	{ 25000, "0.025" }, { 50000, "0.05" }, { 100000, "0.1" }, { 500000, "0.5" },
	{ 1000000, "1" }, { 5000000, "5" },
};
/* clang-format on */

/* One thread writes: no locked instruction is needed. */
static void
add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_store_explicit(
	    to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

void
tally_add(struct tally *t, const struct call *call, int64_t took_us, uint64_t bytes)
{
	const int class = call->route_class;
	const int hundred = call->response.status / 100;
	size_t bucket = 0;

	while (bucket < ARRAY_LEN(BOUNDS) && took_us > BOUNDS[bucket].us)
		bucket++;
	add(&t->requests[class >= 0 && class < TALLY_CLASSES ? class : 0]
			[hundred > 0 && hundred < TALLY_STATUS_CLASSES ? hundred : 0],
	    1);
	add(&t->buckets[bucket], 1);
	add(&t->took_us, (uint64_t)MAX(took_us, (int64_t)0));
	add(&t->db_us, (uint64_t)MAX(call->db_us, (int64_t)0));
	add(&t->bytes, bytes);
}

void
tally_refuse(struct tally *t)
{
	add(&t->refused, 1);
}

/* The sum over loops of the counter at that offset. */
static uint64_t
sum(const struct tally *tallies, size_t len, size_t offset)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const _Atomic uint64_t *counter =
		    (const void *)((const char *)&tallies[i] + offset);

		n += atomic_load_explicit(counter, memory_order_relaxed);
	}
	return n;
}

#define SUM(member) sum(tallies, len, offsetof(struct tally, member))

static uint64_t
requests_of(const struct tally *tallies, size_t len, size_t class, size_t hundred)
{
	return sum(tallies, len,
	    offsetof(struct tally, requests) +
		(class * TALLY_STATUS_CLASSES + hundred) * sizeof(uint64_t));
}

static uint64_t
bucket_of(const struct tally *tallies, size_t len, size_t i)
{
	return sum(tallies, len, offsetof(struct tally, buckets) + i * sizeof(uint64_t));
}

static void
print_requests(const struct tally *tallies, size_t len, struct buf *out)
{
	buf_lit(out,
	    "# HELP symbolon_requests_total Requests answered, by class of route and status.\n"
	    "# TYPE symbolon_requests_total counter\n");
	for (size_t class = 0; class < TALLY_CLASSES; class ++) {
		const char *name = api_route_class((int)class);

		for (size_t hundred = 0; hundred < TALLY_STATUS_CLASSES; hundred++) {
			const uint64_t n = requests_of(tallies, len, class, hundred);

			if (n > 0)
				buf_printf(out,
				    "symbolon_requests_total{route=\"%s\",status=\"%zuxx\"} %llu\n",
				    name == NULL ? "other" : name, hundred, (unsigned long long)n);
		}
	}
}

static void
print_histogram(const struct tally *tallies, size_t len, struct buf *out)
{
	unsigned long long n = 0;

	buf_lit(out,
	    "# HELP symbolon_request_seconds Time from a request's head to its answer.\n"
	    "# TYPE symbolon_request_seconds histogram\n");
	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		n += bucket_of(tallies, len, i);
		buf_printf(out, "symbolon_request_seconds_bucket{le=\"%s\"} %llu\n",
		    i < ARRAY_LEN(BOUNDS) ? BOUNDS[i].seconds : "+Inf", n);
	}
	buf_printf(out, "symbolon_request_seconds_sum %.6f\nsymbolon_request_seconds_count %llu\n",
	    (double)SUM(took_us) / 1e6, n);
}

void
tally_print(const struct tally *tallies, size_t len, struct buf *out)
{
	print_requests(tallies, len, out);
	print_histogram(tallies, len, out);
	buf_printf(out,
	    "# HELP symbolon_database_seconds_total Time that requests spent in the database.\n"
	    "# TYPE symbolon_database_seconds_total counter\n"
	    "symbolon_database_seconds_total %.6f\n",
	    (double)SUM(db_us) / 1e6);
	buf_printf(out,
	    "# HELP symbolon_response_bytes_total Bytes of answers' bodies.\n"
	    "# TYPE symbolon_response_bytes_total counter\n"
	    "symbolon_response_bytes_total %llu\n",
	    (unsigned long long)SUM(bytes));
	buf_printf(out,
	    "# HELP symbolon_refused_total Requests refused for framing, limits or time.\n"
	    "# TYPE symbolon_refused_total counter\n"
	    "symbolon_refused_total %llu\n",
	    (unsigned long long)SUM(refused));
}

void
tally_tell(const struct tally *tallies, size_t len, struct json_out *out)
{
	static const char *const NAMES[TALLY_STATUS_CLASSES] = { NULL, NULL, "2xx", "3xx", "4xx",
		"5xx" };

	json_key(out, STR("requests"));
	json_open_object(out);
	for (size_t hundred = 0; hundred < TALLY_STATUS_CLASSES; hundred++) {
		uint64_t n = 0;

		if (NAMES[hundred] == NULL)
			continue;
		for (size_t class = 0; class < TALLY_CLASSES; class ++)
			n += requests_of(tallies, len, class, hundred);
		json_put_int(out, NAMES[hundred], (int64_t)n);
	}
	json_close_object(out);
	json_key(out, STR("latency"));
	json_open_array(out);
	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		json_open_array(out);
		if (i < ARRAY_LEN(BOUNDS))
			json_add_int(out, BOUNDS[i].us);
		else
			json_add_null(out);
		json_add_int(out, (int64_t)bucket_of(tallies, len, i));
		json_close_array(out);
	}
	json_close_array(out);
}
