"""The sites that are measured: made through the API, then filled in the database itself, which is faster."""

import json
import sqlite3
from dataclasses import dataclass

from servers import Symbolon

USER = "bench@example.com"
GENERATE = "/api/method/frappe.core.doctype.user.user.generate_keys?user=" + USER
A_STATION = 20  # documents that one list finds

# Fourteen fields, of the kinds that documents of people's own have.
DOCTYPE = {
	"name": "Reading",
	"module": "Core",
	"custom": 1,
	"autoname": "hash",
	"fields": [
		{"fieldname": name, "fieldtype": kind, "label": name.title(), "search_index": name == "station"}
		for name, kind in {
			"station": "Data", "title": "Data", "status": "Data", "sensor": "Data", "unit": "Data",
			"serial": "Data", "level": "Int", "battery": "Int", "samples": "Int", "valid": "Check",
			"temperature": "Float", "pressure": "Float", "taken_on": "Date", "remark": "Small Text",
		}.items()
	],
	"permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1}],
}

# With links and a table of rows, which link, too.
VISITED = [
	{"name": "Place", "autoname": "prompt", "fields": [{"fieldname": "title", "fieldtype": "Data", "label": "Title"}]},
	{"name": "Visit Line", "istable": 1, "fields": [
		{"fieldname": "place", "fieldtype": "Link", "options": "Place", "label": "Place"},
		{"fieldname": "found", "fieldtype": "Data", "label": "Found"},
		{"fieldname": "level", "fieldtype": "Int", "label": "Level"},
	]},
	{"name": "Visit", "autoname": "hash", "fields": [
		{"fieldname": "place", "fieldtype": "Link", "options": "Place", "label": "Place"},
		{"fieldname": "visitor", "fieldtype": "Link", "options": "User", "label": "Visitor"},
		{"fieldname": "note", "fieldtype": "Data", "label": "Note"},
		{"fieldname": "lines", "fieldtype": "Table", "options": "Visit Line", "label": "Lines"},
	]},
]


@dataclass
class Site:
	"""A data directory and one user's token."""

	data: str
	token: str  # KEY:SECRET
	start_s: float  # from nothing to the first answer

	def database(self):
		return sqlite3.connect(f"{self.data}/symbolon.db", isolation_level=None)


def reading(i, stations):
	"""The values of the fields of the i-th document."""
	return {
		"station": f"st-{i % stations:05}", "title": f"Reading {i}", "status": "Checked",
		"sensor": f"th-{i % 97:02}", "unit": "metric", "serial": f"{i * 2654435761 % 2**32:08x}",
		"level": i % 1000, "battery": 100 - i % 60, "samples": 12, "valid": 1,
		"temperature": round((i % 600) / 10 - 20, 1), "pressure": 950 + i % 100 + 0.25,
		"taken_on": f"2026-{i % 12 + 1:02}-{i % 28 + 1:02}", "remark": "Nothing out of the ordinary",
	}


def furnish(server):
	"""Gives a new site a user and an empty table of readings; the user's token."""

	def post(path, value):
		body = json.dumps(value).encode()
		return json.loads(server.request("POST", path, server.administrator, body))

	user = {"email": USER, "first_name": "Bench", "send_welcome_email": 0,
		"roles": [{"role": "System Manager"}]}
	post("/api/resource/User", user)
	post("/api/resource/DocType", DOCTYPE)
	for doctype in VISITED:
		post("/api/resource/DocType", {**DOCTYPE, "autoname": "", **doctype})
	for name in ("North", "South"):
		post("/api/resource/Place", {"name": name})
	pair = post(GENERATE, {})["message"]
	return f"{pair['api_key']}:{pair['api_secret']}"


def limited_key(server, token):
	"""Another key of the user, with scopes, networks, a rate and a quota that no run uses up."""
	key = {
		"user": USER, "label": "limited", "allowed_networks": "127.0.0.0/8\n10.0.0.0/8\n192.168.0.0/16\n::1/128", "denied_networks": "10.9.9.0/24",
		"rate_limit": 10**6, "rate_window_s": 1, "quota": 10**9,
		"scopes": [
			{"kind": "Path", "target": "/shop/", "rights": "GET POST"}, {"kind": "Name", "target": "orders:read"}, {"kind": "DocType", "target": "ToDo", "rights": "read"},
		],
	}
	made = json.loads(server.request("POST", "/api/resource/API%20Key", token, json.dumps(key).encode()))["data"]
	return f"{made['api_key']}:{made['api_secret']}"


def make(program, data, loops):
	"""A new site with a user, a key and an empty table of readings."""
	with Symbolon(program, data, loops) as server:
		return Site(data, furnish(server), server.start_s)


def add_readings(site, rows):
	"""Fills the table of a site that is stopped; returns how many stations they come from."""
	stations = max(1, rows // A_STATION)
	fields = list(reading(0, 1))
	sql = (
		f"INSERT INTO tabReading (name, creation, modified, owner, modified_by, {', '.join(fields)})"
		f" VALUES (?, ?, ?, '{USER}', '{USER}', {', '.join('?' * len(fields))})"
	)

	def row(i):
		at = f"2026-{i // 86400 % 9 + 1:02}-01 {i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}.000000"
		return (f"r{i:09}", at, at, *reading(i, stations).values())

	database = site.database()
	database.execute("BEGIN")
	database.executemany(sql, map(row, range(rows)))
	database.execute("COMMIT")
	database.close()
	return stations


def add_keys(site, keys):
	"""Gives the user of a site that is stopped that many keys more. Their secrets nobody knows."""
	database = site.database()
	pepper = database.execute("SELECT pepper FROM secret LIMIT 1").fetchone()[0]
	database.execute("BEGIN")
	database.executemany(
		"INSERT INTO `tabAPI Key` (name, user, label, enabled) VALUES (?, '%s', ?, 1)" % USER,
		((f"{i:015x}", f"key {i}") for i in range(keys)),
	)
	database.executemany(
		"INSERT INTO secret (name, api_key, pepper, digest, created_us) VALUES (?, ?, ?, ?, 0)",
		((f"{i:015x}", f"{i:015x}", pepper, f"{i * 0x9E3779B97F4A7C15 % 2**64:064x}") for i in range(keys)),
	)
	database.execute("COMMIT")
	database.close()


def count_readings(site):
	database = site.database()
	n = database.execute("SELECT count(*) FROM tabReading").fetchone()[0]
	database.close()
	return n
