-- 0095-tombstone.sql: what its owner deleted for good and does not want back by an automatic backup
CREATE TABLE tombstone (
    owner_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    checksum           BYTEA NOT NULL,                    -- SHA-1 of the original
    asset_id           TEXT NOT NULL,                     -- of the asset that is gone
    original_file_name TEXT NOT NULL,
    deleted_at         BIGINT NOT NULL,
    PRIMARY KEY (owner_id, checksum)
);
CREATE INDEX tombstone_newest ON tombstone (owner_id, deleted_at, asset_id);
CREATE INDEX tombstone_asset ON tombstone (asset_id);

ALTER TABLE users ADD COLUMN keeps_tombstones SMALLINT NOT NULL DEFAULT 0; -- 1: what is deleted gets one
