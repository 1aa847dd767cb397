-- 0003_field_secret: values of Password fields, encrypted; the documents hold asterisks.
CREATE TABLE field_secret (
	doctype TEXT NOT NULL,
	name    TEXT NOT NULL, -- of the document, or of the row of a child DocType
	field   TEXT NOT NULL,
	key     TEXT NOT NULL,                -- id of the field key in symbolon.key
	sealed  TEXT NOT NULL,                -- hex: nonce, ciphertext and tag of AES-256-GCM
	PRIMARY KEY (doctype, name, field)
);
