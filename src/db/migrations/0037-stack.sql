-- 0037-stack.sql: shots shown as one; the members are the assets whose stack_id it is
CREATE TABLE stack (
    id               TEXT PRIMARY KEY,                    -- UUIDv4
    owner_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    primary_asset_id TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE, -- the one that is shown
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    update_id        TEXT NOT NULL                        -- UUIDv7 of the last change
);
CREATE UNIQUE INDEX stack_primary ON stack (primary_asset_id);
CREATE INDEX stack_owner ON stack (owner_id);
