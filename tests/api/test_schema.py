"""One schema on both databases: the same tables, columns, types, keys and indexes."""

import re
import sqlite3

import pytest

from sites import DATABASE, Site, sql

pytestmark = pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL to compare with (tools/with-postgres)")

COLUMNS = """
	SELECT c.table_name, c.column_name, c.data_type, coalesce(c.collation_name, ''), c.is_nullable,
		coalesce(c.column_default, '')
	FROM information_schema.columns c
	WHERE c.table_schema = current_schema() ORDER BY c.table_name, c.ordinal_position
"""
INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()"


def plain(default):
	"""A default as both would write it."""
	return re.sub(r"::\w+( \w+)?", "", default or "").strip("()")


def of_sqlite(path):
	"""Table -> [(column, type, not null, default)], and a set of (table, unique, columns)."""
	tables, indexes = {}, set()
	with sqlite3.connect(path) as database:
		names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
		for name in names:
			tables[name] = [
				(column, {"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text"}[kind], bool(required), plain(default))
				for _, column, kind, required, default, _ in database.execute(f'PRAGMA table_info("{name}")')
			]
			keys = [(column, kind) for _, column, kind, _, _, key in database.execute(f'PRAGMA table_info("{name}")') if key]
			if len(keys) == 1 and keys[0][1] == "INTEGER":  # the rowid, which needs no index
				indexes.add((name, True, ((keys[0][0], False),)))
			for _, index, unique, *_ in database.execute(f'PRAGMA index_list("{name}")'):
				columns = [
					(column, collation == "NOCASE") for _, _, column, _, collation, key in database.execute(
						f'PRAGMA index_xinfo("{index}")') if key
				]
				kinds = dict((column[0], column[1]) for column in tables[name])
				indexes.add((name, bool(unique), tuple((column, nocase and kinds[column] == "text") for column, nocase in columns)))
	return tables, indexes


def of_postgres(url):
	tables, indexes = {}, set()
	for line in sql(url, COLUMNS):
		table, column, kind, collation, nullable, default = line.split("|")
		assert collation == ("C" if kind == "text" else ""), line
		tables.setdefault(table, []).append((column, kind, nullable == "NO", plain(default)))
	for line in sql(url, INDEXES):
		table, definition = line.split("|", 1)
		inner = re.search(r" USING btree \((.*)\)$", definition).group(1)
		columns = []
		for part in re.split(r", (?![^()]*\))", inner):
			folded = re.fullmatch(r'lower\(\(?"?([^")]+)"?\)?(?:::text)?\)', part.replace(" NULLS FIRST", ""))
			columns.append((folded.group(1), True) if folded else (part.replace(" NULLS FIRST", "").strip('"'), False))
		indexes.add((table, " UNIQUE " in definition, tuple(columns)))
	return tables, indexes


def folded(indexes):
	"""A unique index with case beside one without, or in the place of one without, is the same rule."""
	return {(table, unique, tuple(column for column, _ in columns)) for table, unique, columns in indexes}


def test_both_databases_have_the_same_tables(tmp_path):
	one = Site(tmp_path / "one", database="").start()
	two = Site(tmp_path / "two").start()
	one.stop()
	two.stop()
	tables, indexes = of_sqlite(f"{one.path}/symbolon.db")
	other_tables, other_indexes = of_postgres(two.database)
	assert tables.keys() == other_tables.keys()
	for name, columns in tables.items():
		assert columns == other_tables[name], name
	assert folded(indexes) == folded(other_indexes)
	# What compares without case in the one has an index for that in the other.
	nocase = {(table, columns[0][0]) for table, _, columns in indexes if columns[0][1]}
	assert nocase - {("single", "doctype")} == {(table, columns[0][0]) for table, _, columns in other_indexes if columns[0][1]}
