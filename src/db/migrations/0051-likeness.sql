-- 0051-likeness.sql: what pictures look like, to find those that are nearly the same
CREATE TABLE asset_likeness (
    asset_id    TEXT PRIMARY KEY REFERENCES asset (id) ON DELETE CASCADE,
    owner_id    TEXT NOT NULL,                            -- of the asset
    likeness    BYTEA,                                    -- see worker/protocol.h; NULL: nothing to be seen in it
    band_0      BIGINT,                                   -- the 64 bits of its hash in four parts: two hashes that
    band_1      BIGINT,                                   --   differ in seven bits have a part that differs in one
    band_2      BIGINT,                                   --   at most
    band_3      BIGINT,
    detected_at BIGINT                                    -- when its duplicates were looked for; NULL: not yet
);
CREATE INDEX asset_likeness_0 ON asset_likeness (owner_id, band_0) WHERE band_0 IS NOT NULL;
CREATE INDEX asset_likeness_1 ON asset_likeness (owner_id, band_1) WHERE band_1 IS NOT NULL;
CREATE INDEX asset_likeness_2 ON asset_likeness (owner_id, band_2) WHERE band_2 IS NOT NULL;
CREATE INDEX asset_likeness_3 ON asset_likeness (owner_id, band_3) WHERE band_3 IS NOT NULL;
CREATE INDEX asset_duplicate ON asset (owner_id, duplicate_id) WHERE duplicate_id IS NOT NULL;

-- groups that the user kept all of: two assets of the same one are not duplicates of each other
CREATE TABLE duplicate_dismissal (
    asset_id TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL,
    PRIMARY KEY (asset_id, group_id)
);
CREATE INDEX duplicate_dismissal_group ON duplicate_dismissal (group_id, asset_id);
