-- 0041-album-summary.sql: how many assets an album shows and of which time, so that a list counts nothing
--
-- A summary is counted when an album is read after it changed: triggers note the album in album_stale
-- in the transaction that changes it or one of its assets, so that no path of the code can forget it.
-- Whoever counts takes away the notes it saw, and no others: a change that is not committed yet leaves
-- a note of its own, so nothing is missed and nobody waits.
CREATE TABLE album_summary (
    album_id    TEXT PRIMARY KEY REFERENCES album (id) ON DELETE CASCADE,
    n_assets    BIGINT NOT NULL,                          -- not trashed, on the timeline or archived
    first_at    BIGINT,                                   -- earliest and latest local time of them; NULL: none
    last_at     BIGINT,
    modified_at BIGINT                                    -- newest updated_at of them
);
CREATE TABLE album_stale (
    album_id TEXT NOT NULL                                -- maybe many times; maybe of one that is gone
);
CREATE INDEX album_stale_album ON album_stale (album_id);
INSERT INTO album_stale (album_id) SELECT id FROM album;

-- @sqlite
CREATE TRIGGER album_stale_insert AFTER INSERT ON album_asset
    WHEN NOT EXISTS (SELECT 1 FROM album_stale WHERE album_id = NEW.album_id)
BEGIN
    INSERT INTO album_stale (album_id) VALUES (NEW.album_id);
END;
CREATE TRIGGER album_stale_delete AFTER DELETE ON album_asset
    WHEN NOT EXISTS (SELECT 1 FROM album_stale WHERE album_id = OLD.album_id)
BEGIN
    INSERT INTO album_stale (album_id) VALUES (OLD.album_id);
END;
CREATE TRIGGER album_stale_asset
    AFTER UPDATE OF visibility, status, deleted_at, local_date_time, file_created_at, updated_at ON asset
    WHEN EXISTS (SELECT 1 FROM album_asset WHERE asset_id = NEW.id)
BEGIN
    INSERT INTO album_stale (album_id)
        SELECT aa.album_id FROM album_asset aa
         WHERE aa.asset_id = NEW.id
           AND NOT EXISTS (SELECT 1 FROM album_stale s WHERE s.album_id = aa.album_id);
END;
-- @postgresql
CREATE FUNCTION album_stale_row () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN INSERT INTO album_stale VALUES (OLD.album_id);
    ELSE INSERT INTO album_stale VALUES (NEW.album_id);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION album_stale_of_asset () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO album_stale SELECT album_id FROM album_asset WHERE asset_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER album_stale_change AFTER INSERT OR DELETE ON album_asset
    FOR EACH ROW EXECUTE FUNCTION album_stale_row ();
CREATE TRIGGER album_stale_asset
    AFTER UPDATE OF visibility, status, deleted_at, local_date_time, file_created_at, updated_at ON asset
    FOR EACH ROW EXECUTE FUNCTION album_stale_of_asset ();
-- @end
