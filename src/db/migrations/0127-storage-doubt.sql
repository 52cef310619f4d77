-- 0127-storage-doubt.sql: originals of which it is not known whether what lies at their paths is theirs
--
-- All get a row when the database and the files are not of the same time (storage_step.c), which goes when the file
-- was found to be theirs. Of those that were looked for in vain it stays: another's file may lie at their paths.
CREATE TABLE storage_doubt (
    asset_id   TEXT PRIMARY KEY REFERENCES asset (id) ON DELETE CASCADE,
    size_bytes BIGINT NOT NULL,                           -- asset.size_bytes
    is_lost    SMALLINT NOT NULL DEFAULT 0                -- its path holds nothing, or another file
);
CREATE INDEX storage_doubt_lost ON storage_doubt (size_bytes) WHERE is_lost = 1;

-- what was begun by a version before begins anew
INSERT INTO storage_doubt (asset_id, size_bytes)
SELECT id, size_bytes FROM asset
 WHERE library_id IS NULL AND status <> 'deleted' AND substr(original_path, 1, 1) <> '/'
   AND EXISTS (SELECT 1 FROM system_metadata WHERE key = 'storage-unsure');
UPDATE system_metadata SET value = '{"since":"","stage":0,"after":""}' WHERE key = 'storage-unsure';

-- who writes a new path knows the file

-- @sqlite
CREATE TRIGGER asset_storage_doubt AFTER UPDATE OF original_path ON asset
    WHEN OLD.original_path <> NEW.original_path
BEGIN
    DELETE FROM storage_doubt WHERE asset_id = NEW.id;
END;
-- @postgresql
CREATE FUNCTION asset_storage_doubt () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM storage_doubt WHERE asset_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER asset_storage_doubt AFTER UPDATE OF original_path ON asset
    FOR EACH ROW WHEN (OLD.original_path <> NEW.original_path)
    EXECUTE FUNCTION asset_storage_doubt ();
-- @end
