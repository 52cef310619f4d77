-- 0039-notification.sql: news for a user
CREATE TABLE notification (
    id          TEXT PRIMARY KEY,                         -- UUIDv4
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    level       TEXT NOT NULL,                            -- success, error, warning, info
    type        TEXT NOT NULL,                            -- as the contract's NotificationType
    title       TEXT NOT NULL,
    description TEXT,
    data        TEXT,                                     -- JSON object
    read_at     BIGINT,                                   -- NULL: unread
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX notification_user ON notification (user_id, created_at);
