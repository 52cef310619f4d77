-- 0101-set-timeline.sql: what is in an album, of a person or tagged carries what its timeline asks of the
-- asset, so that months are counted, and a month is found, in one index without reading assets
--
-- timeline_state is all that decides whether a timeline shows an asset, in one number:
-- visibility (0 timeline, 1 archive, 2 hidden, 3 locked) + 4 favourite + 8 behind another in a stack
-- + 16 trashed or 32 neither trashed nor there. Triggers keep the copies.

-- @sqlite
ALTER TABLE asset ADD COLUMN timeline_state SMALLINT GENERATED ALWAYS AS (
    CASE visibility WHEN 'timeline' THEN 0 WHEN 'archive' THEN 1 WHEN 'hidden' THEN 2 ELSE 3 END
    + CASE is_favorite WHEN 0 THEN 0 ELSE 4 END + CASE stack_hidden WHEN 0 THEN 0 ELSE 8 END
    + CASE WHEN deleted_at IS NULL AND status = 'active' THEN 0
           WHEN deleted_at IS NOT NULL AND status <> 'deleted' THEN 16 ELSE 32 END) VIRTUAL;
-- @postgresql
ALTER TABLE asset ADD COLUMN timeline_state SMALLINT GENERATED ALWAYS AS (
    CASE visibility WHEN 'timeline' THEN 0 WHEN 'archive' THEN 1 WHEN 'hidden' THEN 2 ELSE 3 END
    + CASE is_favorite WHEN 0 THEN 0 ELSE 4 END + CASE stack_hidden WHEN 0 THEN 0 ELSE 8 END
    + CASE WHEN deleted_at IS NULL AND status = 'active' THEN 0
           WHEN deleted_at IS NOT NULL AND status <> 'deleted' THEN 16 ELSE 32 END) STORED;
-- @end

ALTER TABLE album_asset ADD COLUMN owner_id TEXT;         -- of the asset, as the next two
ALTER TABLE album_asset ADD COLUMN local_day BIGINT;
ALTER TABLE album_asset ADD COLUMN timeline_state SMALLINT;
ALTER TABLE asset_face ADD COLUMN local_day BIGINT;       -- it has an owner_id
ALTER TABLE asset_face ADD COLUMN timeline_state SMALLINT;
ALTER TABLE tag_asset ADD COLUMN owner_id TEXT;
ALTER TABLE tag_asset ADD COLUMN local_day BIGINT;
ALTER TABLE tag_asset ADD COLUMN timeline_state SMALLINT;
UPDATE album_asset SET owner_id = a.owner_id, local_day = a.local_day, timeline_state = a.timeline_state
  FROM asset a WHERE a.id = album_asset.asset_id;
UPDATE asset_face SET local_day = a.local_day, timeline_state = a.timeline_state
  FROM asset a WHERE a.id = asset_face.asset_id;
UPDATE tag_asset SET owner_id = a.owner_id, local_day = a.local_day, timeline_state = a.timeline_state
  FROM asset a WHERE a.id = tag_asset.asset_id;
CREATE INDEX album_asset_timeline ON album_asset (album_id, local_day, timeline_state, owner_id, asset_id);
CREATE INDEX asset_face_timeline ON asset_face (person_id, local_day, timeline_state, owner_id, asset_id)
    WHERE is_visible = 1 AND deleted_at IS NULL;
CREATE INDEX tag_asset_timeline ON tag_asset (tag_id, local_day, timeline_state, owner_id, asset_id);

-- @sqlite
-- those of 0065 and 0100, which now copy all at once
DROP TRIGGER album_asset_sync_insert;
DROP TRIGGER asset_face_sync_insert;
DROP TRIGGER asset_face_shown_insert;
DROP TRIGGER asset_face_shown_follow;
CREATE TRIGGER album_asset_copy AFTER INSERT ON album_asset BEGIN
    UPDATE album_asset
       SET owner_id = a.owner_id, local_day = a.local_day, timeline_state = a.timeline_state,
           asset_update_id = a.update_id,
           exif_update_id = COALESCE((SELECT e.update_id FROM asset_exif e
                                       WHERE e.asset_id = NEW.asset_id), '')
      FROM asset a WHERE album_asset.rowid = NEW.rowid AND a.id = NEW.asset_id;
