"""Random DocTypes, documents, edits and filters, held against a plain Python model of the rules (spec/documents.md, spec/rest.md 4).

The short form runs with all tests, the long one with SYMBOLON_TEST_LONG. Another: SYMBOLON_MODEL_STEPS=3000 SYMBOLON_MODEL_SEED=7 pytest tests/api/test_model.py
"""

import itertools
import json
import os
import re

import pytest
import requests
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

STEPS = int(os.environ.get("SYMBOLON_MODEL_STEPS", "10000" if os.environ.get("SYMBOLON_TEST_LONG") else "240"))
SEED = int(os.environ.get("SYMBOLON_MODEL_SEED", "1"))
STEPS_OF_ONE = 24
NUMBERS = itertools.count(1)

TEXTS = st.one_of(st.none(), st.just(""), st.text(alphabet="abAB1", max_size=3))
DAYS = st.one_of(st.none(), st.sampled_from(["2025-12-31", "2026-01-01", "2026-01-15", "2026-02-28"]))
INTS = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([2**31 - 1, 1 - 2**31]))
REALS = st.one_of(st.none(), st.sampled_from([0, 0.5, -1.25, 3, 1e6]))
# A type: what a document may be given, and what it then holds.
TYPES = {
	"Data": (TEXTS, lambda v: v), "Small Text": (TEXTS, lambda v: v), "Int": (INTS, lambda v: v or 0), "Check": (st.sampled_from([None, 0, 1]), lambda v: v or 0),
	"Float": (REALS, lambda v: float(v or 0)), "Currency": (REALS, lambda v: float(v or 0)), "Duration": (REALS, lambda v: None if v is None else float(v)),
	"Date": (DAYS, lambda v: v),
}
# Rows of a table: each is a word and a number; a new one without its number has the default.
ROWS = st.lists(st.fixed_dictionaries({"word": st.text(alphabet="abAB1", max_size=3)}, optional={"n": st.integers(-3, 3)}), max_size=3)
DEFAULT_N = 2
DRAFT, SUBMITTED, CANCELLED = 0, 1, 2
TEXT, DATE, NULLABLE_NUMBER = ("Data", "Small Text"), ("Date",), ("Duration",)


# --- the model

def fold(v):
	return v.lower() if isinstance(v, str) else v


def like(pattern, text):
	return re.fullmatch("".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in fold(pattern)), fold(text), re.S) is not None


def compares(op, a, b):
	return {"=": a == b, "!=": a != b, ">": a > b, ">=": a >= b, "<": a < b, "<=": a <= b}[op]


def text_matches(held, op, v):
	if op in ("=", "!="):
		if v is None:
			return False
		return compares(op, fold(held or ""), fold(v))
	if op in ("like", "not like"):
		found = v == "" if held is None else like(v, held)
		return found if op == "like" else held is None or not found
	if op in ("in", "not in"):
		empty = not v or any(not m for m in v)
		if not held:
			return empty == (op == "in")
		return (fold(held) in [fold(m) for m in v if m]) == (op == "in")
	if op == "is":
		return bool(held) == (v == "set")
	return compares(op, fold(held or ""), fold(v))


def number_matches(held, op, v):
	if op == "in":
		return held is not None and held in v
	if op == "not in":
		return held is None or held not in v
	if op == "between":
		return held is not None and v[0] <= held <= v[1]
	return compares(op, held or 0, v)


def date_matches(held, op, v):
	if op == "in":
		return held in v
	if op == "not in":
		return held is None or held not in v
	if op == "is":
		return (held is not None) == (v == "set")
	if op == "between":
		return held is not None and v[0] <= held <= v[1]
	return op in ("!=", "<", "<=") if held is None else compares(op, held, v)


def matches(kind, held, op, v):
	return (text_matches if kind in TEXT else date_matches if kind in DATE else number_matches)(held, op, v)


def order_key(v):
	return (v is not None, fold(v) if v is not None else 0)


