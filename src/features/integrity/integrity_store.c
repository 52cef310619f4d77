/* integrity_store.c -- see integrity_private.h */
#define G_LOG_DOMAIN "integrity"
#include "features/integrity/integrity_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"

#define NO_ID "------------------------------------"

/* Files of libraries are looked after by their scans; what was taken out of them lies with ours. */
#define IS_OURS "(a.library_id IS NULL OR substr(a.original_path, 1, 1) <> '/')"

/* $1 the id before, $2 how many */
static const char SQL_ORIGINALS[] =
    "SELECT a.id AS id, a.original_path AS path, a.checksum AS checksum FROM asset a"
    " WHERE a.id > $1 AND " IS_OURS " AND a.status = 'active' ORDER BY a.id LIMIT $2";
static const char SQL_COUNT_ORIGINALS[] =
    "SELECT count(*) FROM asset a WHERE " IS_OURS " AND a.status = 'active'";
/* $1 the id before, $2 how many; a path that begins with a slash is a sidecar in a library */
static const char SQL_FILES[] =
    "SELECT f.id AS id, f.path AS path FROM asset_file f JOIN asset a ON a.id = f.asset_id"
    " WHERE f.id > $1 AND a.status = 'active' AND f.path NOT LIKE '/%' ORDER BY f.id LIMIT $2";

/* $1 items */
static const char SQL_UNKNOWN[] =
    "SELECT substr(i.value, 38) FROM json_each ($1) AS i"
    " WHERE NOT EXISTS (SELECT 1 FROM asset a"
    "                    WHERE a.original_path = substr(i.value, 38) AND " IS_OURS ")"
    "   AND NOT EXISTS (SELECT 1 FROM asset_file s"
    "                    WHERE s.type = 'sidecar' AND s.path = substr(i.value, 38))"
    "   AND NOT EXISTS (SELECT 1 FROM asset_file f"
    "                    WHERE f.asset_id = substr(i.value, 1, 36) AND f.path = substr(i.value, "
    "38))"
    "   AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = substr(i.value, 1, 36)"
    "                                            AND p.thumbnail_path = substr(i.value, 38))";
/* $1 paths */
static const char SQL_KNOWN_ANYWHERE[] =
    "SELECT original_path FROM asset WHERE original_path IN (SELECT value FROM json_each ($1))"
    " UNION SELECT path FROM asset_file WHERE path IN (SELECT value FROM json_each ($1))"
    " UNION SELECT thumbnail_path FROM person"
    "        WHERE thumbnail_path IN (SELECT value FROM json_each ($1))";

/* $1 items with an id for the report before each, $2 the type, $3 now */
static const char SQL_ADD_ORIGINALS[] =
    "INSERT INTO integrity_report (id, type, path, asset_id, created_at)"
    " SELECT substr(i.value, 1, 36), CAST($2 AS TEXT), a.original_path, a.id, CAST($3 AS BIGINT)"
    "   FROM json_each ($1) AS i JOIN asset a ON a.id = substr(i.value, 38, 36)"
    "  WHERE a.original_path = substr(i.value, 75)"
    " ON CONFLICT (type, path) DO NOTHING";
static const char SQL_ADD_FILES[] =
    "INSERT INTO integrity_report (id, type, path, asset_id, asset_file_id, created_at)"
    " SELECT substr(i.value, 1, 36), CAST($2 AS TEXT), f.path, f.asset_id, f.id, CAST($3 AS BIGINT)"
    "   FROM json_each ($1) AS i JOIN asset_file f ON f.id = substr(i.value, 38, 36)"
    "  WHERE f.path = substr(i.value, 75)"
    " ON CONFLICT (type, path) DO NOTHING";
/* $1 paths with an id for the report before each, $2 now */
static const char SQL_ADD_UNTRACKED[] =
    "INSERT INTO integrity_report (id, type, path, created_at)"
    " SELECT substr(i.value, 1, 36), 'untracked_file', substr(i.value, 38), CAST($2 AS BIGINT)"
    "   FROM json_each ($1) AS i WHERE i.value <> ''"
    " ON CONFLICT (type, path) DO NOTHING";

/* $1 SHA-1, $2 the folder's name: an id or a label; first whose folder it is. A folder that is named by a
 * user's id is removed with that user. */
static const char SQL_OWNERS[] =
    "SELECT a.id AS id, a.original_path AS path,"
    "       CASE WHEN u.id = $2 OR u.storage_label = $2"
    "                 OR NOT EXISTS (SELECT 1 FROM users o WHERE o.id = $2) THEN 1 ELSE 0 END"
    "       AS may_have"
    "  FROM asset a JOIN users u ON u.id = a.owner_id"
    " WHERE a.checksum = $1 AND a.library_id IS NULL"
    " ORDER BY CASE WHEN u.id = $2 OR u.storage_label = $2 THEN 0 ELSE 1 END, a.id";
