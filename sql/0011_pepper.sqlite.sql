-- 0011_pepper: peppers of symbolon.key that have been the one for new secrets (site.pepper says which is), and who has which.
CREATE TABLE pepper (
	name     TEXT NOT NULL PRIMARY KEY, -- its id
	since_us INTEGER NOT NULL -- when it became that
);
CREATE TABLE pepper_node (
	name    TEXT NOT NULL PRIMARY KEY, -- host and path of a node's symbolon.key
	peppers TEXT NOT NULL, -- ids that are in it, with a blank before and behind each
	seen_us INTEGER NOT NULL -- when the node said so
);
