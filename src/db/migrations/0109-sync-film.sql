-- 0109-sync-film.sql: the film of a live photo is as open as the photo, to partners too
--
-- When a photo is shown or withdrawn, its film changes with it, as 0105 does for the photo's own metadata. The
-- index finds the few locked photos of a user.
CREATE INDEX asset_locked ON asset (owner_id) WHERE visibility = 'locked';

-- @sqlite
CREATE TRIGGER asset_film_sync AFTER UPDATE OF visibility, deleted_at ON asset
    WHEN NEW.live_photo_video_id IS NOT NULL
     AND (NEW.visibility IN ('timeline', 'hidden') AND NEW.deleted_at IS NULL)
      <> (OLD.visibility IN ('timeline', 'hidden') AND OLD.deleted_at IS NULL)
     AND EXISTS (SELECT 1 FROM partner p WHERE p.shared_by_id = NEW.owner_id)
BEGIN
    UPDATE asset SET update_id = uuid_v7 () WHERE id = NEW.live_photo_video_id;
    UPDATE asset_exif SET update_id = uuid_v7 () WHERE asset_id = NEW.live_photo_video_id;
END;
-- @postgresql
CREATE FUNCTION asset_film_sync () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM partner p WHERE p.shared_by_id = NEW.owner_id) THEN
        UPDATE asset SET update_id = uuid_v7 () WHERE id = NEW.live_photo_video_id;
        UPDATE asset_exif SET update_id = uuid_v7 () WHERE asset_id = NEW.live_photo_video_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_film_sync AFTER UPDATE OF visibility, deleted_at ON asset
    FOR EACH ROW WHEN (NEW.live_photo_video_id IS NOT NULL
        AND (NEW.visibility IN ('timeline', 'hidden') AND NEW.deleted_at IS NULL)
         <> (OLD.visibility IN ('timeline', 'hidden') AND OLD.deleted_at IS NULL))
    EXECUTE FUNCTION asset_film_sync ();
-- @end
