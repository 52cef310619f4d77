-- 0032-activity.sql: comments and likes in shared albums
CREATE TABLE activity (
    id         TEXT PRIMARY KEY,                          -- UUIDv4
    album_id   TEXT NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- who wrote it
    asset_id   TEXT REFERENCES asset (id) ON DELETE CASCADE, -- NULL: of the album as a whole
    type       TEXT NOT NULL,                             -- comment, like
    comment    TEXT,                                      -- NULL for a like
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX activity_album ON activity (album_id, created_at);
CREATE INDEX activity_asset ON activity (asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX activity_user ON activity (user_id);
-- one like a user and thing
CREATE UNIQUE INDEX activity_like ON activity (album_id, user_id, COALESCE(asset_id, '')) WHERE type = 'like';
