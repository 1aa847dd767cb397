-- 0010_kept_answer: what requests with an Idempotency-Key were answered, for who asks again.
CREATE TABLE kept_answer (
	name       TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- SHA-256 of whose it is and of the key
	request    TEXT COLLATE "C" NOT NULL,             -- SHA-256 of what was asked
	status     BIGINT           NOT NULL,             -- 0 until the answer is there, which no commit sees
	fields     TEXT COLLATE "C" NOT NULL,             -- "Name: value" and CRLF each
	body       TEXT COLLATE "C",                      -- null: it was too large
	expires_us BIGINT           NOT NULL              -- wall time
);
CREATE INDEX kept_answer_by_time ON kept_answer (expires_us);
