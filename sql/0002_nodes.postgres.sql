-- 0002_nodes: whose database this is, for several nodes on one.
ALTER TABLE site ADD COLUMN pepper TEXT COLLATE "C" NOT NULL DEFAULT ''; -- of the symbolon.key that belongs to it
ALTER TABLE site ADD COLUMN ready  BIGINT NOT NULL DEFAULT 0;            -- 1: its first start is over
