-- 0004-asset-month.sql: how many assets each month of a timeline has, and how much each user stores
--
-- Kept by triggers in the transaction that changes an asset, so that no path of the code can forget
-- them. A row of asset_month counts the assets of one owner, month and state; a row of asset_usage
-- those of one owner, type and state, for statistics.
CREATE TABLE asset_month (
    owner_id     TEXT NOT NULL,
    local_month  BIGINT NOT NULL,
    visibility   TEXT NOT NULL,
    is_favorite  SMALLINT NOT NULL,
    status       TEXT NOT NULL,                           -- active, trashed, deleted, and offline for missing files
    stack_hidden SMALLINT NOT NULL,
    n_assets     BIGINT NOT NULL,
    PRIMARY KEY (owner_id, local_month, visibility, is_favorite, status, stack_hidden)
);
CREATE TABLE asset_usage (
    owner_id    TEXT NOT NULL,
    type        TEXT NOT NULL,
    visibility  TEXT NOT NULL,
    is_favorite SMALLINT NOT NULL,
    status      TEXT NOT NULL,
    is_external SMALLINT NOT NULL,                        -- in a library: not counted as stored
    n_assets    BIGINT NOT NULL,
    n_bytes     BIGINT NOT NULL,
    PRIMARY KEY (owner_id, type, visibility, is_favorite, status, is_external)
);

-- @sqlite
CREATE TRIGGER asset_count_insert AFTER INSERT ON asset BEGIN
    INSERT INTO asset_month VALUES (NEW.owner_id, NEW.local_month, NEW.visibility, NEW.is_favorite,
            CASE WHEN NEW.status = 'active' AND NEW.deleted_at IS NOT NULL THEN 'offline' ELSE NEW.status END,
            NEW.stack_hidden, 1)
        ON CONFLICT DO UPDATE SET n_assets = n_assets + 1;
    INSERT INTO asset_usage VALUES (NEW.owner_id, NEW.type, NEW.visibility, NEW.is_favorite,
            CASE WHEN NEW.status = 'active' AND NEW.deleted_at IS NOT NULL THEN 'offline' ELSE NEW.status END,
            NEW.library_id IS NOT NULL, 1, NEW.size_bytes)
        ON CONFLICT DO UPDATE SET n_assets = n_assets + 1, n_bytes = n_bytes + NEW.size_bytes;
END;
CREATE TRIGGER asset_count_delete AFTER DELETE ON asset BEGIN
    UPDATE asset_month SET n_assets = n_assets - 1
     WHERE owner_id = OLD.owner_id AND local_month = OLD.local_month AND visibility = OLD.visibility
       AND is_favorite = OLD.is_favorite AND stack_hidden = OLD.stack_hidden
       AND status = CASE WHEN OLD.status = 'active' AND OLD.deleted_at IS NOT NULL THEN 'offline' ELSE OLD.status END;
    UPDATE asset_usage SET n_assets = n_assets - 1, n_bytes = n_bytes - OLD.size_bytes
     WHERE owner_id = OLD.owner_id AND type = OLD.type AND visibility = OLD.visibility
       AND is_favorite = OLD.is_favorite AND is_external = (OLD.library_id IS NOT NULL)
       AND status = CASE WHEN OLD.status = 'active' AND OLD.deleted_at IS NOT NULL THEN 'offline' ELSE OLD.status END;
END;
CREATE TRIGGER asset_count_update
    AFTER UPDATE OF owner_id, local_month, visibility, is_favorite, status, deleted_at, stack_hidden,
                    type, size_bytes, library_id ON asset
    WHEN OLD.owner_id IS NOT NEW.owner_id OR OLD.local_month IS NOT NEW.local_month
      OR OLD.visibility IS NOT NEW.visibility OR OLD.is_favorite IS NOT NEW.is_favorite
      OR OLD.status IS NOT NEW.status OR OLD.deleted_at IS NOT NEW.deleted_at
      OR OLD.stack_hidden IS NOT NEW.stack_hidden OR OLD.type IS NOT NEW.type
      OR OLD.size_bytes IS NOT NEW.size_bytes OR OLD.library_id IS NOT NEW.library_id
