-- 0067-asset-ocr.sql: lines of text that were read in the picture of an asset
--
-- update_id and owner_id are set by triggers, which also note deletions for the sync stream.
CREATE TABLE asset_ocr (
    id         TEXT PRIMARY KEY,                          -- UUIDv4
    asset_id   TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    owner_id   TEXT,                                      -- asset.owner_id
    x1         DOUBLE PRECISION NOT NULL,                 -- top left; 0 to 1 of the width and height
    y1         DOUBLE PRECISION NOT NULL,
    x2         DOUBLE PRECISION NOT NULL,                 -- top right
    y2         DOUBLE PRECISION NOT NULL,
    x3         DOUBLE PRECISION NOT NULL,                 -- bottom right
    y3         DOUBLE PRECISION NOT NULL,
    x4         DOUBLE PRECISION NOT NULL,                 -- bottom left
    y4         DOUBLE PRECISION NOT NULL,
    box_score  DOUBLE PRECISION NOT NULL,                 -- how sure that there is text; 0 to 1
    text_score DOUBLE PRECISION NOT NULL,                 -- and that it is this one
    body       TEXT NOT NULL,
    is_visible SMALLINT NOT NULL DEFAULT 1,               -- 0: outside of an edited picture
    update_id  TEXT NOT NULL DEFAULT ''                   -- UUIDv7 of the last change
);
CREATE INDEX asset_ocr_asset ON asset_ocr (asset_id);
CREATE INDEX asset_ocr_sync ON asset_ocr (owner_id, update_id);

-- @sqlite
CREATE TRIGGER asset_ocr_sync_insert AFTER INSERT ON asset_ocr BEGIN
    UPDATE asset_ocr SET update_id = uuid_v7 (),
           owner_id = (SELECT a.owner_id FROM asset a WHERE a.id = NEW.asset_id)
     WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_ocr_sync_update
    AFTER UPDATE OF x1, y1, x2, y2, x3, y3, x4, y4, box_score, text_score, body, is_visible ON asset_ocr
BEGIN
    UPDATE asset_ocr SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_ocr_sync_delete AFTER DELETE ON asset_ocr
    WHEN EXISTS (SELECT 1 FROM asset WHERE id = OLD.asset_id)
BEGIN
    INSERT INTO sync_delete VALUES (uuid_v7 (), 'ocr', OLD.owner_id, OLD.asset_id, OLD.asset_id);
END;
-- @postgresql
ALTER TABLE asset_ocr ALTER COLUMN update_id TYPE TEXT COLLATE "C";
CREATE TRIGGER asset_ocr_sync_change BEFORE INSERT
    OR UPDATE OF x1, y1, x2, y2, x3, y3, x4, y4, box_score, text_score, body, is_visible ON asset_ocr
    FOR EACH ROW EXECUTE FUNCTION sync_change ();
CREATE TRIGGER asset_ocr_sync_owner BEFORE INSERT ON asset_ocr
    FOR EACH ROW EXECUTE FUNCTION sync_take_owner ();
CREATE FUNCTION asset_ocr_sync_delete () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sync_delete
        SELECT uuid_v7 (), 'ocr', OLD.owner_id, OLD.asset_id, OLD.asset_id
         WHERE EXISTS (SELECT 1 FROM asset WHERE id = OLD.asset_id);
    RETURN NULL;
END $$;
CREATE TRIGGER asset_ocr_sync_delete AFTER DELETE ON asset_ocr
    FOR EACH ROW EXECUTE FUNCTION asset_ocr_sync_delete ();
-- @end
