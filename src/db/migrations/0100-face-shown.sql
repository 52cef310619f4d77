-- 0100-face-shown.sql: whether a face's asset is on the timeline, so that the faces of all people are
-- counted from one index, without reading the assets
ALTER TABLE asset_face ADD COLUMN is_shown SMALLINT NOT NULL DEFAULT 0; -- on the timeline, not trashed
UPDATE asset_face SET is_shown = 1
 WHERE asset_id IN (SELECT id FROM asset WHERE visibility = 'timeline' AND status = 'active'
                                           AND deleted_at IS NULL);
CREATE INDEX asset_face_shown ON asset_face (owner_id, person_id, asset_id)
    WHERE is_shown = 1 AND is_visible = 1 AND deleted_at IS NULL;

-- @sqlite
CREATE TRIGGER asset_face_shown_insert AFTER INSERT ON asset_face BEGIN
    UPDATE asset_face SET is_shown = 1
     WHERE rowid = NEW.rowid
       AND EXISTS (SELECT 1 FROM asset a WHERE a.id = NEW.asset_id AND a.visibility = 'timeline'
                                           AND a.status = 'active' AND a.deleted_at IS NULL);
END;
CREATE TRIGGER asset_face_shown_follow AFTER UPDATE OF visibility, status, deleted_at ON asset
    WHEN OLD.visibility IS NOT NEW.visibility OR OLD.status IS NOT NEW.status
      OR OLD.deleted_at IS NOT NEW.deleted_at
BEGIN
    UPDATE asset_face
       SET is_shown = NEW.visibility = 'timeline' AND NEW.status = 'active' AND NEW.deleted_at IS NULL
     WHERE asset_id = NEW.id;
END;
-- @postgresql
CREATE FUNCTION asset_face_shown_insert () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    SELECT (a.visibility = 'timeline' AND a.status = 'active' AND a.deleted_at IS NULL)::int
      INTO NEW.is_shown FROM asset a WHERE a.id = NEW.asset_id;
    NEW.is_shown := COALESCE(NEW.is_shown, 0);
    RETURN NEW;
END $$;
CREATE TRIGGER asset_face_shown_insert BEFORE INSERT ON asset_face
    FOR EACH ROW EXECUTE FUNCTION asset_face_shown_insert ();
CREATE FUNCTION asset_face_shown_follow () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset_face
       SET is_shown = (NEW.visibility = 'timeline' AND NEW.status = 'active'
                       AND NEW.deleted_at IS NULL)::int
     WHERE asset_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_face_shown_follow AFTER UPDATE OF visibility, status, deleted_at ON asset
    FOR EACH ROW WHEN (OLD.visibility IS DISTINCT FROM NEW.visibility
        OR OLD.status IS DISTINCT FROM NEW.status OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
    EXECUTE FUNCTION asset_face_shown_follow ();
-- @end
