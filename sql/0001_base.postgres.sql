-- 0001_base: what symbolon itself keeps. Tables of DocTypes are made from their metadata.

-- What changed, for the memory made from the database, here and on other nodes.
CREATE TABLE change (
	seq   BIGINT           NOT NULL PRIMARY KEY, -- from counter "change", by the transaction's last statement
	kind  BIGINT           NOT NULL,             -- enum change_kind
	name  TEXT COLLATE "C" NOT NULL,
	at_us BIGINT           NOT NULL              -- wall time, microseconds
);

-- Counters: "change", "marker" (small commits after one that failed), "user" (numbers of users in memory),
-- and naming series with the prefix "series:".
CREATE TABLE counter (
	name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	value BIGINT           NOT NULL
);

-- One row: which database this is.
CREATE TABLE site (
	name       TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- always "site"
	id         TEXT COLLATE "C" NOT NULL,             -- 32 hex characters: the incarnation
	created_us BIGINT           NOT NULL
);

-- One row an api-key. User.api_key shows the classic one.
CREATE TABLE api_key (
	name              TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- the api-key itself: 15 hex characters, compared exactly
	"user"            TEXT COLLATE "C" NOT NULL,             -- User.name
	label             TEXT COLLATE "C" NOT NULL DEFAULT '',  -- empty: the classic pair of User
	classic           BIGINT           NOT NULL DEFAULT 1,   -- 1: shown as User.api_key
	enabled           BIGINT           NOT NULL DEFAULT 1,
	created_us        BIGINT           NOT NULL,
	created_by        TEXT COLLATE "C" NOT NULL,
	last_used_us      BIGINT           NOT NULL DEFAULT 0,
	last_used_address TEXT COLLATE "C" NOT NULL DEFAULT '',
	uses              BIGINT           NOT NULL DEFAULT 0
);
CREATE INDEX api_key_by_user ON api_key (lower("user"), name);

-- One row a secret of an api-key. A token is "KEY:SECRET"; only a keyed digest of it is kept.
CREATE TABLE secret (
	name       TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- made by us: 15 hex characters
	api_key    TEXT COLLATE "C" NOT NULL,             -- api_key.name
	pepper     TEXT COLLATE "C" NOT NULL,             -- id of the pepper in symbolon.key
	digest     TEXT COLLATE "C" NOT NULL,             -- 64 hex characters: HMAC-SHA-256(pepper, key NUL secret)
	weak       BIGINT           NOT NULL DEFAULT 0,   -- 1: set by hand or imported, fewer than 112 bits
	not_before BIGINT           NOT NULL DEFAULT 0,   -- Unix seconds
	not_after  BIGINT           NOT NULL DEFAULT 0,   -- Unix seconds; 0: never
	created_us BIGINT           NOT NULL,
	uses       BIGINT           NOT NULL DEFAULT 0
);
CREATE INDEX secret_by_key ON secret (api_key, name);

-- Login passwords, apart from the documents.
CREATE TABLE password (
	"user"     TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- User.name
	hash       TEXT COLLATE "C" NOT NULL,             -- PHC or passlib text
	changed_us BIGINT           NOT NULL
);
CREATE UNIQUE INDEX password_by_user ON password (lower("user"));

-- Cookie sessions of the web pages.
CREATE TABLE session (
	name       TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- 64 hex characters: SHA-256 of the sid
	"user"     TEXT COLLATE "C" NOT NULL,
	csrf       TEXT COLLATE "C" NOT NULL,             -- empty until a page has handed one out
	created_us BIGINT           NOT NULL,
	expires_us BIGINT           NOT NULL,             -- sliding; flushed with the counters
	address    TEXT COLLATE "C" NOT NULL,
	agent      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX session_by_user ON session (lower("user"), name);

-- Values of single DocTypes.
CREATE TABLE single (
	doctype TEXT COLLATE "C" NOT NULL,
	field   TEXT COLLATE "C" NOT NULL,
	value   TEXT COLLATE "C",
	PRIMARY KEY (doctype, field)
);

-- Which shipped files this database was made or refreshed from.
CREATE TABLE shipped (
	name     TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- path of the asset
	checksum TEXT COLLATE "C" NOT NULL              -- 64 hex characters: SHA-256
);
