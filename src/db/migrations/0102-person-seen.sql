-- 0102-person-seen.sql: how many faces of each person are on the timeline, so that a page of people counts
-- none; timeline_state (0101) tells it of a face's asset, and is_shown, which said the same, goes
CREATE TABLE person_seen (
    person_id TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    n_faces   BIGINT NOT NULL                             -- visible, not deleted, of assets on the timeline
);
INSERT INTO person_seen
    SELECT person_id, count(*) FROM asset_face
     WHERE person_id IS NOT NULL AND timeline_state IN (0, 4, 8, 12) AND is_visible = 1
       AND deleted_at IS NULL
     GROUP BY person_id;
DROP INDEX asset_face_shown;

-- @sqlite
DROP TRIGGER asset_face_copy;
DROP TRIGGER asset_timeline_follow;
ALTER TABLE asset_face DROP COLUMN is_shown;
CREATE TRIGGER asset_face_copy AFTER INSERT ON asset_face BEGIN
    UPDATE asset_face
       SET owner_id = a.owner_id, local_day = a.local_day, timeline_state = a.timeline_state
      FROM asset a WHERE asset_face.rowid = NEW.rowid AND a.id = NEW.asset_id;
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
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
    UPDATE tag_asset
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
END;
-- A new face gets its timeline_state by an update, and counts then.
CREATE TRIGGER person_seen_follow
    AFTER UPDATE OF person_id, is_visible, deleted_at, timeline_state ON asset_face BEGIN
    UPDATE person_seen SET n_faces = n_faces - 1
     WHERE person_id = OLD.person_id AND OLD.timeline_state IN (0, 4, 8, 12) AND OLD.is_visible = 1
       AND OLD.deleted_at IS NULL;
    INSERT INTO person_seen
        SELECT NEW.person_id, 1
         WHERE NEW.person_id IS NOT NULL AND NEW.timeline_state IN (0, 4, 8, 12) AND NEW.is_visible = 1
           AND NEW.deleted_at IS NULL
        ON CONFLICT DO UPDATE SET n_faces = n_faces + 1;
END;
CREATE TRIGGER person_seen_delete AFTER DELETE ON asset_face BEGIN
    UPDATE person_seen SET n_faces = n_faces - 1
     WHERE person_id = OLD.person_id AND OLD.timeline_state IN (0, 4, 8, 12) AND OLD.is_visible = 1
       AND OLD.deleted_at IS NULL;
END;
-- @postgresql
DROP TRIGGER asset_face_copy ON asset_face;
DROP FUNCTION asset_face_copy ();
ALTER TABLE asset_face DROP COLUMN is_shown;
CREATE TRIGGER asset_face_copy BEFORE INSERT ON asset_face
    FOR EACH ROW EXECUTE FUNCTION set_copy_asset ();
CREATE OR REPLACE FUNCTION asset_timeline_follow () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE album_asset
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
    UPDATE asset_face
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
    UPDATE tag_asset
       SET owner_id = NEW.owner_id, local_day = NEW.local_day, timeline_state = NEW.timeline_state
     WHERE asset_id = NEW.id;
    RETURN NULL;
END $$;
CREATE FUNCTION person_seen_follow () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.timeline_state IN (0, 4, 8, 12) AND OLD.is_visible = 1
       AND OLD.deleted_at IS NULL
    THEN UPDATE person_seen SET n_faces = n_faces - 1 WHERE person_id = OLD.person_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.person_id IS NOT NULL AND NEW.timeline_state IN (0, 4, 8, 12)
       AND NEW.is_visible = 1 AND NEW.deleted_at IS NULL
    THEN INSERT INTO person_seen AS s VALUES (NEW.person_id, 1)
             ON CONFLICT (person_id) DO UPDATE SET n_faces = s.n_faces + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER person_seen_change AFTER INSERT OR DELETE ON asset_face
    FOR EACH ROW EXECUTE FUNCTION person_seen_follow ();
CREATE TRIGGER person_seen_follow
    AFTER UPDATE OF person_id, is_visible, deleted_at, timeline_state ON asset_face
    FOR EACH ROW EXECUTE FUNCTION person_seen_follow ();
-- @end
