-- 0001-user.sql: who has an account, and the small facts kept for each
CREATE TABLE users (
    id                     TEXT PRIMARY KEY,              -- UUIDv4
    email                  TEXT NOT NULL,                 -- lower case
    name                   TEXT NOT NULL,
    password               TEXT NOT NULL DEFAULT '',      -- bcrypt; '': no login by password
    pin_code               TEXT,                          -- bcrypt of six digits; NULL: none
    is_admin               SMALLINT NOT NULL DEFAULT 0,
    should_change_password SMALLINT NOT NULL DEFAULT 1,
    oauth_id               TEXT NOT NULL DEFAULT '',      -- sub of the provider
    storage_label          TEXT,                          -- folder name in library/; NULL: the id
    avatar_color           TEXT,                          -- NULL: follows from the e-mail
    profile_image_path     TEXT NOT NULL DEFAULT '',      -- relative to the media folder
    profile_changed_at     BIGINT NOT NULL,
    quota_size_bytes       BIGINT,                        -- NULL: no limit; 0 is one
    quota_usage_bytes      BIGINT NOT NULL DEFAULT 0,     -- kept up to date as assets change
    status                 TEXT NOT NULL DEFAULT 'active', -- active, removing, deleted
    cluster_group_id       TEXT NOT NULL,                 -- whose faces are clustered together
    created_at             BIGINT NOT NULL,
    updated_at             BIGINT NOT NULL,
    deleted_at             BIGINT                         -- NULL unless soft-deleted
);
CREATE UNIQUE INDEX users_email ON users (email);
CREATE UNIQUE INDEX users_storage_label ON users (storage_label);
CREATE INDEX users_oauth_id ON users (oauth_id) WHERE oauth_id <> '';

-- preferences (what differs from the defaults), onboarding, licence: one JSON document a key
CREATE TABLE user_metadata (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key        TEXT NOT NULL,                             -- preferences, onboarding, license
    value      TEXT NOT NULL,                             -- JSON
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);
