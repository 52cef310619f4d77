/* duplicates_detect.c -- what assets look like, and the jobs that find those that look alike */
#define G_LOG_DOMAIN "duplicates"
#include "features/duplicates/duplicates_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/assets/assets.h"
#include "features/config/config.h"
#include "features/ingest/ingest.h"
#include "media/layout.h"
#include "media/render.h"
#include "worker/protocol.h"

#define QUEUE "duplicateDetection"
#define MAX_CANDIDATES 1000
#define MAX_MATCHES 64

/* $1 asset, $2 likeness or NULL, $3 to $6 its parts or NULL */
static const char SQL_LIKENESS_SAVE[] =
    "INSERT INTO asset_likeness (asset_id, owner_id, likeness, band_0, band_1, band_2, band_3)"
    " VALUES ($1, (SELECT owner_id FROM asset WHERE id = $1), $2, $3, $4, $5, $6)"
    " ON CONFLICT (asset_id) DO UPDATE SET likeness = EXCLUDED.likeness,"
    "        band_0 = EXCLUDED.band_0, band_1 = EXCLUDED.band_1, band_2 = EXCLUDED.band_2,"
    "        band_3 = EXCLUDED.band_3";

#define COLUMNS                                                                                    \
    "a.id AS id, a.owner_id AS owner_id, a.type AS type, a.visibility AS visibility,"              \
    " CASE WHEN a.status = 'active' AND a.deleted_at IS NULL THEN 0 ELSE 1 END AS is_away,"        \
    " a.stack_id AS stack_id, a.duplicate_id AS duplicate_id, a.width AS width,"                   \
    " a.height AS height, l.likeness AS likeness"

/* $1 id */
static const char SQL_ITSELF_FIND[] =
    "SELECT " COLUMNS " FROM asset a LEFT JOIN asset_likeness l ON l.asset_id = a.id"
    " WHERE a.id = $1 AND a.status <> 'deleted'";
static const char SQL_LIKENESS_KNOWN[] = "SELECT count(*) FROM asset_likeness WHERE asset_id = $1";

#define NEAR(band, values)                                                                         \
    "SELECT asset_id FROM asset_likeness WHERE owner_id = $1 AND band_" band                       \
    " IN (SELECT CAST(value AS BIGINT) FROM json_each(" values "))"
/* $1 owner, $2 to $5 values of the parts, $6 the asset itself, $7 its type, $8 at most so many */
static const char SQL_CANDIDATES[] =
    "SELECT " COLUMNS " FROM asset a JOIN asset_likeness l ON l.asset_id = a.id"
    " WHERE a.id IN (" NEAR ("0", "$2") " UNION " NEAR ("1", "$3") " UNION " NEAR (
        "2", "$4") " UNION " NEAR ("3",
                                   "$5") ")"
                                         "   AND a.id <> $6 AND a.type = $7 AND a.status = "
                                         "'active' AND a.deleted_at IS NULL"
                                         "   AND a.visibility IN ('timeline', 'archive') AND "
                                         "a.stack_id IS NULL"
                                         "   AND NOT EXISTS (SELECT 1 FROM duplicate_dismissal d"
                                         "          JOIN duplicate_dismissal o ON o.group_id = "
                                         "d.group_id"
                                         "         WHERE d.asset_id = $6 AND o.asset_id = a.id)"
                                         " LIMIT $8";
/* $1 owner, $2 groups */
static const char SQL_GROUP_MEMBERS[] = "SELECT id FROM asset WHERE owner_id = $1"
                                        "   AND duplicate_id IN (SELECT value FROM json_each($2))";
/* $1 assets, $2 now */
static const char SQL_DETECTED_SET[] = "UPDATE asset_likeness SET detected_at = $2"
                                       " WHERE asset_id IN (SELECT value FROM json_each($1))";

/* both: $1 greater than this id, $2 at most so many */
#define ALL                                                                                        \
    "SELECT a.id AS id FROM asset a LEFT JOIN asset_likeness l ON l.asset_id = a.id"               \
    " WHERE a.id > $1 AND a.type = 'IMAGE' AND a.status = 'active' AND a.deleted_at IS NULL"       \
    "   AND a.visibility IN ('timeline', 'archive') AND a.thumbhash IS NOT NULL"
static const char SQL_ALL[] = ALL " ORDER BY a.id LIMIT $2";
static const char SQL_MISSING[] = ALL " AND l.detected_at IS NULL ORDER BY a.id LIMIT $2";

/* ---- likeness ---- */

