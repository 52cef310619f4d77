-- 0075-library.sql: folder trees whose files are indexed in place
CREATE TABLE library (
    id                 TEXT PRIMARY KEY,                  -- UUIDv4
    owner_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- of its assets
    name               TEXT NOT NULL,
    import_paths       TEXT NOT NULL,                     -- JSON array of folders
    exclusion_patterns TEXT NOT NULL,                     -- JSON array of globs
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    refreshed_at       BIGINT,                            -- when its folders were last walked; NULL: never
    deleted_at         BIGINT                             -- NULL unless it is being removed
);
CREATE INDEX library_owner ON library (owner_id);

-- Files whose assets were removed for good: they are left where they are and are not imported again.
CREATE TABLE library_removed (
    library_id TEXT NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    path       TEXT NOT NULL,                             -- absolute
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (library_id, path)
);

-- A file is one asset of a library, whoever finds it; pages of a check go by path.
CREATE UNIQUE INDEX asset_library_path ON asset (library_id, original_path)
    WHERE library_id IS NOT NULL;
-- what a library has, without reading its rows
CREATE INDEX asset_library_counts ON asset (library_id, deleted_at, visibility, type, size_bytes)
    WHERE library_id IS NOT NULL;
