-- 0105-sync-partner.sql: partners get the metadata of what they are shown, and nothing of a user who is deleted
--
-- What was withheld lies behind the checkpoint of their apps when it may be seen again, so it changes then:
-- metadata with the asset that leaves archive, trash or locked folder, and all that a user shares with the
-- return of the user, as with a new partnership. See docs/decisions/0008.

-- @sqlite
DROP TRIGGER asset_exif_sync_unlock;
CREATE TRIGGER asset_exif_sync_show AFTER UPDATE OF visibility, deleted_at ON asset
    WHEN NEW.visibility IN ('timeline', 'hidden') AND NEW.deleted_at IS NULL
     AND NOT (OLD.visibility IN ('timeline', 'hidden') AND OLD.deleted_at IS NULL)
     AND EXISTS (SELECT 1 FROM partner p WHERE p.shared_by_id = NEW.owner_id)
BEGIN
    UPDATE asset_exif SET update_id = uuid_v7 () WHERE asset_id = NEW.id;
END;
CREATE TRIGGER partner_sync_return AFTER UPDATE OF deleted_at ON users
    WHEN OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL
BEGIN
    UPDATE partner SET create_id = uuid_v7 () WHERE shared_by_id = NEW.id;
END;
-- @postgresql
DROP TRIGGER asset_exif_sync_unlock ON asset;
DROP FUNCTION asset_exif_sync_unlock ();
CREATE FUNCTION asset_exif_sync_show () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset_exif SET update_id = uuid_v7 () WHERE asset_id = NEW.id
       AND EXISTS (SELECT 1 FROM partner p WHERE p.shared_by_id = NEW.owner_id);
    RETURN NULL;
END $$;
CREATE TRIGGER asset_exif_sync_show AFTER UPDATE OF visibility, deleted_at ON asset
    FOR EACH ROW WHEN (NEW.visibility IN ('timeline', 'hidden') AND NEW.deleted_at IS NULL
        AND NOT (OLD.visibility IN ('timeline', 'hidden') AND OLD.deleted_at IS NULL))
    EXECUTE FUNCTION asset_exif_sync_show ();
CREATE FUNCTION partner_sync_return () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE partner SET create_id = uuid_v7 () WHERE shared_by_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER partner_sync_return AFTER UPDATE OF deleted_at ON users
    FOR EACH ROW WHEN (OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION partner_sync_return ();
-- @end
