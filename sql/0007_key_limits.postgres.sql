-- 0007_key_limits: how often a key may be used; 0 for as often as it likes.
ALTER TABLE "tabAPI Key" ADD COLUMN "rate_limit" BIGINT NOT NULL DEFAULT 0;    -- requests in a window
ALTER TABLE "tabAPI Key" ADD COLUMN "rate_window_s" BIGINT NOT NULL DEFAULT 0; -- its seconds
ALTER TABLE "tabAPI Key" ADD COLUMN "quota" BIGINT NOT NULL DEFAULT 0;         -- of "uses"
