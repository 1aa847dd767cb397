-- 0006_key_undo: keys that were revoked many at once, and may be taken back for a while.
CREATE TABLE key_undo (
	api_key     TEXT    NOT NULL PRIMARY KEY, -- `tabAPI Key`.`name`
	revocation  TEXT    NOT NULL,             -- one id for all of one call: 15 hex characters
	revoked_us  INTEGER NOT NULL,             -- wall time
	was_enabled INTEGER NOT NULL
);
CREATE INDEX key_undo_by_revocation ON key_undo (revocation, api_key);
CREATE INDEX key_undo_by_time ON key_undo (revoked_us);
