-- 0057-asset-search.sql: finding assets by what was read from them, in the order of capture
--
-- asset_exif repeats what every search asks of the asset (whose, when, whether it is on the timeline),
-- so that one index gives the assets of a city or a camera in their order, and the markers of a map.
-- asset_place and asset_camera count what is on timelines, for suggestions. All is kept by triggers in
-- the transaction that changes an asset.
ALTER TABLE asset_exif ADD COLUMN owner_id TEXT;                      -- asset.owner_id
ALTER TABLE asset_exif ADD COLUMN taken_at BIGINT;                    -- asset.file_created_at
ALTER TABLE asset_exif ADD COLUMN is_image SMALLINT NOT NULL DEFAULT 0; -- type IMAGE
ALTER TABLE asset_exif ADD COLUMN is_shown SMALLINT NOT NULL DEFAULT 0; -- on the timeline and not in the trash

CREATE TABLE asset_place (
    owner_id TEXT NOT NULL,
    is_image SMALLINT NOT NULL,
    country  TEXT NOT NULL,                               -- '': none, as the others
    state    TEXT NOT NULL,
    city     TEXT NOT NULL,
    n_assets BIGINT NOT NULL,                             -- shown ones
    PRIMARY KEY (owner_id, is_image, country, state, city)
);
CREATE TABLE asset_camera (
    owner_id   TEXT NOT NULL,
    make       TEXT NOT NULL,                             -- '': none, as the others
    model      TEXT NOT NULL,
    lens_model TEXT NOT NULL,
    n_assets   BIGINT NOT NULL,                           -- shown ones
    PRIMARY KEY (owner_id, make, model, lens_model)
);

UPDATE asset_exif SET owner_id = a.owner_id, taken_at = a.file_created_at,
       is_image = CASE WHEN a.type = 'IMAGE' THEN 1 ELSE 0 END,
       is_shown = CASE WHEN a.visibility = 'timeline' AND a.status = 'active' AND a.deleted_at IS NULL
                       THEN 1 ELSE 0 END
  FROM asset a WHERE a.id = asset_exif.asset_id;
INSERT INTO asset_place (owner_id, is_image, country, state, city, n_assets)
    SELECT owner_id, is_image, COALESCE(country, ''), COALESCE(state, ''), COALESCE(city, ''), count(*)
      FROM asset_exif
     WHERE is_shown = 1 AND COALESCE(country, state, city) IS NOT NULL
     GROUP BY owner_id, is_image, COALESCE(country, ''), COALESCE(state, ''), COALESCE(city, '');
INSERT INTO asset_camera (owner_id, make, model, lens_model, n_assets)
    SELECT owner_id, COALESCE(make, ''), COALESCE(model, ''), COALESCE(lens_model, ''), count(*)
      FROM asset_exif
     WHERE is_shown = 1 AND COALESCE(make, model, lens_model) IS NOT NULL
     GROUP BY owner_id, COALESCE(make, ''), COALESCE(model, ''), COALESCE(lens_model, '');

-- a page in the order of capture is one range; the rest of its columns decides without the row
CREATE INDEX asset_taken ON asset (owner_id, file_created_at, id, visibility, status, deleted_at);
CREATE INDEX asset_taken_favorite ON asset (owner_id, file_created_at, id) WHERE is_favorite = 1;
CREATE INDEX asset_taken_video ON asset (owner_id, file_created_at, id) WHERE type = 'VIDEO';
CREATE INDEX asset_offline ON asset (owner_id, file_created_at, id) WHERE is_offline = 1;
CREATE INDEX asset_checksum ON asset (checksum);
CREATE INDEX asset_exif_city ON asset_exif (owner_id, city, taken_at, asset_id) WHERE city IS NOT NULL;
CREATE INDEX asset_exif_state ON asset_exif (owner_id, state, taken_at, asset_id) WHERE state IS NOT NULL;
CREATE INDEX asset_exif_country ON asset_exif (owner_id, country, taken_at, asset_id)
    WHERE country IS NOT NULL;
CREATE INDEX asset_exif_make ON asset_exif (owner_id, make, taken_at, asset_id) WHERE make IS NOT NULL;
CREATE INDEX asset_exif_model ON asset_exif (owner_id, model, taken_at, asset_id)
    WHERE model IS NOT NULL;
