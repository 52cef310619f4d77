-- 0065-sync.sql: what apps need to follow every change: its id in each row, a note of each deletion, and
-- how far each session has come
--
-- An update_id is made anew by every change that an app could see. Tables that had none get one that
-- triggers make; in the others triggers make one when a statement did not. See docs/decisions/0008.
ALTER TABLE users ADD COLUMN update_id TEXT NOT NULL DEFAULT '';          -- UUIDv7 of the last change
ALTER TABLE user_metadata ADD COLUMN update_id TEXT NOT NULL DEFAULT '';
ALTER TABLE asset_exif ADD COLUMN update_id TEXT NOT NULL DEFAULT '';
ALTER TABLE asset_metadata ADD COLUMN update_id TEXT NOT NULL DEFAULT '';
-- whose it is, so that the changes of a user are one range of an index
ALTER TABLE asset_metadata ADD COLUMN owner_id TEXT;                      -- asset.owner_id
ALTER TABLE asset_face ADD COLUMN owner_id TEXT;                          -- asset.owner_id
-- so that the changed assets of an album are one range of an index
ALTER TABLE album_asset ADD COLUMN asset_update_id TEXT NOT NULL DEFAULT ''; -- asset.update_id
ALTER TABLE album_asset ADD COLUMN exif_update_id TEXT NOT NULL DEFAULT '';  -- asset_exif.update_id
UPDATE users SET update_id = uuid_v7 ();
UPDATE user_metadata SET update_id = uuid_v7 ();
UPDATE asset_exif SET update_id = uuid_v7 ();
UPDATE asset_metadata SET update_id = uuid_v7 (),
       owner_id = (SELECT a.owner_id FROM asset a WHERE a.id = asset_metadata.asset_id);
UPDATE asset_face SET owner_id = (SELECT a.owner_id FROM asset a WHERE a.id = asset_face.asset_id);
UPDATE album_asset
   SET asset_update_id = (SELECT a.update_id FROM asset a WHERE a.id = album_asset.asset_id),
       exif_update_id = COALESCE((SELECT e.update_id FROM asset_exif e
                                   WHERE e.asset_id = album_asset.asset_id), '');

CREATE TABLE sync_delete (
    id       TEXT PRIMARY KEY,                            -- UUIDv7 of the deletion
    kind     TEXT NOT NULL,                               -- of what: user, partner, asset, album...
    audience TEXT NOT NULL,                               -- who is told: a user, an album's members; '': all
    item     TEXT NOT NULL,                               -- its id, or the first part of it
    part     TEXT                                         -- the second part: a key, an album
);
CREATE INDEX sync_delete_audience ON sync_delete (kind, audience, id);

CREATE TABLE sync_checkpoint (
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    type       TEXT NOT NULL,                             -- as the contract's SyncEntityType
    ack        TEXT NOT NULL,                             -- type|id or type|id|id, as the app got it
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, type)
);

-- @postgresql
-- ids are compared by their bytes, as SQLite does it
ALTER TABLE users ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE user_metadata ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE partner ALTER COLUMN update_id TYPE TEXT COLLATE "C", ALTER COLUMN create_id TYPE
    TEXT COLLATE "C";
ALTER TABLE asset ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE asset_exif ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE asset_metadata ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE asset_face ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE album ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE album_user ALTER COLUMN update_id TYPE TEXT COLLATE "C", ALTER COLUMN create_id TYPE
    TEXT COLLATE "C";
ALTER TABLE album_asset ALTER COLUMN update_id TYPE TEXT COLLATE "C", ALTER COLUMN
    asset_update_id TYPE TEXT COLLATE "C", ALTER COLUMN exif_update_id TYPE TEXT COLLATE "C";
ALTER TABLE person ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE stack ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE memory ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE memory_asset ALTER COLUMN update_id TYPE TEXT COLLATE "C";
ALTER TABLE sync_delete ALTER COLUMN id TYPE TEXT COLLATE "C";
-- @end