class Model:
	"""A DocType and its documents, here and on the server."""

	def __init__(self, site, session, kinds):
		self.url, self.session = site.url, session
		self.kinds = {f"f{n}": kind for n, kind in enumerate(kinds)}
		self.name, self.documents = f"Model {next(NUMBERS)}", {}
		self.rows, self.status = {}, {}  # of each document: its rows as they are held, with their names; its docstatus
		fields = [{"fieldname": f, "fieldtype": kind, "label": f} for f, kind in self.kinds.items()]
		self.ask("POST", "DocType", name=f"{self.name} Row", module="Custom", custom=1, istable=1, fields=[{"fieldname": "word", "fieldtype": "Data", "label": "Word"},
			{"fieldname": "n", "fieldtype": "Int", "label": "N", "default": str(DEFAULT_N)}])
		fields.append({"fieldname": "rows", "fieldtype": "Table", "label": "Rows", "options": f"{self.name} Row"})
		self.ask("POST", "DocType", name=self.name, module="Custom", custom=1, autoname="prompt", is_submittable=1, fields=fields,
			permissions=[{"role": "System Manager", "submit": 1, "cancel": 1}])

	def ask(self, verb, path, want=200, **body):
		answer = self.session.request(verb, f"{self.url}/api/resource/{path}", json=body, timeout=30)
		assert answer.status_code == want, answer.text
		return answer.json()["data"]

	def refuse(self, verb, path, status, exc_type, **body):
		answer = self.session.request(verb, f"{self.url}/api/resource/{path}", json=body, timeout=30)
		assert (answer.status_code, answer.json()["exc_type"]) == (status, exc_type), answer.text

	def insert(self, name, values, rows):
		if name in map(fold, self.documents):
			self.refuse("POST", self.name, 409, "DuplicateEntryError", name=name, **values)
			return
		made = self.ask("POST", self.name, name=name, **values, rows=rows)
		self.documents[name] = {f: TYPES[kind][1](values.get(f)) for f, kind in self.kinds.items()}
		self.status[name], self.rows[name] = DRAFT, []
		self.hold_rows(name, rows, made)

	def hold_rows(self, name, sent, answer):
		"""A row that names one of this document replaces it as a whole; any other is new."""
		known = {row["name"] for row in self.rows[name]}
		held = [{"word": row["word"], "n": row.get("n", 0 if row.get("name") in known else DEFAULT_N)} for row in sent]
		assert len(answer["rows"]) == len(held)
		self.rows[name] = [{**row, "name": shown["name"]} for row, shown in zip(held, answer["rows"])]

	def update(self, name, values):
		if self.status[name] == CANCELLED:
			self.refuse("PUT", f"{self.name}/{name}", 417, "ValidationError", **values)
			return
		if self.status[name] == SUBMITTED:
			now, then = self.documents[name], {f: TYPES[self.kinds[f]][1](v) for f, v in values.items()}
			if any(v != now[f] and (v or now[f]) for f, v in then.items()):
				self.refuse("PUT", f"{self.name}/{name}", 417, "UpdateAfterSubmitError", **values)
			return
		self.ask("PUT", f"{self.name}/{name}", **values)
		self.documents[name].update({f: TYPES[self.kinds[f]][1](v) for f, v in values.items()})

	def update_rows(self, name, kept, added):
		"""Some rows stay, in another order and without their numbers; some are new, one of them by a name that another document's row has."""
		foreign = [row["name"] for other, rows in self.rows.items() if other != name for row in rows][:1]
		sent = [{"name": self.rows[name][i]["name"], "word": self.rows[name][i]["word"]} for i in kept if i < len(self.rows[name])] + added
		if added and foreign:
			sent[-1] = {**sent[-1], "name": foreign[0]}
		if self.status[name] == CANCELLED:
			self.refuse("PUT", f"{self.name}/{name}", 417, "ValidationError", rows=sent)
		elif self.status[name] == SUBMITTED and len(sent) != len(self.rows[name]):
			self.refuse("PUT", f"{self.name}/{name}", 417, "UpdateAfterSubmitError", rows=sent)
		elif self.status[name] == DRAFT:
			self.hold_rows(name, sent, self.ask("PUT", f"{self.name}/{name}", rows=sent))

	def move(self, name, docstatus):
		"""Forward by one, or not at all."""
		now = self.status[name]
		if now == CANCELLED:
			self.refuse("PUT", f"{self.name}/{name}", 417, "ValidationError", docstatus=docstatus)
		elif docstatus in (now, now + 1):
			self.ask("PUT", f"{self.name}/{name}", docstatus=docstatus)
			self.status[name] = docstatus
		else:
			self.refuse("PUT", f"{self.name}/{name}", 417, "DocstatusTransitionError", docstatus=docstatus)

	def delete(self, name):
		if self.status[name] == SUBMITTED:
			self.refuse("DELETE", f"{self.name}/{name}", 417, "ValidationError")
			return
		self.ask("DELETE", f"{self.name}/{name}", want=202)
		for held in (self.documents, self.rows, self.status):
			del held[name]

	def read(self, name):
		got = self.ask("GET", f"{self.name}/{name}")
		assert {f: got.get(f) for f in self.kinds} == self.documents[name]
		assert [{key: row.get(key) for key in ("word", "n", "name")} for row in got["rows"]] == self.rows[name]
		assert {got["docstatus"], *(row["docstatus"] for row in got["rows"])} == {self.status[name]}

	def query_rows(self, word):
		"""A parent comes once for each of its rows that match."""
		want = [name for name, rows in self.rows.items() for row in rows if fold(row["word"]) == fold(word)]
		answer = self.session.get(f"{self.url}/api/resource/{self.name}", params={"filters": json.dumps([[f"{self.name} Row", "word", "=", word]]), "limit": "0"}, timeout=30)
		assert sorted(row["name"] for row in answer.json()["data"]) == sorted(want), answer.text

	def listed(self, filters, or_filters, order, descending):
		def fits(held):
			return all(matches(self.kinds[f], held[f], op, v) for f, op, v in filters) and \
				(not or_filters or any(matches(self.kinds[f], held[f], op, v) for f, op, v in or_filters))

		found = [name for name, held in self.documents.items() if fits(held)]
		found.sort(reverse=descending)
		found.sort(key=lambda name: order_key(self.documents[name][order]), reverse=descending)
		return found

	def query(self, filters, or_filters, order, descending, length):
		want = self.listed(filters, or_filters, order, descending)
		params = {"filters": json.dumps(filters), "or_filters": json.dumps(or_filters), "order_by": f"{order} {'desc' if descending else 'asc'}", "limit": str(length)}
		got, cursor = [], None
		while cursor is not None or not got:
			answer = self.session.get(f"{self.url}/api/v2/document/{self.name}", params={**params, **({"cursor": cursor} if cursor else {})}, timeout=30)
			assert answer.status_code == 200, answer.text
			got += [row["name"] for row in answer.json()["data"]]
			cursor = answer.json()["next"]
			if cursor is None:
				break
		assert got == want, (self.kinds, self.documents, filters, or_filters, params["order_by"])
		counted = self.session.get(f"{self.url}/api/v2/doctype/{self.name}/count", params={k: params[k] for k in ("filters", "or_filters")}, timeout=30)
		assert counted.json()["data"] == len(want)

	def add_field(self, kind):
		name = f"f{len(self.kinds)}"
		self.ask("POST", "Custom Field", dt=self.name, fieldname=name, label=name, fieldtype=kind)
		self.kinds[name] = kind
		for held in self.documents.values():
			held[name] = TYPES[kind][1](None)