/* $1 path */
static const char SQL_AT[] = "SELECT id FROM asset WHERE original_path = $1 AND library_id IS NULL";
/* $1 asset, $2 its path, $3 the new one. What clients see does not change: no new update id. */
static const char SQL_MOVE_ORIGINAL[] =
    "UPDATE asset SET original_path = $3 WHERE id = $1 AND original_path = $2";

#define SQL_REPORTS                                                                                \
    "SELECT r.id AS id, r.type AS type, r.path AS path, r.asset_id AS asset_id,"                   \
    "       r.asset_file_id AS asset_file_id, f.type AS file_type, a.owner_id AS owner_id"         \
    "  FROM integrity_report r LEFT JOIN asset a ON a.id = r.asset_id"                             \
    "       LEFT JOIN asset_file f ON f.id = r.asset_file_id"
/* $1 the type, $2 the id before, $3 how many */
static const char SQL_REPORT_PAGE[] =
    SQL_REPORTS " WHERE r.type = $1 AND r.id > $2 ORDER BY r.id LIMIT $3";
/* $1 id */
static const char SQL_REPORT[] = SQL_REPORTS " WHERE r.id = $1";
/* $1 ids */
static const char SQL_DROP[] =
    "DELETE FROM integrity_report WHERE id IN (SELECT value FROM json_each ($1))";
static const char SQL_COUNT[] =
    "SELECT type, count(*) AS n FROM integrity_report GROUP BY type ORDER BY type";
/* $1 id */
static const char SQL_FORGET_FILE[] = "DELETE FROM asset_file WHERE id = $1";

static const char SQL_CHECKPOINT[] =
    "SELECT value FROM system_metadata WHERE key = 'integrity-checksum-checkpoint'";
/* $1 JSON */
static const char SQL_SAVE_CHECKPOINT[] =
    "INSERT INTO system_metadata (key, value) VALUES ('integrity-checksum-checkpoint', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

const char *
integrity_item (Arena *arena, const char *id, const char *path)
{
    const char *slash = strrchr (path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    if (id == NULL)
        id = strspn (name, "0123456789abcdef-") >= strlen (NO_ID) ? name : NO_ID;
    return arena_printf (arena, "%.36s %s", id, path);
}

/* ---- what the database knows ---- */

gboolean
integrity_page_originals (Db *db, Arena *arena, const char *after, gint64 limit,
                          IntegrityFileRowList *out, GError **error)
{
    return db_select (db, arena, &integrity_file_row_type, (List *) out, SQL_ORIGINALS,
                      DB_ARGS (db_text (after), db_int (limit)), error);
}

gboolean
integrity_page_files (Db *db, Arena *arena, const char *after, gint64 limit,
                      IntegrityFileRowList *out, GError **error)
{
    return db_select (db, arena, &integrity_file_row_type, (List *) out, SQL_FILES,
                      DB_ARGS (db_text (after), db_int (limit)), error);
}

gboolean
integrity_count_originals (Db *db, gint64 *out, GError **error)
{
    return db_select_int (db, SQL_COUNT_ORIGINALS, DB_NO_ARGS, out, NULL, error);
}

gboolean
integrity_find_unknown (Db *db, Arena *arena, const StringList *items, StringList *out,
                        GError **error)
{
    return db_select_texts (db, arena, SQL_UNKNOWN, DB_ARGS (db_strings (arena, items)), out,
                            error);
}

gboolean
integrity_find_known_anywhere (Db *db, Arena *arena, const StringList *paths, StringList *out,
                               GError **error)
{
    return db_select_texts (db, arena, SQL_KNOWN_ANYWHERE, DB_ARGS (db_strings (arena, paths)), out,
                            error);
}

gboolean
integrity_find_owners (Db *db, Arena *arena, const guint8 sha1[20], const char *folder,
                       IntegrityOwnerRowList *out, GError **error)
{
    return db_select (db, arena, &integrity_owner_row_type, (List *) out, SQL_OWNERS,
                      DB_ARGS (db_blob (sha1, 20), db_text (folder)), error);
}

gboolean
integrity_find_at (Db *db, Arena *arena, const char *path, const char **out_id, GError **error)
{
    return db_select_text (db, arena, SQL_AT, DB_ARGS (db_text (path)), out_id, error);
}

gboolean
integrity_move_original (Db *tx, const char *asset_id, const char *from, const char *to,
                         GError **error)
{
    gint64 n_moved = 0;

    if (!db_exec (tx, SQL_MOVE_ORIGINAL, DB_ARGS (db_text (asset_id), db_text (from), db_text (to)),
                  &n_moved, error))
        return FALSE;
    if (n_moved == 0)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFLICT,
                     "asset '%s' was removed or replaced meanwhile; try again", asset_id);
    return n_moved > 0;
}

