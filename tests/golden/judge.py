#!/usr/bin/env python3
"""Replays the recorded exchanges and judges every difference against the project's own lists.

Python 3 standard library only.

  judge.py --base http://127.0.0.1:8000 --admin-password PW [--profile default]

deviations.json: exchanges that differ on purpose. "rule" names the passage of the specification
(or of docs/DESIGN.md) that an answer follows, the rest says how exactly it must differ from the
recorded one:
  status    the status instead of the recorded one
  json      the body instead of the recorded one, as JSON
  parts     values in the recorded body: {"$.data.owner": "..."}
  without   paths that must not be there
  headers   fields instead of recorded ones; null: must not be there
  html      the title of an HTML page instead of the recorded body
  rows      lists whose order is free, and what their elements hold instead: {"$.data.roles": {"name": "<hash>"}}
  cookies   instead of the recorded ones: "none", "cleared", "guest" or cookies in the form of a recording
later.json: exchanges that wait for something to be built, by what they wait for.

An exchange that differs in any other way is a problem; so is a listed one that no longer differs.
One rule holds everywhere without being listed: an answer to a request that was authenticated by
its Authorization field sets no cookies (auth.md 2.5).
"""

import argparse
import copy
import http.client
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import replay  # noqa: E402

COOKIES = ("sid", "system_user", "full_name", "user_id", "user_lang", "user_image")
GUEST = {"sid": "Guest", "system_user": "no", "full_name": "Guest", "user_id": "Guest", "user_lang": "en"}
COOKIE_SETS = {
	"none": {},
	"cleared": {k: {"value": "", "deleted": True, "attrs": ["expires", "path=/"]} for k in COOKIES},
	"guest": {
		k: {"value": v, "attrs": (["httponly"] if k == "sid" else []) + ["path=/", "samesite=Lax"]}
		for k, v in GUEST.items()
	},
}
RULE = re.compile(r"(auth|rpc|rest|documents|permissions|history|DESIGN)\.md [\d.]+: .+")


def read(name):
	with open(os.path.join(HERE, name), encoding="utf-8") as f:
		return json.load(f)


def by_token(request, response):
	"""Was the caller known by the Authorization field? It has scheme and credentials, and is not refused."""
	field = next((v for k, v in (request.get("headers") or {}).items() if k.lower() == "authorization"), None)
	if not re.fullmatch(r"(?i)\s*(token|basic|bearer)\s+\S.*", field or ""):
		return False
	body = response["body"].get("json") or {}
	return response["status"] != 401 and body.get("exc_type") != "InvalidAuthorizationToken"


def place(doc, path):
	"""The container and the key that a path such as $.a.b[0] ends in."""
	keys = [name or int(index) for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path[1:])]
	for key in keys[:-1]:
		doc = doc[key]
	return doc, keys[-1]


def amended(exchange, deviation):
	"""The exchange as it must be by its deviation."""
	want = copy.deepcopy(exchange)
	want.pop("internal_error", None)
	answer = want["response"]
	answer["status"] = deviation.get("status", answer["status"])
	if "json" in deviation:
		answer["headers"]["content-type"] = "application/json"
		answer["body"] = {"kind": "json", "json": deviation["json"]}
	if "html" in deviation:
		answer["headers"]["content-type"] = "text/html"
		answer["body"] = {"kind": "html", "title": deviation["html"]}
	for path, value in deviation.get("parts", {}).items():
		container, key = place(answer["body"]["json"], path)
		container[key] = value
	for path in deviation.get("without", ()):
		container, key = place(answer["body"]["json"], path)
		container.pop(key, None)
	for path, instead in deviation.get("rows", {}).items():
		want.setdefault("unordered", []).append(path)
		container, key = place(answer["body"]["json"], path)
		container[key] = [{**row, **instead} for row in container[key]]
	answer["headers"].update(deviation.get("headers", {}))
	answer["headers"] = {k: v for k, v in answer["headers"].items() if v is not None}
	if "cookies" in deviation:
		cookies = deviation["cookies"]
		answer["cookies"] = COOKIE_SETS[cookies] if isinstance(cookies, str) else cookies
	return want


