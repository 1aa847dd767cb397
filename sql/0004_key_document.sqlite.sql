-- 0004_key_document: api-keys become documents of DocType API Key, which adds the columns that it has beyond these.
CREATE TABLE `tabAPI Key` (
	`name` TEXT COLLATE NOCASE NOT NULL PRIMARY KEY, -- the api-key itself
	`owner` TEXT COLLATE NOCASE,
	`creation` TEXT,
	`modified` TEXT,
	`modified_by` TEXT COLLATE NOCASE,
	`docstatus` INTEGER NOT NULL DEFAULT 0,
	`idx` INTEGER NOT NULL DEFAULT 0,
	`user` TEXT COLLATE NOCASE,
	`label` TEXT COLLATE NOCASE,
	`enabled` INTEGER NOT NULL DEFAULT 0,
	`classic` INTEGER NOT NULL DEFAULT 0, -- 1: shown as User.api_key
	`api_key` TEXT COLLATE NOCASE, -- its name, for those who ask for it so
	`api_secret` TEXT COLLATE NOCASE, -- always the mask
	`not_before` TEXT,
	`expires` TEXT,
	`allowed_networks` TEXT COLLATE NOCASE,
	`denied_networks` TEXT COLLATE NOCASE,
	`read_only` INTEGER NOT NULL DEFAULT 0,
	`limited` INTEGER NOT NULL DEFAULT 0, -- 1: has networks, scopes or is read_only
	`revoked` INTEGER NOT NULL DEFAULT 0,
	`revoked_on` TEXT,
	`revoked_by` TEXT COLLATE NOCASE,
	`revoke_reason` TEXT COLLATE NOCASE,
	`rotated_on` TEXT,
	`rotated_by` TEXT COLLATE NOCASE,
	`last_used` TEXT,
	`last_used_address` TEXT COLLATE NOCASE,
	`uses` INTEGER NOT NULL DEFAULT 0
);
INSERT INTO `tabAPI Key` (`name`, `owner`, `creation`, `modified`, `modified_by`, `user`, `label`, `enabled`, `classic`, `api_key`,
	`api_secret`, `last_used`, `last_used_address`, `uses`)
SELECT name, created_by, strftime('%Y-%m-%d %H:%M:%f', created_us / 1000000.0, 'unixepoch') || '000',
	strftime('%Y-%m-%d %H:%M:%f', created_us / 1000000.0, 'unixepoch') || '000', created_by, user, label, enabled, classic, name, '***************',
	CASE WHEN last_used_us > 0 THEN strftime('%Y-%m-%d %H:%M:%f', last_used_us / 1000000.0, 'unixepoch') || '000' END,
	last_used_address, uses
FROM api_key;
DROP TABLE IF EXISTS api_key;

-- What a key has of its user's rights; no row for all of them.
CREATE TABLE `tabAPI Key Scope` (
	`name` TEXT COLLATE NOCASE NOT NULL PRIMARY KEY,
	`owner` TEXT COLLATE NOCASE,
	`creation` TEXT,
	`modified` TEXT,
	`modified_by` TEXT COLLATE NOCASE,
	`docstatus` INTEGER NOT NULL DEFAULT 0,
	`idx` INTEGER NOT NULL DEFAULT 0,
	`parent` TEXT COLLATE NOCASE,
	`parentfield` TEXT COLLATE NOCASE,
	`parenttype` TEXT COLLATE NOCASE,
	`kind` TEXT COLLATE NOCASE,
	`target` TEXT COLLATE NOCASE,
	`rights` TEXT COLLATE NOCASE,
	`mask` INTEGER NOT NULL DEFAULT 0
);

-- During a rotation the old secret lives on for a while.
ALTER TABLE secret ADD COLUMN overlap_until INTEGER NOT NULL DEFAULT 0; -- Unix seconds, 0 for the current secret
ALTER TABLE secret ADD COLUMN last_used_us  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE secret ADD COLUMN last_used_address TEXT NOT NULL DEFAULT '';
