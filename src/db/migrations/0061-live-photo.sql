-- 0061-live-photo.sql: the other half of a live photo, found by the identifier that both carry
CREATE INDEX asset_live_photo_cid ON asset (owner_id, live_photo_cid) WHERE live_photo_cid IS NOT NULL;
