-- 0066-asset-edit.sql: what was done to the picture of an asset: crop, rotate, mirror, in their order
--
-- update_id and owner_id are set by triggers, which also note deletions for the sync stream.
CREATE TABLE asset_edit (
    id         TEXT PRIMARY KEY,                          -- UUIDv4
    asset_id   TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    owner_id   TEXT,                                      -- asset.owner_id
    sequence   BIGINT NOT NULL,                           -- 0 for the first
    action     TEXT NOT NULL,                             -- crop, rotate, mirror
    parameters TEXT NOT NULL,                             -- JSON object
    update_id  TEXT NOT NULL DEFAULT ''                   -- UUIDv7 of the last change
);
CREATE UNIQUE INDEX asset_edit_asset ON asset_edit (asset_id, sequence);
CREATE INDEX asset_edit_sync ON asset_edit (owner_id, update_id);

-- @sqlite
CREATE TRIGGER asset_edit_sync_insert AFTER INSERT ON asset_edit BEGIN
    UPDATE asset_edit SET update_id = uuid_v7 (),
           owner_id = (SELECT a.owner_id FROM asset a WHERE a.id = NEW.asset_id)
     WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_edit_sync_update
    AFTER UPDATE OF sequence, action, parameters ON asset_edit
BEGIN
    UPDATE asset_edit SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_edit_sync_delete AFTER DELETE ON asset_edit
    WHEN EXISTS (SELECT 1 FROM asset WHERE id = OLD.asset_id)
BEGIN
    INSERT INTO sync_delete VALUES (uuid_v7 (), 'edit', OLD.owner_id, OLD.id, OLD.asset_id);
END;
-- @postgresql
ALTER TABLE asset_edit ALTER COLUMN update_id TYPE TEXT COLLATE "C";
CREATE TRIGGER asset_edit_sync_change BEFORE INSERT
    OR UPDATE OF sequence, action, parameters ON asset_edit
    FOR EACH ROW EXECUTE FUNCTION sync_change ();
CREATE TRIGGER asset_edit_sync_owner BEFORE INSERT ON asset_edit
    FOR EACH ROW EXECUTE FUNCTION sync_take_owner ();
CREATE FUNCTION asset_edit_sync_delete () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sync_delete
        SELECT uuid_v7 (), 'edit', OLD.owner_id, OLD.id, OLD.asset_id
         WHERE EXISTS (SELECT 1 FROM asset WHERE id = OLD.asset_id);
    RETURN NULL;
END $$;
CREATE TRIGGER asset_edit_sync_delete AFTER DELETE ON asset_edit
    FOR EACH ROW EXECUTE FUNCTION asset_edit_sync_delete ();
-- @end
