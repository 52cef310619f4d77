-- 0120-plans-kept.sql: databases that are older than the functions of 0030 and 0058 as they stand there get them
-- @postgresql
CREATE OR REPLACE FUNCTION asset_created_count (a asset, step BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO asset_created_day AS d VALUES (a.owner_id, a.created_at / 86400000, a.visibility,
            a.is_favorite,
            CASE WHEN a.status = 'active' AND a.deleted_at IS NOT NULL THEN 'offline' ELSE a.status END,
            a.stack_hidden, step)
        ON CONFLICT (owner_id, created_day, visibility, is_favorite, status, stack_hidden)
        DO UPDATE SET n_assets = d.n_assets + step;
END $$;
CREATE OR REPLACE FUNCTION asset_text_refresh (changed TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO asset_text AS t (asset_id, body)
        SELECT s.asset_id, s.body FROM asset_text_source s WHERE s.asset_id = changed
        ON CONFLICT (asset_id) DO UPDATE SET body = EXCLUDED.body WHERE t.body <> EXCLUDED.body;
END $$;
CREATE OR REPLACE FUNCTION asset_text_row () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'asset' THEN PERFORM asset_text_refresh (NEW.id);
    WHEN 'asset_exif' THEN PERFORM asset_text_refresh (NEW.asset_id);
    WHEN 'tag_asset' THEN
        IF TG_OP = 'INSERT' THEN PERFORM asset_text_refresh (NEW.asset_id);
        ELSE PERFORM asset_text_refresh (OLD.asset_id);
        END IF;
    ELSE
        PERFORM asset_text_refresh (x.asset_id) FROM tag_asset x WHERE x.tag_id = NEW.id;
    END CASE;
    RETURN NULL;
END $$;
DROP FUNCTION IF EXISTS asset_text_refresh (TEXT[]);
-- @end