CREATE INDEX asset_exif_lens ON asset_exif (owner_id, lens_model, taken_at, asset_id)
    WHERE lens_model IS NOT NULL;
CREATE INDEX asset_exif_rating ON asset_exif (owner_id, rating, taken_at, asset_id)
    WHERE rating IS NOT NULL;
CREATE INDEX asset_exif_size ON asset_exif (owner_id, file_size_in_byte, asset_id);
-- the markers of a map, without reading the rows
CREATE INDEX asset_exif_marker
    ON asset_exif (owner_id, taken_at, asset_id, is_shown, latitude, longitude, city, state, country)
    WHERE latitude IS NOT NULL;

-- @sqlite
CREATE TRIGGER asset_exif_insert AFTER INSERT ON asset_exif BEGIN
    UPDATE asset_exif SET owner_id = a.owner_id, taken_at = a.file_created_at,
           is_image = a.type = 'IMAGE',
           is_shown = a.visibility = 'timeline' AND a.status = 'active' AND a.deleted_at IS NULL
      FROM asset a WHERE a.id = NEW.asset_id AND asset_exif.asset_id = NEW.asset_id;
END;
CREATE TRIGGER asset_exif_follow
    AFTER UPDATE OF owner_id, file_created_at, type, visibility, status, deleted_at ON asset
    WHEN OLD.owner_id IS NOT NEW.owner_id OR OLD.file_created_at IS NOT NEW.file_created_at
      OR OLD.type IS NOT NEW.type OR OLD.visibility IS NOT NEW.visibility
      OR OLD.status IS NOT NEW.status OR OLD.deleted_at IS NOT NEW.deleted_at
BEGIN
    UPDATE asset_exif SET owner_id = NEW.owner_id, taken_at = NEW.file_created_at,
           is_image = NEW.type = 'IMAGE',
           is_shown = NEW.visibility = 'timeline' AND NEW.status = 'active' AND NEW.deleted_at IS NULL
     WHERE asset_id = NEW.id;
END;
CREATE TRIGGER asset_exif_count_delete AFTER DELETE ON asset_exif WHEN OLD.is_shown = 1 BEGIN
    UPDATE asset_place SET n_assets = n_assets - 1
     WHERE owner_id = OLD.owner_id AND is_image = OLD.is_image AND country = COALESCE(OLD.country, '')
       AND state = COALESCE(OLD.state, '') AND city = COALESCE(OLD.city, '');
    UPDATE asset_camera SET n_assets = n_assets - 1
     WHERE owner_id = OLD.owner_id AND make = COALESCE(OLD.make, '')
       AND model = COALESCE(OLD.model, '') AND lens_model = COALESCE(OLD.lens_model, '');
END;
CREATE TRIGGER asset_exif_count_place
    AFTER UPDATE OF owner_id, is_image, is_shown, country, state, city ON asset_exif
    WHEN OLD.owner_id IS NOT NEW.owner_id OR OLD.is_image IS NOT NEW.is_image
      OR OLD.is_shown IS NOT NEW.is_shown OR OLD.country IS NOT NEW.country
      OR OLD.state IS NOT NEW.state OR OLD.city IS NOT NEW.city
BEGIN
    UPDATE asset_place SET n_assets = n_assets - 1
     WHERE OLD.is_shown = 1 AND owner_id = OLD.owner_id AND is_image = OLD.is_image
       AND country = COALESCE(OLD.country, '') AND state = COALESCE(OLD.state, '')
       AND city = COALESCE(OLD.city, '');
    INSERT INTO asset_place
        SELECT NEW.owner_id, NEW.is_image, COALESCE(NEW.country, ''), COALESCE(NEW.state, ''),
               COALESCE(NEW.city, ''), 1
         WHERE NEW.is_shown = 1 AND COALESCE(NEW.country, NEW.state, NEW.city) IS NOT NULL
        ON CONFLICT DO UPDATE SET n_assets = n_assets + 1;
END;
CREATE TRIGGER asset_exif_count_camera
    AFTER UPDATE OF owner_id, is_shown, make, model, lens_model ON asset_exif
    WHEN OLD.owner_id IS NOT NEW.owner_id OR OLD.is_shown IS NOT NEW.is_shown
      OR OLD.make IS NOT NEW.make OR OLD.model IS NOT NEW.model
      OR OLD.lens_model IS NOT NEW.lens_model
