-- 0034-shared-link.sql: URLs that open an album or some assets without an account
CREATE TABLE shared_link (
    id             TEXT PRIMARY KEY,                      -- UUIDv4
    owner_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- who shared it
    type           TEXT NOT NULL,                         -- ALBUM, INDIVIDUAL
    album_id       TEXT REFERENCES album (id) ON DELETE CASCADE, -- of an ALBUM link
    key            BYTEA NOT NULL,                        -- random, 50 bytes; in URLs as base64url or hex
    slug           TEXT,                                  -- another name for it in URLs, compared exactly
    description    TEXT,
    password       TEXT,                                  -- clear text: its owner may read it again
    allow_upload   SMALLINT NOT NULL DEFAULT 0,
    allow_download SMALLINT NOT NULL DEFAULT 1,
    show_metadata  SMALLINT NOT NULL DEFAULT 1,
    expires_at     BIGINT,                                -- NULL: never
    created_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX shared_link_key ON shared_link (key);
CREATE UNIQUE INDEX shared_link_slug ON shared_link (slug) WHERE slug IS NOT NULL;
CREATE INDEX shared_link_owner ON shared_link (owner_id, created_at);
CREATE INDEX shared_link_album ON shared_link (album_id) WHERE album_id IS NOT NULL;

CREATE TABLE shared_link_asset (
    link_id  TEXT NOT NULL REFERENCES shared_link (id) ON DELETE CASCADE,
    asset_id TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    PRIMARY KEY (link_id, asset_id)
);
CREATE INDEX shared_link_asset_asset ON shared_link_asset (asset_id);