CREATE INDEX asset_sync ON asset (owner_id, update_id);
CREATE INDEX asset_exif_sync ON asset_exif (owner_id, update_id);
CREATE INDEX asset_metadata_sync ON asset_metadata (owner_id, update_id);
CREATE INDEX asset_face_sync ON asset_face (owner_id, update_id);
CREATE INDEX album_asset_sync ON album_asset (album_id, update_id);
CREATE INDEX album_asset_sync_asset ON album_asset (album_id, asset_update_id);
CREATE INDEX album_asset_sync_exif ON album_asset (album_id, exif_update_id);
CREATE INDEX person_sync ON person (owner_id, update_id);
CREATE INDEX stack_sync ON stack (owner_id, update_id);
CREATE INDEX memory_sync ON memory (owner_id, update_id);
CREATE INDEX memory_asset_sync ON memory_asset (memory_id, update_id);

-- @sqlite
-- ---- ids of changes ----

CREATE TRIGGER users_sync_insert AFTER INSERT ON users BEGIN
    UPDATE users SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER users_sync_update
    AFTER UPDATE OF email, name, is_admin, pin_code, oauth_id, storage_label, avatar_color,
                    profile_image_path, profile_changed_at, quota_size_bytes, quota_usage_bytes,
                    deleted_at ON users
BEGIN
    UPDATE users SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER user_metadata_sync_insert AFTER INSERT ON user_metadata BEGIN
    UPDATE user_metadata SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER user_metadata_sync_update
    AFTER UPDATE OF value ON user_metadata
BEGIN
    UPDATE user_metadata SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
DROP TRIGGER asset_exif_insert; -- of 0057; now with the id
CREATE TRIGGER asset_exif_insert AFTER INSERT ON asset_exif BEGIN
    UPDATE asset_exif SET owner_id = a.owner_id, taken_at = a.file_created_at,
           is_image = a.type = 'IMAGE',
           is_shown = a.visibility = 'timeline' AND a.status = 'active' AND a.deleted_at IS NULL,
           update_id = uuid_v7 ()
      FROM asset a WHERE a.id = NEW.asset_id AND asset_exif.asset_id = NEW.asset_id;
END;
CREATE TRIGGER asset_exif_sync_update
    AFTER UPDATE OF description, exif_image_width, exif_image_height, file_size_in_byte,
                    orientation, date_time_original, modify_date, time_zone, latitude, longitude,
                    projection_type, city, state, country, make, model, lens_model, f_number,
                    focal_length, iso, exposure_time, profile_description, rating, fps ON asset_exif
BEGIN
    UPDATE asset_exif SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_metadata_sync_insert AFTER INSERT ON asset_metadata BEGIN
    UPDATE asset_metadata SET update_id = uuid_v7 (),
           owner_id = (SELECT a.owner_id FROM asset a WHERE a.id = NEW.asset_id)
     WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_metadata_sync_update
    AFTER UPDATE OF value ON asset_metadata
BEGIN
    UPDATE asset_metadata SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_sync_update
    AFTER UPDATE OF original_file_name, file_created_at, file_modified_at, local_date_time, type,
                    deleted_at, is_favorite, visibility, status, duration_ms, live_photo_video_id,
                    stack_id, library_id, width, height, is_edited, checksum, thumbhash ON asset
    WHEN NEW.update_id = OLD.update_id
BEGIN
    UPDATE asset SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER album_sync_update
    AFTER UPDATE OF name, description, thumbnail_asset_id, is_activity_enabled, sort_order,
                    updated_at, deleted_at ON album
    WHEN NEW.update_id = OLD.update_id
BEGIN
    UPDATE album SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER album_user_sync_update
    AFTER UPDATE OF role ON album_user
    WHEN NEW.update_id = OLD.update_id
BEGIN
    UPDATE album_user SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER partner_sync_update
    AFTER UPDATE OF in_timeline ON partner
    WHEN NEW.update_id = OLD.update_id
BEGIN
    UPDATE partner SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER person_sync_update
    AFTER UPDATE OF name, birth_date, is_hidden, is_favorite, color, face_id, updated_at ON person
    WHEN NEW.update_id = OLD.update_id
