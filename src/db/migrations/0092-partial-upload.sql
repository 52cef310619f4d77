-- 0092-partial-upload.sql: originals that come in parts; their bytes are in upload/.parts/<id>
CREATE TABLE partial_upload (
    id             TEXT PRIMARY KEY,                      -- UUIDv4
    owner_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    link_id        TEXT REFERENCES shared_link (id) ON DELETE CASCADE, -- of the visitor who sends it
    file_name      TEXT NOT NULL,                         -- as the user knows it
    size_bytes     BIGINT NOT NULL,                       -- of the whole file
    checksum       BYTEA,                                 -- SHA-1 of the whole file; NULL: not told
    received_bytes BIGINT NOT NULL DEFAULT 0,             -- so many are durable; more may lie in the file
    asset_id       TEXT,                                  -- what became of it; NULL: still coming
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL                        -- when the last part came
);
CREATE INDEX partial_upload_owner ON partial_upload (owner_id, asset_id);
CREATE INDEX partial_upload_updated ON partial_upload (updated_at);