# --- what is drawn

@st.composite
def conditions(draw, kinds):
	f = draw(st.sampled_from(sorted(kinds)))
	kind = kinds[f]
	compared = ["=", "!=", ">", ">=", "<", "<="]
	if kind in TEXT:
		op = draw(st.sampled_from(compared + ["like", "not like", "in", "not in", "is"]))
		value = {"in": st.lists(TEXTS, max_size=3), "not in": st.lists(TEXTS, max_size=3), "is": st.sampled_from(["set", "not set"]),
			"like": st.text(alphabet="aB%_", max_size=3), "not like": st.text(alphabet="aB%_", min_size=1, max_size=3), "=": TEXTS, "!=": TEXTS}
		return [f, op, draw(value.get(op, st.text(alphabet="abAB1", max_size=2)))]
	if kind in DATE:
		op = draw(st.sampled_from(compared + ["in", "not in", "is", "between"]))
		day = DAYS.filter(lambda v: v is not None)
		value = {"in": st.lists(day, min_size=1, max_size=3), "not in": st.lists(day, min_size=1, max_size=3), "is": st.sampled_from(["set", "not set"]),
			"between": st.lists(day, min_size=2, max_size=2)}
		return [f, op, draw(value.get(op, day))]
	op = draw(st.sampled_from(compared + ["in", "not in", "between"]))
	number = st.integers(-3, 3) if kind in ("Int", "Check") else st.sampled_from([0, 0.5, -1.25, 3, 1e6])
	value = {"in": st.lists(number, max_size=3), "not in": st.lists(number, min_size=1, max_size=3), "between": st.lists(number, min_size=2, max_size=2)}
	return [f, op, draw(value.get(op, number))]


