-- 0009_key_use: how often each secret of a key was used on each day; swept after some time.
CREATE TABLE key_use (
	day     BIGINT NOT NULL,           -- days since 1970-01-01, UTC
	secret  TEXT COLLATE "C" NOT NULL, -- secret.name, which may be gone
	api_key TEXT COLLATE "C" NOT NULL, -- "tabAPI Key"."name", which is there
	uses    BIGINT NOT NULL,           -- nodes add theirs
	PRIMARY KEY (day, secret)
);
CREATE INDEX key_use_by_key ON key_use (api_key, day);