BEGIN
    UPDATE person SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_face_sync_update
    AFTER UPDATE OF asset_id, person_id, image_width, image_height, x1, y1, x2, y2, source_type,
                    is_visible, deleted_at ON asset_face
    WHEN NEW.update_id = OLD.update_id
BEGIN
    UPDATE asset_face SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER stack_sync_update
    AFTER UPDATE OF primary_asset_id, updated_at ON stack
    WHEN NEW.update_id = OLD.update_id
BEGIN
    UPDATE stack SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER memory_sync_update
    AFTER UPDATE OF type, data, memory_at, show_at, hide_at, seen_at, is_saved, updated_at,
                    deleted_at ON memory
    WHEN NEW.update_id = OLD.update_id
BEGIN
    UPDATE memory SET update_id = uuid_v7 () WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER asset_face_sync_insert AFTER INSERT ON asset_face BEGIN
    UPDATE asset_face SET owner_id = (SELECT a.owner_id FROM asset a WHERE a.id = NEW.asset_id)
     WHERE rowid = NEW.rowid;
END;
-- who joins an album does not have it yet, whatever else was read since it changed
CREATE TRIGGER album_sync_member AFTER INSERT ON album_user WHEN NEW.role <> 'owner' BEGIN
    UPDATE album SET update_id = uuid_v7 () WHERE id = NEW.album_id;
END;
-- partners do not get the metadata of what is locked
CREATE TRIGGER asset_exif_sync_unlock AFTER UPDATE OF visibility ON asset
    WHEN OLD.visibility = 'locked' AND NEW.visibility <> 'locked'
BEGIN
    UPDATE asset_exif SET update_id = uuid_v7 () WHERE asset_id = NEW.id;
END;

-- ---- copies in albums ----

CREATE TRIGGER album_asset_sync_insert AFTER INSERT ON album_asset BEGIN
    UPDATE album_asset
       SET asset_update_id = (SELECT a.update_id FROM asset a WHERE a.id = NEW.asset_id),
           exif_update_id = COALESCE((SELECT e.update_id FROM asset_exif e
                                       WHERE e.asset_id = NEW.asset_id), '')
     WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER album_asset_sync_asset AFTER UPDATE OF update_id ON asset BEGIN
    UPDATE album_asset SET asset_update_id = NEW.update_id WHERE asset_id = NEW.id;
END;
CREATE TRIGGER album_asset_sync_exif AFTER UPDATE OF update_id ON asset_exif BEGIN
    UPDATE album_asset SET exif_update_id = NEW.update_id WHERE asset_id = NEW.asset_id;
END;

-- ---- deletions ----
-- what vanishes with something else that its audience is told of is not noted

CREATE TRIGGER users_sync_delete AFTER DELETE ON users BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'user', '', OLD.id, NULL);
END;
CREATE TRIGGER partner_sync_delete AFTER DELETE ON partner
    WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.shared_by_id) AND EXISTS (SELECT 1 FROM users
         WHERE id = OLD.shared_with_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'partner', OLD.shared_by_id, OLD.shared_by_id, OLD.shared_with_id),
        (uuid_v7 (), 'partner', OLD.shared_with_id, OLD.shared_by_id, OLD.shared_with_id);
END;
CREATE TRIGGER asset_sync_delete AFTER DELETE ON asset
    WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.owner_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'asset', OLD.owner_id, OLD.id, NULL);
END;
CREATE TRIGGER asset_metadata_sync_delete AFTER DELETE ON asset_metadata
    WHEN EXISTS (SELECT 1 FROM asset WHERE id = OLD.asset_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'asset-metadata', OLD.owner_id, OLD.asset_id, OLD.key);
END;
CREATE TRIGGER asset_face_sync_delete AFTER DELETE ON asset_face
    WHEN EXISTS (SELECT 1 FROM asset WHERE id = OLD.asset_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'face', OLD.owner_id, OLD.id, NULL);
END;
CREATE TRIGGER album_asset_sync_delete AFTER DELETE ON album_asset
    WHEN EXISTS (SELECT 1 FROM album WHERE id = OLD.album_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'album-asset', OLD.album_id, OLD.asset_id, OLD.album_id);
