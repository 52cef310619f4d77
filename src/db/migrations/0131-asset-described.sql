-- 0131-asset-described.sql: what has a description, in the order of capture, for those who look for words in it
CREATE INDEX asset_exif_described ON asset_exif (owner_id, taken_at, asset_id) WHERE description <> '';