gboolean
duplicates_store_likeness (Db *tx, const char *asset_id, const char *base64, GError **error)
{
    gsize n_bytes = 0;
    g_autofree guint8 *likeness = base64 != NULL ? g_base64_decode (base64, &n_bytes) : NULL;
    gboolean has = n_bytes == WORKER_LIKENESS_BYTES;
    DbValue bands[LIKENESS_BANDS];

    for (guint i = 0; i < LIKENESS_BANDS; i++)
        bands[i] = db_int_if (has, has ? likeness_band (likeness, i) : 0);
    return db_exec (tx, SQL_LIKENESS_SAVE,
                    DB_ARGS (db_text (asset_id),
                             has ? db_blob (likeness, n_bytes) : db_blob (NULL, 0), bands[0],
                             bands[1], bands[2], bands[3]),
                    NULL, error);
}

gboolean
duplicates_add_detection (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    return job_add (tx, "AssetDetectDuplicates", QUEUE, asset_id,
                    arena_printf (arena, "{\"id\":\"%s\"}", asset_id), 0, error);
}

typedef struct {
    const char *asset_id, *likeness;
} Store;

static gboolean
run_store (Db *tx, gpointer data, GError **error)
{
    const Store *self = data;

    return duplicates_store_likeness (tx, self->asset_id, self->likeness, error);
}

/* What came before there were likenesses gets its from its preview.
 * *out_known FALSE: there is no preview. */
static gboolean
find_likeness (App *app, Arena *arena, const char *asset_id, gboolean *out_known, GError **error)
{
    const char *path = NULL;
    MediaRender render = { .want_likeness = TRUE };
    MediaFacts facts;
    Store store = { .asset_id = asset_id };
    gint64 n = 0;

    if (!db_select_int (app->db, SQL_LIKENESS_KNOWN, DB_ARGS (db_text (asset_id)), &n, NULL, error))
        return FALSE;
    *out_known = n > 0;
    if (n > 0)
        return TRUE;
    if (!asset_find_file (app->db, arena, asset_id, ASSET_FILE_TYPE_PREVIEW, FALSE, &path, error))
        return FALSE;
    if (path == NULL)
        return TRUE;
    render.original_path = layout_absolute (arena, app->media_location, path);
    if (!media_render (app->workers, &render, arena, &facts, error))
        return FALSE;
    store.likeness = facts.likeness;
    *out_known = TRUE;
    return db_write (app->db, run_store, &store, error);
}

/* ---- AssetDetectDuplicates ---- */

typedef struct {
    const LikenessRow *row;
    int distance;
} Match;

static int
compare_matches (gconstpointer a, gconstpointer b)
{
    const Match *first = a, *second = b;

    return first->distance != second->distance ? first->distance - second->distance
                                               : strcmp (first->row->id, second->row->id);
}

/* The nearest ones, nearest first. *out has room for all candidates. */
static gsize
choose_matches (const LikenessRow *asset, const LikenessRowList *candidates, Match *out)
{
    gsize n = 0;

    for (gsize i = 0; i < candidates->n; i++) {
        int distance = likeness_compare (asset, &candidates->items[i]);

        if (distance >= 0)
            out[n++] = (Match){ &candidates->items[i], distance };
    }
    if (n > 1)
        qsort (out, n, sizeof *out, compare_matches);
    return MIN (n, MAX_MATCHES);
}

typedef struct {
    Arena *arena;
    const char *asset_id;
    gboolean skipped;
} Detect;

static gboolean
find_candidates (Db *tx, Arena *arena, const LikenessRow *asset, LikenessRowList *out,
                 GError **error)
{
    const guint8 *likeness = g_bytes_get_data (asset->likeness, NULL);

    return db_select (
        tx, arena, &likeness_row_type, (List *) out, SQL_CANDIDATES,
        DB_ARGS (db_text (asset->owner_id), db_text (likeness_near_bands (arena, likeness, 0)),
                 db_text (likeness_near_bands (arena, likeness, 1)),
                 db_text (likeness_near_bands (arena, likeness, 2)),
                 db_text (likeness_near_bands (arena, likeness, 3)), db_text (asset->id),
                 db_text (asset_type_enum.texts[asset->type]), db_int (MAX_CANDIDATES)),
        error);
}

