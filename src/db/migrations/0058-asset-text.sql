-- 0058-asset-text.sql: the words of an asset, for finding it by a part of them
--
-- asset_text.body is made by words () of the file name, description, place, camera and tags; triggers
-- keep it right in the transaction that changes one of them. Parts of three characters are indexed:
-- asset_text_index ('"ber" "erl"') gives the rowid of each text that has all of these. It tells what may
-- match; the reader compares the text itself.
CREATE TABLE asset_text (
    id       INTEGER PRIMARY KEY,
    asset_id TEXT NOT NULL UNIQUE REFERENCES asset (id) ON DELETE CASCADE,
    body     TEXT NOT NULL                                -- ' img 1 jpg a day at the sea lisbon portugal '
);

CREATE VIEW asset_text_source AS
    SELECT a.id AS asset_id,
           words(a.original_file_name || ' ' || COALESCE(e.description, '') || ' '
                 || COALESCE(e.city, '') || ' ' || COALESCE(e.state, '') || ' '
                 || COALESCE(e.country, '') || ' ' || COALESCE(e.make, '') || ' '
                 || COALESCE(e.model, '') || ' ' || COALESCE(e.lens_model, '') || ' '
                 || COALESCE((SELECT group_concat(t.value, ' ')
                                FROM tag_asset x JOIN tag t ON t.id = x.tag_id
                               WHERE x.asset_id = a.id), '')) AS body
      FROM asset a LEFT JOIN asset_exif e ON e.asset_id = a.id;

-- @sqlite
CREATE VIRTUAL TABLE asset_text_index USING fts5 (body, content = 'asset_text', content_rowid = 'id',
    tokenize = 'trigram case_sensitive 1', detail = 'none', columnsize = 0);
CREATE TRIGGER asset_text_insert AFTER INSERT ON asset_text BEGIN
    INSERT INTO asset_text_index (rowid, body) VALUES (NEW.id, NEW.body);
END;
CREATE TRIGGER asset_text_delete AFTER DELETE ON asset_text BEGIN
    INSERT INTO asset_text_index (asset_text_index, rowid, body) VALUES ('delete', OLD.id, OLD.body);
END;
CREATE TRIGGER asset_text_update AFTER UPDATE OF body ON asset_text WHEN OLD.body <> NEW.body BEGIN
    INSERT INTO asset_text_index (asset_text_index, rowid, body) VALUES ('delete', OLD.id, OLD.body);
    INSERT INTO asset_text_index (rowid, body) VALUES (NEW.id, NEW.body);
END;
INSERT INTO asset_text (asset_id, body) SELECT asset_id, body FROM asset_text_source;

CREATE TRIGGER asset_text_of_asset AFTER INSERT ON asset BEGIN
    INSERT INTO asset_text (asset_id, body)
        SELECT asset_id, body FROM asset_text_source WHERE asset_id = NEW.id;
END;
CREATE TRIGGER asset_text_of_name AFTER UPDATE OF original_file_name ON asset
    WHEN OLD.original_file_name <> NEW.original_file_name
BEGIN
    UPDATE asset_text SET body = s.body FROM asset_text_source s
     WHERE s.asset_id = NEW.id AND asset_text.asset_id = NEW.id;
END;
CREATE TRIGGER asset_text_of_exif AFTER INSERT ON asset_exif
    WHEN NEW.description <> '' OR COALESCE(NEW.city, NEW.state, NEW.country, NEW.make, NEW.model,
                                           NEW.lens_model) IS NOT NULL
BEGIN
    UPDATE asset_text SET body = s.body FROM asset_text_source s
     WHERE s.asset_id = NEW.asset_id AND asset_text.asset_id = NEW.asset_id;
END;
CREATE TRIGGER asset_text_of_facts
    AFTER UPDATE OF description, city, state, country, make, model, lens_model ON asset_exif
    WHEN OLD.description <> NEW.description OR OLD.city IS NOT NEW.city
      OR OLD.state IS NOT NEW.state OR OLD.country IS NOT NEW.country OR OLD.make IS NOT NEW.make
      OR OLD.model IS NOT NEW.model OR OLD.lens_model IS NOT NEW.lens_model
BEGIN
    UPDATE asset_text SET body = s.body FROM asset_text_source s
     WHERE s.asset_id = NEW.asset_id AND asset_text.asset_id = NEW.asset_id;
