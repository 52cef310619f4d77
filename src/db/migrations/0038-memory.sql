-- 0038-memory.sql: this day, years ago
CREATE TABLE memory (
    id         TEXT PRIMARY KEY,                          -- UUIDv4
    owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type       TEXT NOT NULL,                             -- on_this_day
    data       TEXT NOT NULL,                             -- JSON, {"year":2020}
    memory_at  BIGINT NOT NULL,                           -- the day that is remembered
    show_at    BIGINT,                                    -- NULL: at once
    hide_at    BIGINT,                                    -- NULL: never
    seen_at    BIGINT,
    is_saved   SMALLINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_id  TEXT NOT NULL,                             -- UUIDv7 of the last change
    deleted_at BIGINT
);
CREATE INDEX memory_owner ON memory (owner_id, memory_at);

CREATE TABLE memory_asset (
    memory_id  TEXT NOT NULL REFERENCES memory (id) ON DELETE CASCADE,
    asset_id   TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    update_id  TEXT NOT NULL,                             -- UUIDv7 of the adding
    PRIMARY KEY (memory_id, asset_id)
);
CREATE INDEX memory_asset_asset ON memory_asset (asset_id);
