-- 0002_nodes: whose database this is, for several nodes on one.
ALTER TABLE site ADD COLUMN pepper TEXT    NOT NULL DEFAULT ''; -- of the symbolon.key that belongs to it
ALTER TABLE site ADD COLUMN ready  INTEGER NOT NULL DEFAULT 0;  -- 1: its first start is over
