-- 0103-sync-order.sql: what changed in all albums and memories is one range of an index; a sync looks at what
-- is new there, not into each album of its caller. See docs/decisions/0008.
DROP INDEX album_asset_sync_asset;
DROP INDEX album_asset_sync_exif;
DROP INDEX memory_asset_sync;
CREATE INDEX album_asset_sync_asset ON album_asset (asset_update_id);
CREATE INDEX album_asset_sync_exif ON album_asset (exif_update_id);
CREATE INDEX album_asset_sync_all ON album_asset (update_id, album_id);
CREATE INDEX memory_asset_sync ON memory_asset (update_id);
CREATE INDEX album_sync ON album (update_id);
CREATE INDEX album_user_sync ON album_user (update_id);
CREATE INDEX album_user_joined ON album_user (user_id, create_id);
