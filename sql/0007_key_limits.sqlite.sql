-- 0007_key_limits: how often a key may be used; 0 for as often as it likes.
ALTER TABLE `tabAPI Key` ADD COLUMN `rate_limit` INTEGER NOT NULL DEFAULT 0;    -- requests in a window
ALTER TABLE `tabAPI Key` ADD COLUMN `rate_window_s` INTEGER NOT NULL DEFAULT 0; -- its seconds
ALTER TABLE `tabAPI Key` ADD COLUMN `quota` INTEGER NOT NULL DEFAULT 0;         -- of `uses`