/* The asset, its matches and whoever is in a group with one of them come into one group. */
static gboolean
join (Db *tx, Arena *arena, const LikenessRow *asset, const Match *matches, gsize n, GError **error)
{
    StringList near = { arena_new_array (arena, const char *, n + 1), 0 };
    StringList groups = { arena_new_array (arena, const char *, n + 1), 0 }, members = { 0 };
    const char *group_id = asset->duplicate_id;

    near.items[near.n++] = asset->id;
    if (group_id != NULL)
        groups.items[groups.n++] = group_id;
    for (gsize i = 0; i < n; i++) {
        const char *other = matches[i].row->duplicate_id;

        near.items[near.n++] = matches[i].row->id;
        if (other != NULL)
            groups.items[groups.n++] = other;
        if (group_id == NULL)
            group_id = other;
    }
    if (group_id == NULL)
        group_id = uuid_v4 (arena);
    if (groups.n > 0 &&
        !db_select_texts (tx, arena, SQL_GROUP_MEMBERS,
                          DB_ARGS (db_text (asset->owner_id), db_strings (arena, &groups)),
                          &members, error))
        return FALSE;
    return duplicates_set_group (tx, arena, &near, group_id, error) &&
           (members.n == 0 || duplicates_set_group (tx, arena, &members, group_id, error)) &&
           db_exec (tx, SQL_DETECTED_SET,
                    DB_ARGS (db_strings (arena, &near), db_int (timestamp_now_ms ())), NULL, error);
}

/* Nothing is like it: it leaves its group, which ends when only one is left. */
static gboolean
leave (Db *tx, Arena *arena, const LikenessRow *asset, GError **error)
{
    const char *id = asset->id, *group_id = asset->duplicate_id;
    StringList ids = { &id, 1 }, groups = { &group_id, 1 }, rest = { 0 };

    if (!db_exec (tx, SQL_DETECTED_SET,
                  DB_ARGS (db_strings (arena, &ids), db_int (timestamp_now_ms ())), NULL, error))
        return FALSE;
    if (group_id == NULL)
        return TRUE;
    return duplicates_set_group (tx, arena, &ids, NULL, error) &&
           db_select_texts (tx, arena, SQL_GROUP_MEMBERS,
                            DB_ARGS (db_text (asset->owner_id), db_strings (arena, &groups)), &rest,
                            error) &&
           (rest.n != 1 || duplicates_set_group (tx, arena, &rest, NULL, error));
}

static gboolean
run_detect (Db *tx, gpointer data, GError **error)
{
    Detect *self = data;
    LikenessRowList found, candidates = { 0 };
    const LikenessRow *asset;
    Match *matches;
    gsize n;

    if (!db_select (tx, self->arena, &likeness_row_type, (List *) &found, SQL_ITSELF_FIND,
                    DB_ARGS (db_text (self->asset_id)), error))
        return FALSE;
    asset = found.items;
    self->skipped = found.n == 0 || asset->is_away || asset->stack_id != NULL ||
                    (asset->visibility != ASSET_VISIBILITY_TIMELINE &&
                     asset->visibility != ASSET_VISIBILITY_ARCHIVE);
    if (self->skipped)
        return TRUE;
    if (asset->likeness != NULL && !find_candidates (tx, self->arena, asset, &candidates, error))
        return FALSE;
    matches = arena_new_array (self->arena, Match, MAX (candidates.n, 1));
    n = choose_matches (asset, &candidates, matches);
    return n > 0 ? join (tx, self->arena, asset, matches, n, error)
                 : leave (tx, self->arena, asset, error);
}

static gboolean
is_wanted (const App *app)
{
    return config_get (app)->machine_learning->duplicate_detection->enabled;
}

static JobResult
detect (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    DetectJob data;
    gboolean known = FALSE;
    Detect work = { .arena = arena };

    if (!api_read_json (&detect_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    if (!is_wanted (app))
        return JOB_SKIPPED;
    if (!find_likeness (app, arena, data.id, &known, error))
        return g_error_matches (*error, APP_ERROR, APP_ERROR_MEDIA) ||
                       g_error_matches (*error, APP_ERROR, APP_ERROR_NOT_FOUND)
                   ? JOB_FAILED
                   : JOB_RETRY;
    if (!known)
        return JOB_SKIPPED;
    work.asset_id = data.id;
    if (!db_write (app->db, run_detect, &work, error))
        return JOB_RETRY;
    return work.skipped ? JOB_SKIPPED : JOB_DONE;
}

/* ---- AssetDetectDuplicatesQueueAll ---- */

static JobResult
queue_all (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return is_wanted (app)
               ? ingest_queue_each (app, job, SQL_ALL, SQL_MISSING, duplicates_add_detection, error)
               : JOB_SKIPPED;
}

void
duplicates_register_jobs (Jobs *jobs)
{
    static const JobKind kinds[] = {
        { "AssetDetectDuplicates", QUEUE, detect },
        { "AssetDetectDuplicatesQueueAll", QUEUE, queue_all },
    };

    jobs_register (jobs, kinds, G_N_ELEMENTS (kinds));
    jobs_set_concurrency (jobs, QUEUE, 1); /* each looks at what the one before found */
}