def differences(comparer, exchange, got, variables, deviation):
	"""What is not as the exchange says, as (path, expected, got)."""
	found = []
	answer = replay.expand(exchange["response"], variables, strict=False)
	bare = by_token(replay.expand(exchange["request"], variables, strict=False), answer)
	if bare or deviation.get("cookies") == "none":
		answer["cookies"] = {}
		found += [(f"cookie:{k}", replay.MISSING, v) for k, v in got["cookies"].items()]
	comparer.response(answer, got, exchange, found)
	for name in (k for k, v in deviation.get("headers", {}).items() if v is None):
		if name in got["headers"]:
			found.append((f"header:{name}", replay.MISSING, got["headers"][name]))
	for path in deviation.get("without", ()):
		try:
			container, key = place(got["body"].get("json"), path)
			found.append((path, replay.MISSING, container[key]))
		except (KeyError, IndexError, TypeError):
			pass
	return found


class Judge:
	def __init__(self, base, password, profile="default"):
		index, self.scenarios = replay.load_corpus()
		self.profile = profile
		self.deviations = read("deviations.json")
		self.later = {name: why for why, names in read("later.json").items() for name in names}
		self.comparer = replay.Comparer("wire", index["compare"])
		variables = {"admin_user": "Administrator", "admin_password": password, "base": base}
		self.runner = replay.Runner(base, variables, index["defaults"])

	def lists(self):
		"""What is wrong with the two lists themselves."""
		known = {e["id"] for s in self.scenarios for e in s["exchanges"]}
		listed = [*self.deviations, *self.later]
		return (
			[f"{name}: there is no such exchange" for name in listed if name not in known]
			+ [f"{name}: is on both lists" for name in self.deviations if name in self.later]
			+ [
				f"{name}: names no rule of the specification"
				for name, d in self.deviations.items()
				if not RULE.fullmatch(d["rule"])
			]
		)

	def exchanges(self):
		"""Yields (area, id, problems) for every exchange of the profile, in order."""
		for scenario in self.scenarios:
			if scenario.get("profile", "default") == self.profile:
				for exchange in scenario["exchanges"]:
					yield scenario["area"], exchange["id"], self.judged(exchange)

	def judged(self, exchange):
		name = exchange["id"]
		try:
			obs, missing = self.runner.request(exchange)
		except replay.Unresolved as e:
			return [] if name in self.later else [f"{{{{{e}}}}} was to come from an earlier exchange"]
		except (OSError, http.client.HTTPException) as e:
			return [f"no answer: {type(e).__name__}: {e}"]
		got = replay.normal_form(obs, exchange["request"]["method"])
		plain = differences(self.comparer, exchange, got, self.runner.vars, {}) + missing
		deviation = self.deviations.get(name)
		if name in self.later or deviation:
			if not plain:
				return ["answers as recorded now: take it off the list"]
			if name in self.later:
				return []
			plain = differences(self.comparer, amended(exchange, deviation), got, self.runner.vars, deviation)
		return [f"{path}: expected {replay.short(e)}, got {replay.short(g)}" for path, e, g in plain]


def main():
	ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	ap.add_argument("--base", required=True)
	ap.add_argument("--admin-password", required=True)
	ap.add_argument("--profile", default="default")
	args = ap.parse_args()
	judge = Judge(args.base, args.admin_password, args.profile)
	wrong, total = 0, 0
	for problem in judge.lists():
		print(problem)
		wrong += 1
	for _area, name, problems in judge.exchanges():
		total += 1
		if problems:
			wrong += 1
			print("\n        ".join([name, *problems]))
	print(f"{total} exchanges, {len(judge.deviations)} deviate, {len(judge.later)} wait, {wrong} wrong")
	return 1 if wrong or not total else 0


if __name__ == "__main__":
	sys.exit(main())
