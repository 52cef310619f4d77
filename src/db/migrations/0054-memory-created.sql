-- 0054-memory-created.sql: finding the memories that nobody kept
CREATE INDEX memory_created ON memory (created_at) WHERE is_saved = 0;
