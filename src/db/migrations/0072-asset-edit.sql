-- 0072-asset-edit.sql: how a photo is shown otherwise than it was taken; its original stays as it is
CREATE TABLE asset_edit (
    id         TEXT PRIMARY KEY,                          -- UUIDv4
    asset_id   TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    sequence   BIGINT NOT NULL,                           -- 0 is done first
    action     TEXT NOT NULL,                             -- crop, rotate, mirror
    parameters TEXT NOT NULL,                             -- JSON object, as the contract has it
    update_id  TEXT NOT NULL                              -- UUIDv7; a change makes a new row
);
CREATE UNIQUE INDEX asset_edit_asset ON asset_edit (asset_id, sequence);

-- what width, height and thumbhash are again once the edits go; NULL unless is_edited is 1
ALTER TABLE asset ADD COLUMN unedited_width BIGINT;
ALTER TABLE asset ADD COLUMN unedited_height BIGINT;
ALTER TABLE asset ADD COLUMN unedited_thumbhash BYTEA;
CREATE INDEX asset_edited ON asset (id) WHERE is_edited = 1;
