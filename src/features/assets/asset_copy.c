/* asset_copy.c -- see asset_copy.h, and assets_copy_albums () of assets.h */
#define G_LOG_DOMAIN "assets"
#include "features/assets/asset_copy.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/assets/asset_change.h"
#include "features/ingest/ingest.h"
#include "features/sidecars/sidecars.h"
#include "features/stacks/stacks.h"
#include "features/storage-template/storage-template.h"
#include "features/tags/tags.h"
#include "features/trash/trash.h"
#include "features/users/users.h"
#include "media/layout.h"

#define MAX_SIDECAR_BYTES (64 * 1024 * 1024)
#define MAX_ROUNDS 5

#define MISSING_ALBUMS                                                                             \
    "SELECT DISTINCT x.album_id AS album_id FROM album_asset x"                                    \
    " WHERE x.asset_id IN (SELECT value FROM json_each($1))"                                       \
    "   AND EXISTS (SELECT 1 FROM album_user u WHERE u.album_id = x.album_id"                      \
    "                  AND u.user_id = $4 AND u.role IN ('owner', 'editor'))"                      \
    "   AND NOT EXISTS (SELECT 1 FROM album_asset y WHERE y.album_id = x.album_id"                 \
    "                      AND y.asset_id = CAST($2 AS TEXT))"
/* $1 sources, $2 target, $3 now, $4 a user, who may add to them */
static const char SQL_ALBUMS_TOUCH[] =
    "UPDATE album SET updated_at = CAST($3 AS BIGINT), update_id = uuid_v7()"
    " WHERE id IN (" MISSING_ALBUMS ")";
static const char SQL_ALBUMS_JOIN[] =
    "INSERT INTO album_asset (album_id, asset_id, created_at, update_id)"
    " SELECT m.album_id, CAST($2 AS TEXT), CAST($3 AS BIGINT), uuid_v7()"
    "   FROM (" MISSING_ALBUMS ") AS m WHERE 1 = 1"
    " ON CONFLICT (album_id, asset_id) DO NOTHING";
/* $1 source, $2 target, $3 whose links */
static const char SQL_LINKS_JOIN[] = "INSERT INTO shared_link_asset (link_id, asset_id)"
                                     " SELECT x.link_id, CAST($2 AS TEXT) FROM shared_link_asset x"
                                     "   JOIN shared_link l ON l.id = x.link_id"
                                     "  WHERE x.asset_id = $1 AND l.owner_id = $3"
                                     " ON CONFLICT (link_id, asset_id) DO NOTHING";
/* $1 new id, $2 asset, $3 path, $4 now, $5 size, $6 owner */
static const char SQL_SIDECAR_SAVE[] =
    "INSERT INTO asset_file (id, asset_id, type, path, created_at, updated_at, size_bytes,"
    "                        sidecar_owner_id)"
    " VALUES ($1, $2, 'sidecar', $3, $4, $4, $5, $6)"
    " ON CONFLICT (asset_id, type, is_edited)"
    " DO UPDATE SET path = EXCLUDED.path, updated_at = EXCLUDED.updated_at,"
    "     size_bytes = EXCLUDED.size_bytes, sidecar_owner_id = EXCLUDED.sidecar_owner_id";

/* $1 source, $2 its update id as it was read, $3 target, $4 its original as it was read */
static const char SQL_IS_SAME[] = "SELECT count(*) FROM asset s JOIN asset t ON t.id = $3"
                                  " WHERE s.id = $1 AND s.update_id = $2 AND t.original_path = $4";
/* $1 asset */
static const char SQL_TAGS_FIND[] = "SELECT t.value FROM tag_asset x JOIN tag t ON t.id = x.tag_id"
                                    " WHERE x.asset_id = $1 ORDER BY t.value";
/* $1 asset, $2 its tags in the words of a file, not to be overwritten by what stands in one */
static const char SQL_TAGS_LOCK[] =
    "UPDATE asset_exif SET tags = $2,"
    "       locked_properties = CASE"
    "           WHEN locked_properties LIKE '%\"tags\"%' THEN locked_properties"
    "           WHEN locked_properties = '[]' THEN '[\"tags\"]'"
    "           ELSE substr(locked_properties, 1, length(locked_properties) - 1) || ',\"tags\"]'"
    "       END"
    " WHERE asset_id = $1";

gboolean
assets_copy_albums (Db *tx, Arena *arena, const StringList *source_ids, const char *target_id,
                    const char *member_id, GError **error)
{
    DbArgs args = DB_ARGS (db_strings (arena, source_ids), db_text (target_id),
                           db_int (timestamp_now_ms ()), db_text (member_id));

    return db_exec (tx, SQL_ALBUMS_TOUCH, args, NULL, error) &&
           db_exec (tx, SQL_ALBUMS_JOIN, args, NULL, error);
}

