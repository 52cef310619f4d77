/* demo.c -- see demo.h
 *
 * Assets come in the order in which they were taken, as a phone would have sent them. */
#define G_LOG_DOMAIN "demo"
#include "features/demo/demo.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/demo/demo_groups.h"
#include "features/demo/demo_picture.h"

/* One transaction. SQLite copies every page that a statement of it changes, for as long as it lasts, and
 * PostgreSQL keeps every state that a row of kept counts had in it: a long one is slower for each row than
 * a short one with its commit. */
#define BATCH 1000
#define TOLD_EVERY 10000
/* Ids and checksums are random within the range of so many assets: random over all of them, each row
 * would read and write pages of its own. */
#define RANGE 50000
#define N_PICTURES 8
#define HOUR_MS 3600000LL
#define DAY_MS 86400000LL

/* $1 e-mail in lower case */
static const char SQL_USER_BY_EMAIL[] =
    "SELECT id FROM users WHERE email = $1 AND deleted_at IS NULL";
static const char SQL_USER_FIRST_ADMIN[] =
    "SELECT id FROM users WHERE is_admin = 1 AND deleted_at IS NULL ORDER BY created_at LIMIT 1";

/* $1 id, $2 owner, $3 path, $4 name, $5 checksum, $6 size, $7 fileCreatedAt, $8 localDateTime,
 * $9 its month, $10 width, $11 height, $12 thumbhash, $13 favourite, $14 visibility, $15 status,
 * $16 uploaded, $17 update id, $18 trashed at or NULL */
static const char SQL_ASSET[] =
    "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
    "                   size_bytes, file_created_at, file_modified_at, local_date_time,"
    "                   local_month, width, height, thumbhash, is_favorite, visibility, status,"
    "                   metadata_at, created_at, updated_at, update_id, deleted_at)"
    " VALUES ($1, $2, 'IMAGE', $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
    "         $16, $16, $17, $18)";
/* $1 asset id, $2 size, $3 width, $4 height, $5 date, $6 zone, $7 latitude, $8 longitude, $9 city,
 * $10 country, $11 maker, $12 model */
static const char SQL_EXIF[] =
    "INSERT INTO asset_exif (asset_id, file_size_in_byte, exif_image_width, exif_image_height,"
    "                        orientation, date_time_original, time_zone, latitude, longitude,"
    "                        city, country, make, model)"
    " VALUES ($1, $2, $3, $4, '1', $5, $6, $7, $8, $9, $10, $11, $12)";
/* $1 id, $2 asset id, $3 type, $4 path, $5 now */
static const char SQL_FILE[] =
    "INSERT INTO asset_file (id, asset_id, type, path, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $5)";
/* $1 user, $2 bytes */
static const char SQL_USAGE[] =
    "UPDATE users SET quota_usage_bytes = quota_usage_bytes + $2 WHERE id = $1";

typedef struct {
    const char *city, *country, *zone;
    double latitude, longitude;
    int offset_hours;
} Place;

/* clang-format off */
static const Place places[] = {
    { "Berlin", "Germany", "Europe/Berlin", 52.52, 13.40, 1 },
    { "Zürich", "Switzerland", "Europe/Zurich", 47.37, 8.54, 1 },
    { "Lisbon", "Portugal", "Europe/Lisbon", 38.72, -9.14, 0 },
    { "London", "United Kingdom", "Europe/London", 51.51, -0.13, 0 },
    { "Athens", "Greece", "Europe/Athens", 37.98, 23.73, 2 },
    { "Reykjavík", "Iceland", "Atlantic/Reykjavik", 64.15, -21.94, 0 },
    { "New York", "United States of America", "America/New_York", 40.71, -74.01, -5 },
    { "San Francisco", "United States of America", "America/Los_Angeles", 37.77, -122.42, -8 },
    { "São Paulo", "Brazil", "America/Sao_Paulo", -23.55, -46.63, -3 },
    { "Nairobi", "Kenya", "Africa/Nairobi", -1.29, 36.82, 3 },
    { "Tokyo", "Japan", "Asia/Tokyo", 35.68, 139.69, 9 },
    { "Bangkok", "Thailand", "Asia/Bangkok", 13.76, 100.50, 7 },
    { "Sydney", "Australia", "Australia/Sydney", -33.87, 151.21, 10 },
    { "Auckland", "New Zealand", "Pacific/Auckland", -36.85, 174.76, 12 },
};
/* clang-format on */

typedef struct {
    const char *maker, *model;
} Camera;

