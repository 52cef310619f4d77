-- 0031-album.sql: chosen sets of assets, and who may see or change them
CREATE TABLE album (
    id                  TEXT PRIMARY KEY,                 -- UUIDv4
    name                TEXT NOT NULL,
    description         TEXT NOT NULL DEFAULT '',
    thumbnail_asset_id  TEXT REFERENCES asset (id) ON DELETE SET NULL, -- its cover; NULL: none chosen or none left
    is_activity_enabled SMALLINT NOT NULL DEFAULT 1,
    sort_order          TEXT NOT NULL DEFAULT 'desc',     -- asc, desc: by the date of capture
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    update_id           TEXT NOT NULL,                    -- UUIDv7 of the last change
    deleted_at          BIGINT                            -- set while its owner is deleted but may come back
);
CREATE INDEX album_thumbnail ON album (thumbnail_asset_id) WHERE thumbnail_asset_id IS NOT NULL;

-- every member, the owner too
CREATE TABLE album_user (
    album_id   TEXT NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role       TEXT NOT NULL,                             -- owner, editor, viewer; one owner an album
    created_at BIGINT NOT NULL,
    create_id  TEXT NOT NULL,                             -- UUIDv7 of the joining
    update_id  TEXT NOT NULL,                             -- UUIDv7 of the last change
    PRIMARY KEY (album_id, user_id)
);
CREATE INDEX album_user_member ON album_user (user_id, album_id);
CREATE UNIQUE INDEX album_user_owner ON album_user (album_id) WHERE role = 'owner';

CREATE TABLE album_asset (
    album_id   TEXT NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    asset_id   TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    update_id  TEXT NOT NULL,                             -- UUIDv7 of the adding
    PRIMARY KEY (album_id, asset_id)
);
CREATE INDEX album_asset_asset ON album_asset (asset_id, album_id);
