-- 0125-film-found.sql: films that are hidden while no photo shows them can be found again
--
-- A picture took the place of a film, or a video was sent as a photo with a film: nothing plays such a pair. Both
-- are seen by themselves, as visible as the one was that named the other, and as closed as one that is locked.
UPDATE asset SET visibility = (SELECT p.visibility FROM asset p WHERE p.live_photo_video_id = asset.id
                                ORDER BY p.visibility = 'hidden', p.visibility <> 'locked', p.visibility LIMIT 1),
       own_visibility = NULL, update_id = uuid_v7 ()
 WHERE visibility = 'hidden'
   AND EXISTS (SELECT 1 FROM asset p WHERE p.live_photo_video_id = asset.id)
   AND NOT EXISTS (SELECT 1 FROM asset p WHERE p.live_photo_video_id = asset.id
                      AND p.type = 'IMAGE' AND asset.type = 'VIDEO');
UPDATE asset SET live_photo_video_id = NULL, update_id = uuid_v7 ()
 WHERE live_photo_video_id IS NOT NULL
   AND (type <> 'IMAGE'
        OR (SELECT v.type FROM asset v WHERE v.id = asset.live_photo_video_id) <> 'VIDEO');

-- The former file of a film that was replaced was kept as a hidden asset that no photo names, without the ids of
-- a device. Whose it was is not known any more: it may be of a photo of the locked folder, or of the archive.
-- What a photo holds itself is taken out of it again, and a visitor's may wait for its photo. What is in an album or
-- a link was put there while it was seen, and hidden by its owner: those who see these shall not see it again.
UPDATE asset SET visibility = CASE WHEN EXISTS (SELECT 1 FROM asset o WHERE o.owner_id = asset.owner_id
                                                   AND o.visibility = 'locked')
                                   THEN 'locked' ELSE 'archive' END,
       own_visibility = NULL, update_id = uuid_v7 ()
 WHERE type = 'VIDEO' AND visibility = 'hidden' AND status <> 'deleted' AND library_id IS NULL
   AND link_id IS NULL AND device_asset_id IS NULL AND device_id IS NULL
   AND substr(original_path, 1, 14) <> 'encoded-video/'
   AND NOT EXISTS (SELECT 1 FROM asset p WHERE p.live_photo_video_id = asset.id)
   AND NOT EXISTS (SELECT 1 FROM album_asset s WHERE s.asset_id = asset.id)
   AND NOT EXISTS (SELECT 1 FROM shared_link_asset s WHERE s.asset_id = asset.id);
