-- 0077-rendition-size.sql: which size was asked for when a preview or thumbnail was made, so that those of
-- another size than the config's are found
ALTER TABLE asset_file ADD COLUMN size_px BIGINT;         -- short side; NULL: the default of its kind, or no rendition
