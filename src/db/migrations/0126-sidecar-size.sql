-- 0126-sidecar-size.sql: how much the sidecars that a user sent take up, asked when one comes whose user has a quota
ALTER TABLE asset_file ADD COLUMN size_bytes BIGINT;       -- of a sidecar, as it was sent or copied; NULL: not known
ALTER TABLE asset_file ADD COLUMN sidecar_owner_id TEXT;   -- asset.owner_id, with size_bytes
CREATE INDEX asset_file_sidecar_size ON asset_file (sidecar_owner_id, size_bytes) WHERE size_bytes IS NOT NULL;
