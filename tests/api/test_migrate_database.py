"""Moving a site from SQLite to PostgreSQL and back: nothing is lost, and what goes wrong changes nothing."""

import json
import os
import shutil
import sqlite3
import subprocess

import pytest

from sites import DATABASE, GENERATE, PASSWORD, PROGRAM, WHO_AM_I, Site, new_database, sql

pytestmark = pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")

TYPES = {
	"data": ("Data", "Käse \U0001f9c0 'quoted' \"twice\""), "small": ("Small Text", "tab\tline\r\nback\\slash \\N \\. \b\f\v"),
	"code": ("Code", "\u00a0\u2028 ünïcödé " * 200), "empty": ("Data", ""), "absent": ("Data", None), "whole": ("Int", -7),
	"large": ("Int", 1), "least": ("Int", 1), "tick": ("Check", 1), "real": ("Float", 0.1),
	"tiny": ("Float", -1.25e-9), "money": ("Currency", 1234567.89), "share": ("Percent", 33.3), "took": ("Duration", None),
	"day": ("Date", "2024-02-29"), "moment": ("Datetime", "2024-02-29 23:59:59.123456"), "clock": ("Time", "01:02:03"),
	"choice": ("Select", "b"), "owner_link": ("Link", "Administrator"), "shade": ("Color", "#00ff00"),
	"blob": ("JSON", '{"a": [1, "\\u00e9"]}'), "secret_word": ("Password", "Öpen-Sesame-99"),
}
MOVING = ("last_active", "last_login", "last_ip")  # with every look at them
OPTIONS = {"choice": "a\nb", "owner_link": "User"}
RIGHTS = [{"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1}]


def field(name, kind, **more):
	return {"fieldname": name, "fieldtype": kind, "label": name.title(), **more}


def post(site, path, body):
	answer = site.admin("POST", path, json=body)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def doctype(site, name, fields, **more):
	return post(site, "/api/resource/DocType", {"name": name, "module": "Custom", "custom": 1, "fields": fields,
		"permissions": RIGHTS, **more})


def fill(site):
	"""Documents of every type, with rows, counters of both kinds, passwords, keys and a session."""
	kinds = [field(name, kind, options=OPTIONS.get(name, "")) for name, (kind, _) in TYPES.items()]
	doctype(site, "Part", [field("piece", "Data"), field("weight", "Float"), field("code_word", "Password")], istable=1, permissions=[])
	doctype(site, "Everything", [*kinds, field("parts", "Table", options="Part")], autoname="EV-.####")
	doctype(site, "Counted", [field("note", "Data"), field("gone", "Data")], autoname="autoincrement", naming_rule="Autoincrement")
	values = {name: value for name, (_, value) in TYPES.items()}
	parts = [{"piece": "ä", "weight": 1.5, "code_word": "Row-Secret-1"}, {"piece": None, "weight": 0}]
	post(site, "/api/resource/Everything", {**values, "parts": parts})
	post(site, "/api/resource/Everything", {"data": "few"})
	post(site, "/api/resource/Counted", {"note": "one", "gone": "kept"})
	fields = site.admin("GET", "/api/resource/DocType/Counted").json()["data"]["fields"]
	answer = site.admin("PUT", "/api/resource/DocType/Counted", json={"fields": [f for f in fields if f["fieldname"] != "gone"]})
	assert answer.status_code == 200, answer.text
	post(site, "/api/resource/User", {"email": "ada@move.test", "first_name": "Ada", "send_welcome_email": 0, "new_password": "Gr4nite-Ada-Qz82"})
	site.ada = site.admin("POST", GENERATE, json={"user": "ada@move.test"}).json()["message"]
	site.session = site.login("ada@move.test", "Gr4nite-Ada-Qz82")


def documents(site):
	"""All that fill() has made, as the wire shows it."""
	seen = {}
	for path in ("Everything", "Counted", "User", "DocType", "Role"):
		listed = site.admin("GET", f"/api/resource/{path}?limit_page_length=0&order_by=name asc").json()["data"]
		for row in listed:
			data = site.admin("GET", f"/api/resource/{path}/{row['name']}").json()["data"]
			seen[path, row["name"]] = {name: value for name, value in data.items() if name not in MOVING}
	row = seen["Everything", "EV-0001"]["parts"][0]["name"]
	for kind, name, word in (("Everything", "EV-0001", "secret_word"), ("Part", row, "code_word")):
		seen[kind, word] = site.admin.call("frappe.client.get_password", doctype=kind, name=name, fieldname=word)
	return seen


def check(site, before):
	"""The same documents, tokens, passwords and sessions; counters go on."""
	assert documents(site) == before
	assert before["Everything", "secret_word"] == "Öpen-Sesame-99" and before["Part", "code_word"] == "Row-Secret-1"
	assert before["Everything", "EV-0001"]["least"] == -2**63
	assert site.who(site.ada).json() == {"message": "ada@move.test"}
	assert site.session.get(site.url + WHO_AM_I, timeout=30).json() == {"message": "ada@move.test"}
	site.login("ada@move.test", "Gr4nite-Ada-Qz82")


def move(site, source, target, *args, exit=0, **env):
	return site.run("migrate-database", "--from", source, "--to", target, *args, exit=exit, SYMBOLON_DATABASE_URL="", **env)


def sums(site, source, target, *args):
	"""Moves; {table: (rows, checksum)}."""
	rows = json.loads(move(site, source, target, "--output", "json", *args).stdout)
	return {row["table"]: (row["rows"], row["checksum"]) for row in rows}


def dump(path):
	"""Every table of a SQLite site but those that say which database it is, and how each was made."""
	with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
		made = dict(database.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
		tables = [name for name, text in made.items() if text.startswith("CREATE TABLE") and name not in ("site", "migration")]
		rows = {}
		for name in tables:
			columns = ", ".join(f'"{row[1]}"' for row in sorted(database.execute(f'PRAGMA table_info("{name}")'), key=lambda r: r[1]))
			rows[name] = sorted(database.execute(f'SELECT {columns} FROM "{name}"').fetchall(), key=repr)
	database.close()
	return rows, {name: text for name, text in made.items() if not text.startswith("CREATE TABLE")}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
	"""A full site, stopped, of which each test takes a copy."""
	site = Site(tmp_path_factory.mktemp("move") / "site", database="").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	fill(site)
	site.stop()
	with sqlite3.connect(f"{site.path}/symbolon.db") as database:  # what no field takes, but a column may hold
		database.execute("UPDATE tabEverything SET large = ?, least = ?, real = ? WHERE name = 'EV-0001'", (2**53 + 1, -2**63, 1.7976931348623157e308))
	database.close()
	site.start()
	site.before = documents(site)
	site.stop()
	site.sums = sums(site, f"sqlite:{site.path}", new_database())
	return site


@pytest.fixture
def full(model, tmp_path):
	shutil.copytree(model.path, tmp_path / "site")
	site = Site(tmp_path / "site", database="")
	for name in ("pair", "ada", "session", "before", "sums"):
		setattr(site, name, getattr(model, name))
	site.nodes = [site]
	yield site
	for node in site.nodes:
		node.kill()


def as_node(site, url, path=None):
	"""The same site, served from another database."""
	node = Site(path or site.path, database=url)
	node.ada, node.session = site.ada, site.session
	node.admin = Site.with_token(node, dict(zip(("api_key", "api_secret"), site.pair)))
	site.nodes.append(node)
	return node.start()


def test_a_site_moves_to_postgresql_and_back_and_nothing_is_lost(full, tmp_path):
	url = new_database()
	there = sums(full, f"sqlite:{full.path}", url)
	assert there["tabEverything"][0] == 2 and there["tabPart"][0] == 2 and there["field_secret"][0] == 2
	back = sums(full, url, f"sqlite:{tmp_path}/back")
	assert back == there
	assert dump(f"{tmp_path}/back/symbolon.db") == dump(f"{full.path}/symbolon.db")
	assert sums(full, f"sqlite:{tmp_path}/back", new_database()) == there

	node = as_node(full, url)
	check(node, full.before)
	assert post(node, "/api/resource/Everything", {"data": "next"})["name"] == "EV-0003"
	assert str(post(node, "/api/resource/Counted", {"note": "next"})["name"]) == "2"
	# The column of a field that is gone is still there, and serves again.
	fields = node.admin("GET", "/api/resource/DocType/Counted").json()["data"]["fields"]
	node.admin("PUT", "/api/resource/DocType/Counted", json={"fields": [*fields, field("gone", "Data")]})
	assert node.admin("GET", "/api/resource/Counted/1").json()["data"]["gone"] == "kept"
	before = documents(node)
	node.stop()

	home = tmp_path / "home"
	move(full, url, f"sqlite:{home}")
	file = as_node(full, "", home)
	check(file, before)
	assert post(file, "/api/resource/Everything", {"data": "next"})["name"] == "EV-0004"
	assert str(post(file, "/api/resource/Counted", {"note": "next"})["name"]) == "3"
	file.stop()


def test_what_a_move_makes_is_whole_private_and_another_incarnation(full, tmp_path):
	url = new_database()
	move(full, f"sqlite:{full.path}", url)
	move(full, url, f"sqlite:{tmp_path}/back")
	assert sorted(os.listdir(tmp_path / "back")) == ["lock", "symbolon.db", "symbolon.key"]
	assert all(os.stat(tmp_path / "back" / name).st_mode & 0o077 == 0 for name in ("symbolon.db", "symbolon.key", "."))
	ids = set()
	for path in (full.path, f"{tmp_path}/back"):
		with sqlite3.connect(f"file:{path}/symbolon.db?mode=ro", uri=True) as database:
			identity, created, ready = database.execute("SELECT id, created_us, ready FROM site").fetchone()
		database.close()
		ids.add(identity)
	line = sql(url, "SELECT id, created_us, ready FROM site")[0].split("|")
	assert len(ids | {line[0]}) == 3
	assert line[1:] == [str(created), str(ready)] == [str(created), "1"]


def test_the_source_is_not_changed(full, tmp_path):
	with open(f"{full.path}/symbolon.db", "rb") as f:
		before = f.read()
	url = new_database()
	move(full, f"sqlite:{full.path}", url)
	with open(f"{full.path}/symbolon.db", "rb") as f:
		assert f.read() == before
	assert not os.path.exists(f"{full.path}/symbolon.db-wal")
	rows = sql(url, "SELECT name, value FROM counter ORDER BY name")
	move(full, url, f"sqlite:{tmp_path}/back")
	assert sql(url, "SELECT name, value FROM counter ORDER BY name") == rows


def test_a_backup_moves_as_its_site_does(full, tmp_path):
	full.run("backup", str(tmp_path / "copy.db"))
	there = full.sums
	assert sums(full, f"sqlite:{tmp_path}/copy.db", new_database()) == there
	assert sums(full, f"sqlite:{full.path}/symbolon.db", new_database()) == there


def test_bytes_of_files_go_along_or_are_told_of(tmp_path):
	site = Site(tmp_path / "site", database="").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made = site.admin("POST", "/api/method/upload_file", files={"file": ("kept.txt", b"kept outside")}).json()["message"]
	site.stop()
	url = new_database()
	assert "of the data directory" not in move(site, f"sqlite:{site.path}", url).stderr  # they are there already
	os.mkdir(tmp_path / "node", 0o700)
	shutil.copy(f"{site.path}/symbolon.key", tmp_path / "node" / "symbolon.key")
	node = Site(tmp_path / "node", database="")
	told = move(node, f"sqlite:{site.path}", new_database()).stderr
	assert "the bytes of 1 of 1 files lie outside" in told and f"Copy what is in {site.path}/files into files/" in told

	move(site, url, f"sqlite:{tmp_path}/home")
	home = Site(tmp_path / "home", database="").start()
	admin = home.with_token(dict(zip(("api_key", "api_secret"), site.pair)))
	assert admin("GET", made["file_url"]).content == b"kept outside"
	home.stop()
	assert "are not in" in move(node, url, f"sqlite:{tmp_path}/lost").stderr


def test_progress_is_told_in_lines(full):
	said = move(full, f"sqlite:{full.path}", new_database()).stderr
	assert "tabEverything: 2 rows, " in said and "100 % of all" in said and "\r" not in said


# --- what is refused


def test_a_site_that_is_served_is_not_moved(full, tmp_path):
	url, site = new_database(), full.start()
	said = move(site, f"sqlite:{site.path}", url, exit=1).stderr
	assert "--from" in said and "in use by process" in said
	assert sql(url, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'") == ["0"]
	site.stop()
	move(site, f"sqlite:{site.path}", url)
	site.database = url
	site.start()
	said = move(site, url, f"sqlite:{tmp_path}/back", exit=1).stderr
	assert "--from" in said and "stop every node" in said and not os.path.exists(tmp_path / "back")
	other = Site(tmp_path / "other", database="").start()
	other.stop()
	said = move(other, f"sqlite:{other.path}", url, exit=1).stderr
	assert "--to" in said and "stop every node" in said
	site.stop()


def test_a_target_that_holds_something_stays_as_it_is(full, tmp_path):
	foreign, taken = new_database(), new_database()
	sql(foreign, "CREATE TABLE theirs (x text)")
	said = move(full, f"sqlite:{full.path}", foreign, exit=1).stderr
	assert "--to" in said and "another program" in said
	assert sql(foreign, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'") == ["theirs"]

	other = Site(tmp_path / "other", database=taken).start()
	other.stop()
	before = sql(taken, "SELECT id FROM site")
	said = move(full, f"sqlite:{full.path}", taken, exit=1).stderr
	assert "--to" in said and "holds a site" in said and sql(taken, "SELECT id FROM site") == before

	url = new_database()
	move(full, f"sqlite:{full.path}", url)
	with open(f"{full.path}/symbolon.db", "rb") as f:
		before = f.read()
	said = move(full, url, f"sqlite:{full.path}", exit=1).stderr
	assert "--to" in said and "holds a site" in said
	with open(f"{full.path}/symbolon.db", "rb") as f:
		assert f.read() == before
	assert "name a directory" in move(full, url, f"sqlite:{full.path}/symbolon.db", exit=1).stderr
	os.mkdir(tmp_path / "theirs")
	(tmp_path / "theirs" / "file").write_text("x")
	assert "no data directory" in move(full, url, f"sqlite:{tmp_path}/theirs", exit=1).stderr
	assert os.listdir(tmp_path / "theirs") == ["file"]


@pytest.mark.parametrize("arguments, words", [
	([], "--from and --to"),
	(["--from", "sqlite:x"], "--from and --to"),
	(["--from", "mysql://x", "--to", "sqlite:y"], "--from is sqlite:"),
	(["--from", "sqlite:x", "--to", "y"], "--to is sqlite:"),
	(["--from", "sqlite:", "--to", "postgresql:///x"], "data directory"),
	(["--from", "sqlite:x", "--to", "sqlite:y"], "symbolon backup"),
	(["x"], "what is"),
], ids=["nothing", "half", "another scheme", "no scheme", "no path", "both files", "an argument"])
def test_misuse_is_told_with_2(tmp_path, arguments, words):
	assert words in Site(tmp_path / "site", database="").run("migrate-database", *arguments, exit=2).stderr


def test_what_is_missing_is_named(full, tmp_path):
	url = new_database()
	assert "there is no site in" in move(full, f"sqlite:{tmp_path}/nothing", url, exit=1).stderr
	assert "there is no site in" in move(full, url, f"sqlite:{tmp_path}/back", exit=1).stderr
	nobody = DATABASE.format("postgres").replace("symbolon@", "nobody@")
	said = move(full, f"sqlite:{full.path}", nobody, exit=1).stderr
	assert "--to" in said and "nobody" in said
	assert "no_such_database" in move(full, DATABASE.format("no_such_database"), f"sqlite:{tmp_path}/back", exit=1).stderr
	assert not os.path.exists(tmp_path / "back")


def test_without_the_right_to_make_tables_nothing_happens(full):
	url = new_database()
	name = url.split("/")[3].split("?")[0]
	sql(url, f"CREATE ROLE poor_{name} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO poor_{name}")
	said = move(full, f"sqlite:{full.path}", url.replace("symbolon@", f"poor_{name}@"), exit=1).stderr
	assert "permission denied for schema public" in said
	move(full, f"sqlite:{full.path}", url)


def test_another_key_file_is_refused(full, tmp_path):
	url = new_database()
	move(full, f"sqlite:{full.path}", url)
	other = Site(tmp_path / "other", database="").start()
	other.stop()
	said = move(other, url, f"sqlite:{tmp_path}/back", exit=1).stderr
	assert "symbolon.key" in said and "lacks" in said and not os.path.exists(tmp_path / "back")
	bare = Site(tmp_path / "bare", database="")
	assert "symbolon.key is missing" in move(bare, url, f"sqlite:{tmp_path}/back", exit=1).stderr
	# A node's directory has the file already.
	os.mkdir(tmp_path / "node", 0o700)
	shutil.copy(f"{full.path}/symbolon.key", tmp_path / "node")
	move(bare, url, f"sqlite:{tmp_path}/node")
	as_node(full, "", tmp_path / "node").stop()


@pytest.mark.parametrize("value, words", [("'a' || char(0) || 'b'", "NUL"), ("CAST(x'ff' AS TEXT)", "UTF-8")], ids=["NUL", "bytes"])
def test_a_text_that_postgresql_cannot_store_is_named_and_nothing_stays(full, value, words):
	url = new_database()
	with sqlite3.connect(f"{full.path}/symbolon.db") as database:
		database.execute(f"UPDATE tabEverything SET code = {value} WHERE name = 'EV-0002'")
	database.close()
	said = move(full, f"sqlite:{full.path}", url, exit=1).stderr
	assert "tabEverything EV-0002: code: " in said and words in said
	assert sql(url, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'") == ["0"]
	with sqlite3.connect(f"{full.path}/symbolon.db") as database:
		database.execute("UPDATE tabEverything SET code = 'b' WHERE name = 'EV-0002'")
	database.close()
	move(full, f"sqlite:{full.path}", url)


def test_a_value_of_another_type_than_its_column_is_named(full):
	with sqlite3.connect(f"{full.path}/symbolon.db") as database:
		database.execute("UPDATE tabEverything SET whole = 'many' WHERE name = 'EV-0002'")
	database.close()
	said = move(full, f"sqlite:{full.path}", new_database(), exit=1).stderr
	assert "tabEverything EV-0002: whole holds a value of another type" in said


def test_a_table_of_no_doctype_is_left_behind_and_named(full):
	with sqlite3.connect(f"{full.path}/symbolon.db") as database:
		database.execute("CREATE TABLE mine (x TEXT)")
	database.close()
	assert "left behind: table mine" in move(full, f"sqlite:{full.path}", new_database()).stderr


# --- what broke off


def killed_at(site, source, target, line):
	"""A move that is killed when it has told so many lines; False: it was over before."""
	command = [PROGRAM, "migrate-database", "--from", source, "--to", target, "--data", site.path]
	with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=site.environment({})) as process:
		for _ in range(line):
			process.stderr.readline()
		process.kill()
	return process.returncode != 0


@pytest.mark.parametrize("line", [1, 6, 20])
def test_a_move_that_was_killed_is_begun_again(full, tmp_path, line):
	url = new_database()
	there = full.sums
	was_killed = killed_at(full, f"sqlite:{full.path}", url, line)
	if was_killed:
		node = Site(full.path, database=url)
		assert "migrate-database" in node.run("serve", "--listen", "127.0.0.1:0", exit=1).stderr
		assert "migrate-database" in move(full, url, f"sqlite:{tmp_path}/no", exit=1).stderr
		assert sums(full, f"sqlite:{full.path}", url) == there
	back = f"sqlite:{tmp_path}/back"
	if killed_at(full, url, back, line):
		assert not os.path.exists(tmp_path / "back" / "symbolon.db")
		assert sums(full, url, back) == there
	assert sorted(os.listdir(tmp_path / "back")) == ["lock", "symbolon.db", "symbolon.key"]
	node = as_node(full, "", tmp_path / "back")
	check(node, full.before)
	node.stop()


def test_a_move_that_broke_off_before_it_claimed_is_begun_again(full):
	url = new_database()
	move(full, f"sqlite:{full.path}", url)
	tables = sql(url, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name LIKE 'tab%'")
	sql(url, "; ".join([f'DROP TABLE "{name}"' for name in tables] + ["DELETE FROM site"]))
	move(full, f"sqlite:{full.path}", url)
	as_node(full, url).stop()