/* ---- reports ---- */

/* Each text with a new id before it; made in C, as SQLite has no function for one. */
static DbValue
with_ids (Arena *arena, const StringList *texts)
{
    StringList out = { arena_new_array (arena, const char *, texts->n), texts->n };
    char id[UUID_TEXT_BYTES];

    for (gsize i = 0; i < texts->n; i++) {
        uuid_v4_text (id);
        out.items[i] = arena_printf (arena, "%s %s", id, texts->items[i]);
    }
    return db_strings (arena, &out);
}

gboolean
integrity_add_originals (Db *tx, Arena *arena, IntegrityReport type, const StringList *items,
                         GError **error)
{
    return items->n == 0 ||
           db_exec (tx, SQL_ADD_ORIGINALS,
                    DB_ARGS (with_ids (arena, items), db_text (integrity_report_enum.texts[type]),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
integrity_add_files (Db *tx, Arena *arena, IntegrityReport type, const StringList *items,
                     GError **error)
{
    return items->n == 0 ||
           db_exec (tx, SQL_ADD_FILES,
                    DB_ARGS (with_ids (arena, items), db_text (integrity_report_enum.texts[type]),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
integrity_add_untracked (Db *tx, Arena *arena, const StringList *paths, GError **error)
{
    return paths->n == 0 ||
           db_exec (tx, SQL_ADD_UNTRACKED,
                    DB_ARGS (with_ids (arena, paths), db_int (timestamp_now_ms ())), NULL, error);
}

gboolean
integrity_note_stray (Db *db, Arena *arena, const char *path, GError **error)
{
    const char *item = integrity_item (arena, NULL, path);
    StringList items = { &item, 1 }, unknown;

    return integrity_find_unknown (db, arena, &items, &unknown, error) &&
           integrity_add_untracked (db, arena, &unknown, error);
}

gboolean
integrity_page_reports (Db *db, Arena *arena, IntegrityReport type, const char *after, gint64 limit,
                        IntegrityReportRowList *out, GError **error)
{
    return db_select (
        db, arena, &integrity_report_row_type, (List *) out, SQL_REPORT_PAGE,
        DB_ARGS (db_text (integrity_report_enum.texts[type]), db_text (after), db_int (limit)),
        error);
}

gboolean
integrity_find_report (Db *db, Arena *arena, const char *id, IntegrityReportRow *out,
                       GError **error)
{
    return db_select_one (db, arena, &integrity_report_row_type, out, SQL_REPORT,
                          DB_ARGS (db_text (id)), error);
}

gboolean
integrity_drop_reports (Db *db, Arena *arena, const StringList *ids, GError **error)
{
    return ids->n == 0 || db_exec (db, SQL_DROP, DB_ARGS (db_strings (arena, ids)), NULL, error);
}

gboolean
integrity_forget_file (Db *db, const char *asset_file_id, GError **error)
{
    return db_exec (db, SQL_FORGET_FILE, DB_ARGS (db_text (asset_file_id)), NULL, error);
}

gboolean
integrity_count_reports (Db *db, Arena *arena, IntegrityCountList *out, GError **error)
{
    return db_select (db, arena, &integrity_count_type, (List *) out, SQL_COUNT, DB_NO_ARGS, error);
}

/* ---- where the check of the checksums goes on ---- */

gboolean
integrity_load_checkpoint (Db *db, Arena *arena, const char **out_id, GError **error)
{
    const char *text = NULL;
    IntegrityCheckpoint checkpoint;

    *out_id = "";
    if (!db_select_text (db, arena, SQL_CHECKPOINT, DB_NO_ARGS, &text, error))
        return FALSE;
    if (text != NULL &&
        api_read_json (&integrity_checkpoint_type, text, -1, arena, &checkpoint, NULL))
        *out_id = checkpoint.id;
    return TRUE;
}

gboolean
integrity_save_checkpoint (Db *db, const char *id, GError **error)
{
    IntegrityCheckpoint checkpoint = { id };
    g_autoptr (GString) text = g_string_new (NULL);

    api_write_json (&integrity_checkpoint_type, &checkpoint, text);
    return db_exec (db, SQL_SAVE_CHECKPOINT, DB_ARGS (db_text (text->str)), NULL, error);
}
