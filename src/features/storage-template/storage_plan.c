/* storage_plan.c -- where the files of an asset shall be */
#define G_LOG_DOMAIN "storage"
#include "features/storage-template/storage_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "features/config/config.h"
#include "features/sidecars/sidecars.h"
#include "features/storage-template/storage_path.h"
#include "media/layout.h"
#include "media/path_template.h"

#define MAX_NUMBER 99999

/* $1 id */
static const char SQL_ASSET_FIND[] =
    "SELECT a.id AS id, a.owner_id AS owner_id, a.library_id AS library_id, a.type AS type,"
    "       a.visibility AS visibility, a.original_path AS original_path,"
    "       a.original_file_name AS original_file_name, a.checksum AS checksum,"
    "       a.size_bytes AS size_bytes,"
    "       CASE WHEN e.file_size_in_byte IS NULL THEN 0 ELSE 1 END AS has_known_size,"
    "       a.file_created_at AS file_created_at, a.live_photo_video_id AS video_id,"
    "       e.make AS make, e.model AS model, e.lens_model AS lens_model,"
    "       f.path AS sidecar_path, u.storage_label AS storage_label"
    "  FROM asset a JOIN users u ON u.id = a.owner_id"
    "       LEFT JOIN asset_exif e ON e.asset_id = a.id"
    "       LEFT JOIN asset_file f ON f.asset_id = a.id AND f.type = 'sidecar' AND f.is_edited = 0"
    " WHERE a.id = $1 AND a.status <> 'deleted'";

/* $1 id of a video: the photo that it moves with */
static const char SQL_PHOTO_FIND[] =
    "SELECT id FROM asset WHERE live_photo_video_id = $1 AND status <> 'deleted'"
    " ORDER BY created_at, id LIMIT 1";

/* $1 asset, $2 its owner */
static const char SQL_ALBUM_FIND[] =
    "SELECT al.id AS id, al.name AS name"
    "  FROM album_asset x JOIN album al ON al.id = x.album_id"
    "       JOIN album_user m ON m.album_id = al.id AND m.user_id = $2 AND m.role = 'owner'"
    " WHERE x.asset_id = $1 AND al.deleted_at IS NULL"
    " ORDER BY al.created_at DESC, al.id DESC LIMIT 1";

/* $1 album */
static const char SQL_ALBUM_DATES[] =
    "SELECT min(a.local_date_time) AS first_at, max(a.local_date_time) AS last_at"
    "  FROM album_asset x JOIN asset a ON a.id = x.asset_id"
    " WHERE x.album_id = $1 AND a.deleted_at IS NULL";

/* $1 path */
static const char SQL_IS_USED[] =
    "SELECT (SELECT count(*) FROM asset WHERE original_path = $1"
    "           AND substr(original_path, 1, 8) = 'library/')"
    "     + (SELECT count(*) FROM asset_file WHERE path = $1 AND substr(path, 1, 8) = 'library/')";

