/* ingest_queue_all.c -- the jobs that ask for the jobs of many assets
 *
 * By force: of all. Else of those that lack something, or have it in a size or format that the config does not
 * want any more; a picture that could not be decoded is not tried
 * again every night, for that an admin asks by force or for the asset alone. */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include "base/error.h"
#include "features/edits/edits.h"
#include "features/people/people.h"

#define PAGE 1000

/* all of these: $1 greater than this id, $2 at most so many */
static const char SQL_METADATA_ALL[] =
    "SELECT id FROM asset WHERE id > $1 AND status <> 'deleted' ORDER BY id LIMIT $2";
static const char SQL_METADATA_MISSING[] =
    "SELECT id FROM asset WHERE id > $1 AND status <> 'deleted' AND metadata_at IS NULL"
    " ORDER BY id LIMIT $2";
static const char SQL_THUMBNAILS_ALL[] = "SELECT id FROM asset"
                                         " WHERE id > $1 AND deleted_at IS NULL AND type IN "
                                         "('IMAGE', 'VIDEO') AND visibility <> 'hidden'"
                                         "   AND metadata_at IS NOT NULL ORDER BY id LIMIT $2";
/* and $3 and $4 the size of previews and the end of their names, $5 and $6 those of thumbnails: what was made
 * otherwise, before the config was changed, is missing too. Rows without a size are of the default one. */
static const char SQL_THUMBNAILS_MISSING[] =
    "SELECT id FROM asset a"
    " WHERE id > $1 AND deleted_at IS NULL AND type IN ('IMAGE', 'VIDEO') AND visibility <> "
    "'hidden'"
    "   AND metadata_at IS NOT NULL AND processing_error IS NULL"
    "   AND (thumbhash IS NULL"
    "        OR NOT EXISTS (SELECT 1 FROM asset_file f WHERE f.asset_id = a.id"
    "                       AND f.type = 'preview' AND f.is_edited = 0"
    "                       AND COALESCE(f.size_px, 1440) = CAST($3 AS BIGINT)"
    "                       AND f.path LIKE $4)"
    "        OR NOT EXISTS (SELECT 1 FROM asset_file f WHERE f.asset_id = a.id"
    "                       AND f.type = 'thumbnail' AND f.is_edited = 0"
    "                       AND COALESCE(f.size_px, 250) = CAST($5 AS BIGINT)"
    "                       AND f.path LIKE $6))"
    " ORDER BY id LIMIT $2";

/* the same of the edited files; those of all are made again after the others */
static const char SQL_EDITED_MISSING[] =
    "SELECT id FROM asset a WHERE id > $1 AND is_edited = 1 AND deleted_at IS NULL"
    "   AND (SELECT count(*) FROM asset_file f WHERE f.asset_id = a.id AND f.is_edited = 1"
    "         AND f.type IN ('preview', 'thumbnail', 'fullsize')) < 3"
    " ORDER BY id LIMIT $2";

static const char SQL_VIDEOS_ALL[] =
    "SELECT id FROM asset WHERE id > $1 AND deleted_at IS NULL AND status <> 'deleted'"
    "   AND type = 'VIDEO' AND visibility <> 'hidden' ORDER BY id LIMIT $2";
static const char SQL_VIDEOS_MISSING[] =
    "SELECT id FROM asset a WHERE id > $1 AND deleted_at IS NULL AND status <> 'deleted'"
    "   AND type = 'VIDEO' AND visibility <> 'hidden'"
    "   AND NOT EXISTS (SELECT 1 FROM asset_file f WHERE f.asset_id = a.id"
    "                   AND f.type = 'encoded_video' AND f.is_edited = 0)"
    " ORDER BY id LIMIT $2";

typedef struct {
    Arena *arena;
    const StringList *ids;
    IngestAdd add;
} Add;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    const Add *self = data;

    for (gsize i = 0; i < self->ids->n; i++)
        if (!self->add (tx, self->arena, self->ids->items[i], error))
            return FALSE;
    return TRUE;
}

#define MAX_MORE 4

/* Found outside the write, so that a large library does not hold up whoever else writes.
 * @more  what @sql_missing takes from $3 on */
static JobResult
queue_each (App *app, const Job *job, const char *sql_all, const char *sql_missing, DbArgs more,
            IngestAdd add, GError **error)
{
    char last[64] = "";
    gsize n_found = PAGE;

    while (n_found == PAGE) {
        g_autoptr (Arena) arena = arena_new ();
        QueueAllJob data;
        StringList ids;
        Add page = { arena, &ids, add };
        DbValue values[2 + MAX_MORE] = { db_text (last), db_int (PAGE) };
        gboolean is_all;

        if (!api_read_json (&queue_all_job_type, job->data, -1, arena, &data, error))
            return JOB_FAILED;
        is_all = data.has_force && data.force;
        for (gsize i = 0; i < more.n; i++)
            values[2 + i] = more.values[i];
        if (!db_select_texts (app->db, arena, is_all ? sql_all : sql_missing,
                              (DbArgs){ values, is_all ? 2 : 2 + more.n }, &ids, error) ||
            (ids.n > 0 && !db_write (app->db, run_add, &page, error)))
            return JOB_RETRY;
        n_found = ids.n;
        if (n_found > 0)
            g_strlcpy (last, ids.items[n_found - 1], sizeof last);
    }
    return JOB_DONE;
}

JobResult
ingest_queue_each (App *app, const Job *job, const char *sql_all, const char *sql_missing,
                   IngestAdd add, GError **error)
{
    return queue_each (app, job, sql_all, sql_missing, DB_NO_ARGS, add, error);
}

static gboolean
add_metadata (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    return ingest_add_metadata (tx, arena, asset_id, NULL, error);
}

static gboolean
add_thumbnails (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    return ingest_add_thumbnails (tx, arena, asset_id, NULL, FALSE, error);
}

static gboolean
add_edited (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    return edits_add_rendering (tx, asset_id, error);
}

JobResult
ingest_queue_all_metadata (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return ingest_queue_each (app, job, SQL_METADATA_ALL, SQL_METADATA_MISSING, add_metadata,
                              error);
}

static const char *
end_of (const RenditionSettings *settings)
{
    return settings->format == MEDIA_FORMAT_JPEG ? "%.jpeg" : "%.webp";
}

JobResult
ingest_queue_all_thumbnails (gpointer app, const Job *job, Arena *arena, GError **error)
{
    ImageSettings settings;
    JobResult result;
    QueueAllJob data;

    ingest_image_settings (app, &settings);
    result = queue_each (
        app, job, SQL_THUMBNAILS_ALL, SQL_THUMBNAILS_MISSING,
        DB_ARGS (db_int (settings.preview.size_px), db_text (end_of (&settings.preview)),
                 db_int (settings.thumbnail.size_px), db_text (end_of (&settings.thumbnail))),
        add_thumbnails, error);

    if (result == JOB_DONE)
        result =
            ingest_queue_each (app, job, SQL_EDITED_MISSING, SQL_EDITED_MISSING, add_edited, error);
    if (result != JOB_DONE)
        return result;
    if (!api_read_json (&queue_all_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    return people_queue_thumbnails (app, data.has_force && data.force, error) ? JOB_DONE
                                                                              : JOB_RETRY;
}

JobResult
ingest_queue_all_videos (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return ingest_queue_each (app, job, SQL_VIDEOS_ALL, SQL_VIDEOS_MISSING, ingest_add_encoding,
                              error);
}
