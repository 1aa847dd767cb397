-- 0004_key_document: api-keys become documents of DocType API Key, which adds the columns that it has beyond these.
CREATE TABLE "tabAPI Key" (
	"name" TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- the api-key itself
	"owner" TEXT COLLATE "C",
	"creation" TEXT COLLATE "C",
	"modified" TEXT COLLATE "C",
	"modified_by" TEXT COLLATE "C",
	"docstatus" BIGINT NOT NULL DEFAULT 0,
	"idx" BIGINT NOT NULL DEFAULT 0,
	"user" TEXT COLLATE "C",
	"label" TEXT COLLATE "C",
	"enabled" BIGINT NOT NULL DEFAULT 0,
	"classic" BIGINT NOT NULL DEFAULT 0, -- 1: shown as User.api_key
	"api_key" TEXT COLLATE "C", -- its name, for those who ask for it so
	"api_secret" TEXT COLLATE "C", -- always the mask
	"not_before" TEXT COLLATE "C",
	"expires" TEXT COLLATE "C",
	"allowed_networks" TEXT COLLATE "C",
	"denied_networks" TEXT COLLATE "C",
	"read_only" BIGINT NOT NULL DEFAULT 0,
	"limited" BIGINT NOT NULL DEFAULT 0, -- 1: has networks, scopes or is read_only
	"revoked" BIGINT NOT NULL DEFAULT 0,
	"revoked_on" TEXT COLLATE "C",
	"revoked_by" TEXT COLLATE "C",
	"revoke_reason" TEXT COLLATE "C",
	"rotated_on" TEXT COLLATE "C",
	"rotated_by" TEXT COLLATE "C",
	"last_used" TEXT COLLATE "C",
	"last_used_address" TEXT COLLATE "C",
	"uses" BIGINT NOT NULL DEFAULT 0
);
INSERT INTO "tabAPI Key" ("name", "owner", "creation", "modified", "modified_by", "user", "label", "enabled", "classic", "api_key",
	"api_secret", "last_used", "last_used_address", "uses")
SELECT name, created_by, CAST(TIMESTAMP '1970-01-01 00:00:00' + created_us * INTERVAL '1 microsecond' AS TEXT),
	CAST(TIMESTAMP '1970-01-01 00:00:00' + created_us * INTERVAL '1 microsecond' AS TEXT), created_by, "user", label,
	enabled, classic, name, '***************',
	CASE WHEN last_used_us > 0 THEN CAST(TIMESTAMP '1970-01-01 00:00:00' + last_used_us * INTERVAL '1 microsecond' AS TEXT) END,
	last_used_address, uses
FROM api_key;
DROP TABLE IF EXISTS api_key;

-- What a key has of its user's rights; no row for all of them.
CREATE TABLE "tabAPI Key Scope" (
	"name" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	"owner" TEXT COLLATE "C",
	"creation" TEXT COLLATE "C",
	"modified" TEXT COLLATE "C",
	"modified_by" TEXT COLLATE "C",
	"docstatus" BIGINT NOT NULL DEFAULT 0,
	"idx" BIGINT NOT NULL DEFAULT 0,
	"parent" TEXT COLLATE "C",
	"parentfield" TEXT COLLATE "C",
	"parenttype" TEXT COLLATE "C",
	"kind" TEXT COLLATE "C",
	"target" TEXT COLLATE "C",
	"rights" TEXT COLLATE "C",
	"mask" BIGINT NOT NULL DEFAULT 0
);

-- During a rotation the old secret lives on for a while.
ALTER TABLE secret ADD COLUMN overlap_until BIGINT NOT NULL DEFAULT 0; -- Unix seconds, 0 for the current secret
ALTER TABLE secret ADD COLUMN last_used_us  BIGINT NOT NULL DEFAULT 0;
ALTER TABLE secret ADD COLUMN last_used_address TEXT COLLATE "C" NOT NULL DEFAULT '';
