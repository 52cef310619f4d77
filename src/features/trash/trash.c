/* trash.c -- see trash.h: the part that clients ask for */
#define G_LOG_DOMAIN "trash"
#include "features/trash/trash_private.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "features/assets/assets.h"
#include "features/stacks/stacks.h"

/* $1 changes, $2 now, $3 status; what is offline has been gone for a while, but not in the trash */
static const char SQL_TRASH_PUT[] =
    "UPDATE asset SET status = $3,"
    "       deleted_at = CASE WHEN asset.status = 'trashed' THEN asset.deleted_at"
    "                         ELSE CAST($2 AS BIGINT) END,"
    "       updated_at = $2, update_id = substr(change.value, 38)"
    "  FROM json_each($1) AS change"
    " WHERE asset.id = substr(change.value, 1, 36) AND asset.status <> 'deleted'";

/* $1 changes, $2 now, $3 status; only what is in the trash. What went offline there is offline from now on. */
static const char SQL_TRASH_LEAVE[] =
    "UPDATE asset SET status = $3,"
    "       deleted_at = CASE WHEN $3 <> 'active' THEN asset.deleted_at"
    "                         WHEN asset.is_offline = 1 THEN CAST($2 AS BIGINT) END,"
    "       updated_at = $2, update_id = substr(change.value, 38)"
    "  FROM json_each($1) AS change"
    " WHERE asset.id = substr(change.value, 1, 36) AND asset.status = 'trashed'";

/* A hidden film, which no trash lists, goes with the last photo that shows it. */
#define IS_SHOWN                                                                                   \
    "(visibility = 'hidden' AND EXISTS (SELECT 1 FROM asset photo"                                 \
    "  WHERE photo.live_photo_video_id = asset.id AND photo.status <> 'deleted'))"

/* $1 owner */
static const char SQL_TRASH_FIND[] =
    "SELECT id FROM asset WHERE owner_id = $1 AND deleted_at IS NOT NULL AND status = 'trashed'";
static const char SQL_TRASH_FIND_REMOVABLE[] =
    "SELECT id FROM asset WHERE owner_id = $1 AND deleted_at IS NOT NULL AND status = 'trashed'"
    "   AND NOT " IS_SHOWN;

/* $1 deleted before, $2 how many at most; a film whose file is missing stays with no photo */
static const char SQL_TRASH_FIND_OLD[] =
    "SELECT id FROM asset WHERE deleted_at IS NOT NULL AND deleted_at <= $1"
    "   AND (status = 'active' OR (status = 'trashed' AND NOT " IS_SHOWN ")) LIMIT $2";

/* Assets that one statement changes, of which SQLite keeps a copy of each page until its end; and one write,
 * so that others write between. */
#define PAGE ((gsize) 1000)
#define DAY_MS 86400000

typedef struct {
    Arena *arena;
    StringList ids;
    gboolean by_force;
} Put;

gboolean
trash_put_in (Db *tx, Arena *arena, const StringList *ids, gboolean by_force, GError **error)
{
    StringList sorted = string_list_once (arena, ids);

    string_list_sort (&sorted); /* of two that put the same away one waits for the other */
    for (gsize at = 0; at < sorted.n; at += PAGE) {
        StringList some = { sorted.items + at, MIN (PAGE, sorted.n - at) };

        if (!db_exec (tx, SQL_TRASH_PUT,
                      DB_ARGS (asset_changes (arena, &some), db_int (timestamp_now_ms ()),
                               db_text (by_force ? "deleted" : "trashed")),
                      NULL, error))
            return FALSE;
    }
    return stacks_settle (tx, arena, ids, error) && (!by_force || trash_add_emptying (tx, error));
}

static gboolean
run_put (Db *tx, gpointer data, GError **error)
{
    const Put *self = data;

    return trash_put_in (tx, self->arena, &self->ids, self->by_force, error);
}

gboolean
trash_put (App *app, Arena *arena, const char *owner_id, const StringList *ids, gboolean by_force,
           GError **error)
{
    for (gsize at = 0; at < ids->n; at += PAGE) {
        Put data = { arena, { ids->items + at, MIN (PAGE, ids->n - at) }, by_force };

        if (!db_write (app->db, run_put, &data, error))
            return FALSE;
    }
    if (!by_force && ids->n > 0)
        asset_send_ids (app, owner_id, "on_asset_trash", ids);
    return TRUE;
}

