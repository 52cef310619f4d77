/* people_thumbnail.c -- the picture of a person: the jobs PersonGenerateThumbnail and PersonCleanup
 *
 * It is cut out of the original of its face by a media worker, which knows how large that is (see "face" in
 * worker/protocol.h); of a video, out of its preview. The file is in its place before its record is
 * committed. When the face was changed meanwhile the picture is made again, so that the last one that is
 * written is the one that the record means. */
#define G_LOG_DOMAIN "people"
#include "features/people/people_private.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "features/assets/assets.h"
#include "features/config/config.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"
#include "media/render.h"

#define SIZE_PX 250
#define MAX_ROUNDS 5
#define PAGE 500

/* $1 person; what may not be shown is no source */
static const char SQL_SOURCE[] =
    "SELECT p.owner_id AS owner_id, f.id AS face_id, f.asset_id AS asset_id,"
    "       f.x1 AS x1, f.y1 AS y1, f.x2 AS x2,"
    "       f.y2 AS y2, f.image_width AS image_width, f.image_height AS image_height,"
    "       a.type AS asset_type, a.original_path AS original_path, i.path AS preview_path"
    "  FROM person p JOIN asset_face f ON f.id = p.face_id JOIN asset a ON a.id = f.asset_id"
    "  LEFT JOIN asset_file i ON i.asset_id = a.id AND i.type = 'preview' AND i.is_edited = 0"
    " WHERE p.id = $1 AND a.status <> 'deleted' AND a.visibility <> 'locked'";

/* $1 person */
static const char SQL_OWNER[] = "SELECT owner_id FROM person WHERE id = $1";
static const char SQL_THUMBNAIL[] = "SELECT thumbnail_path FROM person WHERE id = $1";

/* $1 person, $2 face, $3 path, $4 now */
static const char SQL_SAVE[] =
    "UPDATE person SET thumbnail_path = $3, updated_at = $4, update_id = uuid_v7 ()"
    " WHERE id = $1 AND face_id = $2";

/* $1 after this id, $2 1: those with a picture too, $3 at most so many */
static const char SQL_MISSING[] =
    "SELECT p.id AS id FROM person p"
    " WHERE p.id > $1 AND (p.thumbnail_path = '' OR CAST($2 AS SMALLINT) = 1)"
    "   AND (p.face_id IS NOT NULL"
    "        OR EXISTS (SELECT 1 FROM asset_face f WHERE f.person_id = p.id))"
    " ORDER BY p.id LIMIT $3";

static gboolean
is_wanted (const App *app)
{
    const AdminConfigMachineLearning *ml = config_get (app)->machine_learning;

    return (ml->enabled && ml->facial_recognition->enabled) || people_imports_faces (app);
}

static gboolean
render_from (const App *app, Arena *arena, const PersonSourceRow *source, const char *stored_path,
             const char *path, GError **error)
{
    const AdminConfigImage *config = config_get (app)->image;
    MediaOutput output = { .kind = "person",
                           .path = layout_absolute (arena, app->media_location, path),
                           .format = MEDIA_FORMAT_JPEG,
                           .size_px = SIZE_PX,
                           .quality = (int) config->thumbnail->quality };
    MediaFace face = { source->x1, source->y1,          source->x2,
                       source->y2, source->image_width, source->image_height };
    MediaRender request = {
        .original_path = layout_absolute (arena, app->media_location, stored_path),
        .process_invalid = app->settings->process_invalid_images,
        .keep_wide_gamut = config->colorspace == COLORSPACE_P3,
        .face = &face,
        .outputs = &output,
        .n_outputs = 1,
    };
    MediaFacts facts;

    return media_render (app->workers, &request, arena, &facts, error);
}

static gboolean
has_picture (const PersonSourceRow *source)
{
    return source->asset_type == ASSET_TYPE_IMAGE || source->preview_path != NULL;
}

/* Where the original is gone or cannot be decoded there may still be its preview. */
static gboolean
render (const App *app, Arena *arena, const PersonSourceRow *source, const char *path,
        GError **error)
{
    gboolean is_image = source->asset_type == ASSET_TYPE_IMAGE;
    const char *original = NULL;
    GError *why = NULL;

    if (is_image)
        original =
            storage_template_own_path (app, arena, source->asset_id, source->original_path, &why);
    if (original != NULL && render_from (app, arena, source, original, path, &why))
        return TRUE;
    if (source->preview_path != NULL &&
        (!is_image || g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA) ||
         g_error_matches (why, APP_ERROR, APP_ERROR_UNAVAILABLE) || /* the decoder crashed */
         g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))) {
        g_clear_error (&why);
        return render_from (app, arena, source, source->preview_path, path, error);
    }
    g_propagate_error (error, why);
    return FALSE;
}

/* ---- PersonGenerateThumbnail ---- */

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    return people_add_thumbnail (tx, data, error);
}

