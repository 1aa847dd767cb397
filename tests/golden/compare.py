"""How the answer to a recorded request may differ from the recorded one: see index.json, "compare"."""

import json
import re

PLACEHOLDERS = {
	"datetime": r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?",
	"date": r"\d{4}-\d\d-\d\d",
	"time": r"\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,6})?",
	"hash": r"[0-9A-Za-z]{6,64}",
	"uuid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
	"digits": r"\d+",
	"version": r"[0-9A-Za-z.\-+]+",
	"traceback": r".+",
	"path": r"[^\s\"']+",
	"*": r".*",
}
WHOLE = {"<any>", "<int>", "<number>"}
PH = re.compile(r"<(datetime|date|time|hash|uuid|digits|version|traceback|path|\*)>")
_re_cache = {}


def pattern_of(s):
	if s not in _re_cache:
		pos, out = 0, []
		for m in PH.finditer(s):
			out.append(re.escape(s[pos : m.start()]))
			out.append(PLACEHOLDERS[m.group(1)])
			pos = m.end()
		out.append(re.escape(s[pos:]))
		_re_cache[s] = re.compile("".join(out), re.S)
	return _re_cache[s]


def kind(v):
	if v is None:
		return "null"
	if isinstance(v, bool):
		return "bool"
	if isinstance(v, int):
		return "int"
	if isinstance(v, float):
		return "float"
	if isinstance(v, str):
		return "str"
	return "list" if isinstance(v, list) else "dict"


def short(v):
	s = json.dumps(v, ensure_ascii=False)
	return s if len(s) <= 300 else s[:297] + "..."


MISSING = "(missing)"


