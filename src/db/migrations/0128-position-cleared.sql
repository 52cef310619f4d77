-- 0128-position-cleared.sql: a position that its owner took away does not come back with the loss of the sidecar
--
-- A sidecar tells it as 0/0, which is no position when it is read. So the database has to remember that a new sidecar
-- has to tell it again; in those of all photos without a position others would see one.
ALTER TABLE asset_exif ADD COLUMN is_position_cleared SMALLINT NOT NULL DEFAULT 0;
