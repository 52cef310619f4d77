-- 0113-motion-part.sql: which videos a photo may take as its motion part, and what becomes of them after it
--
-- What a visitor sent takes nothing from its owner, whose assets all are. And a video that was there before a
-- photo was found to hold the same is not the photo's: it outlives it.
ALTER TABLE asset ADD COLUMN link_id TEXT;        -- shared link it came by, which may be gone; NULL: of its owner
ALTER TABLE asset ADD COLUMN own_visibility TEXT; -- before a photo that holds the same took it; NULL: none did

-- what was taken out of a photo of a library lies in the media folder, too
DROP INDEX asset_path;
CREATE INDEX asset_path ON asset (original_path) WHERE library_id IS NULL OR substr(original_path, 1, 1) <> '/';
