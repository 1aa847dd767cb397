"""Nodes on one PostgreSQL, and connections to them that stay open."""

import json
import os
import shutil
import socket
import subprocess

import sites
from servers import Symbolon

GENERATE = "/api/method/frappe.core.doctype.user.user.generate_keys"


class Line:
	"""A connection to a node, kept alive. Knows nothing but answers with a length, which is all that symbolon sends."""

	def __init__(self, url):
		self.host = url.split("://")[1]
		self.socket = None
		self.left = b""

	def fileno(self):
		return self.socket.fileno()

	def send(self, verb, path, token=None, body=None, cookie=None):
		if self.socket is None:
			host, port = self.host.split(":")
			self.socket = socket.create_connection((host, int(port)), timeout=30)
			self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		head = f"{verb} {path} HTTP/1.1\r\nHost: {self.host}\r\n"
		if token:
			head += f"Authorization: token {token}\r\n"
		if cookie:
			head += f"Cookie: {cookie}\r\n"
		data = b"" if body is None else json.dumps(body).encode()
		if body is not None:
			head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
		self.socket.sendall(head.encode() + b"\r\n" + data)

	def receive(self):
		"""The status, the head and the body of the next answer."""
		got = self.left
		while (end := got.find(b"\r\n\r\n")) < 0:
			got += self.more()
		head = got[:end].decode("latin-1")
		length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
		while len(got) < end + 4 + length:
			got += self.more()
		self.left = got[end + 4 + length:]
		if "\r\nconnection: close" in head.lower():
			self.close()
		return int(head[9:12]), head, got[end + 4:end + 4 + length]

	def more(self):
		piece = self.socket.recv(65536)
		if not piece:
			raise ConnectionError("the node closed the connection")
		return piece

	def ask(self, *args, **kwargs):
		self.send(*args, **kwargs)
		return self.receive()

	def close(self):
		self.socket.close()
		self.socket = None
		self.left = b""


class Nodes:
	"""The first node makes the site; the others have its key file. Leaving the block ends them."""

	def __init__(self, program, directory, server):
		self.program = program
		self.directory = directory
		self.server = server
		self.nodes = []

	def __enter__(self):
		self.sql("postgres", "CREATE DATABASE site")
		return self

	def __exit__(self, *_):
		for node in self.nodes:
			node.stop()

	def sql(self, database, statement):
		done = subprocess.run(
			["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, self.server.url().format(database)],
			text=True, capture_output=True, check=False,
		)
		if done.returncode != 0:
			raise SystemExit(f"nodes: {done.stderr}")
		return done.stdout.splitlines()

	def add(self, *settings):
		path = f"{self.directory}/node{len(self.nodes) + 1}"
		if self.nodes:
			os.mkdir(path, 0o700)
			shutil.copy(f"{self.directory}/node1/symbolon.key", path)
		self.nodes.append(
			Symbolon(self.program, path, 1, "--database", self.server.url().format("site"), *settings)
		)
		return self.nodes[-1]

	def starts(self, times):
		"""Seconds to the first answer of one more node, which is started so often."""
		node = self.add()
		found = [node.start_s]
		while len(found) < times:
			node.stop()
			node = self.nodes[-1] = Symbolon(self.program, f"{self.directory}/node{len(self.nodes)}", 1, "--database", self.server.url().format("site"))
			found.append(node.start_s)
		return found

	def urls(self):
		return [node.url for node in self.nodes]

	def administrator(self):
		return self.nodes[0].administrator


def pair(body):
	"""The token of an answer of generate_keys."""
	made = json.loads(body)["message"]
	return f"{made['api_key']}:{made['api_secret']}"


def fill_readings(nodes, rows):
	"""The documents of sites.add_readings(), as the server of PostgreSQL makes them itself."""
	stations = max(1, rows // sites.A_STATION)
	values = {
		"station": f"'st-' || lpad((i % {stations})::text, 5, '0')", "title": "'Reading ' || i", "status": "'Checked'",
		"sensor": "'th-' || i % 97", "unit": "'metric'", "serial": "lpad(to_hex(i), 8, '0')", "level": "i % 1000",
		"battery": "100 - i % 60", "samples": "12", "valid": "1", "temperature": "(i % 600) / 10.0 - 20",
		"pressure": "950 + i % 100 + 0.25", "taken_on": "'2026-' || lpad((i % 12 + 1)::text, 2, '0') || '-01'",
		"remark": "'Nothing out of the ordinary'", "name": "'r' || lpad(i::text, 9, '0')",
		"creation": "'2026-01-01 00:00:00.000000'", "modified": "'2026-01-01 00:00:00.000000'",
		"owner": f"'{sites.USER}'", "modified_by": f"'{sites.USER}'",
	}
	nodes.sql("site", f"INSERT INTO \"tabReading\" ({', '.join(values)}) SELECT {', '.join(values.values())}"
		f" FROM generate_series(0, {rows - 1}) i")
	nodes.sql("site", "VACUUM ANALYZE \"tabReading\"")


def fill_keys(nodes, keys):
	"""The keys of sites.add_keys(), as the server of PostgreSQL makes them itself."""
	i = f"FROM generate_series(0, {keys - 1}) i"
	nodes.sql("site", f"INSERT INTO \"tabAPI Key\" (name, \"user\", label, enabled) SELECT lpad(to_hex(i), 15, '0'), '{sites.USER}', 'key ' || i, 1 {i}")
	nodes.sql("site", "INSERT INTO secret (name, api_key, pepper, digest, created_us) SELECT lpad(to_hex(i), 15, '0'), lpad(to_hex(i), 15, '0'),"
		f" (SELECT pepper FROM secret LIMIT 1), lpad(to_hex(i::bigint * 2654435761), 64, '0'), 0 {i}")
