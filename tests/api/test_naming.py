"""How documents get their names (spec/documents.md 5): every rule, every refusal, counters without gaps, and rules that a site makes."""

import concurrent.futures
import datetime
import uuid

import pytest

from sites import GENERATE, one_day

RULE = "Document Naming Rule"


def field(name, kind="Data", **more):
	return {"fieldname": name, "fieldtype": kind, "label": name.replace("_", " ").title(), **more}


def make(caller, doctype, **values):
	answer = caller("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def refused(caller, doctype, **values):
	answer = caller("POST", f"/api/resource/{doctype}", json=values)
	return answer.status_code, answer.json().get("exc_type"), answer.json().get("_server_messages", "")


@pytest.fixture(scope="module")
def admin(server):
	server.admin = server.admin or server.with_token(server.json("keys", "generate", "Administrator"))
	return server.admin


@pytest.fixture
def kind(admin, request):
	"""Makes a DocType of its own with some autoname; names may hold the day."""
	one_day()
	made = []

	def new(autoname, *fields, **more):
		name = f"N{abs(hash(request.node.name)) % 10**8} {len(made)}"
		make(admin, "DocType", name=name, module="Custom", custom=1, autoname=autoname, fields=[field("title"), field("n", "Int"), field("day", "Date"), *fields],
			permissions=[{"role": "System Manager"}], **more)
		made.append(name)
		return name

	return new


def test_a_name_that_is_sent_counts_with_prompt_and_uuid_alone(admin, kind):
	for autoname in ("hash", "", "field:title", "format:X-{####}", "XX-.####", "autoincrement"):
		doctype = kind(autoname)
		assert str(make(admin, doctype, name="Mine", title="t")["name"]) != "Mine"
	prompt = kind("Prompt")
	assert make(admin, prompt, name="  Mine ")["name"] == "Mine"
	assert make(admin, prompt, __newname="Other")["name"] == "Other"
	assert refused(admin, prompt)[:2] == (417, "ValidationError") and "Please set the document name" in refused(admin, prompt)[2]


def test_numbers_and_uuids(admin, kind):
	numbered = kind("autoincrement")
	assert [make(admin, numbered)["name"] for _ in range(3)] == [1, 2, 3]
	assert admin("GET", f"/api/resource/{numbered}/2").json()["data"]["name"] == 2
	saved = admin("POST", "/api/method/frappe.client.save", json={"doc": admin("GET", f"/api/resource/{numbered}/2").json()["data"]})
	assert saved.json()["message"]["name"] == 2 and len(admin("GET", f"/api/resource/{numbered}").json()["data"]) == 3
	unique = kind("UUID")
	assert uuid.UUID(make(admin, unique)["name"]).version == 7
	given = str(uuid.uuid4())
	assert make(admin, unique, name=given)["name"] == given
	assert refused(admin, unique, name="no-uuid")[:2] == (417, "InvalidUUIDValue")


def test_a_random_name_is_ten_small_letters_and_digits(admin, kind):
	for autoname in ("hash", "", "anything else"):
		name = make(admin, kind(autoname))["name"]
		assert len(name) == 10 and set(name) <= set("0123456789abcdefghijklmnopqrstuv")


def test_a_field_names_its_document_and_stays_the_name(admin, kind):
	doctype = kind("field:title")
	assert make(admin, doctype, title="  A b/ü%'\" ")["name"] == "A b/ü%'\""
	assert refused(admin, doctype, title=" ")[:2] == (417, "ValidationError") and "Title is required" in refused(admin, doctype)[2]
	assert refused(admin, doctype, title="x" * 141)[:2] == (417, "CharacterLengthExceededError")
	changed = admin("PUT", f"/api/resource/{doctype}/A b%2Fü%25'%22", json={"title": "Other", "n": 3}).json()["data"]
	assert (changed["name"], changed["title"], changed["n"]) == ("A b/ü%'\"", "A b/ü%'\"", 3)
	assert refused(admin, doctype, title="a B/Ü%'\"".replace("Ü", "ü"))[:2] == (409, "DuplicateEntryError")


def test_a_series_counts_by_what_stands_before_the_number(admin, kind):
	today = datetime.datetime.now(datetime.timezone.utc)
	series = kind("SE-.YYYY.-.{title}.-.###")
	year = make(admin, series, title="a")["name"].split("-")[1]
	assert int(year) in (today.year, today.year + 1)
	assert [make(admin, series, title=title)["name"] for title in ("a", "b", "a")] == [f"SE-{year}-a-002", f"SE-{year}-b-001", f"SE-{year}-a-003"]
	assert "Series SE- already used in" in refused(admin, "DocType", name="Second", module="Custom", custom=1, autoname="SE-.MM.-.##", fields=[field("title")])[2]
	other = kind("naming_series:", field("naming_series"))  # another DocType, and the same counter
	assert make(admin, other, naming_series="SE-.YYYY.-.{title}.-.##", title="a")["name"] == f"SE-{year}-a-04"
	plain = kind("PL-.#")
	assert [make(admin, plain)["name"] for _ in range(11)][-1] == "PL-11"
	assert refused(admin, kind("no$dots#"))[1] == refused(admin, kind("bad$.##"))[1] == "InvalidNamingSeriesError"


def test_a_format_holds_dates_fields_and_a_number(admin, kind):
	doctype = kind("format:F{MM}{DD}-{title}-{n}-{##}")
	name = make(admin, doctype, title="x", n=4)["name"]
	assert len(name) == len("F0131-x-4-01") and name.endswith("-x-4-01")
	assert make(admin, doctype, title="x", n=4)["name"].endswith("-x-4-02")
	assert make(admin, doctype)["name"].endswith("--0-01")


def test_a_field_naming_series_chooses_the_series(admin, kind):
	doctype = kind("naming_series:", field("naming_series", "Select", options="\nAA-.YY.-\nBB-"))
	first = make(admin, doctype)["name"]
	assert first.startswith("AA-") and first.endswith("-00001")
	assert make(admin, doctype, naming_series="BB-")["name"] == "BB-00001"
	assert make(admin, doctype, naming_series="ZZ-.##")["name"] == "ZZ-01"  # it need not be an option
	blank = kind("", field("naming_series", "Select", options="CC-"))
	assert make(admin, blank)["name"] == "CC-00001"
	assert "Naming Series mandatory" in refused(admin, kind("naming_series:", field("naming_series")))[2]


def test_an_amendment_is_named_after_what_it_amends(admin, kind):
	doctype = kind("hash", is_submittable=1)
	first = make(admin, doctype, docstatus=1)["name"]
	names = [first]
	for n in (1, 2):
		admin("PUT", f"/api/resource/{doctype}/{names[-1]}", json={"docstatus": 2})
		names.append(make(admin, doctype, amended_from=names[-1])["name"])
		assert names[-1] == f"{first}-{n}"
		admin("PUT", f"/api/resource/{doctype}/{names[-1]}", json={"docstatus": 1})
	assert refused(admin, doctype, amended_from=first)[:2] == (409, "DuplicateEntryError")


@pytest.mark.parametrize("name, status, exc_type", [("New N", 409, "NameError"), ("SELF", 409, "NameError"), ("a<b", 409, "NameError"), ("a>b", 409, "NameError"), (5, 409, "NameError"),
	("x" * 141, 417, "CharacterLengthExceededError"), ("x" * 65536, 417, "CharacterLengthExceededError"), ("   ", 417, "ValidationError"), ("nul\0", 400, "JSONDecodeError"),
	("\ud800", 400, "JSONDecodeError"), (["x"], 417, "ValidationError"), ({}, 417, "ValidationError"), (None, 417, "ValidationError"), (0, 417, "ValidationError")])
def test_what_cannot_be_a_name_is_refused(admin, kind, name, status, exc_type):
	doctype = kind("Prompt")
	name = doctype if name == "SELF" else f"New {doctype}" if name == "New N" else name
	assert refused(admin, doctype, name=name)[:2] == (status, exc_type)
	assert admin.call("frappe.client.get_count", doctype=doctype) == 0


@pytest.mark.parametrize("name", ["a/b", "it's", '"q"', "100%", "%2F", "a b", "ünï", "日本", "🌱", ".", "..", "a?b#c&d=e", "new thing", "x" * 140, "--", "; DROP TABLE"])
def test_a_name_may_hold_anything_else(admin, kind, name):
	doctype = kind("Prompt")
	assert make(admin, doctype, name=name)["name"] == name
	assert admin.call("frappe.client.get", doctype=doctype, name=name)["name"] == name
	assert refused(admin, doctype, name=name)[:2] == (409, "DuplicateEntryError")
	assert not name.isascii() or refused(admin, doctype, name=f" {name.swapcase()} ")[:2] == (409, "DuplicateEntryError")  # accents are not folded


@pytest.mark.concurrency
def test_a_series_has_no_gaps_however_many_insert(admin, kind):
	doctype = kind("GAP-.####", field("mark", unique=1))
	with concurrent.futures.ThreadPoolExecutor(8) as pool:
		answers = list(pool.map(lambda n: admin("POST", f"/api/resource/{doctype}", json={"mark": f"m{n % 30}"}), range(60)))
	names = sorted(answer.json()["data"]["name"] for answer in answers if answer.status_code == 200)
	assert {answer.status_code for answer in answers} == {200, 417}  # half of them are not unique, and give their number back
	assert names == [f"GAP-{n:04}" for n in range(1, 31)]


def test_the_last_number_comes_back_with_its_document(admin, kind):
	doctype = kind("BACK-.###")
	names = [make(admin, doctype)["name"] for _ in range(3)]
	for name in (names[0], names[2]):
		assert admin("DELETE", f"/api/resource/{doctype}/{name}").status_code == 202
	assert [make(admin, doctype)["name"] for _ in range(2)] == ["BACK-003", "BACK-004"]


# --- rules of a site

def rule(admin, doctype, prefix, *conditions, **more):
	return make(admin, RULE, document_type=doctype, prefix=prefix, conditions=[{"field": f, "condition": op, "value": v} for f, op, v in conditions], **more)["name"]


def test_a_rule_names_what_meets_its_conditions(admin, kind):
	doctype = kind("hash")
	rule(admin, doctype, "ALL-")
	big = rule(admin, doctype, "BIG-", ("n", ">", "10"), priority=5, prefix_digits=3)
	rule(admin, doctype, "X-", ("title", "=", "x"), ("n", "<=", "3"), priority=9, prefix_digits=0)
	assert [make(admin, doctype, **values)["name"] for values in ({}, {"n": 11}, {"n": "12"}, {"title": "x"}, {"title": "x", "n": 4}, {"title": "X"}, {"n": 10})] == [
		"ALL-00001", "BIG-001", "BIG-002", "X-1", "ALL-00002", "ALL-00003", "ALL-00004"]
	assert admin("GET", f"/api/resource/{RULE}/{big}").json()["data"]["counter"] == 2
	admin("PUT", f"/api/resource/{RULE}/{big}", json={"disabled": 1})
	assert make(admin, doctype, n=11)["name"] == "ALL-00005"
	admin("PUT", f"/api/resource/{RULE}/{big}", json={"disabled": 0, "counter": 40})
	assert make(admin, doctype, n=11)["name"] == "BIG-041"
	assert admin("DELETE", f"/api/resource/{RULE}/{big}").status_code == 202
	assert make(admin, doctype, n=11)["name"] == "ALL-00006"


@pytest.mark.parametrize("condition, value, given, met", [("=", "2026-01-05", "2026-1-5", True), ("=", "2026-01-05", None, False), (">", "2026-01-05", "2026-01-06", True),
	("<", "2026-01-05", None, True), ("!=", "2026-01-05", "2026-01-06", True), (">=", "2026-01-05", "2026-01-05", True)])
def test_conditions_compare_as_the_field_does(admin, kind, condition, value, given, met):
	doctype = kind("hash")
	rule(admin, doctype, "DAY-", ("day", condition, value))
	assert make(admin, doctype, day=given)["name"].startswith("DAY-") is met


def test_a_rule_comes_before_autoname_and_after_the_name_of_an_amendment(admin, kind):
	doctype = kind("field:title", is_submittable=1)
	rule(admin, doctype, "{title}.-.YYYY.-")
	made = make(admin, doctype, title="t", docstatus=1)["name"]
	assert made.startswith("t-20") and made.endswith("-00001")
	admin("PUT", f"/api/resource/{doctype}/{made}", json={"docstatus": 2})
	assert make(admin, doctype, title="t", amended_from=made)["name"] == f"{made}-1"
	numbered = kind("autoincrement")
	rule(admin, numbered, "NEVER-")
	assert make(admin, numbered)["name"] == 1


def test_a_rule_moves_to_another_doctype_at_once(admin, kind):
	first, second = kind("hash"), kind("hash")
	moved = rule(admin, first, "MV-")
	assert make(admin, first)["name"] == "MV-00001"
	admin("PUT", f"/api/resource/{RULE}/{moved}", json={"document_type": second})
	assert make(admin, second)["name"] == "MV-00002" and not make(admin, first)["name"].startswith("MV-")


def test_a_name_of_a_rule_that_is_taken_is_refused_and_gives_its_number_back(admin, kind):
	doctype = kind("Prompt")
	make(admin, doctype, name="TK-00002")
	made = rule(admin, doctype, "TK-")
	assert make(admin, doctype)["name"] == "TK-00001"
	assert refused(admin, doctype)[:2] == (409, "DuplicateEntryError")
	assert admin("GET", f"/api/resource/{RULE}/{made}").json()["data"]["counter"] == 1


@pytest.mark.concurrency
def test_a_rule_has_no_gaps_however_many_insert(admin, kind):
	doctype = kind("hash", field("mark", unique=1))
	rule(admin, doctype, "RG-")
	with concurrent.futures.ThreadPoolExecutor(8) as pool:
		answers = list(pool.map(lambda n: admin("POST", f"/api/resource/{doctype}", json={"mark": f"m{n % 20}"}), range(40)))
	assert sorted(answer.json()["data"]["name"] for answer in answers if answer.status_code == 200) == [f"RG-{n:05}" for n in range(1, 21)]


@pytest.mark.parametrize("values, exc_type", [({"prefix": ""}, "MandatoryError"), ({"document_type": "No Such"}, "LinkValidationError"), ({"prefix": "a$b"}, "InvalidNamingSeriesError"),
	({"prefix_digits": 19}, "ValidationError"), ({"prefix_digits": -1}, "ValidationError"), ({"counter": -1}, "ValidationError"),
	({"conditions": [{"field": "none", "condition": "=", "value": "x"}]}, "ValidationError"), ({"conditions": [{"field": "name", "condition": "=", "value": "x"}]}, "ValidationError"),
	({"conditions": [{"field": "day", "condition": "=", "value": "soon"}]}, "ValidationError"), ({"conditions": [{"field": "n", "condition": "like", "value": "1"}]}, "ValidationError"),
	({"conditions": [{"field": "n", "condition": "=", "value": ""}]}, "MandatoryError")])
def test_a_rule_is_checked(admin, kind, values, exc_type):
	doctype = kind("hash")
	assert refused(admin, RULE, **{"document_type": doctype, "prefix": "P-", **values})[:2] == (417, exc_type)
	assert len(make(admin, doctype)["name"]) == 10


def test_rules_are_made_by_system_managers(server, admin, kind):
	doctype = kind("hash")
	make(admin, "User", email="rule@naming.test", first_name="r", send_welcome_email=0)
	nobody = server.with_token(admin.call(GENERATE.removeprefix("/api/method/"), user="rule@naming.test"))
	assert refused(nobody, RULE, document_type=doctype, prefix="P-")[:2] == (403, "PermissionError")
