-- 0001_base: what symbolon itself keeps. Tables of DocTypes are made from their metadata.

-- What changed, for the memory made from the database, here and on other nodes.
CREATE TABLE change (
	seq   INTEGER NOT NULL PRIMARY KEY, -- from counter "change", by the transaction's last statement
	kind  INTEGER NOT NULL,             -- enum change_kind
	name  TEXT    NOT NULL,
	at_us INTEGER NOT NULL              -- wall time, microseconds
);

-- Counters: "change", "marker" (small commits after one that failed), "user" (numbers of users in memory),
-- and naming series with the prefix "series:".
CREATE TABLE counter (
	name  TEXT    NOT NULL PRIMARY KEY,
	value INTEGER NOT NULL
);

-- One row: which database this is.
CREATE TABLE site (
	name       TEXT    NOT NULL PRIMARY KEY, -- always "site"
	id         TEXT    NOT NULL,             -- 32 hex characters: the incarnation
	created_us INTEGER NOT NULL
);

-- One row an api-key. User.api_key shows the classic one.
CREATE TABLE api_key (
	name       TEXT    NOT NULL PRIMARY KEY, -- the api-key itself: 15 hex characters, compared exactly
	user       TEXT    NOT NULL COLLATE NOCASE, -- User.name
	label      TEXT    NOT NULL DEFAULT '',  -- empty: the classic pair of User
	classic    INTEGER NOT NULL DEFAULT 1,   -- 1: shown as User.api_key
	enabled    INTEGER NOT NULL DEFAULT 1,
	created_us INTEGER NOT NULL,
	created_by TEXT    NOT NULL,
	last_used_us INTEGER NOT NULL DEFAULT 0,
	last_used_address TEXT NOT NULL DEFAULT '',
	uses       INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX api_key_by_user ON api_key (user, name);

-- One row a secret of an api-key. A token is "KEY:SECRET"; only a keyed digest of it is kept.
CREATE TABLE secret (
	name       TEXT    NOT NULL PRIMARY KEY, -- made by us: 15 hex characters
	api_key    TEXT    NOT NULL,             -- api_key.name
	pepper     TEXT    NOT NULL,             -- id of the pepper in symbolon.key
	digest     TEXT    NOT NULL,             -- 64 hex characters: HMAC-SHA-256(pepper, key NUL secret)
	weak       INTEGER NOT NULL DEFAULT 0,   -- 1: set by hand or imported, fewer than 112 bits
	not_before INTEGER NOT NULL DEFAULT 0,   -- Unix seconds
	not_after  INTEGER NOT NULL DEFAULT 0,   -- Unix seconds; 0: never
	created_us INTEGER NOT NULL,
	uses       INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX secret_by_key ON secret (api_key, name);

-- Login passwords, apart from the documents.
CREATE TABLE password (
	user       TEXT    NOT NULL PRIMARY KEY COLLATE NOCASE, -- User.name
	hash       TEXT    NOT NULL,             -- PHC or passlib text
	changed_us INTEGER NOT NULL
);

-- Cookie sessions of the web pages.
CREATE TABLE session (
	name       TEXT    NOT NULL PRIMARY KEY, -- 64 hex characters: SHA-256 of the sid
	user       TEXT    NOT NULL COLLATE NOCASE,
	csrf       TEXT    NOT NULL,             -- empty until a page has handed one out
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,             -- sliding; flushed with the counters
	address    TEXT    NOT NULL,
	agent      TEXT    NOT NULL
);
CREATE INDEX session_by_user ON session (user, name);

-- Values of single DocTypes.
CREATE TABLE single (
	doctype TEXT NOT NULL COLLATE NOCASE,
	field   TEXT NOT NULL,
	value   TEXT,
	PRIMARY KEY (doctype, field)
);

-- Which shipped files this database was made or refreshed from.
CREATE TABLE shipped (
	name     TEXT NOT NULL PRIMARY KEY, -- path of the asset
	checksum TEXT NOT NULL              -- 64 hex characters: SHA-256
);