typedef struct {
    const App *app;
    Arena *arena;
    const AssetCopy *what;
    AssetRow source, target;
    const char *sidecar; /* of the target, as it shall be stored; NULL: none is copied */
    gint64 sidecar_bytes;
    const char *old_sidecar; /* another one that the target had */
    gboolean is_outdated;    /* one of the two was changed meanwhile; nothing was stored */
} Copy;

/* ---- the sidecar's file ---- */

static gboolean
check_sidecar (Copy *self, const char *path, int fd, GError **error)
{
    struct stat facts;

    if (fd < 0 || fstat (fd, &facts) != 0)
        return layout_set_io_error (error, "open", path);
    if (!S_ISREG (facts.st_mode)) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "'%s' is not a regular file", path);
        return FALSE;
    }
    self->sidecar_bytes = facts.st_size;
    if (facts.st_size <= MAX_SIDECAR_BYTES)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                 "the sidecar of '%s' is larger than %d bytes and is not copied",
                 self->source.original_file_name, MAX_SIDECAR_BYTES);
    return FALSE;
}

/* It is in its place before it is recorded: a crash in between leaves a file that the next copy
 * replaces. */
static gboolean
copy_sidecar (App *app, Copy *self, GError **error)
{
    Arena *arena = self->arena;
    const char *from = NULL, *to;
    g_autofree char *content = NULL;
    GError *why = NULL;
    gsize n_bytes;
    gboolean ok;
    int fd;

    if (storage_template_own_path (app, arena, self->source.id, self->source.original_path,
                                   error) == NULL ||
        storage_template_own_path (app, arena, self->target.id, self->target.original_path,
                                   error) == NULL ||
        !asset_find_file (app->db, arena, self->source.id, ASSET_FILE_TYPE_SIDECAR, FALSE, &from,
                          error) ||
        !asset_find_file (app->db, arena, self->target.id, ASSET_FILE_TYPE_SIDECAR, FALSE,
                          &self->old_sidecar, error))
        return FALSE;
    if (from == NULL || self->target.library_id != NULL) /* nothing is written to a library */
        return TRUE;
    from = layout_absolute (arena, app->media_location, from);
    self->sidecar = arena_printf (arena, "%s.xmp", self->target.original_path);
    to = layout_absolute (arena, app->media_location, self->sidecar);
    fd = layout_open (from);
    ok = check_sidecar (self, from, fd, error) &&
         users_check_sidecar (app->db, self->target.owner_id, self->sidecar_bytes, error);
    if (ok && (!g_file_get_contents (arena_printf (arena, "/proc/self/fd/%d", fd), &content,
                                     &n_bytes, &why) ||
               !g_file_set_contents_full (
                   to, content, (gssize) n_bytes,
                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666, &why))) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot copy the sidecar '%s' to '%s': %s",
                     from, to, why->message);
        g_error_free (why);
        ok = FALSE;
    }
    if (fd >= 0)
        close (fd);
    return ok;
}

static gboolean
record_sidecar (Db *tx, const Copy *self, GError **error)
{
    char id[UUID_TEXT_BYTES];
    const char *old = self->old_sidecar;
    StringList old_paths = { &old, 1 };

    uuid_v4_text (id);
    return db_exec (tx, SQL_SIDECAR_SAVE,
                    DB_ARGS (db_text (id), db_text (self->target.id), db_text (self->sidecar),
                             db_int (timestamp_now_ms ()), db_int (self->sidecar_bytes),
                             db_text (self->target.owner_id)),
                    NULL, error) &&
           (old == NULL || strcmp (old, self->sidecar) == 0 ||
            trash_add_file_deletion (tx, self->arena, &old_paths, error)) &&
           ingest_add_metadata (tx, self->arena, self->target.id, "sidecar-write", error);
}

/* ---- what is not in the sidecar yet, or never will be ---- */

static void
set_edits (const AssetRow *source, AssetChange *out)
{
    if (asset_is_locked (source, "description"))
        out->description = source->description != NULL ? source->description : "";
    if (asset_is_locked (source, "rating")) {
        out->set_rating = TRUE;
        out->has_rating = source->has_rating;
        out->rating = source->rating;
    }
    if (asset_is_locked (source, "latitude")) { /* 0/0 says that there is none */
        gboolean is_there = source->has_latitude && source->has_longitude;

        out->has_position = TRUE;
        out->latitude = is_there ? source->latitude : 0;
        out->longitude = is_there ? source->longitude : 0;
    }
    if (asset_is_locked (source, "dateTimeOriginal") && source->has_date_time_original) {
        out->has_date = TRUE;
        out->date_ms = source->date_time_original;
        out->time_zone = source->time_zone;
    }
}