gboolean
storage_is_used (Db *db, const char *path, gboolean *out, GError **error)
{
    gint64 n = 0;

    *out = FALSE;
    if (g_str_has_prefix (path, STORAGE_FOLDER "/") &&
        !db_select_int (db, SQL_IS_USED, DB_ARGS (db_text (path)), &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

const char *
storage_absolute (const App *app, Arena *arena, const char *path)
{
    return layout_absolute (arena, app->media_location, path);
}

/* ---- the path that the template makes ---- */

/* On the server's own clock, as the folders always were. */
static GDateTime *
to_clock (gint64 ms)
{
    gint64 seconds = ms / 1000 - (ms % 1000 < 0);
    g_autoptr (GDateTime) whole = g_date_time_new_from_unix_local (seconds);

    return whole != NULL ? g_date_time_add (whole, (ms - seconds * 1000) * 1000) : NULL;
}

static const char *
or_nothing (const char *text)
{
    return text != NULL ? text : "";
}

static const char *
clean_album (Arena *arena, const char *name)
{
    g_auto (GStrv) parts = g_strsplit (name, ".", -1);
    g_autofree char *plain = g_strjoinv ("", parts);

    return storage_path_clean (arena, plain);
}

/* What belongs to a rendering besides the row. */
typedef struct {
    PathValues values;
    GDateTime *at, *start, *end;
} Filling;

static void
filling_clear (Filling *self)
{
    g_clear_pointer (&self->at, g_date_time_unref);
    g_clear_pointer (&self->start, g_date_time_unref);
    g_clear_pointer (&self->end, g_date_time_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Filling, filling_clear)

static gboolean
fill_album (App *app, Arena *arena, const StorageAssetRow *asset, gboolean with_dates, Filling *out,
            GError **error)
{
    StorageAlbumRowList albums;
    StorageAlbumDatesRow dates;

    if (!db_select (app->db, arena, &storage_album_row_type, (List *) &albums, SQL_ALBUM_FIND,
                    DB_ARGS (db_text (asset->id), db_text (asset->owner_id)), error))
        return FALSE;
    if (albums.n == 0)
        return TRUE;
    out->values.album = clean_album (arena, albums.items[0].name);
    if (!with_dates)
        return TRUE;
    if (!db_select_one (app->db, arena, &storage_album_dates_row_type, &dates, SQL_ALBUM_DATES,
                        DB_ARGS (db_text (albums.items[0].id)), error))
        return FALSE;
    out->values.album_start = out->start = dates.has_first_at ? to_clock (dates.first_at) : NULL;
    out->values.album_end = out->end = dates.has_last_at ? to_clock (dates.last_at) : NULL;
    return TRUE;
}

static gboolean
fill (App *app, Arena *arena, const StorageAssetRow *asset, gboolean with_album_dates, Filling *out,
      GError **error)
{
    const char *name = storage_path_name (arena, asset->original_file_name);
    gboolean is_video = asset->type == ASSET_TYPE_VIDEO;

    out->at = to_clock (asset->file_created_at);
    if (out->at == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "the date of '%s' is none that a path can be made of",
                     asset->original_file_name);
        return FALSE;
    }
    out->values = (PathValues){
        .filename = *name != '\0' ? name : asset->id,
        .ext = storage_path_extension (arena, asset->original_path),
        .filetype = is_video ? "VID" : "IMG",
        .filetypefull = is_video ? "VIDEO" : "IMAGE",
        .asset_id = asset->id,
        .asset_id_short = asset->id + MAX (strlen (asset->id), 12) - 12,
        .make = or_nothing (asset->make),
        .model = or_nothing (asset->model),
        .lens_model = or_nothing (asset->lens_model),
        .album = "",
        .at = out->at,
    };
    return fill_album (app, arena, asset, with_album_dates, out, error);
}

/* Where the template wants the original, without a number. */
static const char *
find_target (App *app, Arena *arena, const StorageAssetRow *asset, GError **error)
{
    g_autoptr (PathTemplate) template =
        path_template_parse (config_get (app)->storage_template->template, error);
    g_auto (Filling) filling = { 0 };
    const char *root, *rendered;

    if (template == NULL ||
        !fill (app, arena, asset, path_template_uses_album_dates (template), &filling, error) ||
        (rendered = path_template_render (template, &filling.values, arena, error)) == NULL)
        return NULL;
    root = arena_printf (arena, STORAGE_FOLDER "/%s",
                         asset->storage_label != NULL && *asset->storage_label != '\0'
                             ? asset->storage_label
                             : asset->owner_id);
    return storage_path_below (arena, root, rendered, filling.values.ext, error);
}

/* ---- what is free ---- */

typedef struct {
    App *app;
    Arena *arena;
    StorageMoves *out;
} Plan;

static gboolean
is_free (const Plan *self, const char *path, gboolean *out, GError **error)
{
    struct stat facts;
    gboolean is_used = FALSE;

    *out = FALSE;
    for (guint i = 0; i < self->out->n; i++)
        if (strcmp (self->out->items[i].to, path) == 0)
            return TRUE;
    if (lstat (storage_absolute (self->app, self->arena, path), &facts) == 0)
        return TRUE;
    if (errno != ENOENT && errno != ENOTDIR)
        return layout_set_io_error (error, "look for",
                                    storage_absolute (self->app, self->arena, path));
    if (!storage_is_used (self->app->db, path, &is_used, error))
        return FALSE;
    *out = !is_used;
    return TRUE;
}

static const char *
sidecar_of (Arena *arena, const char *path)
{
    return arena_printf (arena, "%s.xmp", path);
}

/* @target, or that with the first number for which original and sidecar are free: a sidecar that nobody has would be
 * taken for that of who comes beside it. */
static const char *
find_free (const Plan *self, const char *target, GError **error)
{
    for (guint n = 0; n <= MAX_NUMBER; n++) {
        const char *path = storage_path_numbered (self->arena, target, n);
        gboolean free = FALSE;

        if (!is_free (self, path, &free, error) ||
            (free && !is_free (self, sidecar_of (self->arena, path), &free, error)))
            return NULL;
        if (free)
            return path;
    }
    g_set_error (
        error, APP_ERROR, APP_ERROR_INVALID,
        "there are %d other files of the name '%s': let the storage template tell them apart",
        MAX_NUMBER, target);
    return NULL;
}

/* ---- the moves ---- */

static void
add_move (Plan *self, const StorageAssetRow *asset, const char *kind, const char *from,
          const char *to, const FileContent *content)
{
    self->out->items[self->out->n++] = (StorageMove){
        .asset_id = asset->id, .kind = kind, .from = from, .to = to, .content = *content
    };
}

typedef struct {
    Arena *arena;
    const char *asset_id, *path;
} Adoption;

static gboolean
run_adopt (Db *tx, gpointer data, GError **error)
{
    const Adoption *self = data;

    return sidecars_adopt (tx, self->arena, self->asset_id, self->path, error);
}

/* What lies beside an original without a record, because a write of it was cut off before its end, must not stay
 * behind: somebody else may come there. */
static gboolean
adopt_sidecar (const Plan *self, StorageAssetRow *asset, GError **error)
{
    Adoption adoption = { self->arena, asset->id, sidecar_of (self->arena, asset->original_path) };
    struct stat facts;

    if (asset->sidecar_path != NULL ||
        lstat (storage_absolute (self->app, self->arena, adoption.path), &facts) != 0 ||
        !S_ISREG (facts.st_mode))
        return TRUE;
    asset->sidecar_path = adoption.path;
    return db_write (self->app->db, run_adopt, &adoption, error);
}

/* One that is not there cannot be moved, and is no reason to leave its photo behind. */
static gboolean
plan_sidecar (Plan *self, const StorageAssetRow *asset, const char *original, GError **error)
{
    const char *to = sidecar_of (self->arena, original);
    g_autoptr (GError) why = NULL;
    FileContent content;
    gboolean free;

    if (asset->sidecar_path == NULL || *asset->sidecar_path == '/' ||
        strcmp (asset->sidecar_path, to) == 0)
        return TRUE;
    if (!relocate_read (storage_absolute (self->app, self->arena, asset->sidecar_path), &content,
                        &why)) {
        g_warning ("the sidecar of '%s' is not moved: %s", original, why->message);
        return TRUE;
    }
    if (!is_free (self, to, &free, error))
        return FALSE;
    if (free)
        add_move (self, asset, STORAGE_SIDECAR, asset->sidecar_path, to, &content);
    else
        g_warning ("the sidecar '%s' is not moved: '%s' is there already", asset->sidecar_path, to);
    return TRUE;
}

/* An original and its sidecar. *@out_path: where the original will be. */
static gboolean
plan_original (Plan *self, StorageAssetRow *asset, const char *target, const char **out_path,
               GError **error)
{
    FileContent content = { .size_bytes = asset->size_bytes };
    gsize n = 0;
    gconstpointer sha1 = g_bytes_get_data (asset->checksum, &n);

    *out_path = asset->original_path;
    if (n != sizeof content.sha1) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "the checksum of asset '%s' is no SHA-1",
                     asset->id);
        return FALSE;
    }
    memcpy (content.sha1, sha1, n);
    /* it must take nothing with it that may be another's, nor what lies beside that */
    if (storage_template_own_path (self->app, self->arena, asset->id, asset->original_path,
                                   error) == NULL ||
        !adopt_sidecar (self, asset, error))
        return FALSE;
    if (!storage_path_is_at (asset->original_path, target)) {
        *out_path = find_free (self, target, error);
        if (*out_path == NULL)
            return FALSE;
        add_move (self, asset, STORAGE_ORIGINAL, asset->original_path, *out_path, &content);
    }
    return plan_sidecar (self, asset, *out_path, error);
}

/* Uploads of a known size. What was taken out of a motion photo lies among the encoded videos. */
static gboolean
may_move (const StorageAssetRow *asset)
{
    return asset->library_id == NULL && asset->has_known_size && *asset->original_path != '/' &&
           !g_str_has_prefix (asset->original_path, "encoded-video/");
}

/* *@out_found FALSE: it is gone. */
static gboolean
find_asset (Plan *self, const char *id, StorageAssetRow *out, gboolean *out_found, GError **error)
{
    StorageAssetRowList rows;

    if (!db_select (self->app->db, self->arena, &storage_asset_row_type, (List *) &rows,
                    SQL_ASSET_FIND, DB_ARGS (db_text (id)), error))
        return FALSE;
    *out_found = rows.n > 0;
    if (rows.n > 0)
        *out = rows.items[0];
    return TRUE;
}

/* The video that shows the photo moving has its name. */
static gboolean
plan_video (Plan *self, const StorageAssetRow *photo, const char *photo_path, GError **error)
{
    const char *leader = NULL, *path;
    StorageAssetRow video;
    gboolean found;

    if (photo->video_id == NULL || photo->type == ASSET_TYPE_VIDEO)
        return TRUE;
    if (!db_select_text (self->app->db, self->arena, SQL_PHOTO_FIND,
                         DB_ARGS (db_text (photo->video_id)), &leader, error) ||
        !find_asset (self, photo->video_id, &video, &found, error))
        return FALSE;
    if (!found || !may_move (&video) || g_strcmp0 (leader, photo->id) != 0 ||
        strcmp (video.owner_id, photo->owner_id) != 0)
        return TRUE;
    return plan_original (
        self, &video,
        storage_path_with_extension (self->arena, photo_path,
                                     storage_path_extension (self->arena, video.original_path)),
        &path, error);
}

gboolean
storage_plan (App *app, Arena *arena, const char *asset_id, StorageMoves *out, GError **error)
{
    Plan self = { app, arena, out };
    const char *photo_id = NULL, *target, *path;
    StorageAssetRow asset;
    gboolean found;

    *out = (StorageMoves){ .step = uuid_v4 (arena) };
    if (!storage_step_read (app, arena, &out->step_before, error) ||
        !find_asset (&self, asset_id, &asset, &found, error))
        return FALSE;
    if (found && asset.type == ASSET_TYPE_VIDEO) {
        if (!db_select_text (app->db, arena, SQL_PHOTO_FIND, DB_ARGS (db_text (asset_id)),
                             &photo_id, error) ||
            (photo_id != NULL && !find_asset (&self, photo_id, &asset, &found, error)))
            return FALSE;
    }
    if (!found || !may_move (&asset) || asset.visibility == ASSET_VISIBILITY_HIDDEN)
        return TRUE;
    target = find_target (app, arena, &asset, error);
    return target != NULL && plan_original (&self, &asset, target, &path, error) &&
           plan_video (&self, &asset, path, error);
}
