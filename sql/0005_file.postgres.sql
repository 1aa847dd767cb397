-- 0005_file: where the bytes of File documents are.

-- Which bytes a path under /files or /private/files stands for: no two documents say it of different ones.
CREATE TABLE file_path (
	path    TEXT COLLATE "C"    NOT NULL PRIMARY KEY, -- "/files/a.txt", compared exactly
	hash    TEXT COLLATE "C"    NOT NULL,             -- SHA-256, 64 hex characters
	used_us BIGINT NOT NULL              -- wall time of the last upload
);

-- [files] in_database: the bytes themselves, in parts.
CREATE TABLE file_content (
	hash    TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
	size    BIGINT NOT NULL,
	used_us BIGINT NOT NULL
);
CREATE TABLE file_part (
	hash  TEXT COLLATE "C"    NOT NULL,
	part  BIGINT NOT NULL, -- from 0
	bytes TEXT COLLATE "C"    NOT NULL, -- base64
	PRIMARY KEY (hash, part)
);
