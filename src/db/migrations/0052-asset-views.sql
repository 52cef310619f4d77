-- 0052-asset-views.sql: indexes for other ways to look at the timeline
-- by the folder of the original: the path without what is behind its last slash
CREATE INDEX asset_folder ON asset (owner_id, rtrim(original_path, replace(original_path, '/', '')))
    WHERE visibility = 'timeline' AND status = 'active' AND deleted_at IS NULL;
-- any of it: ids are random
CREATE INDEX asset_any ON asset (owner_id, id)
    WHERE visibility = 'timeline' AND status = 'active' AND deleted_at IS NULL;
