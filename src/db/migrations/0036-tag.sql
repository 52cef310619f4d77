-- 0036-tag.sql: labels in a tree of labels
CREATE TABLE tag (
    id         TEXT PRIMARY KEY,                          -- UUIDv4
    owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    parent_id  TEXT REFERENCES tag (id) ON DELETE CASCADE, -- NULL: a root
    value      TEXT NOT NULL,                             -- the whole path, its parts joined by '/'
    color      TEXT,                                      -- '#' and hex digits
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_id  TEXT NOT NULL                              -- UUIDv7 of the last change
);
CREATE UNIQUE INDEX tag_value ON tag (owner_id, value);
CREATE INDEX tag_parent ON tag (parent_id) WHERE parent_id IS NOT NULL;

-- every tag with itself and all tags above it, so that a search by a tag finds what is tagged below
CREATE TABLE tag_ancestor (
    tag_id      TEXT NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    ancestor_id TEXT NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    PRIMARY KEY (tag_id, ancestor_id)
);
CREATE INDEX tag_ancestor_below ON tag_ancestor (ancestor_id, tag_id);

CREATE TABLE tag_asset (
    tag_id   TEXT NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    asset_id TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    PRIMARY KEY (tag_id, asset_id)
);
CREATE INDEX tag_asset_asset ON tag_asset (asset_id);