END;
CREATE TRIGGER person_sync_delete AFTER DELETE ON person
    WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.owner_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'person', OLD.owner_id, OLD.id, NULL);
END;
CREATE TRIGGER stack_sync_delete AFTER DELETE ON stack
    WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.owner_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'stack', OLD.owner_id, OLD.id, NULL);
END;
CREATE TRIGGER memory_sync_delete AFTER DELETE ON memory
    WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.owner_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'memory', OLD.owner_id, OLD.id, NULL);
END;
CREATE TRIGGER user_metadata_sync_delete AFTER DELETE ON user_metadata
    WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id)
BEGIN
    INSERT INTO sync_delete VALUES
        (uuid_v7 (), 'user-metadata', OLD.user_id, OLD.user_id, OLD.key);
END;
CREATE TRIGGER album_user_sync_delete AFTER DELETE ON album_user BEGIN
    INSERT INTO sync_delete SELECT uuid_v7 (), 'album', OLD.user_id, OLD.album_id, NULL
        WHERE EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id);
    INSERT INTO sync_delete SELECT uuid_v7 (), 'album-user', OLD.album_id, OLD.user_id, OLD.album_id
        WHERE EXISTS (SELECT 1 FROM album WHERE id = OLD.album_id);
END;
CREATE TRIGGER memory_asset_sync_delete AFTER DELETE ON memory_asset BEGIN
    INSERT INTO sync_delete SELECT uuid_v7 (), 'memory-asset', m.owner_id, OLD.memory_id, OLD.asset_id
        FROM memory m WHERE m.id = OLD.memory_id;
END;
-- @postgresql
-- ---- ids of changes: all are made here, by one clock ----

CREATE FUNCTION sync_change () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.update_id := uuid_v7 ();
    RETURN NEW;
END $$;
CREATE FUNCTION sync_take_owner () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    SELECT a.owner_id INTO NEW.owner_id FROM asset a WHERE a.id = NEW.asset_id;
    RETURN NEW;
END $$;
CREATE TRIGGER users_sync_change BEFORE INSERT
    OR UPDATE OF email, name, is_admin, pin_code, oauth_id, storage_label, avatar_color,
                 profile_image_path, profile_changed_at, quota_size_bytes, quota_usage_bytes,
                 deleted_at ON users
    FOR EACH ROW EXECUTE FUNCTION sync_change ();
CREATE TRIGGER user_metadata_sync_change BEFORE INSERT
    OR UPDATE OF value ON user_metadata
    FOR EACH ROW EXECUTE FUNCTION sync_change ();
CREATE TRIGGER asset_exif_sync_change BEFORE INSERT
    OR UPDATE OF description, exif_image_width, exif_image_height, file_size_in_byte, orientation,
                 date_time_original, modify_date, time_zone, latitude, longitude, projection_type,
                 city, state, country, make, model, lens_model, f_number, focal_length, iso,
                 exposure_time, profile_description, rating, fps ON asset_exif
    FOR EACH ROW EXECUTE FUNCTION sync_change ();
CREATE TRIGGER asset_metadata_sync_change BEFORE INSERT
    OR UPDATE OF value ON asset_metadata
    FOR EACH ROW EXECUTE FUNCTION sync_change ();
-- ids that the program made by its own clock are replaced
CREATE TRIGGER asset_sync_change BEFORE INSERT
    OR UPDATE OF update_id, original_file_name, file_created_at, file_modified_at, local_date_time, type,
                 deleted_at, is_favorite, visibility, status, duration_ms, live_photo_video_id,
                 stack_id, library_id, width, height, is_edited, checksum, thumbhash ON asset
    FOR EACH ROW EXECUTE FUNCTION sync_change ();
CREATE TRIGGER album_sync_change
    BEFORE UPDATE OF name, description, thumbnail_asset_id, is_activity_enabled, sort_order,
                     updated_at, deleted_at ON album
    FOR EACH ROW WHEN (NEW.update_id = OLD.update_id) EXECUTE FUNCTION sync_change ();