END;
CREATE TRIGGER asset_face_copy AFTER INSERT ON asset_face BEGIN
    UPDATE asset_face
       SET owner_id = a.owner_id, local_day = a.local_day, timeline_state = a.timeline_state,
           is_shown = a.timeline_state IN (0, 4, 8, 12)
      FROM asset a WHERE asset_face.rowid = NEW.rowid AND a.id = NEW.asset_id;
END;
CREATE TRIGGER tag_asset_copy AFTER INSERT ON tag_asset BEGIN
    UPDATE tag_asset
       SET owner_id = a.owner_id, local_day = a.local_day, timeline_state = a.timeline_state
      FROM asset a WHERE tag_asset.rowid = NEW.rowid AND a.id = NEW.asset_id;
END;
CREATE TRIGGER asset_timeline_follow
    AFTER UPDATE OF owner_id, local_date_time, visibility, is_favorite, stack_hidden, status, deleted_at
    ON asset
    WHEN OLD.timeline_state <> NEW.timeline_state OR OLD.local_day <> NEW.local_day
      OR OLD.owner_id <> NEW.owner_id
BEGIN
    UPDATE album_asset
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
    UPDATE asset_face
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state,
           is_shown = NEW.timeline_state IN (0, 4, 8, 12)
     WHERE asset_id = NEW.id;
    UPDATE tag_asset
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
END;
-- @postgresql
DROP TRIGGER asset_face_sync_owner ON asset_face;
DROP TRIGGER asset_face_shown_insert ON asset_face;
DROP TRIGGER asset_face_shown_follow ON asset;
DROP FUNCTION asset_face_shown_insert ();
DROP FUNCTION asset_face_shown_follow ();
-- The row of the asset is written, not only read: who changes it at the same time cannot see the new copy,
-- and one of the two must lose and be run again.
CREATE FUNCTION set_copy_asset () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset SET metadata_at = metadata_at WHERE id = NEW.asset_id
        RETURNING owner_id, local_day, timeline_state
             INTO NEW.owner_id, NEW.local_day, NEW.timeline_state;
    RETURN NEW;
END $$;
CREATE TRIGGER album_asset_copy BEFORE INSERT ON album_asset
    FOR EACH ROW EXECUTE FUNCTION set_copy_asset ();
CREATE TRIGGER tag_asset_copy BEFORE INSERT ON tag_asset
    FOR EACH ROW EXECUTE FUNCTION set_copy_asset ();
CREATE FUNCTION asset_face_copy () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset SET metadata_at = metadata_at WHERE id = NEW.asset_id
        RETURNING owner_id, local_day, timeline_state
             INTO NEW.owner_id, NEW.local_day, NEW.timeline_state;
    NEW.is_shown := COALESCE((NEW.timeline_state IN (0, 4, 8, 12))::int, 0);
    RETURN NEW;
END $$;
CREATE TRIGGER asset_face_copy BEFORE INSERT ON asset_face
    FOR EACH ROW EXECUTE FUNCTION asset_face_copy ();
CREATE FUNCTION asset_timeline_follow () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE album_asset
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
    UPDATE asset_face
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state,
           is_shown = (NEW.timeline_state IN (0, 4, 8, 12))::int
     WHERE asset_id = NEW.id;
    UPDATE tag_asset
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_timeline_follow
    AFTER UPDATE OF owner_id, local_date_time, visibility, is_favorite, stack_hidden, status, deleted_at
    ON asset
    FOR EACH ROW WHEN (OLD.timeline_state IS DISTINCT FROM NEW.timeline_state
        OR OLD.local_day IS DISTINCT FROM NEW.local_day OR OLD.owner_id IS DISTINCT FROM NEW.owner_id)
    EXECUTE FUNCTION asset_timeline_follow ();
-- @end