def values_of(kinds):
	return st.fixed_dictionaries({}, optional={f: TYPES[kind][0] for f, kind in kinds.items()})


def step(model, data):
	names = sorted(model.documents)
	acts = ["insert", "query", "query"] + (["update", "read", "delete", "query", "rows", "move", "query rows"] if names else []) + (["field"] if len(model.kinds) < 8 else [])
	act = data.draw(st.sampled_from(acts))
	if act == "insert":
		model.insert(data.draw(st.sampled_from([f"d{n}" for n in range(20)])), data.draw(values_of(model.kinds)), data.draw(ROWS))
	elif act == "update":
		model.update(data.draw(st.sampled_from(names)), data.draw(values_of(model.kinds)))
	elif act == "read":
		model.read(data.draw(st.sampled_from(names)))
	elif act == "rows":
		model.update_rows(data.draw(st.sampled_from(names)), data.draw(st.permutations(range(3)).map(lambda order: order[: order[0] + 1])), data.draw(ROWS))
	elif act == "move":
		model.move(data.draw(st.sampled_from(names)), data.draw(st.sampled_from([DRAFT, SUBMITTED, CANCELLED])))
	elif act == "query rows":
		model.query_rows(data.draw(st.text(alphabet="abAB1", min_size=1, max_size=2)))
	elif act == "delete":
		model.delete(data.draw(st.sampled_from(names)))
	elif act == "field":
		model.add_field(data.draw(st.sampled_from(sorted(TYPES))))
	else:
		some = st.lists(conditions(model.kinds), max_size=2)
		model.query(data.draw(some), data.draw(some), data.draw(st.sampled_from(sorted(model.kinds))), data.draw(st.booleans()), data.draw(st.sampled_from([2, 5, 50])))


@pytest.fixture(scope="module")
def session(server):
	pair = server.json("keys", "generate", "Administrator")
	with requests.Session() as made:
		made.headers["Authorization"] = f"token {pair['api_key']}:{pair['api_secret']}"
		yield made


def test_the_server_and_the_model_agree(server, session):
	@seed(SEED)
	@settings(max_examples=max(1, STEPS // STEPS_OF_ONE), deadline=None, database=None, suppress_health_check=list(HealthCheck))
	@given(data=st.data())
	def run(data):
		model = Model(server, session, data.draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=2, max_size=5)))
		for _ in range(STEPS_OF_ONE):
			step(model, data)

	run()
