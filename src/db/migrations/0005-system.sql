-- 0005-system.sql: what the server remembers of itself
CREATE TABLE system_metadata (
    key   TEXT PRIMARY KEY,                               -- system-config, system-flags, admin-onboarding, ...
    value TEXT NOT NULL                                   -- JSON
);
CREATE TABLE version_history (
    id         TEXT PRIMARY KEY,                          -- UUIDv4
    created_at BIGINT NOT NULL,
    version    TEXT NOT NULL
);
