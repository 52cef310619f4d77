-- 0088-workflow.sql: a user's own rules, steps that run when something happens to an asset
CREATE TABLE workflow (
    id          TEXT PRIMARY KEY,                         -- UUIDv4
    owner_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- also of the assets it runs for
    name        TEXT,
    description TEXT,
    trigger     TEXT NOT NULL,                            -- AssetCreate, AssetMetadataExtraction, AssetTagged
    enabled     SMALLINT NOT NULL DEFAULT 1,
    logging     SMALLINT NOT NULL DEFAULT 1,              -- keep what came of its runs
    steps       TEXT NOT NULL,                            -- JSON, {"steps":[{method, config, enabled}]}
    logged_at   BIGINT NOT NULL DEFAULT 0,                -- of the last entry of its log
    n_logged    BIGINT NOT NULL DEFAULT 0,                -- entries that were ever made
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX workflow_owner ON workflow (owner_id, created_at);
-- what happens to an asset asks for these
CREATE INDEX workflow_waiting ON workflow (trigger, owner_id) WHERE enabled = 1;

CREATE TABLE workflow_log (
    id              TEXT PRIMARY KEY,                     -- UUIDv4
    workflow_id     TEXT NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    n               BIGINT NOT NULL,                      -- counted by workflow; the oldest are removed
    at              BIGINT NOT NULL,                      -- no two of a workflow have the same: pages go by it
    result          TEXT NOT NULL,                        -- completed, halted, error
    step_index      BIGINT,                               -- of the last step that was done; NULL: none was
    step_method     TEXT,
    trigger_data_id TEXT,                                 -- the asset; it may be gone
    error           TEXT                                  -- why it stopped
);
CREATE UNIQUE INDEX workflow_log_at ON workflow_log (workflow_id, at);
CREATE UNIQUE INDEX workflow_log_n ON workflow_log (workflow_id, n);