BEGIN
    UPDATE asset_month SET n_assets = n_assets - 1
     WHERE owner_id = OLD.owner_id AND local_month = OLD.local_month AND visibility = OLD.visibility
       AND is_favorite = OLD.is_favorite AND stack_hidden = OLD.stack_hidden
       AND status = CASE WHEN OLD.status = 'active' AND OLD.deleted_at IS NOT NULL THEN 'offline' ELSE OLD.status END;
    UPDATE asset_usage SET n_assets = n_assets - 1, n_bytes = n_bytes - OLD.size_bytes
     WHERE owner_id = OLD.owner_id AND type = OLD.type AND visibility = OLD.visibility
       AND is_favorite = OLD.is_favorite AND is_external = (OLD.library_id IS NOT NULL)
       AND status = CASE WHEN OLD.status = 'active' AND OLD.deleted_at IS NOT NULL THEN 'offline' ELSE OLD.status END;
    INSERT INTO asset_month VALUES (NEW.owner_id, NEW.local_month, NEW.visibility, NEW.is_favorite,
            CASE WHEN NEW.status = 'active' AND NEW.deleted_at IS NOT NULL THEN 'offline' ELSE NEW.status END,
            NEW.stack_hidden, 1)
        ON CONFLICT DO UPDATE SET n_assets = n_assets + 1;
    INSERT INTO asset_usage VALUES (NEW.owner_id, NEW.type, NEW.visibility, NEW.is_favorite,
            CASE WHEN NEW.status = 'active' AND NEW.deleted_at IS NOT NULL THEN 'offline' ELSE NEW.status END,
            NEW.library_id IS NOT NULL, 1, NEW.size_bytes)
        ON CONFLICT DO UPDATE SET n_assets = n_assets + 1, n_bytes = n_bytes + NEW.size_bytes;
END;
-- @postgresql
CREATE FUNCTION asset_count (a asset, step BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    state TEXT := CASE WHEN a.status = 'active' AND a.deleted_at IS NOT NULL THEN 'offline' ELSE a.status END;
BEGIN
    INSERT INTO asset_month AS m VALUES (a.owner_id, a.local_month, a.visibility, a.is_favorite, state,
            a.stack_hidden, step)
        ON CONFLICT (owner_id, local_month, visibility, is_favorite, status, stack_hidden)
        DO UPDATE SET n_assets = m.n_assets + step;
    INSERT INTO asset_usage AS u VALUES (a.owner_id, a.type, a.visibility, a.is_favorite, state,
            (a.library_id IS NOT NULL)::int, step, step * a.size_bytes)
        ON CONFLICT (owner_id, type, visibility, is_favorite, status, is_external)
        DO UPDATE SET n_assets = u.n_assets + step, n_bytes = u.n_bytes + step * a.size_bytes;
END $$;
CREATE FUNCTION asset_count_row () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM asset_count (OLD, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM asset_count (NEW, 1); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_count_insert_delete AFTER INSERT OR DELETE ON asset
    FOR EACH ROW EXECUTE FUNCTION asset_count_row ();
CREATE TRIGGER asset_count_update AFTER UPDATE ON asset
    FOR EACH ROW WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id
        OR OLD.local_month IS DISTINCT FROM NEW.local_month
        OR OLD.visibility IS DISTINCT FROM NEW.visibility
        OR OLD.is_favorite IS DISTINCT FROM NEW.is_favorite
        OR OLD.status IS DISTINCT FROM NEW.status OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at
        OR OLD.stack_hidden IS DISTINCT FROM NEW.stack_hidden OR OLD.type IS DISTINCT FROM NEW.type
        OR OLD.size_bytes IS DISTINCT FROM NEW.size_bytes
        OR OLD.library_id IS DISTINCT FROM NEW.library_id)
    EXECUTE FUNCTION asset_count_row ();
-- @end