/* Nothing to show: no file either. One that was recorded while it was deleted is made again. */
static JobResult
take_away (App *app, Arena *arena, const char *id, GError **error)
{
    const char *owner_id = NULL, *path = NULL;

    if (!db_select_text (app->db, arena, SQL_OWNER, DB_ARGS (db_text (id)), &owner_id, error))
        return JOB_RETRY;
    if (owner_id == NULL)
        return JOB_SKIPPED;
    path = layout_absolute (arena, app->media_location, layout_person (arena, owner_id, id));
    if (!g_file_test (path, G_FILE_TEST_EXISTS))
        return JOB_SKIPPED;
    layout_remove (path);
    if (!db_select_text (app->db, arena, SQL_THUMBNAIL, DB_ARGS (db_text (id)), &path, error) ||
        (path != NULL && *path != '\0' && !db_write (app->db, run_add, (gpointer) id, error)))
        return JOB_RETRY;
    return JOB_DONE;
}

static gboolean
find_source (App *app, Arena *arena, const char *id, PersonSourceRow *out, gboolean *out_found,
             GError **error)
{
    g_autoptr (GError) why = NULL;

    *out_found = db_select_one (app->db, arena, &person_source_row_type, out, SQL_SOURCE,
                                DB_ARGS (db_text (id)), &why);
    if (*out_found || g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
}

static JobResult
generate (App *app, Arena *arena, const char *id, GError **error)
{
    const char *path = NULL;

    for (guint round = 0; round < MAX_ROUNDS; round++) {
        PersonSourceRow source;
        gboolean found;
        gint64 n_changed = 0;

        if (!find_source (app, arena, id, &source, &found, error))
            return JOB_RETRY;
        if (!found) {
            /* a person who went meanwhile has no row that would tell where the file lies */
            if (path != NULL)
                layout_remove (layout_absolute (arena, app->media_location, path));
            return take_away (app, arena, id, error);
        }
        if (!is_wanted (app) || !has_picture (&source))
            return JOB_SKIPPED;
        path = layout_person (arena, source.owner_id, id);
        if (!render (app, arena, &source, path, error))
            return g_error_matches (*error, APP_ERROR, APP_ERROR_MEDIA) ||
                           g_error_matches (*error, APP_ERROR, APP_ERROR_NOT_FOUND) ||
                           g_error_matches (*error, APP_ERROR, APP_ERROR_INTERNAL)
                       ? JOB_FAILED
                       : JOB_RETRY;
        if (!db_exec (app->db, SQL_SAVE,
                      DB_ARGS (db_text (id), db_text (source.face_id), db_text (path),
                               db_int (timestamp_now_ms ())),
                      &n_changed, error))
            return JOB_RETRY;
        if (n_changed > 0) {
            asset_send_id (app, source.owner_id, "on_person_thumbnail", id);
            return JOB_DONE;
        }
    }
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "the face of person '%s' changes faster than its picture can be made", id);
    return JOB_RETRY;
}

JobResult
people_generate_thumbnail (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    PersonJob data;
    GError *why = NULL;
    JobResult result;

    if (!api_read_json (&person_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    result = generate (app, arena, data.id, &why);
    if (why != NULL)
        g_propagate_error (error, why);
    return result;
}

/* ---- all of them ---- */

typedef struct {
    Arena *arena;
    const StringList *ids;
} Queue;

static gboolean
run_queue (Db *tx, gpointer data, GError **error)
{
    const Queue *self = data;

    /* one who has faces and shows none of them gets one first */
    if (!people_check_features (tx, self->arena, self->ids, error))
        return FALSE;
    for (gsize i = 0; i < self->ids->n; i++)
        if (!people_add_thumbnail (tx, self->ids->items[i], error))
            return FALSE;
    return TRUE;
}

gboolean
people_queue_thumbnails (const App *app, gboolean by_force, GError **error)
{
    char last[64] = "";
    gsize n_found = PAGE;

    while (n_found == PAGE) {
        g_autoptr (Arena) arena = arena_new ();
        StringList ids;
        Queue data = { arena, &ids };

        if (!db_select_texts (app->db, arena, SQL_MISSING,
                              DB_ARGS (db_text (last), db_bool (by_force), db_int (PAGE)), &ids,
                              error) ||
            (ids.n > 0 && !db_write (app->db, run_queue, &data, error)))
            return FALSE;
        n_found = ids.n;
        if (n_found > 0)
            g_strlcpy (last, ids.items[n_found - 1], sizeof last);
    }
    return TRUE;
}

/* ---- PersonCleanup ---- */

typedef struct {
    Arena *arena;
    gsize n;
} CleanUp;

/* Found in the same write: a face that comes meanwhile keeps its person. */
static gboolean
run_clean_up (Db *tx, gpointer data, GError **error)
{
    CleanUp *self = data;
    StringList ids;

    if (!people_store_find_unseen (tx, self->arena, PAGE, &ids, error) ||
        !people_remove (tx, self->arena, &ids, error))
        return FALSE;
    self->n = ids.n;
    return TRUE;
}

JobResult
people_clean_up (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    CleanUp data = { arena, PAGE };
    gsize n_removed = 0;

    while (data.n == PAGE) {
        if (!db_write (app->db, run_clean_up, &data, error))
            return JOB_RETRY;
        n_removed += data.n;
    }
    if (n_removed > 0)
        g_message ("%" G_GSIZE_FORMAT " people are in no photo any more, removed them", n_removed);
    return JOB_DONE;
}
