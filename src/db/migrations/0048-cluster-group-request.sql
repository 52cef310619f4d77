-- 0048-cluster-group-request.sql: invitations into a group of users whose faces are clustered together
CREATE TABLE cluster_group_request (
    id               TEXT PRIMARY KEY,                    -- UUIDv4
    cluster_group_id TEXT NOT NULL,                       -- as in users; a group is those who name it
    user_id          TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- who is asked
    created_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX cluster_group_request_once ON cluster_group_request (cluster_group_id, user_id);
CREATE INDEX cluster_group_request_user ON cluster_group_request (user_id, created_at);
CREATE INDEX users_cluster_group ON users (cluster_group_id);
