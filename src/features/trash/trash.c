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

/* $1 deleted before; a film whose file is missing stays with no photo */
static const char SQL_TRASH_FIND_OLD[] =
    "SELECT id FROM asset WHERE deleted_at IS NOT NULL AND deleted_at <= $1"
    "   AND (status = 'active' OR (status = 'trashed' AND NOT " IS_SHOWN "))";

#define PAGE 1000 /* SQLite keeps a copy of each page that a statement changes, until its end */
#define DAY_MS 86400000

typedef struct {
    Arena *arena;
    const StringList *ids;
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

    return trash_put_in (tx, self->arena, self->ids, self->by_force, error);
}

gboolean
trash_put (App *app, Arena *arena, const char *owner_id, const StringList *ids, gboolean by_force,
           GError **error)
{
    Put data = { arena, ids, by_force };

    if (ids->n == 0)
        return TRUE;
    if (!db_write (app->db, run_put, &data, error))
        return FALSE;
    if (!by_force)
        asset_send_ids (app, owner_id, "on_asset_trash", ids);
    return TRUE;
}

/* ---- leaving the trash ---- */

typedef struct {
    Arena *arena;
    const char *owner_id;  /* all of this owner's */
    const StringList *ids; /* or these; or, with neither, what is old */
    gint64 older_than_ms;
    const char *status; /* what becomes of them */
    StringList found;
    gint64 n_changed;
} Leave;

/* Whose assets, or which, or what is old. */
static gboolean
find_leaving (Db *tx, const Leave *self, StringList *out, GError **error)
{
    gboolean is_back = g_str_equal (self->status, "active");

    if (self->ids != NULL) {
        *out = *self->ids;
        return TRUE;
    }
    return self->owner_id != NULL
               ? db_select_texts (tx, self->arena,
                                  is_back ? SQL_TRASH_FIND : SQL_TRASH_FIND_REMOVABLE,
                                  DB_ARGS (db_text (self->owner_id)), out, error)
               : db_select_texts (tx, self->arena, SQL_TRASH_FIND_OLD,
                                  DB_ARGS (db_int (self->older_than_ms)), out, error);
}

static gboolean
run_leave (Db *tx, gpointer data, GError **error)
{
    Leave *self = data;
    gboolean is_old = self->owner_id == NULL && self->ids == NULL;

    self->n_changed = 0;
    if (!find_leaving (tx, self, &self->found, error))
        return FALSE;
    for (gsize at = 0; at < self->found.n; at += PAGE) {
        StringList some = { self->found.items + at, MIN (PAGE, self->found.n - at) };
        gint64 n = 0;

        if (!db_exec (tx, is_old ? SQL_TRASH_PUT : SQL_TRASH_LEAVE,
                      DB_ARGS (asset_changes (self->arena, &some), db_int (timestamp_now_ms ()),
                               db_text (self->status)),
                      &n, error) ||
            !stacks_settle (tx, self->arena, &some, error))
            return FALSE;
        self->n_changed += n;
    }
    return g_str_equal (self->status, "active") || self->n_changed == 0 ||
           trash_add_emptying (tx, error);
}

gboolean
trash_empty (App *app, Arena *arena, const char *owner_id, gint64 *out_n, GError **error)
{
    Leave data = { .arena = arena, .owner_id = owner_id, .status = "deleted" };

    if (!db_write (app->db, run_leave, &data, error))
        return FALSE;
    *out_n = data.n_changed;
    return TRUE;
}

gboolean
trash_restore_all (App *app, Arena *arena, const char *owner_id, gint64 *out_n, GError **error)
{
    Leave data = { .arena = arena, .owner_id = owner_id, .status = "active" };

    if (!db_write (app->db, run_leave, &data, error))
        return FALSE;
    for (gsize at = 0; at < data.found.n; at += PAGE) {
        StringList some = { data.found.items + at, MIN (PAGE, data.found.n - at) };

        asset_send_ids (app, owner_id, "on_asset_restore", &some);
    }
    *out_n = data.n_changed;
    return TRUE;
}

gboolean
trash_restore (App *app, Arena *arena, const char *owner_id, const StringList *ids, GError **error)
{
    Leave data = { .arena = arena, .ids = ids, .status = "active" };

    if (ids->n == 0)
        return TRUE;
    if (!db_write (app->db, run_leave, &data, error))
        return FALSE;
    asset_send_ids (app, owner_id, "on_asset_restore", ids);
    return TRUE;
}

gboolean
trash_remove_old (App *app, Arena *arena, GError **error)
{
    Leave data = { .arena = arena,
                   .status = "deleted",
                   .older_than_ms =
                       timestamp_shift (timestamp_now_ms (), -trash_days (app), DAY_MS) };

    if (!db_write (app->db, run_leave, &data, error))
        return FALSE;
    if (data.n_changed > 0)
        g_message ("%" G_GINT64_FORMAT " assets have been in the trash long enough, removing them",
                   data.n_changed);
    return TRUE;
}
