"""The subset of SQL that symbolon may ask of a PostgreSQL (docs/databases.md), held against a server's log.

What a statement may begin with, and which words and functions it may hold, is listed; all else is a finding. So a
sequence, a savepoint, an advisory lock or a trigger cannot come in unseen, nor what another engine lacks.
"""

import json
import re

# Words of statements, apart from names in quotes and of our own tables and columns.
BEGINNINGS = (
	"SELECT", "INSERT INTO", "UPDATE", "DELETE FROM", "BEGIN ISOLATION LEVEL", "COMMIT", "ROLLBACK", "SET",
	"DEALLOCATE", "COPY", "CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX", "ALTER TABLE", "DROP TABLE IF EXISTS",
	"DROP INDEX IF EXISTS",
)
FORBIDDEN = re.compile(
	r"\b(SAVEPOINT|RELEASE|NEXTVAL|CURRVAL|SERIAL|BIGSERIAL|SEQUENCE|GENERATED|IDENTITY|LISTEN|NOTIFY|UNLISTEN|LOCK TABLE|"
	r"SKIP|NOWAIT|TRIGGER|REFERENCES|FOREIGN|CHECK|EXCLUDE|RECURSIVE|LATERAL|WINDOW|OVER|RETURNS|FUNCTION|DO\s+\$|EXTENSION|"
	r"CURSOR|FETCH|TEMP|TEMPORARY|UNLOGGED|INHERITS|PARTITION|TRUNCATE|VACUUM|ANALYZE|CLUSTER|REINDEX|ILIKE|SIMILAR|"
	r"ARRAY|JSONB?|XML|BYTEA|TIMESTAMPTZ?|SERIALIZABLE|FOR\s+SHARE|FOR\s+KEY|FOR\s+NO|CONCURRENTLY|USING)\b",
	re.I,
)
FUNCTIONS = {"lower", "coalesce", "count", "sum", "avg", "min", "max", "cast", "length", "substr", "current_schema"}
# What a move asks of the server itself: who else is there.
FUNCTIONS |= {"current_database", "pg_backend_pid"}
# What tells an old primary that came back; a server that does not know them is taken as it is.
FUNCTIONS |= {"pg_walfile_name", "pg_current_wal_insert_lsn", "pg_control_system"}
# Words that a parenthesis may follow without being functions.
BEFORE_PARENTHESIS = {
	"in", "values", "and", "or", "not", "on", "conflict", "key", "where", "set", "from", "select", "exists", "by",
	"as", "unique", "having", "between", "primary", "distinct", "then", "when", "else", "copy",
}
# Literals, quoted names and comments: whichever begins first holds the others.
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*")
SHOWN = {"'": "''", '"': '"n"', "-": ""}
CALL = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)\s*\(")
CONFLICT = re.compile(r"ON CONFLICT(?!\s*\()", re.I)
COPY = re.compile(r'COPY (\(SELECT\b.*\) TO STDOUT|"n" \(("n"(, )?)+\) FROM STDIN)', re.I | re.S)
PARTIAL = re.compile(r"^CREATE (UNIQUE )?INDEX\b.*\bWHERE\b", re.I | re.S)


def pieces(statement):
	"""The statements of a text, without comments, and with every literal and quoted name replaced."""
	bare = QUOTED.sub(lambda m: SHOWN[m.group(0)[0]], statement)
	return [piece.strip() for piece in bare.split(";") if piece.strip()]


def faults(statement):
	"""What is wrong with a statement, in words."""
	for piece in pieces(statement):
		if not piece.upper().startswith(BEGINNINGS):
			yield "begins with something else"
		found = FORBIDDEN.search(piece)
		if found:
			yield f"holds {found.group(0)}"
		for name in CALL.findall(piece):
			before = name.lower()
			named = re.search(rf"\b(TABLE|INTO|INDEX|ON|EXISTS|CONFLICT)\s+{name}\s*\(", piece, re.I)
			if before not in FUNCTIONS | BEFORE_PARENTHESIS and not named:
				yield f"calls {name}"
		if CONFLICT.search(piece):
			yield "ON CONFLICT without its columns"
		if piece.upper().startswith("COPY") and not COPY.fullmatch(piece):
			yield "a COPY of another kind"
		if PARTIAL.search(piece):
			yield "a partial index"


def statements(log):
	"""The texts of what symbolon sent, as the server's JSON log has them."""
	with open(log, encoding="utf-8", errors="replace") as lines:
		for line in lines:
			entry = json.loads(line)
			found = re.match(r"(?:statement|execute [^:]*): (.*)", entry.get("message", ""), re.S)
			if found and entry.get("application_name") == "symbolon":
				yield found.group(1)


def report(log):
	"""Prints each kind of finding once, and how many different statements there were; how many findings."""
	seen = set(statements(log))
	findings = 0
	for statement in sorted(seen):
		for fault in faults(statement):
			findings += 1
			print(f"not portable: {fault}: {' '.join(statement.split())[:300]}")
	print(f"portable: {len(seen)} different statements, {findings} findings")
	return findings
