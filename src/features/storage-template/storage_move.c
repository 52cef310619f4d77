/* storage_move.c -- moving with a note, and looking after notes that a crash left; see storage-template.h */
#define G_LOG_DOMAIN "storage"
#include "features/storage-template/storage_private.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "media/layout.h"

/* $1 asset, $2 kind, $3 old path, $4 new path, $5 size, $6 SHA-1 */
static const char SQL_NOTE[] =
    "INSERT INTO storage_move (asset_id, kind, old_path, new_path, size_bytes, sha1)"
    " VALUES ($1, $2, $3, $4, $5, $6)";

/* $1 asset, $2 kind */
static const char SQL_FORGET[] = "DELETE FROM storage_move WHERE asset_id = $1 AND kind = $2";

static const char SQL_NOTES_FIND[] = "SELECT asset_id, kind, old_path, new_path, size_bytes, sha1"
                                     "  FROM storage_move ORDER BY asset_id, kind";

/* $1 asset, $2 path as it was, $3 path as it will be. What clients see of an asset does not change: it gets
 * no new update id, or a migration would have every phone fetch every asset again. */
static const char SQL_SWITCH_ORIGINAL[] =
    "UPDATE asset SET original_path = $3 WHERE id = $1 AND original_path = $2";
/* the same, $4 now */
static const char SQL_SWITCH_SIDECAR[] =
    "UPDATE asset_file SET path = $3, updated_at = $4"
    " WHERE asset_id = $1 AND type = 'sidecar' AND is_edited = 0 AND path = $2";

/* $1 path */
static const char SQL_ORIGINAL_AT[] =
    "SELECT id FROM asset WHERE original_path = $1 AND library_id IS NULL";
static const char SQL_SIDECAR_AT[] =
    "SELECT asset_id FROM asset_file WHERE type = 'sidecar' AND is_edited = 0 AND path = $1";

/* $1 asset */
static const char SQL_ORIGINAL_PATH[] = "SELECT original_path FROM asset WHERE id = $1";
static const char SQL_SIDECAR_PATH[] =
    "SELECT path FROM asset_file WHERE asset_id = $1 AND type = 'sidecar' AND is_edited = 0";

static gboolean
is_original (const StorageMove *move)
{
    return strcmp (move->kind, STORAGE_ORIGINAL) == 0;
}

/* ---- the transactions ---- */

