-- 0002-session.sql: logins of people and keys of programs; only hashes of their tokens are stored
CREATE TABLE session (
    id                    TEXT PRIMARY KEY,               -- UUIDv4
    token_hash            BYTEA NOT NULL,                 -- SHA-256 of the token's text, 32 bytes
    user_id               TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    parent_id             TEXT REFERENCES session (id) ON DELETE CASCADE, -- made by this session, dies with it
    device_type           TEXT NOT NULL DEFAULT '',
    device_os             TEXT NOT NULL DEFAULT '',
    app_version           TEXT,
    oauth_sid             TEXT,                           -- the provider's session, for its log-out
    oauth_id_token        TEXT,
    pin_expires_at        BIGINT,                         -- unlocked with the PIN until then
    expires_at            BIGINT,                         -- NULL: never
    is_pending_sync_reset SMALLINT NOT NULL DEFAULT 0,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL
);
CREATE UNIQUE INDEX session_token_hash ON session (token_hash);
CREATE INDEX session_of_user ON session (user_id, updated_at);
CREATE INDEX session_parent ON session (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE api_key (
    id          TEXT PRIMARY KEY,                         -- UUIDv4
    secret_hash BYTEA NOT NULL,                           -- SHA-256 of the secret's text, 32 bytes
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    permissions TEXT NOT NULL,                            -- JSON array, as sent
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_key_secret_hash ON api_key (secret_hash);
CREATE INDEX api_key_user ON api_key (user_id, created_at);