static const Camera cameras[] = {
    { "Apple", "iPhone 12" }, { "Apple", "iPhone 15 Pro" }, { "Google", "Pixel 8" },
    { "Canon", "EOS 80D" },   { "FUJIFILM", "X-T30" },
};

typedef struct {
    const DemoSettings *settings;
    const char *owner_id;
    const DemoPicture *pictures;
    const DemoGroups *groups;
    gint64 now_ms;
    gint64 first, n; /* of the batch */
    GRand *random;   /* its state when the batch begins */
} Batch;

/* ---- one asset ---- */

/* The first 32 bits of what is indexed. */
static guint32
random_prefix (const Batch *batch, GRand *random)
{
    gint64 first = batch->first / RANGE * RANGE;
    gint64 n = MIN (RANGE, batch->settings->n_assets - first);
    gint64 at = first + g_rand_int_range (random, 0, (gint32) n);

    return (guint32) ((double) at / (double) batch->settings->n_assets * 4294967295.0);
}

static void
random_uuid (const Batch *batch, GRand *random, char out[UUID_TEXT_BYTES])
{
    guint32 a = random_prefix (batch, random), b = g_rand_int (random), c = g_rand_int (random),
            d = g_rand_int (random);

    g_snprintf (out, UUID_TEXT_BYTES, "%08x-%04x-4%03x-%04x-%04x%08x", a, b >> 16, b & 0xfff,
                (c >> 16 & 0x3fff) | 0x8000, c & 0xffff, d);
}

static gint64
month_of (gint64 local_ms)
{
    gint64 day = local_ms >= 0 ? local_ms / DAY_MS : (local_ms + 1) / DAY_MS - 1, year;
    unsigned month, of_month;

    timestamp_civil_from_days (day, &year, &month, &of_month);
    return (year - 1970) * 12 + (gint64) month - 1;
}

/* Spread evenly over the years, in day time, journeys of some weeks in one place. */
static void
choose_moment (const Batch *batch, gint64 index, GRand *random, const Place **out_place,
               gint64 *out_utc_ms, gint64 *out_local_ms)
{
    gint64 span_ms = batch->settings->n_years * 365 * DAY_MS;
    gint64 day = (batch->now_ms - span_ms + span_ms / batch->settings->n_assets * index) / DAY_MS;
    guint32 journey = (guint32) (day / 17) * 2654435761u + batch->settings->seed;
    const Place *place = &places[(journey >> 16) % G_N_ELEMENTS (places)];

    *out_place = place;
    *out_local_ms = day * DAY_MS + 7 * HOUR_MS + g_rand_int_range (random, 0, 15 * 3600) * 1000LL +
                    g_rand_int_range (random, 0, 1000);
    *out_utc_ms = *out_local_ms - place->offset_hours * HOUR_MS;
}

static gboolean
add_asset (Db *tx, const Batch *batch, gint64 index, GRand *random, gint64 *inout_bytes,
           GError **error)
{
    const DemoPicture *picture = &batch->pictures[g_rand_int_range (random, 0, N_PICTURES)];
    const Camera *camera = &cameras[g_rand_int_range (random, 0, (gint32) G_N_ELEMENTS (cameras))];
    char id[UUID_TEXT_BYTES], file_ids[2][UUID_TEXT_BYTES], update_id[UUID_TEXT_BYTES], name[40];
    guint32 checksum[5];
    int chance = g_rand_int_range (random, 0, 1000);
    gboolean is_trashed = chance < 5, has_place = chance % 5 != 0;
    const Place *place;
    gint64 utc_ms, local_ms, size = picture->size_bytes;

    random_uuid (batch, random, id);
    random_uuid (batch, random, file_ids[0]);
    random_uuid (batch, random, file_ids[1]);
    uuid_v7_text (update_id);
    checksum[0] = GUINT32_TO_BE (random_prefix (batch, random));
    for (guint i = 1; i < G_N_ELEMENTS (checksum); i++)
        checksum[i] = g_rand_int (random);
    choose_moment (batch, index, random, &place, &utc_ms, &local_ms);
    g_snprintf (name, sizeof name, "IMG_%07" G_GINT64_FORMAT ".png", index);
    *inout_bytes += size;
    return db_exec (tx, SQL_ASSET,
                    DB_ARGS (db_text (id), db_text (batch->owner_id), db_text (picture->original),
                             db_text (name), db_blob (checksum, sizeof checksum), db_int (size),
                             db_int (utc_ms), db_int (local_ms), db_int (month_of (local_ms)),
                             db_int (picture->width), db_int (picture->height),
                             db_blob (picture->thumbhash, picture->n_thumbhash),
                             db_bool (chance >= 960),
                             db_text (chance >= 900 && chance < 930 ? "archive" : "timeline"),
                             db_text (is_trashed ? "trashed" : "active"),
                             db_int (MIN (utc_ms + 6 * HOUR_MS, batch->now_ms)),
                             db_text (update_id), db_int_if (is_trashed, batch->now_ms)),
                    NULL, error) &&
           db_exec (tx, SQL_EXIF,
                    DB_ARGS (db_text (id), db_int (size), db_int (picture->width),
                             db_int (picture->height), db_int (utc_ms), db_text (place->zone),
                             db_real_if (has_place,
                                         place->latitude + g_rand_double_range (random, -0.1, 0.1)),
                             db_real_if (has_place, place->longitude +
                                                        g_rand_double_range (random, -0.1, 0.1)),
                             db_text (has_place ? place->city : NULL),
                             db_text (has_place ? place->country : NULL), db_text (camera->maker),
                             db_text (camera->model)),
                    NULL, error) &&
           db_exec (tx, SQL_FILE,
                    DB_ARGS (db_text (file_ids[0]), db_text (id), db_text ("preview"),
                             db_text (picture->preview), db_int (batch->now_ms)),
                    NULL, error) &&
           db_exec (tx, SQL_FILE,
                    DB_ARGS (db_text (file_ids[1]), db_text (id), db_text ("thumbnail"),
                             db_text (picture->thumbnail), db_int (batch->now_ms)),
                    NULL, error) &&
           demo_groups_add_asset (batch->groups, tx, index, id, random, error);
}