/* ---- leaving the trash ---- */

/* What lies there and is named leaves it. */
typedef struct {
    Arena *arena;
    StringList ids;
    const char *status; /* what becomes of them */
    gint64 n_changed;
} Leave;

static gboolean
run_leave (Db *tx, gpointer data, GError **error)
{
    Leave *self = data;

    return db_exec (tx, SQL_TRASH_LEAVE,
                    DB_ARGS (asset_changes (self->arena, &self->ids), db_int (timestamp_now_ms ()),
                             db_text (self->status)),
                    &self->n_changed, error) &&
           stacks_settle (tx, self->arena, &self->ids, error) &&
           (g_str_equal (self->status, "active") || self->n_changed == 0 ||
            trash_add_emptying (tx, error));
}

static gboolean
leave (Db *db, Arena *arena, const StringList *ids, const char *status, gint64 *out_n,
       GError **error)
{
    gint64 n = 0;

    for (gsize at = 0; at < ids->n; at += PAGE) {
        Leave data = { .arena = arena,
                       .ids = { ids->items + at, MIN (PAGE, ids->n - at) },
                       .status = status };

        if (!db_write (db, run_leave, &data, error))
            return FALSE;
        n += data.n_changed;
    }
    *out_n = n;
    return TRUE;
}

gboolean
trash_empty (App *app, Arena *arena, const char *owner_id, gint64 *out_n, GError **error)
{
    StringList ids;

    return db_select_texts (app->db, arena, SQL_TRASH_FIND_REMOVABLE, DB_ARGS (db_text (owner_id)),
                            &ids, error) &&
           leave (app->db, arena, &ids, "deleted", out_n, error);
}

gboolean
trash_restore_all (App *app, Arena *arena, const char *owner_id, gint64 *out_n, GError **error)
{
    StringList ids;

    if (!db_select_texts (app->db, arena, SQL_TRASH_FIND, DB_ARGS (db_text (owner_id)), &ids,
                          error) ||
        !leave (app->db, arena, &ids, "active", out_n, error))
        return FALSE;
    for (gsize at = 0; at < ids.n; at += PAGE) {
        StringList some = { ids.items + at, MIN (PAGE, ids.n - at) };

        asset_send_ids (app, owner_id, "on_asset_restore", &some);
    }
    return TRUE;
}

gboolean
trash_restore (App *app, Arena *arena, const char *owner_id, const StringList *ids, GError **error)
{
    gint64 n;

    if (ids->n == 0)
        return TRUE;
    if (!leave (app->db, arena, ids, "active", &n, error))
        return FALSE;
    asset_send_ids (app, owner_id, "on_asset_restore", ids);
    return TRUE;
}

/* ---- what is old ---- */

typedef struct {
    Arena *arena;
    gint64 older_than_ms;
    StringList found;
    gint64 n_changed;
} RemoveOld;

/* Found and changed in one write: what is restored meanwhile stays. */
static gboolean
run_remove_old (Db *tx, gpointer data, GError **error)
{
    RemoveOld *self = data;

    return db_select_texts (tx, self->arena, SQL_TRASH_FIND_OLD,
                            DB_ARGS (db_int (self->older_than_ms), db_int (PAGE)), &self->found,
                            error) &&
           (self->found.n == 0 ||
            (db_exec (tx, SQL_TRASH_PUT,
                      DB_ARGS (asset_changes (self->arena, &self->found),
                               db_int (timestamp_now_ms ()), db_text ("deleted")),
                      &self->n_changed, error) &&
             stacks_settle (tx, self->arena, &self->found, error) &&
             trash_add_emptying (tx, error)));
}

gboolean
trash_remove_old (App *app, Arena *arena, GError **error)
{
    RemoveOld data = { .arena = arena,
                       .older_than_ms =
                           timestamp_shift (timestamp_now_ms (), -trash_days (app), DAY_MS) };
    gint64 n = 0;

    do {
        data.n_changed = 0;
        if (!db_write (app->db, run_remove_old, &data, error))
            return FALSE;
        n += data.n_changed;
    } while (data.found.n == PAGE && data.n_changed > 0);
    if (n > 0)
        g_message ("%" G_GINT64_FORMAT " assets have been in the trash long enough, removing them",
                   n);
    return TRUE;
}
