-- 0003-asset.sql: photos and videos, what was read from them, and the files made of them
CREATE TABLE asset (
    id                  TEXT PRIMARY KEY,                 -- UUIDv4
    owner_id            TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    library_id          TEXT,                             -- NULL: uploaded
    type                TEXT NOT NULL,                    -- IMAGE, VIDEO, AUDIO, OTHER
    original_path       TEXT NOT NULL,                    -- relative to the media folder unless absolute
    original_file_name  TEXT NOT NULL,                    -- as the client gave it
    checksum            BYTEA NOT NULL,                   -- SHA-1 of the content (of the path in a library)
    size_bytes          BIGINT NOT NULL,
    file_created_at     BIGINT NOT NULL,                  -- instant of capture
    file_modified_at    BIGINT NOT NULL,
    local_date_time     BIGINT NOT NULL,                  -- wall clock at the place, as if it were UTC
    local_month         BIGINT NOT NULL,                  -- months since 1970 of local_date_time
    local_day           BIGINT GENERATED ALWAYS AS        -- days since 1970 of it, cut off downwards
                            (CASE WHEN local_date_time >= 0 THEN local_date_time / 86400000
                                  ELSE (local_date_time + 1) / 86400000 - 1 END) STORED,
    duration_ms         BIGINT,
    width               BIGINT,                           -- as shown: oriented and edited
    height              BIGINT,
    thumbhash           BYTEA,
    is_favorite         SMALLINT NOT NULL DEFAULT 0,
    visibility          TEXT NOT NULL DEFAULT 'timeline', -- timeline, archive, hidden, locked
    status              TEXT NOT NULL DEFAULT 'active',   -- active, trashed, deleted (is being removed)
    is_offline          SMALLINT NOT NULL DEFAULT 0,
    is_edited           SMALLINT NOT NULL DEFAULT 0,
    live_photo_video_id TEXT REFERENCES asset (id) ON DELETE SET NULL,
    live_photo_cid      TEXT,                             -- content identifier that joins the two
    duplicate_id        TEXT,
    stack_id            TEXT,
    stack_hidden        SMALLINT NOT NULL DEFAULT 0,      -- a member of a stack, not its primary
    device_asset_id     TEXT,                             -- what older clients call it
    device_id           TEXT,
    metadata_at         BIGINT,                           -- when the metadata was last read; NULL: never
    processing_error    TEXT,                             -- why it cannot be shown; NULL: it can, or is not tried
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    update_id           TEXT NOT NULL,                    -- UUIDv7 of the last change
    deleted_at          BIGINT                            -- NULL unless trashed
);
-- what is being removed does not count, so that the same file can be uploaded again at once
CREATE UNIQUE INDEX asset_owner_checksum ON asset (owner_id, checksum)
    WHERE library_id IS NULL AND status <> 'deleted';
-- a month of the timeline is one range of it, in the order of the answer, whatever the visibility
CREATE INDEX asset_timeline ON asset (owner_id, local_day, file_created_at, id, visibility);
CREATE INDEX asset_created ON asset (owner_id, created_at, file_created_at, id, visibility);
CREATE INDEX asset_trash ON asset (owner_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX asset_removing ON asset (status) WHERE status = 'deleted';
CREATE INDEX asset_live_photo ON asset (live_photo_video_id) WHERE live_photo_video_id IS NOT NULL;
CREATE INDEX asset_device ON asset (owner_id, device_id, device_asset_id) WHERE device_id IS NOT NULL;
CREATE INDEX asset_stack ON asset (stack_id) WHERE stack_id IS NOT NULL;

CREATE TABLE asset_exif (
    asset_id           TEXT PRIMARY KEY REFERENCES asset (id) ON DELETE CASCADE,
    make               TEXT,
    model              TEXT,
    lens_model         TEXT,
    exif_image_width   BIGINT,                            -- before orientation
    exif_image_height  BIGINT,
    file_size_in_byte  BIGINT,
    orientation        TEXT,                              -- '1' to '8'
    date_time_original BIGINT,
    modify_date        BIGINT,
    time_zone          TEXT,                              -- IANA name or UTC+2
    f_number           DOUBLE PRECISION,
    focal_length       DOUBLE PRECISION,
    iso                BIGINT,
    exposure_time      TEXT,                              -- 1/160
    latitude           DOUBLE PRECISION,
    longitude          DOUBLE PRECISION,
    city               TEXT,
    state              TEXT,
    country            TEXT,
    description        TEXT NOT NULL DEFAULT '',
    projection_type    TEXT,
    rating             BIGINT,
    fps                DOUBLE PRECISION,
    bits_per_sample    BIGINT,
    colorspace         TEXT,
    profile_description TEXT,
    auto_stack_id      TEXT,                              -- burst
    tags               TEXT,                              -- JSON array of keywords in the file
    locked_properties  TEXT NOT NULL DEFAULT '[]'         -- changed by the user, not yet in the sidecar
);

CREATE TABLE asset_file (
    id             TEXT PRIMARY KEY,                      -- UUIDv4
    asset_id       TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    type           TEXT NOT NULL,                         -- preview, thumbnail, fullsize, sidecar, encoded_video
    is_edited      SMALLINT NOT NULL DEFAULT 0,
    path           TEXT NOT NULL,                         -- relative to the media folder unless absolute
    is_progressive SMALLINT NOT NULL DEFAULT 0,
    is_transparent SMALLINT NOT NULL DEFAULT 0,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX asset_file_kind ON asset_file (asset_id, type, is_edited);

CREATE TABLE asset_metadata (
    asset_id   TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,                             -- JSON object
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (asset_id, key)
);
