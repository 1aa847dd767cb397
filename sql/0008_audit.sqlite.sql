-- 0008_audit: what was done to keys, users and permissions, as documents of DocType Audit Log, and the seals over them.
CREATE TABLE `tabAudit Log` (
	`name` TEXT COLLATE NOCASE NOT NULL PRIMARY KEY,
	`owner` TEXT COLLATE NOCASE,
	`creation` TEXT,
	`modified` TEXT,
	`modified_by` TEXT COLLATE NOCASE,
	`docstatus` INTEGER NOT NULL DEFAULT 0,
	`idx` INTEGER NOT NULL DEFAULT 0,
	`sequence` INTEGER NOT NULL DEFAULT 0, -- 0 until it is sealed; then its place in the chain
	`event` TEXT COLLATE NOCASE,
	`user` TEXT COLLATE NOCASE, -- who did it
	`api_key` TEXT COLLATE NOCASE, -- with which key; empty: with none
	`ip_address` TEXT COLLATE NOCASE,
	`reference_doctype` TEXT COLLATE NOCASE, -- what it was done to
	`reference_name` TEXT COLLATE NOCASE,
	`details` TEXT COLLATE NOCASE, -- a JSON object: field -> [before, after]
	`digest` TEXT COLLATE NOCASE -- of the row before and of this one: auth/audit_chain.h
);

-- A seal: the rows from first_row to last_row were there at that time, and all seals before.
CREATE TABLE audit_seal (
	number    INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3
	at_us     INTEGER NOT NULL,
	first_row INTEGER NOT NULL,
	last_row  INTEGER NOT NULL,             -- counter "audit" has the last one of all
	previous  TEXT    NOT NULL,             -- digest of the seal before
	digest    TEXT    NOT NULL
);
CREATE UNIQUE INDEX audit_seal_by_row ON audit_seal (last_row);