END;
CREATE TRIGGER asset_text_of_tagged AFTER INSERT ON tag_asset BEGIN
    UPDATE asset_text SET body = s.body FROM asset_text_source s
     WHERE s.asset_id = NEW.asset_id AND asset_text.asset_id = NEW.asset_id;
END;
CREATE TRIGGER asset_text_of_untagged AFTER DELETE ON tag_asset BEGIN
    UPDATE asset_text SET body = s.body FROM asset_text_source s
     WHERE s.asset_id = OLD.asset_id AND asset_text.asset_id = OLD.asset_id;
END;
CREATE TRIGGER asset_text_of_tag AFTER UPDATE OF value ON tag WHEN OLD.value <> NEW.value BEGIN
    UPDATE asset_text SET body = (SELECT s.body FROM asset_text_source s
                                   WHERE s.asset_id = asset_text.asset_id)
     WHERE asset_id IN (SELECT x.asset_id FROM tag_asset x WHERE x.tag_id = NEW.id);
END;
-- @postgresql
CREATE SEQUENCE asset_text_id OWNED BY asset_text.id;
ALTER TABLE asset_text ALTER COLUMN id TYPE BIGINT,
                       ALTER COLUMN id SET DEFAULT nextval ('asset_text_id');
INSERT INTO asset_text (asset_id, body) SELECT asset_id, body FROM asset_text_source;
CREATE INDEX asset_text_trigrams ON asset_text USING gin (trigrams (body));
CREATE FUNCTION asset_text_index (parts TEXT) RETURNS TABLE (rowid BIGINT)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT id FROM asset_text
           WHERE trigrams (body) @> string_to_array (substr (parts, 2, length (parts) - 2), '" "') $$;
-- one at a time, so that its plan is made once and kept
CREATE FUNCTION asset_text_refresh (changed TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO asset_text AS t (asset_id, body)
        SELECT s.asset_id, s.body FROM asset_text_source s WHERE s.asset_id = changed
        ON CONFLICT (asset_id) DO UPDATE SET body = EXCLUDED.body WHERE t.body <> EXCLUDED.body;
END $$;
CREATE FUNCTION asset_text_row () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'asset' THEN PERFORM asset_text_refresh (NEW.id);
    WHEN 'asset_exif' THEN PERFORM asset_text_refresh (NEW.asset_id);
    WHEN 'tag_asset' THEN
        IF TG_OP = 'INSERT' THEN PERFORM asset_text_refresh (NEW.asset_id);
        ELSE PERFORM asset_text_refresh (OLD.asset_id);
        END IF;
    ELSE
        PERFORM asset_text_refresh (x.asset_id) FROM tag_asset x WHERE x.tag_id = NEW.id;
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER asset_text_of_asset AFTER INSERT ON asset
    FOR EACH ROW EXECUTE FUNCTION asset_text_row ();
CREATE TRIGGER asset_text_of_name AFTER UPDATE ON asset
    FOR EACH ROW WHEN (OLD.original_file_name <> NEW.original_file_name)
    EXECUTE FUNCTION asset_text_row ();
CREATE TRIGGER asset_text_of_exif AFTER INSERT ON asset_exif
    FOR EACH ROW WHEN (NEW.description <> '' OR COALESCE(NEW.city, NEW.state, NEW.country, NEW.make,
                                                         NEW.model, NEW.lens_model) IS NOT NULL)
    EXECUTE FUNCTION asset_text_row ();
CREATE TRIGGER asset_text_of_facts AFTER UPDATE ON asset_exif
    FOR EACH ROW WHEN (OLD.description <> NEW.description OR OLD.city IS DISTINCT FROM NEW.city
        OR OLD.state IS DISTINCT FROM NEW.state OR OLD.country IS DISTINCT FROM NEW.country
        OR OLD.make IS DISTINCT FROM NEW.make OR OLD.model IS DISTINCT FROM NEW.model
        OR OLD.lens_model IS DISTINCT FROM NEW.lens_model)
    EXECUTE FUNCTION asset_text_row ();
CREATE TRIGGER asset_text_of_tagged AFTER INSERT OR DELETE ON tag_asset
    FOR EACH ROW EXECUTE FUNCTION asset_text_row ();
CREATE TRIGGER asset_text_of_tag AFTER UPDATE ON tag
    FOR EACH ROW WHEN (OLD.value <> NEW.value) EXECUTE FUNCTION asset_text_row ();
-- @end
