-- 0006-job.sql: work to do; a row is deleted when it is done
CREATE TABLE job (
    id           TEXT PRIMARY KEY,                        -- UUIDv7: in the order they were asked for
    queue        TEXT NOT NULL,
    name         TEXT NOT NULL,
    key          TEXT,                                    -- at most one waiting job of a name has it
    data         TEXT NOT NULL,                           -- JSON
    state        TEXT NOT NULL DEFAULT 'waiting',         -- waiting, active, failed
    priority     BIGINT NOT NULL DEFAULT 0,               -- lower first
    attempt      BIGINT NOT NULL DEFAULT 0,
    deaths       BIGINT NOT NULL DEFAULT 0,               -- times its server ended while it ran
    run_after    BIGINT NOT NULL,                         -- not before then
    leased_by    TEXT,                                    -- the server that runs it
    leased_until BIGINT,                                  -- then it waits again
    error        TEXT,                                    -- why the last attempt failed
    created_at   BIGINT NOT NULL
);
CREATE INDEX job_next ON job (queue, state, priority, run_after, id);
CREATE INDEX job_lease ON job (leased_until) WHERE state = 'active';
CREATE UNIQUE INDEX job_key ON job (name, key) WHERE key IS NOT NULL AND state = 'waiting';

CREATE TABLE job_queue (
    name      TEXT PRIMARY KEY,
    is_paused SMALLINT NOT NULL DEFAULT 0
);
