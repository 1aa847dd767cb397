-- 0003_field_secret: values of Password fields, encrypted; the documents hold asterisks.
CREATE TABLE field_secret (
	doctype TEXT COLLATE "C" NOT NULL,
	name    TEXT COLLATE "C" NOT NULL, -- of the document, or of the row of a child DocType
	field   TEXT COLLATE "C" NOT NULL,
	key     TEXT COLLATE "C" NOT NULL, -- id of the field key in symbolon.key
	sealed  TEXT COLLATE "C" NOT NULL, -- hex: nonce, ciphertext and tag of AES-256-GCM
	PRIMARY KEY (doctype, name, field)
);
