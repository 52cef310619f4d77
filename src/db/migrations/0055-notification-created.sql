-- 0055-notification-created.sql: finding the notices that are old enough to go
CREATE INDEX notification_created ON notification (created_at);
