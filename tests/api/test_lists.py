"""Lists: field expressions over rows and links, aggregates in both forms, every operator, order, and cursors (spec/rest.md 4)."""

import json

import pytest

from sites import GENERATE


def field(name, kind="Data", **more):
	return {"fieldname": name, "fieldtype": kind, "label": name.title(), **more}


def make(admin, doctype, **values):
	answer = admin("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def ask(caller, doctype="Book", version="v1", **arguments):
	params = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
	return caller("GET", f"/api/resource/{doctype}" if version == "v1" else f"/api/v2/document/{doctype}", params=params)


def rows(caller, doctype="Book", **arguments):
	answer = ask(caller, doctype, **arguments)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


BOOKS = [  # name, writer, pages, price, day, kind, words
	("Faust", "Goethe", 300, 9.5, "2026-01-10", "Play", ["soul", "devil"]),
	("Egmont", "Goethe", 120, None, "2026-02-20", "Play", ["war"]),
	("Räuber", "Schiller", 150, 7.25, None, "Play", []),
	("Notes", None, 0, None, None, None, []),
	("Letters", "Goethe", 90, 3.0, "2025-12-31", "Prose", ["soul"]),
]


@pytest.fixture(scope="module")
def admin(server):
	admin = server.admin = server.admin or server.with_token(server.json("keys", "generate", "Administrator"))
	everything = [{"role": "System Manager"}, {"role": "Reader", "read": 1, "write": 0, "create": 0, "delete": 0}]
	make(admin, "Role", role_name="Reader", desk_access=1)
	make(admin, "DocType", name="Writer", module="Custom", custom=1, autoname="prompt", fields=[field("born", "Int"), field("secret", permlevel=1)],
		permissions=[{"role": "System Manager"}, {"role": "System Manager", "permlevel": 1}, {"role": "Reader", "read": 1, "write": 0, "create": 0, "delete": 0, "if_owner": 1}])
	make(admin, "DocType", name="Closed", module="Custom", custom=1, autoname="prompt", fields=[field("born", "Int")], permissions=[{"role": "System Manager"}])
	make(admin, "DocType", name="Word", module="Custom", custom=1, istable=1, fields=[field("word"), field("hush", permlevel=1)])
	make(admin, "DocType", name="Book", module="Custom", custom=1, autoname="prompt", fields=[field("writer", "Link", options="Writer"),
		field("closed", "Link", options="Closed"), field("pages", "Int"), field("price", "Duration"), field("day", "Date"), field("kind"),
		field("words", "Table", options="Word"), field("more", "Table", options="Word"), field("seq", "Link", options="Book")], permissions=everything)
	make(admin, "Writer", name="Goethe", born=1749, secret="S")
	make(admin, "Writer", name="Schiller", born=1759)
	make(admin, "Closed", name="C", born=1)
	for name, writer, pages, price, day, kind, words in BOOKS:
		make(admin, "Book", name=name, writer=writer, pages=pages, price=price, day=day, kind=kind, words=[{"word": word, "hush": "H"} for word in words])
	admin("PUT", "/api/resource/Book/Egmont", json={"seq": "Faust", "closed": "C", "more": [{"word": "extra"}]})
	return admin


@pytest.fixture(scope="module")
def reader(server, admin):
	make(admin, "User", email="reader@example.com", first_name="r", send_welcome_email=0, roles=[{"role": "Reader"}])
	return server.with_token(admin.call(GENERATE.removeprefix("/api/method/"), user="reader@example.com"))


# --- expressions

def test_columns_of_rows_come_once_for_each_row(admin):
	got = rows(admin, fields=["name", "words.word"], filters={"writer": "Goethe"}, order_by="name asc")
	assert sorted((row["name"], row["word"]) for row in got) == [("Egmont", "war"), ("Faust", "devil"), ("Faust", "soul"), ("Letters", "soul")]
	got = rows(admin, fields=["name", "`tabWord`.`word` as w"], filters=[["Word", "word", "=", "soul"]], order_by="name asc")
	assert got == [{"name": "Faust", "w": "soul"}, {"name": "Letters", "w": "soul"}]
	assert rows(admin, fields=["more.word"], filters={"name": "Egmont"}) == [{"word": "extra"}]
	assert rows(admin, fields=["name", "words.word"], filters={"name": "Notes"}) == [{"name": "Notes", "word": None}]
	assert ask(admin, fields=["more.word", "words.word"]).status_code == 417


def test_columns_over_a_link_are_the_targets(admin):
	got = rows(admin, fields=["name", "writer.born"], order_by="name asc")
	assert {row["name"]: row["born"] for row in got} == {"Egmont": 1749, "Faust": 1749, "Letters": 1749, "Notes": None, "Räuber": 1759}
	assert rows(admin, fields=["writer.born as b", "seq.pages", "seq.name as first"], filters={"name": "Egmont"}) == [{"b": 1749, "pages": 300, "first": "Faust"}]


def test_over_a_link_nobody_sees_what_he_may_not_read(admin, reader):
	assert {row["born"] for row in rows(reader, fields=["name", "writer.born"])} == {None}  # he owns none of the writers
	denied = ask(reader, fields=["closed.born"])
	assert denied.status_code == 403 and denied.json()["exc_type"] == "PermissionError"
	assert rows(reader, fields=["name", "writer.secret"], filters={"name": "Faust"}) == [{"name": "Faust"}]
	assert rows(reader, fields=["name", "words.hush"], filters={"name": "Egmont"}) == [{"name": "Egmont"}]
	assert ask(reader, fields=["`tabClosed`.`born`"]).status_code == 403


@pytest.mark.parametrize("expression", ["writer.none", "none.born", "words.none", "pages.x", "writer.born.x", "`tabWriter`.`born`", "`tabUser`.`api_key`",
	"writer.", ".born", "count(*)", {"COUNT": ""}, {"as": "x"}, {"SLEEP": "1"}, {"COUNT": "name", "as": "a b"}, {"COUNT": "name;"}, {}, 5, None, ["name"]])
def test_what_is_no_expression_is_refused(admin, expression):
	answer = ask(admin, fields=["name", expression])
	assert (answer.status_code, answer.json()["exc_type"]) == (417, "DataError"), answer.text


@pytest.mark.parametrize("expression, key, value", [
	("count(name)", "count(name)", 5), ("count(name) as n", "n", 5), ({"COUNT": "name", "as": "n"}, "n", 5), ({"COUNT": "*", "as": "n"}, "n", 5),
	({"COUNT": "name"}, "COUNT(name)", 5), ({"count": "writer", "as": "n"}, "n", 4), ("count(distinct writer) as n", "n", 2), ("sum(pages) as s", "s", 660.0),
	({"SUM": "pages", "as": "s"}, "s", 660.0), ("avg(pages) as a", "a", 132.0), ("min(pages) as m", "m", 0), ({"MAX": "pages", "as": "m"}, "m", 300),
	("max(day) as d", "d", "2026-02-20"),
])
def test_aggregates_in_both_forms(admin, expression, key, value):
	assert rows(admin, fields=[expression]) == [{key: value}]
	native = admin("POST", "/api/method/frappe.client.get_list", json={"doctype": "Book", "fields": [expression]})
	assert native.json()["message"] == [{key: value}]


def test_groups_are_counted_and_rows_may_be_arrays(admin):
	got = rows(admin, fields=["kind", "count(name) as n"], group_by="kind", order_by="kind asc")
	assert got == [{"kind": None, "n": 1}, {"kind": "Play", "n": 3}, {"kind": "Prose", "n": 1}]
	assert rows(admin, fields=["kind", "count(name) as n"], group_by="kind", order_by="kind desc", as_dict="0")[0] == ["Prose", 1]
	assert [row["kind"] for row in rows(admin, fields=["kind"], distinct="1")] == [None, "Play", "Prose"]


@pytest.mark.parametrize("more", [{"group_by": "kind"}, {"distinct": "1"}])
def test_groups_come_in_the_order_that_was_asked_for_without_case_and_then_by_themselves(admin, more):
	if not rows(admin, "DocType", filters={"name": "Cased"}):
		make(admin, "DocType", name="Cased", module="Custom", custom=1, autoname="prompt", fields=[field("kind"), field("same")], permissions=[{"role": "System Manager"}])
		for name, kind in (("D", "z"), ("c", "z"), ("B", "y"), ("a", "x"), ("E", "W")):
			make(admin, "Cased", name=name, kind=kind, same="s")

	def kinds(**order):
		return [row["kind"] for row in rows(admin, "Cased", fields=["kind"], **more, **order)]

	assert kinds(order_by="name asc") == ["x", "y", "z", "W"] and kinds(order_by="name desc") == ["W", "z", "y", "x"]
	assert kinds() == kinds(order_by="same desc") == ["W", "x", "y", "z"]


@pytest.mark.parametrize("operator, value, found", [
	("=", 120.5, []), ("!=", 120.5, ["Egmont", "Faust", "Letters", "Notes", "Räuber"]), (">", 120.5, ["Faust", "Räuber"]), (">=", "119.5", ["Egmont", "Faust", "Räuber"]),
	("<", 90.5, ["Letters", "Notes"]), ("<=", "89.5", ["Notes"]), ("in", [90.5, 300], ["Faust"]), ("not in", [90.5, 300, "0"], ["Egmont", "Letters", "Räuber"]), ("<", 1e30, 5), ("=", "120.0", ["Egmont"]),
])
def test_whole_numbers_stand_beside_fractions(admin, operator, value, found):
	got = sorted(row["name"] for row in rows(admin, filters=[["pages", operator, value]]))
	assert (got if isinstance(found, list) else len(got)) == found


# --- operators and ∅ (spec/rest.md 4.5)

@pytest.mark.parametrize("condition, found", [
	(["kind", "=", "play"], "Faust Egmont Räuber"), (["kind", "=", ""], "Notes"), (["kind", "=", None], ""), (["kind", "!=", "Play"], "Notes Letters"),
	(["kind", "!=", ""], "Faust Egmont Räuber Letters"), (["kind", "!=", None], ""), (["kind", ">", "Play"], "Letters"), (["kind", "<", "Play"], "Notes"),
	(["kind", "<=", "Play"], "Faust Egmont Räuber Notes"), (["kind", "like", "pl%"], "Faust Egmont Räuber"), (["kind", "not like", "pl%"], "Notes Letters"),
	(["kind", "like", "_rose"], "Letters"), (["kind", "LIKE", "%"], "Faust Egmont Räuber Letters"), (["kind", "in", ["play", None]], "Faust Egmont Räuber Notes"),
	(["kind", "in", "Prose, x"], "Letters"), (["kind", "in", []], "Notes"), (["kind", "not in", ["Play"]], "Notes Letters"),
	(["kind", "not in", ["Play", ""]], "Letters"), (["kind", "not in", []], "Faust Egmont Räuber Letters"), (["kind", "is", "set"], "Faust Egmont Räuber Letters"),
	(["kind", "is", "not set"], "Notes"), (["pages", "=", "300"], "Faust"), (["pages", "=", ""], "Notes"), (["pages", "!=", 300], "Egmont Räuber Notes Letters"),
	(["pages", "between", [90, 150]], "Egmont Räuber Letters"), (["pages", "is", "set"], "Faust Egmont Räuber Letters"), (["pages", "is", "not set"], ""),
	(["pages", "in", [0, "120"]], "Notes Egmont"), (["pages", "in", []], ""), (["pages", "not in", []], "Faust Egmont Räuber Notes Letters"),
	(["price", "=", 0], "Egmont Notes"), (["price", "<", 5], "Egmont Notes Letters"), (["price", ">=", 7.25], "Faust Räuber"), (["price", "is", "not set"], "Egmont Notes"),
	(["day", ">", "2026-01-01"], "Faust Egmont"), (["day", "<", "2026-01-01"], "Räuber Notes Letters"), (["day", "between", ["2026-01-01", "2026-01-31"]], "Faust"),
	(["day", "=", "2026-01-10"], "Faust"), (["day", "!=", "2026-01-10"], "Egmont Räuber Notes Letters"), (["day", "is", "set"], "Faust Egmont Letters"),
	(["name", "<>", "Faust"], "Egmont Räuber Notes Letters"), (["writer", "=", "GOETHE"], "Faust Egmont Letters"), (["creation", "timespan", "last 7 days"], "Faust Egmont Räuber Notes Letters"),
	(["creation", "timespan", "last year"], ""), (["creation", "next", "1 week"], ""), (["creation", "previous", "1 year"], ""),
])
def test_operators_and_empty_values(admin, condition, found):
	want = set(found.split())
	for filters in ([condition], {condition[0]: condition[1:]}, [["Book", *condition]], [["Book", *condition, False]], condition):
		assert {row["name"] for row in rows(admin, filters=filters)} == want
	assert {row["name"] for row in rows(admin, or_filters=[condition, ["name", "=", "none"]])} == want
	assert admin.call("frappe.client.get_count", doctype="Book", filters=[condition]) == len(want)
	counted = admin("GET", "/api/v2/doctype/Book/count", params={"filters": json.dumps([condition])})
	assert counted.json()["data"] == len(want)


@pytest.mark.parametrize("filters", [[["kind", "~", "x"]], [["kind", "=", ["a"]]], [["kind", "=", {"a": 1}]], [["kind"]], [[]], [["kind", "=", 1, 2, 3, 4]], '"kind"', "5",
	[["kind", "is", "Set"]], [["day", "=", "nonsense"]], [["day", "timespan", "last fortnight"]], [["day", "previous", "2 moons"]], [["words.word", "=", "x"]],
	[["words", "=", "x"]], [["`kind`", "=", "x"]], [["kind; --", "=", "x"]], [["Closed", "born", "=", 1]], {"none": 1}])
def test_what_is_no_filter_is_refused(admin, filters):
	answer = ask(admin, filters=filters)
	assert answer.status_code == 417, answer.text
	assert ask(admin, or_filters=filters).status_code == 417


# --- order and cursors

def test_order_is_the_same_each_time_with_the_name_as_tie_breaker(admin):
	assert [row["name"] for row in rows(admin, order_by="kind asc")] == ["Notes", "Egmont", "Faust", "Räuber", "Letters"]
	assert [row["name"] for row in rows(admin, order_by="kind desc, pages asc")] == ["Letters", "Egmont", "Räuber", "Faust", "Notes"]
	assert [row["name"] for row in rows(admin, order_by="`tabBook`.`pages` DESC")] == ["Faust", "Räuber", "Egmont", "Letters", "Notes"]
	assert rows(admin, limit_start="1", limit_page_length="2", order_by="name asc") == [{"name": "Faust"}, {"name": "Letters"}]


@pytest.mark.parametrize("limit, status, found", [("0", 200, 5), ("", 200, 5), ("2", 200, 2), ("2.7", 200, 2), (" 3 ", 200, 3), ("9" * 20, 200, 5), ("-1", 417, 0), ("None", 417, 0), ("abc", 417, 0),
	("1 or 1", 417, 0), ("[1]", 417, 0)])
def test_a_limit_is_a_number_that_is_not_negative(admin, limit, status, found):
	for name in ("limit_page_length", "limit"):
		answer = ask(admin, **{name: limit})
		assert (answer.status_code, len(answer.json().get("data", []))) == (status, found), answer.text
	assert ask(admin, limit_start=limit).status_code == ask(admin, version="v2", limit=limit).status_code == status


@pytest.mark.parametrize("order_by", ["", "name asc", "name desc", "kind asc", "kind desc", "day desc, pages asc", "price asc", "price desc, kind asc", "pages desc, modified asc"])
@pytest.mark.parametrize("limit", ["1", "2", "3", "5", "9"])
def test_a_cursor_goes_on_where_its_page_ended(admin, order_by, limit):
	whole = [row["name"] for row in rows(admin, order_by=order_by)]
	got, cursor = [], None
	while True:
		answer = ask(admin, version="v2", order_by=order_by, limit=limit, fields=["name"], **({"cursor": cursor} if cursor else {}))
		assert answer.status_code == 200, answer.text
		page = answer.json()
		got += [row["name"] for row in page["data"]]
		assert page["has_next_page"] is (page["next"] is not None)
		cursor = page["next"]
		if cursor is None:
			break
		assert len(page["data"]) == int(limit)
	assert got == whole


def test_a_cursor_misses_nothing_that_stays_and_repeats_nothing(admin):
	make(admin, "DocType", name="Stream", module="Custom", custom=1, autoname="prompt", fields=[field("n", "Float")], permissions=[{"role": "System Manager"}])
	for n in range(30):
		make(admin, "Stream", name=f"s{n:02}", n=n / 7)
	first = ask(admin, "Stream", "v2", order_by="n asc", limit="10").json()
	for gone in ("s00", "s05", "s09", "s12"):
		admin("DELETE", f"/api/resource/Stream/{gone}")
	make(admin, "Stream", name="early", n=-1)
	second = ask(admin, "Stream", "v2", order_by="n asc", limit="10", cursor=first["next"]).json()
	assert [row["name"] for row in second["data"]] == ["s10", "s11"] + [f"s{n}" for n in range(13, 21)]


def test_lists_that_have_no_cursor_say_whether_there_is_more(admin):
	page = ask(admin, version="v2", fields=["kind", "count(name) as n"], group_by="kind", limit="2").json()
	assert (page["has_next_page"], page["next"], len(page["data"])) == (True, None, 2)
	assert ask(admin, version="v2", limit="0").json()["has_next_page"] is False


@pytest.mark.parametrize("cursor", ["x", "00", "7b7d", "5b5d", "' or 1=1 --", "zz" * 10, "5b22" * 1500, json.dumps(["x"]), '["1 = 1"]'.encode().hex(),
	b'["0", 1, 2, 3]'.hex(), b'[[1]]'.hex(), b'[{"a":1},"b"]'.hex(), b'\xff\xfe'.hex(), "5b" * 1500])
def test_a_forged_cursor_is_refused(admin, cursor):
	answer = ask(admin, version="v2", order_by="kind asc", cursor=cursor)
	assert (answer.status_code, answer.json()["errors"][0]["type"]) == (417, "DataError"), answer.text


def test_a_cursor_is_of_one_order_and_one_doctype(admin):
	cursor = ask(admin, version="v2", order_by="kind asc", limit="1").json()["next"]
	assert ask(admin, version="v2", order_by="pages asc", limit="1", cursor=cursor).status_code == 417
	assert ask(admin, version="v2", order_by="kind desc", limit="1", cursor=cursor).status_code == 417
	assert ask(admin, "Writer", "v2", cursor=cursor).status_code == 417
	assert ask(admin, version="v2", order_by="kind asc", limit="1", cursor=cursor).status_code == 200
