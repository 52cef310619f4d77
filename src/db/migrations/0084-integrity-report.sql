-- 0084-integrity-report.sql: files that are missing, that nobody knows, or that changed; found by checks
CREATE TABLE integrity_report (
    id            TEXT PRIMARY KEY,                       -- UUIDv4
    type          TEXT NOT NULL,                          -- untracked_file, missing_file, checksum_mismatch
    path          TEXT NOT NULL,                          -- relative to the media folder
    asset_id      TEXT REFERENCES asset (id) ON DELETE CASCADE,      -- whose original it is; or NULL
    asset_file_id TEXT REFERENCES asset_file (id) ON DELETE CASCADE, -- the file made for one; or NULL
    created_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX integrity_report_path ON integrity_report (type, path);
CREATE INDEX integrity_report_type ON integrity_report (type, id);
CREATE INDEX integrity_report_asset ON integrity_report (asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX integrity_report_file ON integrity_report (asset_file_id) WHERE asset_file_id IS NOT NULL;

-- whose a file is; what was made for an asset is found by the id in its name instead
CREATE INDEX asset_path ON asset (original_path) WHERE library_id IS NULL;
CREATE INDEX asset_file_sidecar ON asset_file (path) WHERE type = 'sidecar';
