-- 0070-oauth.sql: an identity of the provider has one account, and its log-out finds its sessions
DROP INDEX users_oauth_id;
CREATE UNIQUE INDEX users_oauth_id ON users (oauth_id) WHERE oauth_id <> '';
CREATE INDEX session_oauth_sid ON session (oauth_sid) WHERE oauth_sid IS NOT NULL;