class Comparer:
	def __init__(self, level, rules):
		self.exact = level == "exact"
		r = rules["wire"]
		self.ignore = set() if self.exact else set(r["ignore_keys"])
		self.wording = set() if self.exact else set(r["wording_keys"])
		self.wording_paths = None if self.exact else re.compile("|".join(r["wording_paths"]))
		self.optional = set() if self.exact else set(r["optional_keys"])
		self.optional_of = {} if self.exact else {k: set(v) for k, v in r["optional_keys_of_doctype"].items()}
		self.headers_wire = set(r["headers"])
		self.cookie_attrs_ignored = set(r["cookie_attrs_ignored"])
		self.allow_extra = (not self.exact) and r["allow_extra_keys"]
		self.lenient_crash = (not self.exact) and r["internal_error_any_status"]

	def value(self, exp, got, path, diffs, partial=False, unordered=()):
		if isinstance(exp, str):
			if exp == "<any>":
				return
			if exp in ("<int>", "<number>"):
				ok = kind(got) == "int" or (exp == "<number>" and kind(got) == "float")
				if not ok:
					diffs.append((path, exp, got))
				return
			if not isinstance(got, str):
				diffs.append((path, exp, got))
				return
			if PH.search(exp):
				if not pattern_of(exp).fullmatch(got):
					diffs.append((path, exp, got))
			elif exp != got:
				diffs.append((path, exp, got))
			return
		ke, kg = kind(exp), kind(got)
		if ke != kg:
			if not self.exact and {ke, kg} == {"int", "float"} and exp == got:
				return
			diffs.append((path, exp, got))
			return
		if ke == "dict":
			of = exp.get("doctype")
			spare = self.optional_of.get(of, ()) if isinstance(of, str) else ()
			for k, v in exp.items():
				sub = f"{path}.{k}"
				if k in self.ignore:
					continue
				if k not in got:
					if k in self.optional or k in spare:
						continue
					diffs.append((sub, v, MISSING))
					continue
				if k in spare:
					continue
				if k in self.wording or (self.wording_paths and self.wording_paths.fullmatch(sub)):
					self.wording_only(v, got[k], sub, diffs)
					continue
				self.value(v, got[k], sub, diffs, partial, unordered)
			if not (self.allow_extra or partial):
				for k in got:
					if k not in exp and k not in self.ignore:
						diffs.append((f"{path}.{k}", MISSING, got[k]))
			return
		if ke == "list":
			if len(exp) != len(got):
				diffs.append((f"{path}.length", len(exp), len(got)))
				for i, (a, b) in enumerate(zip(exp, got)):
					n = len(diffs)
					self.value(a, b, f"{path}[{i}]", diffs, partial, unordered)
					if len(diffs) > n:
						break
				return
			if path in unordered:
				rest = list(got)
				for i, a in enumerate(exp):
					for j, b in enumerate(rest):
						d = []
						self.value(a, b, path, d, partial, unordered)
						if not d:
							del rest[j]
							break
					else:
						diffs.append((f"{path}[{i}]", a, "(no equal element)"))
				return
			for i, (a, b) in enumerate(zip(exp, got)):
				self.value(a, b, f"{path}[{i}]", diffs, partial, unordered)
			return
		if exp != got:
			diffs.append((path, exp, got))

	def wording_only(self, exp, got, path, diffs):
		"""Same shape; wording free."""
		if exp != "<any>" and kind(exp) != kind(got):
			diffs.append((path, exp, got))

	def response(self, exp, got, ex, diffs):
		if self.lenient_crash and ex.get("internal_error"):
			# Frappe itself crashed here (HTTP 500 from an uncaught Python or SQL error): any
			# well-formed refusal will do at the wire level.
			body = got["body"].get("json") if got["body"]["kind"] == "json" else None
			key = "errors" if "errors" in exp["body"].get("json", {}) else "exc_type"
			if not (400 <= got["status"] < 600):
				diffs.append(("status", "4xx or 5xx", got["status"]))
			elif exp["body"]["kind"] == "json" and not (isinstance(body, dict) and body.get(key)):
				diffs.append(("body", f"a JSON error with {key}", short(body)))
			return
		if exp["status"] != got["status"]:
			diffs.append(("status", exp["status"], got["status"]))
		eh, gh = exp.get("headers", {}), got["headers"]
		for k, v in eh.items():
			if not self.exact and k not in self.headers_wire:
				continue
			g = gh.get(k)
			if g is None:
				diffs.append((f"header:{k}", v, MISSING))
			elif k == "content-type" and not self.exact:
				if v.split(";")[0].strip().lower() != g.split(";")[0].strip().lower():
					diffs.append((f"header:{k}", v, g))
			else:
				self.value(v, g, f"header:{k}", diffs)
		if self.exact:
			for k in gh:
				if k not in eh:
					diffs.append((f"header:{k}", MISSING, gh[k]))
		ec, gc = exp.get("cookies", {}), got["cookies"]
		for k, c in ec.items():
			if not self.exact and k in ex.get("optional_cookies", ()):
				continue
			if k not in gc:
				diffs.append((f"cookie:{k}", c, MISSING))
				continue
			g = gc[k]
			self.value(c["value"], g["value"], f"cookie:{k}.value", diffs)
			if bool(c.get("deleted")) != bool(g.get("deleted")):
				diffs.append((f"cookie:{k}.deleted", bool(c.get("deleted")), bool(g.get("deleted"))))
			a, b = set(c["attrs"]), set(g["attrs"])
			if not self.exact:
				drop = lambda s: {x for x in s if x.split("=")[0] not in self.cookie_attrs_ignored}
				a, b = drop(a), drop(b)
			if a != b:
				diffs.append((f"cookie:{k}.attrs", sorted(a), sorted(b)))
		if self.exact:
			for k in gc:
				if k not in ec:
					diffs.append((f"cookie:{k}", MISSING, gc[k]))
		eb, gb = exp["body"], got["body"]
		if eb["kind"] != gb["kind"]:
			diffs.append(("body.kind", eb["kind"], gb["kind"] + ": " + short(gb)[:200]))
			return
		if eb["kind"] == "json":
			self.value(
				eb["json"], gb["json"], "$", diffs, partial=ex.get("partial", False), unordered=set(ex.get("unordered", ()))
			)
		elif eb["kind"] == "html":
			if self.exact:
				self.value(eb.get("title"), gb.get("title"), "html.title", diffs)
		elif eb["kind"] == "text":
			if self.exact or ex.get("text_matters"):
				self.value(eb["text"], gb["text"], "body.text", diffs)
		elif eb["kind"] == "binary":
			for k in ("length", "sha256"):
				self.value(eb[k], gb[k], f"body.{k}", diffs)