CREATE TRIGGER album_user_sync_change
    BEFORE UPDATE OF role ON album_user
    FOR EACH ROW WHEN (NEW.update_id = OLD.update_id) EXECUTE FUNCTION sync_change ();
CREATE TRIGGER partner_sync_change
    BEFORE UPDATE OF in_timeline ON partner
    FOR EACH ROW WHEN (NEW.update_id = OLD.update_id) EXECUTE FUNCTION sync_change ();
CREATE TRIGGER person_sync_change
    BEFORE UPDATE OF name, birth_date, is_hidden, is_favorite, color, face_id, updated_at ON person
    FOR EACH ROW WHEN (NEW.update_id = OLD.update_id) EXECUTE FUNCTION sync_change ();
CREATE TRIGGER asset_face_sync_change
    BEFORE UPDATE OF asset_id, person_id, image_width, image_height, x1, y1, x2, y2, source_type,
                     is_visible, deleted_at ON asset_face
    FOR EACH ROW WHEN (NEW.update_id = OLD.update_id) EXECUTE FUNCTION sync_change ();
CREATE TRIGGER stack_sync_change
    BEFORE UPDATE OF primary_asset_id, updated_at ON stack
    FOR EACH ROW WHEN (NEW.update_id = OLD.update_id) EXECUTE FUNCTION sync_change ();
CREATE TRIGGER memory_sync_change
    BEFORE UPDATE OF type, data, memory_at, show_at, hide_at, seen_at, is_saved, updated_at,
                     deleted_at ON memory
    FOR EACH ROW WHEN (NEW.update_id = OLD.update_id) EXECUTE FUNCTION sync_change ();
CREATE TRIGGER asset_metadata_sync_owner BEFORE INSERT ON asset_metadata
    FOR EACH ROW EXECUTE FUNCTION sync_take_owner ();
CREATE TRIGGER asset_face_sync_owner BEFORE INSERT ON asset_face
    FOR EACH ROW EXECUTE FUNCTION sync_take_owner ();

CREATE FUNCTION album_sync_member () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE album SET update_id = uuid_v7 () WHERE id = NEW.album_id;
    RETURN NULL;
END $$;
CREATE TRIGGER album_sync_member AFTER INSERT ON album_user
    FOR EACH ROW WHEN (NEW.role <> 'owner') EXECUTE FUNCTION album_sync_member ();
CREATE FUNCTION asset_exif_sync_unlock () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset_exif SET update_id = uuid_v7 () WHERE asset_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_exif_sync_unlock AFTER UPDATE OF visibility ON asset
    FOR EACH ROW WHEN (OLD.visibility = 'locked' AND NEW.visibility <> 'locked')
    EXECUTE FUNCTION asset_exif_sync_unlock ();

-- ---- copies in albums ----

CREATE FUNCTION album_asset_sync_insert () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    SELECT a.update_id, COALESCE(e.update_id, '') INTO NEW.asset_update_id, NEW.exif_update_id
      FROM asset a LEFT JOIN asset_exif e ON e.asset_id = a.id WHERE a.id = NEW.asset_id;
    NEW.asset_update_id := COALESCE(NEW.asset_update_id, '');
    NEW.exif_update_id := COALESCE(NEW.exif_update_id, '');
    RETURN NEW;
END $$;
CREATE TRIGGER album_asset_sync_insert BEFORE INSERT ON album_asset
    FOR EACH ROW EXECUTE FUNCTION album_asset_sync_insert ();
CREATE FUNCTION album_asset_sync_asset () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE album_asset SET asset_update_id = NEW.update_id WHERE asset_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER album_asset_sync_asset AFTER UPDATE ON asset
    FOR EACH ROW WHEN (OLD.update_id IS DISTINCT FROM NEW.update_id)
    EXECUTE FUNCTION album_asset_sync_asset ();
CREATE FUNCTION album_asset_sync_exif () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE album_asset SET exif_update_id = NEW.update_id WHERE asset_id = NEW.asset_id;
    RETURN NULL;