static gboolean
copy_tags (Db *tx, const Copy *self, GError **error)
{
    const char *target_id = self->target.id;
    StringList tags;

    return db_select_texts (tx, self->arena, SQL_TAGS_FIND, DB_ARGS (db_text (self->source.id)),
                            &tags, error) &&
           tags_set_from_file (tx, self->arena, self->target.owner_id, target_id, &tags, error) &&
           db_exec (tx, SQL_TAGS_LOCK,
                    DB_ARGS (db_text (target_id), db_strings (self->arena, &tags)), NULL, error) &&
           sidecars_add_write (tx, self->arena, target_id, error);
}

/* The sidecar that was copied has what was unlocked when the source was read; what was locked then is
 * put over it. An edit that came in between is in neither. A target that got another file has its
 * sidecar elsewhere. */
static gboolean
is_outdated (Db *tx, const Copy *self, gboolean *out, GError **error)
{
    gint64 n_same = 0;

    if (!db_select_int (tx, SQL_IS_SAME,
                        DB_ARGS (db_text (self->source.id), db_text (self->source.update_id),
                                 db_text (self->target.id), db_text (self->target.original_path)),
                        &n_same, NULL, error))
        return FALSE;
    *out = n_same == 0;
    return TRUE;
}

/* ---- the rest ---- */

/* What others may see. A partner may have put the source into albums and links of their own: to copy those
 * would show them the target, which nobody decided. */
static gboolean
copy_places (Db *tx, const Copy *self, GError **error)
{
    const AssetCopy *what = self->what;
    StringList sources = { (const char **) &what->source_id, 1 };

    return (!what->albums || assets_copy_albums (tx, self->arena, &sources, what->target_id,
                                                 self->target.owner_id, error)) &&
           (!what->shared_links ||
            db_exec (tx, SQL_LINKS_JOIN,
                     DB_ARGS (db_text (what->source_id), db_text (what->target_id),
                              db_text (self->target.owner_id)),
                     NULL, error)) &&
           (!what->stack || stacks_copy (tx, self->arena, what->source_id, what->target_id, error));
}

static gboolean
run_copy (Db *tx, gpointer data, GError **error)
{
    Copy *self = data;
    const char *target_id = self->target.id;
    StringList targets = { &target_id, 1 };
    AssetChange change = { .flags = { .has_favorite = self->what->favorite,
                                      .is_favorite = self->source.is_favorite } };
    AssetChangeResult result;

    if (self->what->sidecar) {
        if (!is_outdated (tx, self, &self->is_outdated, error))
            return FALSE;
        if (self->is_outdated)
            return TRUE;
        set_edits (&self->source, &change);
        if (asset_is_locked (&self->source, "tags") && !copy_tags (tx, self, error))
            return FALSE;
    }
    return (self->target.visibility == ASSET_VISIBILITY_LOCKED || copy_places (tx, self, error)) &&
           asset_change_save (&change, self->app, tx, self->arena, &targets, &result, error) &&
           (self->sidecar == NULL || record_sidecar (tx, self, error));
}

static gboolean
find_both (App *app, Copy *self, GError **error)
{
    const char *const both[] = { self->what->source_id, self->what->target_id };
    StringList ids = { (const char **) both, G_N_ELEMENTS (both) };
    const char *fault = NULL;
    AssetRowList rows;

    if (!assets_find (app->db, self->arena, &ids, &rows, error))
        return FALSE;
    if (strcmp (both[0], both[1]) == 0)
        fault = "Source and target id must be distinct";
    else if (rows.n < 2)
        fault = "Both assets must exist";
    if (fault != NULL) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, fault);
        return FALSE;
    }
    self->source = rows.items[0];
    self->target = rows.items[1];
    return TRUE;
}

static gboolean
copy_until_current (App *app, Arena *arena, const AssetCopy *what, GError **error)
{
    for (guint round = 0; round < MAX_ROUNDS; round++) {
        Copy data = { .app = app, .arena = arena, .what = what };

        if (!find_both (app, &data, error) ||
            (what->sidecar && !copy_sidecar (app, &data, error)) ||
            !db_write (app->db, run_copy, &data, error))
            return FALSE;
        if (!data.is_outdated)
            return TRUE;
    }
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "asset '%s' changes faster than it can be copied", what->source_id);
    return FALSE;
}

/* A sidecar is copied under the lock of the movers, so that the original does not go away from it. */
gboolean
asset_copy (App *app, Arena *arena, const AssetCopy *what, GError **error)
{
    gboolean ok;
    int lock;

    if (!what->sidecar)
        return copy_until_current (app, arena, what, error);
    lock = storage_template_lock (app, error);
    if (lock < 0)
        return FALSE;
    ok = copy_until_current (app, arena, what, error);
    close (lock);
    return ok;
}
