-- 0076-storage-move.sql: originals and sidecars on their way to another place
--
-- A row is there from before the file is at its new path until it is gone from its old one. Whoever finds
-- one while nobody moves anything finishes or undoes what it says. See src/features/storage-template.
CREATE TABLE storage_move (
    asset_id   TEXT NOT NULL,                             -- maybe of one that was removed meanwhile
    kind       TEXT NOT NULL,                             -- original, sidecar
    old_path   TEXT NOT NULL,                             -- both relative to the media folder
    new_path   TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,                           -- what is in the file
    sha1       BYTEA NOT NULL,
    PRIMARY KEY (asset_id, kind)
);

-- paths below library/ are made of dates and names: one may be free, taken and free again
CREATE INDEX asset_library_file ON asset (original_path)
    WHERE substr(original_path, 1, 8) = 'library/';
CREATE INDEX asset_file_library_file ON asset_file (path)
    WHERE substr(path, 1, 8) = 'library/';