END $$;
CREATE TRIGGER album_asset_sync_exif AFTER UPDATE ON asset_exif
    FOR EACH ROW WHEN (OLD.update_id IS DISTINCT FROM NEW.update_id)
    EXECUTE FUNCTION album_asset_sync_exif ();

-- ---- deletions ----

CREATE FUNCTION sync_note_delete () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'users' THEN
        INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'user', '', OLD.id, NULL);
    WHEN 'partner' THEN
        IF EXISTS (SELECT 1 FROM users WHERE id = OLD.shared_by_id) AND EXISTS (SELECT 1 FROM users
           WHERE id = OLD.shared_with_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'partner', OLD.shared_by_id, OLD.shared_by_id, OLD.shared_with_id),
            (uuid_v7 (), 'partner', OLD.shared_with_id, OLD.shared_by_id, OLD.shared_with_id);
        END IF;
    WHEN 'asset' THEN
        IF EXISTS (SELECT 1 FROM users WHERE id = OLD.owner_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'asset', OLD.owner_id, OLD.id, NULL);
        END IF;
    WHEN 'asset_metadata' THEN
        IF EXISTS (SELECT 1 FROM asset WHERE id = OLD.asset_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'asset-metadata', OLD.owner_id, OLD.asset_id, OLD.key);
        END IF;
    WHEN 'asset_face' THEN
        IF EXISTS (SELECT 1 FROM asset WHERE id = OLD.asset_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'face', OLD.owner_id, OLD.id, NULL);
        END IF;
    WHEN 'album_asset' THEN
        IF EXISTS (SELECT 1 FROM album WHERE id = OLD.album_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'album-asset', OLD.album_id, OLD.asset_id, OLD.album_id);
        END IF;
    WHEN 'person' THEN
        IF EXISTS (SELECT 1 FROM users WHERE id = OLD.owner_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'person', OLD.owner_id, OLD.id, NULL);
        END IF;
    WHEN 'stack' THEN
        IF EXISTS (SELECT 1 FROM users WHERE id = OLD.owner_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'stack', OLD.owner_id, OLD.id, NULL);
        END IF;
    WHEN 'memory' THEN
        IF EXISTS (SELECT 1 FROM users WHERE id = OLD.owner_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'memory', OLD.owner_id, OLD.id, NULL);
        END IF;
    WHEN 'user_metadata' THEN
        IF EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id) THEN
            INSERT INTO sync_delete VALUES
            (uuid_v7 (), 'user-metadata', OLD.user_id, OLD.user_id, OLD.key);
        END IF;
    WHEN 'album_user' THEN
        IF EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id) THEN
            INSERT INTO sync_delete VALUES (uuid_v7 (), 'album', OLD.user_id, OLD.album_id, NULL);
        END IF;
        IF EXISTS (SELECT 1 FROM album WHERE id = OLD.album_id) THEN
            INSERT INTO sync_delete VALUES
                (uuid_v7 (), 'album-user', OLD.album_id, OLD.user_id, OLD.album_id);
        END IF;
    WHEN 'memory_asset' THEN
        INSERT INTO sync_delete SELECT uuid_v7 (), 'memory-asset', m.owner_id, OLD.memory_id, OLD.asset_id
            FROM memory m WHERE m.id = OLD.memory_id;
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER users_sync_delete AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER partner_sync_delete AFTER DELETE ON partner
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER asset_sync_delete AFTER DELETE ON asset
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER asset_metadata_sync_delete AFTER DELETE ON asset_metadata
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER asset_face_sync_delete AFTER DELETE ON asset_face
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER album_asset_sync_delete AFTER DELETE ON album_asset
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER person_sync_delete AFTER DELETE ON person
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER stack_sync_delete AFTER DELETE ON stack
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER memory_sync_delete AFTER DELETE ON memory
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER user_metadata_sync_delete AFTER DELETE ON user_metadata
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER album_user_sync_delete AFTER DELETE ON album_user
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
CREATE TRIGGER memory_asset_sync_delete AFTER DELETE ON memory_asset
    FOR EACH ROW EXECUTE FUNCTION sync_note_delete ();
-- @end
