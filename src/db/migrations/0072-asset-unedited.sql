-- 0072-asset-unedited.sql: what width, height and thumbhash are again once the edits of an asset go
ALTER TABLE asset ADD COLUMN unedited_width BIGINT;       -- NULL unless is_edited is 1
ALTER TABLE asset ADD COLUMN unedited_height BIGINT;
ALTER TABLE asset ADD COLUMN unedited_thumbhash BYTEA;
CREATE INDEX asset_edited ON asset (id) WHERE is_edited = 1;