/* ---- batches ---- */

/* May run again after a conflict: it works on a copy of the random numbers. */
static gboolean
run_batch (Db *tx, gpointer data, GError **error)
{
    const Batch *batch = data;
    g_autoptr (GRand) random = g_rand_copy (batch->random);
    gint64 n_bytes = 0;

    for (gint64 i = 0; i < batch->n; i++)
        if (!add_asset (tx, batch, batch->first + i, random, &n_bytes, error))
            return FALSE;
    return db_exec (tx, SQL_USAGE, DB_ARGS (db_text (batch->owner_id), db_int (n_bytes)), NULL,
                    error);
}

static gboolean
find_user (Db *db, Arena *arena, const char *email, const char **out, GError **error)
{
    g_autofree char *lower = email != NULL ? g_utf8_strdown (email, -1) : NULL;

    if (!(lower != NULL
              ? db_select_text (db, arena, SQL_USER_BY_EMAIL, DB_ARGS (db_text (lower)), out, error)
              : db_select_text (db, arena, SQL_USER_FIRST_ADMIN, DB_NO_ARGS, out, error)))
        return FALSE;
    if (*out != NULL)
        return TRUE;
    if (email != NULL)
        g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                     "there is no user '%s'; name another with --user", email);
    else
        g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                             "there is no admin yet; open the web app and sign up first");
    return FALSE;
}

gboolean
demo_seed (Db *db, WorkerPool *workers, const char *media_location, const DemoSettings *settings,
           void (*progress) (gint64 n_done), GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GRand) random = g_rand_new_with_seed (settings->seed);
    DemoPicture pictures[N_PICTURES];
    DemoGroups groups = { .n_assets = settings->n_assets,
                          .n_albums = settings->n_albums,
                          .n_people = settings->n_people,
                          .n_faces = settings->n_faces,
                          .now_ms = timestamp_now_ms () };
    Batch batch = { .settings = settings,
                    .pictures = pictures,
                    .groups = &groups,
                    .now_ms = timestamp_now_ms () / DAY_MS * DAY_MS,
                    .random = random };

    if (!find_user (db, arena, settings->email, &batch.owner_id, error))
        return FALSE;
    for (guint i = 0; i < N_PICTURES; i++)
        if (!demo_picture_make (workers, arena, media_location, batch.owner_id, i, &pictures[i],
                                error))
            return FALSE;
    if (!demo_groups_make (&groups, db, arena, batch.owner_id, settings->seed, error))
        return FALSE;
    for (; batch.first < settings->n_assets; batch.first += batch.n) {
        batch.n = MIN (BATCH, settings->n_assets - batch.first);
        g_rand_set_seed (random, settings->seed + (guint32) (batch.first / BATCH) + 1);
        if (!db_write (db, run_batch, &batch, error))
            return FALSE;
        if ((batch.first + batch.n) % TOLD_EVERY == 0 ||
            batch.first + batch.n == settings->n_assets)
            progress (batch.first + batch.n);
    }
    return TRUE;
}