static gboolean
run_note (Db *tx, gpointer data, GError **error)
{
    const StorageMoves *moves = data;

    if (!storage_step_note (tx, moves, error))
        return FALSE;
    for (guint i = 0; i < moves->n; i++) {
        const StorageMove *move = &moves->items[i];

        if (!db_exec (tx, SQL_NOTE,
                      DB_ARGS (db_text (move->asset_id), db_text (move->kind), db_text (move->from),
                               db_text (move->to), db_int (move->content.size_bytes),
                               db_blob (move->content.sha1, sizeof move->content.sha1)),
                      NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
run_forget (Db *tx, gpointer data, GError **error)
{
    const StorageMoves *moves = data;

    for (guint i = 0; i < moves->n; i++)
        if (!db_exec (tx, SQL_FORGET,
                      DB_ARGS (db_text (moves->items[i].asset_id), db_text (moves->items[i].kind)),
                      NULL, error))
            return FALSE;
    return TRUE;
}

/* All paths or none: an asset that was removed meanwhile undoes the move. */
static gboolean
run_switch (Db *tx, gpointer data, GError **error)
{
    const StorageMoves *moves = data;

    for (guint i = 0; i < moves->n; i++) {
        const StorageMove *move = &moves->items[i];
        gint64 n_changed = 0;

        if (is_original (move)
                ? !db_exec (
                      tx, SQL_SWITCH_ORIGINAL,
                      DB_ARGS (db_text (move->asset_id), db_text (move->from), db_text (move->to)),
                      &n_changed, error)
                : !db_exec (tx, SQL_SWITCH_SIDECAR,
                            DB_ARGS (db_text (move->asset_id), db_text (move->from),
                                     db_text (move->to), db_int (timestamp_now_ms ())),
                            &n_changed, error))
            return FALSE;
        if (n_changed == 0) {
            g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                         "'%s' was removed or replaced while it was moved", move->from);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- what was noted ---- */

static gboolean
exists (const App *app, Arena *arena, const char *path)
{
    struct stat facts;

    return lstat (storage_absolute (app, arena, path), &facts) == 0;
}

/* Where the asset has the file; NULL: nowhere any more. */
static gboolean
find_current (App *app, Arena *arena, const StorageMove *move, const char **out, GError **error)
{
    return db_select_text (app->db, arena,
                           is_original (move) ? SQL_ORIGINAL_PATH : SQL_SIDECAR_PATH,
                           DB_ARGS (db_text (move->asset_id)), out, error);
}

/* Who has the file where it was, by the database: another asset when it was replaced meanwhile (upload_replace.c).
 * NULL: nobody. */
static gboolean
find_owner (App *app, Arena *arena, const StorageMove *move, const char **out_id, GError **error)
{
    return db_select_text (app->db, arena, is_original (move) ? SQL_ORIGINAL_AT : SQL_SIDECAR_AT,
                           DB_ARGS (db_text (move->from)), out_id, error);
}

static gboolean
drop (const App *app, Arena *arena, const char *path, GError **error)
{
    return relocate_drop (storage_absolute (app, arena, path),
                          storage_absolute (app, arena, STORAGE_FOLDER), error);
}

/* While the paths are doubted the note may be old, and another file lie at the path that stays. */
static gboolean
is_spare (App *app, Arena *arena, const StorageMove *move, const char *path, const char *other,
          gboolean *out, GError **error)
{
    const char *at = storage_absolute (app, arena, path),
               *other_at = storage_absolute (app, arena, other);
    const StorageDoubt *doubt = NULL;

    *out = FALSE;
    if (!storage_template_load_doubt (app, arena, &doubt, error))
        return FALSE;
    *out = relocate_is_copy (at, other_at, &move->content) &&
           (doubt == NULL || relocate_is_copy (other_at, at, &move->content));
    return TRUE;
}

/* Delete one of the two unless somebody has a file there or it is not the one that was moved. */
static gboolean
drop_copy (App *app, Arena *arena, const StorageMove *move, const char *path, const char *other,
           GError **error)
{
    gboolean is_used, spare;

    if (!exists (app, arena, path))
        return TRUE;
    if (!storage_is_used (app->db, path, &is_used, error))
        return FALSE;
    if (is_used)
        return TRUE;
    if (!is_spare (app, arena, move, path, other, &spare, error))
        return FALSE;
    if (spare)
        return drop (app, arena, path, error);
    g_warning ("'%s' is left where it is: it is not the file that was moved, or perhaps all that "
               "is left of it",
               path);
    return TRUE;
}

/* Back to the truth: whoever has the file has its path, and it is there and nowhere else. */
static gboolean
settle (App *app, Arena *arena, const StorageMove *move, GError **error)
{
    g_autofree char *temporary = relocate_temporary (storage_absolute (app, arena, move->to));
    StorageMoves one = { { *move }, 1 };
    const char *current = NULL, *owner_id = NULL;

    layout_remove (temporary);
    if (!find_owner (app, arena, move, &owner_id, error))
        return FALSE;
    if (owner_id != NULL && exists (app, arena, move->from))
        return drop_copy (app, arena, move, move->to, move->from, error);
    if (owner_id != NULL) { /* renamed, where there are no links */
        one.items[0].asset_id = owner_id;
        return !relocate_holds (storage_absolute (app, arena, move->to), &move->content) ||
               db_write (app->db, run_switch, &one, error);
    }
    if (!find_current (app, arena, move, &current, error))
        return FALSE;
    if (current == NULL) /* its removal deletes the path that it knew */
        return drop_copy (app, arena, move, move->from, move->to, error) &&
               drop_copy (app, arena, move, move->to, move->from, error);
    if (strcmp (current, move->to) == 0 && exists (app, arena, move->to))
        return drop_copy (app, arena, move, move->from, move->to, error);
    /* it has another file by now */
    return !exists (app, arena, move->from) ||
           drop_copy (app, arena, move, move->to, move->from, error);
}

static gboolean
settle_and_forget (App *app, Arena *arena, const StorageMove *move, GError **error)
{
    StorageMoves one = { { *move }, 1 };

    return settle (app, arena, move, error) && db_write (app->db, run_forget, &one, error);
}

static gboolean
read_note (const StorageMoveRow *row, StorageMove *out)
{
    gsize n = 0;
    gconstpointer sha1 = g_bytes_get_data (row->sha1, &n);

    *out = (StorageMove){ .asset_id = row->asset_id,
                          .kind = row->kind,
                          .from = row->old_path,
                          .to = row->new_path,
                          .content = { .size_bytes = row->size_bytes } };
    if (n != sizeof out->content.sha1)
        return FALSE;
    memcpy (out->content.sha1, sha1, n);
    return TRUE;
}

gboolean
storage_recover (App *app, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    StorageMoveRowList notes;

    if (!db_select (app->db, arena, &storage_move_row_type, (List *) &notes, SQL_NOTES_FIND,
                    DB_NO_ARGS, error))
        return FALSE;
    for (gsize i = 0; i < notes.n; i++) {
        g_autoptr (GError) why = NULL;
        StorageMove move;

        if (read_note (&notes.items[i], &move) && settle_and_forget (app, arena, &move, &why))
            g_message ("the move of '%s' to '%s' was interrupted and is settled", move.from,
                       move.to);
        else
            g_warning ("the move of '%s' to '%s' was interrupted and cannot be settled yet: %s",
                       move.from, move.to, why != NULL ? why->message : "its note is damaged");
    }
    return TRUE;
}

/* ---- moving ---- */

static gboolean
place_all (App *app, Arena *arena, const StorageMoves *moves, gboolean verify, GError **error)
{
    if (!storage_step_write (app, moves->step, error))
        return FALSE;
    for (guint i = 0; i < moves->n; i++) {
        const StorageMove *move = &moves->items[i];

        if (!relocate_place (storage_absolute (app, arena, move->from),
                             storage_absolute (app, arena, move->to), &move->content, verify,
                             error))
            return FALSE;
    }
    return TRUE;
}

/* The note of what did not come to its end is settled at once, or by whoever takes the lock next. */
static void
undo (App *app, Arena *arena, const StorageMoves *moves)
{
    for (guint i = 0; i < moves->n; i++) {
        g_autoptr (GError) why = NULL;

        if (!settle_and_forget (app, arena, &moves->items[i], &why))
            g_warning ("the move of '%s' cannot be undone yet: %s", moves->items[i].from,
                       why->message);
    }
}

gboolean
storage_move (App *app, Arena *arena, const StorageMoves *moves, gboolean verify, GError **error)
{
    if (moves->n == 0)
        return TRUE;
    if (!db_write (app->db, run_note, (gpointer) moves, error))
        return FALSE;
    if (!place_all (app, arena, moves, verify, error) ||
        !db_write (app->db, run_switch, (gpointer) moves, error)) {
        undo (app, arena, moves);
        return FALSE;
    }
    for (guint i = 0; i < moves->n; i++)
        if (!drop (app, arena, moves->items[i].from, error))
            return FALSE; /* its note stays: the next try deletes it */
    return db_write (app->db, run_forget, (gpointer) moves, error);
}
