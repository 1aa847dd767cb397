-- 0009_key_use: how often each secret of a key was used on each day; swept after some time.
CREATE TABLE key_use (
	day     INTEGER NOT NULL, -- days since 1970-01-01, UTC
	secret  TEXT    NOT NULL, -- secret.name, which may be gone
	api_key TEXT    NOT NULL, -- `tabAPI Key`.`name`, which is there
	uses    INTEGER NOT NULL, -- nodes add theirs
	PRIMARY KEY (day, secret)
);
CREATE INDEX key_use_by_key ON key_use (api_key, day);
