-- 0008_audit: what was done to keys, users and permissions, as documents of DocType Audit Log, and the seals over them.
CREATE TABLE "tabAudit Log" (
	"name" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	"owner" TEXT COLLATE "C",
	"creation" TEXT COLLATE "C",
	"modified" TEXT COLLATE "C",
	"modified_by" TEXT COLLATE "C",
	"docstatus" BIGINT NOT NULL DEFAULT 0,
	"idx" BIGINT NOT NULL DEFAULT 0,
	"sequence" BIGINT NOT NULL DEFAULT 0, -- 0 until it is sealed; then its place in the chain
	"event" TEXT COLLATE "C",
	"user" TEXT COLLATE "C", -- who did it
	"api_key" TEXT COLLATE "C", -- with which key; empty: with none
	"ip_address" TEXT COLLATE "C",
	"reference_doctype" TEXT COLLATE "C", -- what it was done to
	"reference_name" TEXT COLLATE "C",
	"details" TEXT COLLATE "C", -- a JSON object: field -> [before, after]
	"digest" TEXT COLLATE "C" -- of the row before and of this one: auth/audit_chain.h
);

-- A seal: the rows from first_row to last_row were there at that time, and all seals before.
CREATE TABLE audit_seal (
	number    BIGINT           NOT NULL PRIMARY KEY, -- 1, 2, 3
	at_us     BIGINT           NOT NULL,
	first_row BIGINT           NOT NULL,
	last_row  BIGINT           NOT NULL,             -- counter "audit" has the last one of all
	previous  TEXT COLLATE "C" NOT NULL,             -- digest of the seal before
	digest    TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX audit_seal_by_row ON audit_seal (last_row);
