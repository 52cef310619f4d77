-- 0104-timeline-copies.sql: an asset carries what its place in a timeline shows of asset_exif
--
-- A month of a timeline is a range of asset; that each of its rows led to a row of asset_exif, by an id that
-- is like no other, took two thirds of the time, and of a disk that had to be read nearly all. Triggers keep
-- the copies.
ALTER TABLE asset ADD COLUMN timeline_city TEXT;
ALTER TABLE asset ADD COLUMN timeline_country TEXT;
ALTER TABLE asset ADD COLUMN timeline_projection TEXT;      -- of asset_exif.projection_type
ALTER TABLE asset ADD COLUMN timeline_latitude DOUBLE PRECISION;
ALTER TABLE asset ADD COLUMN timeline_longitude DOUBLE PRECISION;
UPDATE asset SET timeline_city = e.city, timeline_country = e.country,
       timeline_projection = e.projection_type, timeline_latitude = e.latitude,
       timeline_longitude = e.longitude
  FROM asset_exif e
 WHERE e.asset_id = asset.id
   AND (e.city IS NOT NULL OR e.country IS NOT NULL OR e.projection_type IS NOT NULL
        OR e.latitude IS NOT NULL OR e.longitude IS NOT NULL);

-- @sqlite
CREATE TRIGGER asset_exif_timeline_insert AFTER INSERT ON asset_exif
    WHEN NEW.city IS NOT NULL OR NEW.country IS NOT NULL OR NEW.projection_type IS NOT NULL
      OR NEW.latitude IS NOT NULL OR NEW.longitude IS NOT NULL
BEGIN
    UPDATE asset SET timeline_city = NEW.city, timeline_country = NEW.country,
           timeline_projection = NEW.projection_type, timeline_latitude = NEW.latitude,
           timeline_longitude = NEW.longitude
     WHERE id = NEW.asset_id;
END;
CREATE TRIGGER asset_exif_timeline_update
    AFTER UPDATE OF city, country, projection_type, latitude, longitude ON asset_exif
    WHEN OLD.city IS NOT NEW.city OR OLD.country IS NOT NEW.country
      OR OLD.projection_type IS NOT NEW.projection_type OR OLD.latitude IS NOT NEW.latitude
      OR OLD.longitude IS NOT NEW.longitude
BEGIN
    UPDATE asset SET timeline_city = NEW.city, timeline_country = NEW.country,
           timeline_projection = NEW.projection_type, timeline_latitude = NEW.latitude,
           timeline_longitude = NEW.longitude
     WHERE id = NEW.asset_id;
END;
-- @postgresql
CREATE FUNCTION asset_exif_timeline () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset SET timeline_city = NEW.city, timeline_country = NEW.country,
           timeline_projection = NEW.projection_type, timeline_latitude = NEW.latitude,
           timeline_longitude = NEW.longitude
     WHERE id = NEW.asset_id;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_exif_timeline_insert AFTER INSERT ON asset_exif
    FOR EACH ROW WHEN (NEW.city IS NOT NULL OR NEW.country IS NOT NULL
        OR NEW.projection_type IS NOT NULL OR NEW.latitude IS NOT NULL OR NEW.longitude IS NOT NULL)
    EXECUTE FUNCTION asset_exif_timeline ();
CREATE TRIGGER asset_exif_timeline_update
    AFTER UPDATE OF city, country, projection_type, latitude, longitude ON asset_exif
    FOR EACH ROW WHEN (OLD.city IS DISTINCT FROM NEW.city OR OLD.country IS DISTINCT FROM NEW.country
        OR OLD.projection_type IS DISTINCT FROM NEW.projection_type
        OR OLD.latitude IS DISTINCT FROM NEW.latitude OR OLD.longitude IS DISTINCT FROM NEW.longitude)
    EXECUTE FUNCTION asset_exif_timeline ();
-- @end
