-- 0033-partner.sql: whose library another user may see
CREATE TABLE partner (
    shared_by_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- whose library
    shared_with_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- who sees it
    in_timeline    SMALLINT NOT NULL DEFAULT 0,           -- the receiver has it in the own timeline
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    create_id      TEXT NOT NULL,                         -- UUIDv7 of the sharing
    update_id      TEXT NOT NULL,                         -- UUIDv7 of the last change
    PRIMARY KEY (shared_by_id, shared_with_id)
);
CREATE INDEX partner_receiver ON partner (shared_with_id, shared_by_id);