BEGIN
    UPDATE asset_camera SET n_assets = n_assets - 1
     WHERE OLD.is_shown = 1 AND owner_id = OLD.owner_id AND make = COALESCE(OLD.make, '')
       AND model = COALESCE(OLD.model, '') AND lens_model = COALESCE(OLD.lens_model, '');
    INSERT INTO asset_camera
        SELECT NEW.owner_id, COALESCE(NEW.make, ''), COALESCE(NEW.model, ''),
               COALESCE(NEW.lens_model, ''), 1
         WHERE NEW.is_shown = 1 AND COALESCE(NEW.make, NEW.model, NEW.lens_model) IS NOT NULL
        ON CONFLICT DO UPDATE SET n_assets = n_assets + 1;
END;
-- @postgresql
CREATE FUNCTION asset_exif_take () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    SELECT a.owner_id, a.file_created_at, (a.type = 'IMAGE')::int,
           (a.visibility = 'timeline' AND a.status = 'active' AND a.deleted_at IS NULL)::int
      INTO NEW.owner_id, NEW.taken_at, NEW.is_image, NEW.is_shown
      FROM asset a WHERE a.id = NEW.asset_id;
    NEW.is_image := COALESCE(NEW.is_image, 0);
    NEW.is_shown := COALESCE(NEW.is_shown, 0);
    RETURN NEW;
END $$;
CREATE TRIGGER asset_exif_insert BEFORE INSERT ON asset_exif
    FOR EACH ROW EXECUTE FUNCTION asset_exif_take ();
CREATE FUNCTION asset_exif_follow () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset_exif SET owner_id = NEW.owner_id, taken_at = NEW.file_created_at,
           is_image = (NEW.type = 'IMAGE')::int,
           is_shown = (NEW.visibility = 'timeline' AND NEW.status = 'active'
                       AND NEW.deleted_at IS NULL)::int
     WHERE asset_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_exif_follow AFTER UPDATE ON asset
    FOR EACH ROW WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id
        OR OLD.file_created_at IS DISTINCT FROM NEW.file_created_at
        OR OLD.type IS DISTINCT FROM NEW.type OR OLD.visibility IS DISTINCT FROM NEW.visibility
        OR OLD.status IS DISTINCT FROM NEW.status OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
    EXECUTE FUNCTION asset_exif_follow ();
CREATE FUNCTION asset_exif_count (e asset_exif, step BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    IF e.is_shown = 0 THEN RETURN; END IF;
    IF COALESCE(e.country, e.state, e.city) IS NOT NULL THEN
        INSERT INTO asset_place AS p VALUES (e.owner_id, e.is_image, COALESCE(e.country, ''),
                COALESCE(e.state, ''), COALESCE(e.city, ''), step)
            ON CONFLICT (owner_id, is_image, country, state, city)
            DO UPDATE SET n_assets = p.n_assets + step;
    END IF;
    IF COALESCE(e.make, e.model, e.lens_model) IS NOT NULL THEN
        INSERT INTO asset_camera AS c VALUES (e.owner_id, COALESCE(e.make, ''),
                COALESCE(e.model, ''), COALESCE(e.lens_model, ''), step)
            ON CONFLICT (owner_id, make, model, lens_model)
            DO UPDATE SET n_assets = c.n_assets + step;
    END IF;
END $$;
CREATE FUNCTION asset_exif_count_row () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM asset_exif_count (OLD, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM asset_exif_count (NEW, 1); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_exif_count_insert_delete AFTER INSERT OR DELETE ON asset_exif
    FOR EACH ROW EXECUTE FUNCTION asset_exif_count_row ();
CREATE TRIGGER asset_exif_count_update AFTER UPDATE ON asset_exif
    FOR EACH ROW WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id
        OR OLD.is_image IS DISTINCT FROM NEW.is_image OR OLD.is_shown IS DISTINCT FROM NEW.is_shown
        OR OLD.country IS DISTINCT FROM NEW.country OR OLD.state IS DISTINCT FROM NEW.state
        OR OLD.city IS DISTINCT FROM NEW.city OR OLD.make IS DISTINCT FROM NEW.make
        OR OLD.model IS DISTINCT FROM NEW.model OR OLD.lens_model IS DISTINCT FROM NEW.lens_model)
    EXECUTE FUNCTION asset_exif_count_row ();
-- @end
