-- functions.sql: what SQLite has, or sqlite_functions.c gives it, made for PostgreSQL. Run at every
-- start, so each statement may be run again; the results must be those of SQLite.

-- the items of a JSON array in their order; SQLite's gives more columns, use only these two
CREATE OR REPLACE FUNCTION json_each (document TEXT) RETURNS TABLE (key BIGINT, value TEXT)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100
    AS $$ SELECT ordinality - 1, item
            FROM json_array_elements_text (document::json) WITH ORDINALITY AS items (item, ordinality) $$;

-- a JSON array of texts or integers, NULLs included; in the order of the rows that come
CREATE OR REPLACE FUNCTION json_group_array_finish (items TEXT[]) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_json (items)::text $$;
CREATE OR REPLACE FUNCTION json_group_array_finish (items BIGINT[]) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_json (items)::text $$;
CREATE OR REPLACE AGGREGATE json_group_array (TEXT)
    (sfunc = array_append, stype = TEXT[], initcond = '{}', finalfunc = json_group_array_finish);
CREATE OR REPLACE AGGREGATE json_group_array (BIGINT)
    (sfunc = array_append, stype = BIGINT[], initcond = '{}', finalfunc = json_group_array_finish);

-- texts one after the other, in the order of the rows that come
CREATE OR REPLACE FUNCTION group_concat_step (joined TEXT, item TEXT, separator TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN item IS NULL THEN joined WHEN joined IS NULL THEN item
                      ELSE joined || separator || item END $$;
CREATE OR REPLACE AGGREGATE group_concat (TEXT, TEXT) (sfunc = group_concat_step, stype = TEXT);

-- the text of a UUIDv7: 48 bits of milliseconds, 12 of what is below them, then @rest
CREATE OR REPLACE FUNCTION uuid_v7_at (now_us BIGINT, rest TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT substr (ms, 1, 8) || '-' || substr (ms, 9) || '-7'
                 || lpad (to_hex (now_us % 1000 * 4096 / 1000), 3, '0') || rest
            FROM (SELECT lpad (to_hex (now_us / 1000), 12, '0') AS ms) AS parts $$;

CREATE OR REPLACE FUNCTION clock_us (moment TIMESTAMPTZ) RETURNS BIGINT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CAST (floor (extract (epoch FROM moment) * 1000000) AS BIGINT) $$;

-- a new one for every row that asks. The transaction first tells all others, by a lock that nobody
-- waits for, that it may have ids as old as itself: 0x7469 and the millisecond in which it began.
-- Written out instead of calling others: bulk changes make one for every row.
CREATE OR REPLACE FUNCTION uuid_v7 () RETURNS TEXT LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
    now_us BIGINT;
    hex TEXT;
BEGIN
    PERFORM pg_advisory_xact_lock_shared ((x'7469'::bigint << 48)
                                          | floor (extract (epoch FROM now ()) * 1000)::bigint);
    now_us := floor (extract (epoch FROM clock_timestamp ()) * 1000000);
    hex := lpad (to_hex ((now_us / 1000 << 16) | 28672 | (now_us % 1000 * 4096 / 1000)), 16, '0');
    RETURN substr (hex, 1, 8) || '-' || substr (hex, 9, 4) || '-' || substr (hex, 13)
           || substr (gen_random_uuid ()::text, 19);
END $$;

-- the id below which all is said, see db_horizon (): now, or the beginning of the oldest transaction that
-- has made an id. The clock is read before the locks: who takes one later makes later ids; who has
-- let go of one has committed.
CREATE OR REPLACE FUNCTION sync_horizon () RETURNS TEXT LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
    now_us BIGINT := clock_us (clock_timestamp ());
    oldest_ms BIGINT;
BEGIN
    SELECT min (((l.classid::bigint & 65535) << 32) | l.objid::bigint) INTO oldest_ms FROM pg_locks l
     WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.classid::bigint >> 16 = x'7469'::bigint
       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database ());
    RETURN uuid_v7_at (least (now_us, oldest_ms * 1000), '-8000-000000000000');
END $$;

-- Texts of ASCII alone, nearly all there are, take a short way. plpgsql keeps its plans; a function of sql
-- that is not inlined would be planned anew at each call.

-- letters whose accent is not a combining mark, as in sqlite_functions.c
CREATE OR REPLACE FUNCTION plain_letters (decomposed TEXT) RETURNS TEXT
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN RETURN normalize (
              replace (replace (replace (replace (replace (replace (replace (replace (
                  translate (regexp_replace (decomposed, '[\u0300-\u036f]', '', 'g'),
                             U&'\00d0\00d8\00f0\00f8\0110\0111\0126\0127\0131\0141\0142', 'DOdoDdHhiLl'),
                  U&'\00c6', 'AE'), U&'\00e6', 'ae'), U&'\00de', 'TH'), U&'\00fe', 'th'),
                  U&'\00df', 'ss'), U&'\1e9e', 'SS'), U&'\0152', 'OE'), U&'\0153', 'oe'), NFC); END $$;

CREATE OR REPLACE FUNCTION unaccent (phrase TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT plain_letters (normalize (phrase, NFD)) $$;

-- for searching: lower case, without accents, compatible forms made plain, a final sigma a sigma.
-- Lower case of every language needs ICU, or else a database whose locale is UTF-8.
DO $do$
DECLARE
    collation_clause TEXT := '';
BEGIN
    IF EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') THEN
        collation_clause := ' COLLATE "und-x-icu"';
    END IF;
    EXECUTE format ($f$
        CREATE OR REPLACE FUNCTION fold (phrase TEXT) RETURNS TEXT
            LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
            AS $$ BEGIN
                IF octet_length (phrase) = length (phrase) THEN
                    RETURN lower (phrase);
                END IF;
                RETURN replace (lower (plain_letters (normalize (lower (phrase%1$s), NFKD))%1$s),
                                U&'\03c2', U&'\03c3') COLLATE "default";
            END $$
        $f$, collation_clause);
    -- folded, with one blank for whatever is no letter or digit, and at both ends
    EXECUTE format ($f$
        CREATE OR REPLACE FUNCTION words (phrase TEXT) RETURNS TEXT
            LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
            AS $$ BEGIN
                IF octet_length (phrase) = length (phrase) THEN
                    RETURN regexp_replace (' ' || lower (phrase) || ' ', '[^a-z0-9]+', ' ', 'g');
                END IF;
                RETURN regexp_replace ((' ' || fold (phrase) || ' ')%1$s, '[^[:alnum:]]+', ' ', 'g')
                       COLLATE "default";
            END $$
        $f$, collation_clause);
END $do$;

-- every three characters that follow each other, for an index of parts of texts
CREATE OR REPLACE FUNCTION trigrams (phrase TEXT) RETURNS TEXT[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
BEGIN
    -- not by the index of an array, which may be walked for each
    RETURN ARRAY (SELECT part FROM (SELECT n, letter || lead (letter) OVER following
                                              || lead (letter, 2) OVER following AS part
                                      FROM unnest (string_to_array (phrase, NULL))
                                           WITH ORDINALITY AS l (letter, n)
                                    WINDOW following AS (ORDER BY n)) AS parts
                   WHERE part IS NOT NULL ORDER BY n);
END $$;
