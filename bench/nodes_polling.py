"""What many nodes cost the database while nothing happens: each asks every 50 ms where the table of changes stands."""

import os
import time

from nodes_promises import figure

TICK = os.sysconf("SC_CLK_TCK")
SECONDS = 10
POLL_S = 0.05
SETTINGS = ("--log.level", "warn", "--database.max_connections", "4")

# Administrator's key as often as that, whatever columns there are; their secrets nobody knows.
COPY = """INSERT INTO {table} SELECT (jsonb_populate_record(t, changed)).* FROM {table} t,
	(SELECT {changed} AS changed FROM generate_series(1, {n}) i) c WHERE t.name = (SELECT max(name) FROM {table})"""
NAME = "lpad(to_hex(i), 15, '0')"


def add_keys(nodes, n):
	for table, columns in (('"tabAPI Key"', ("name", "api_key")), ("secret", ("name", "api_key"))):
		changed = ", ".join(f"'{column}', {NAME}" for column in columns)
		changed = f"jsonb_build_object({changed}, 'classic', 0, 'label', 'key ' || i)"
		nodes.sql("site", COPY.format(table=table, changed=changed, n=n))


def cpu_s(pids):
	"""Of a server, the first one, and those that it has forked; what has ended meanwhile stands in the first one's books."""
	ticks = 0
	for i, pid in enumerate(pids):
		try:
			with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
				fields = f.read().rpartition(")")[2].split()
		except FileNotFoundError:
			continue
		ticks += sum(map(int, fields[11:13] if i > 0 else fields[11:15]))
	return ticks / TICK


def transactions(nodes):
	return int(nodes.sql("postgres", "SELECT xact_commit FROM pg_stat_database WHERE datname = 'site'")[0])


def measure(nodes, options):
	n, keys = options["nodes"], options["keys"]
	nodes.add(*SETTINGS)
	add_keys(nodes, keys)
	nodes.nodes[0].stop()
	nodes.nodes.clear()
	starts = [nodes.add(*SETTINGS).start_s for _ in range(n)]
	time.sleep(5)  # pause: what starting has left to do
	before = transactions(nodes), cpu_s(nodes.server.pids()), sum(node.cpu_s() for node in nodes.nodes), time.monotonic()
	time.sleep(SECONDS)  # pause: the span that is measured
	cpu, of_nodes, took = cpu_s(nodes.server.pids()), sum(node.cpu_s() for node in nodes.nodes), time.monotonic() - before[3]
	rate = (transactions(nodes) - before[0]) / took
	connections = nodes.sql("site", "SELECT count(*) FROM pg_stat_activity WHERE datname = 'site' AND application_name = 'symbolon'")
	memory = sum(node.resident("RssAnon") for node in nodes.nodes) / n
	return [
		figure(f"transactions a second of {n} nodes", f"{rate:.0f}", f"{n / POLL_S:.0f} of them are polls", rate > 0),
		figure("CPU of the database for them", f"{(cpu - before[1]) / took * 100:.1f} %", "of one core"),
		figure("  for one of them", f"{(cpu - before[1]) / took / max(rate, 1) * 1e6:.0f} us"),
		figure("CPU of a node, idle", f"{(of_nodes - before[2]) / took / n * 100:.2f} %", "of one core"),
		figure("connections to the database", connections[0]),
		figure(f"memory of a node with {keys} keys", f"{memory / 1e6:.1f} MB"),
		figure("start of a node: slowest", f"{max(starts):.2f} s"),
	]
