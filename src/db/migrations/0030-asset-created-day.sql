-- 0030-asset-created-day.sql: how many assets came on each day, for the timeline by upload
--
-- The same as asset_month, by the day (UTC, since 1970) of created_at; months are made of days by
-- the reader. Kept by triggers in the transaction that changes an asset.
CREATE TABLE asset_created_day (
    owner_id     TEXT NOT NULL,
    created_day  BIGINT NOT NULL,
    visibility   TEXT NOT NULL,
    is_favorite  SMALLINT NOT NULL,
    status       TEXT NOT NULL,                           -- as in asset_month
    stack_hidden SMALLINT NOT NULL,
    n_assets     BIGINT NOT NULL,
    PRIMARY KEY (owner_id, created_day, visibility, is_favorite, status, stack_hidden)
);
-- positions on a map, for the timeline of an area
CREATE INDEX asset_exif_position ON asset_exif (latitude, longitude) WHERE latitude IS NOT NULL;

-- @sqlite
CREATE TRIGGER asset_created_insert AFTER INSERT ON asset BEGIN
    INSERT INTO asset_created_day VALUES (NEW.owner_id, NEW.created_at / 86400000, NEW.visibility,
            NEW.is_favorite,
            CASE WHEN NEW.status = 'active' AND NEW.deleted_at IS NOT NULL THEN 'offline' ELSE NEW.status END,
            NEW.stack_hidden, 1)
        ON CONFLICT DO UPDATE SET n_assets = n_assets + 1;
END;
CREATE TRIGGER asset_created_delete AFTER DELETE ON asset BEGIN
    UPDATE asset_created_day SET n_assets = n_assets - 1
     WHERE owner_id = OLD.owner_id AND created_day = OLD.created_at / 86400000
       AND visibility = OLD.visibility AND is_favorite = OLD.is_favorite
       AND stack_hidden = OLD.stack_hidden
       AND status = CASE WHEN OLD.status = 'active' AND OLD.deleted_at IS NOT NULL THEN 'offline' ELSE OLD.status END;
END;
CREATE TRIGGER asset_created_update
    AFTER UPDATE OF owner_id, created_at, visibility, is_favorite, status, deleted_at, stack_hidden
                    ON asset
    WHEN OLD.owner_id IS NOT NEW.owner_id OR OLD.created_at IS NOT NEW.created_at
      OR OLD.visibility IS NOT NEW.visibility OR OLD.is_favorite IS NOT NEW.is_favorite
      OR OLD.status IS NOT NEW.status OR OLD.deleted_at IS NOT NEW.deleted_at
      OR OLD.stack_hidden IS NOT NEW.stack_hidden
BEGIN
    UPDATE asset_created_day SET n_assets = n_assets - 1
     WHERE owner_id = OLD.owner_id AND created_day = OLD.created_at / 86400000
       AND visibility = OLD.visibility AND is_favorite = OLD.is_favorite
       AND stack_hidden = OLD.stack_hidden
       AND status = CASE WHEN OLD.status = 'active' AND OLD.deleted_at IS NOT NULL THEN 'offline' ELSE OLD.status END;
    INSERT INTO asset_created_day VALUES (NEW.owner_id, NEW.created_at / 86400000, NEW.visibility,
            NEW.is_favorite,
            CASE WHEN NEW.status = 'active' AND NEW.deleted_at IS NOT NULL THEN 'offline' ELSE NEW.status END,
            NEW.stack_hidden, 1)
        ON CONFLICT DO UPDATE SET n_assets = n_assets + 1;
END;
-- @postgresql
CREATE FUNCTION asset_created_count (a asset, step BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO asset_created_day AS d VALUES (a.owner_id, a.created_at / 86400000, a.visibility,
            a.is_favorite,
            CASE WHEN a.status = 'active' AND a.deleted_at IS NOT NULL THEN 'offline' ELSE a.status END,
            a.stack_hidden, step)
        ON CONFLICT (owner_id, created_day, visibility, is_favorite, status, stack_hidden)
        DO UPDATE SET n_assets = d.n_assets + step;
END $$;
CREATE FUNCTION asset_created_row () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM asset_created_count (OLD, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM asset_created_count (NEW, 1); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_created_insert_delete AFTER INSERT OR DELETE ON asset
    FOR EACH ROW EXECUTE FUNCTION asset_created_row ();
CREATE TRIGGER asset_created_update AFTER UPDATE ON asset
    FOR EACH ROW WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id
        OR OLD.created_at IS DISTINCT FROM NEW.created_at
        OR OLD.visibility IS DISTINCT FROM NEW.visibility
        OR OLD.is_favorite IS DISTINCT FROM NEW.is_favorite
        OR OLD.status IS DISTINCT FROM NEW.status OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at
        OR OLD.stack_hidden IS DISTINCT FROM NEW.stack_hidden)
    EXECUTE FUNCTION asset_created_row ();
-- @end
