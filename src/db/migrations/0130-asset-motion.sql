-- 0130-asset-motion.sql: live and motion photos in the order of capture, for those who look for them
CREATE INDEX asset_motion ON asset (owner_id, file_created_at, id) WHERE live_photo_video_id IS NOT NULL;
