-- 0112-sync-film-link.sql: partners get the metadata of a film that opens by a link, or by the end of one
--
-- 0109 looks at photos that are shown or withdrawn. A film opens as well when a photo that is shown is given it,
-- or comes with it, and when it is seen by itself again: a hidden one was as closed as its photos.

-- @sqlite
DROP TRIGGER asset_exif_sync_show;
CREATE TRIGGER asset_exif_sync_show AFTER UPDATE OF visibility, deleted_at ON asset
    WHEN NEW.visibility IN ('timeline', 'hidden') AND NEW.deleted_at IS NULL
     AND NOT (OLD.visibility IN ('timeline', NEW.visibility) AND OLD.deleted_at IS NULL)
     AND EXISTS (SELECT 1 FROM partner p WHERE p.shared_by_id = NEW.owner_id)
BEGIN
    UPDATE asset_exif SET update_id = uuid_v7 () WHERE asset_id = NEW.id;
END;
CREATE TRIGGER asset_film_sync_link AFTER UPDATE OF live_photo_video_id ON asset
    WHEN OLD.live_photo_video_id IS NOT NEW.live_photo_video_id
     AND EXISTS (SELECT 1 FROM partner p WHERE p.shared_by_id = NEW.owner_id)
BEGIN
    UPDATE asset SET update_id = uuid_v7 () WHERE id IN (OLD.live_photo_video_id, NEW.live_photo_video_id);
    UPDATE asset_exif SET update_id = uuid_v7 ()
     WHERE asset_id IN (OLD.live_photo_video_id, NEW.live_photo_video_id);
END;
CREATE TRIGGER asset_film_sync_insert AFTER INSERT ON asset
    WHEN NEW.live_photo_video_id IS NOT NULL
     AND EXISTS (SELECT 1 FROM partner p WHERE p.shared_by_id = NEW.owner_id)
BEGIN
    UPDATE asset SET update_id = uuid_v7 () WHERE id = NEW.live_photo_video_id;
    UPDATE asset_exif SET update_id = uuid_v7 () WHERE asset_id = NEW.live_photo_video_id;
END;
-- @postgresql
DROP TRIGGER asset_exif_sync_show ON asset;
CREATE TRIGGER asset_exif_sync_show AFTER UPDATE OF visibility, deleted_at ON asset
    FOR EACH ROW WHEN (NEW.visibility IN ('timeline', 'hidden') AND NEW.deleted_at IS NULL
        AND NOT (OLD.visibility IN ('timeline', NEW.visibility) AND OLD.deleted_at IS NULL))
    EXECUTE FUNCTION asset_exif_sync_show ();
CREATE FUNCTION asset_film_sync_link () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM partner p WHERE p.shared_by_id = NEW.owner_id) THEN
        UPDATE asset SET update_id = uuid_v7 () WHERE id IN (OLD.live_photo_video_id, NEW.live_photo_video_id);
        UPDATE asset_exif SET update_id = uuid_v7 ()
         WHERE asset_id IN (OLD.live_photo_video_id, NEW.live_photo_video_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_film_sync_link AFTER UPDATE OF live_photo_video_id ON asset
    FOR EACH ROW WHEN (OLD.live_photo_video_id IS DISTINCT FROM NEW.live_photo_video_id)
    EXECUTE FUNCTION asset_film_sync_link ();
CREATE TRIGGER asset_film_sync_insert AFTER INSERT ON asset
    FOR EACH ROW WHEN (NEW.live_photo_video_id IS NOT NULL)
    EXECUTE FUNCTION asset_film_sync ();
-- @end
