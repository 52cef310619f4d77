-- 0035-person.sql: the humans in the photos, and the boxes that show them
CREATE TABLE person (
    id             TEXT PRIMARY KEY,                      -- UUIDv4
    owner_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name           TEXT NOT NULL DEFAULT '',              -- '': not named yet
    birth_date     TEXT,                                  -- 1990-05-06
    is_hidden      SMALLINT NOT NULL DEFAULT 0,
    is_favorite    SMALLINT NOT NULL DEFAULT 0,
    color          TEXT,                                  -- '#' and hex digits
    face_id        TEXT,                                  -- the face that is the picture of the person
    thumbnail_path TEXT NOT NULL DEFAULT '',              -- relative to the media folder; '': none yet
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    update_id      TEXT NOT NULL                          -- UUIDv7 of the last change
);
CREATE INDEX person_owner ON person (owner_id);

CREATE TABLE asset_face (
    id           TEXT PRIMARY KEY,                        -- UUIDv4
    asset_id     TEXT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    person_id    TEXT REFERENCES person (id) ON DELETE SET NULL, -- NULL: nobody's yet
    image_width  BIGINT NOT NULL,                         -- of the picture that the box was drawn on
    image_height BIGINT NOT NULL,
    x1           BIGINT NOT NULL,                         -- the box, in pixels of that picture
    y1           BIGINT NOT NULL,
    x2           BIGINT NOT NULL,
    y2           BIGINT NOT NULL,
    source_type  TEXT NOT NULL,                           -- machine-learning, exif, manual
    is_visible   SMALLINT NOT NULL DEFAULT 1,             -- 0: outside of an edited picture
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    update_id    TEXT NOT NULL,                           -- UUIDv7 of the last change
    deleted_at   BIGINT                                   -- NULL unless taken away but remembered
);
CREATE INDEX asset_face_asset ON asset_face (asset_id);
CREATE INDEX asset_face_person ON asset_face (person_id, asset_id) WHERE person_id IS NOT NULL;
