/* counts.c -- see counts.h */
#define G_LOG_DOMAIN "counts"
#include "features/counts/counts.h"

#include "features/albums/albums.h"

#define STATE                                                                                      \
    "CASE WHEN status = 'active' AND deleted_at IS NOT NULL THEN 'offline' ELSE status END"

#define MONTHS                                                                                     \
    "SELECT owner_id, local_month, visibility, is_favorite, " STATE " AS state, stack_hidden,"     \
    "       count(*) AS n_assets FROM asset"                                                       \
    " GROUP BY owner_id, local_month, visibility, is_favorite, " STATE ", stack_hidden"
#define DAYS                                                                                       \
    "SELECT owner_id, created_at / 86400000 AS created_day, visibility, is_favorite,"              \
    "       " STATE " AS state, stack_hidden, count(*) AS n_assets FROM asset"                     \
    " GROUP BY owner_id, created_at / 86400000, visibility, is_favorite, " STATE ", stack_hidden"
#define IS_EXTERNAL "CASE WHEN library_id IS NULL THEN 0 ELSE 1 END"
#define USAGE                                                                                      \
    "SELECT owner_id, type, visibility, is_favorite, " STATE " AS state,"                          \
    "       " IS_EXTERNAL " AS is_external, count(*) AS n_assets,"                                 \
    "       CAST(sum(size_bytes) AS BIGINT) AS n_bytes FROM asset"                                 \
    " GROUP BY owner_id, type, visibility, is_favorite, " STATE ", " IS_EXTERNAL

#define PLACES                                                                                     \
    "SELECT owner_id, is_image, COALESCE(country, '') AS country, COALESCE(state, '') AS state,"   \
    "       COALESCE(city, '') AS city, count(*) AS n_assets FROM asset_exif"                      \
    " WHERE is_shown = 1 AND COALESCE(country, state, city) IS NOT NULL"                           \
    " GROUP BY owner_id, is_image, COALESCE(country, ''), COALESCE(state, ''), COALESCE(city, '')"
#define CAMERAS                                                                                    \
    "SELECT owner_id, COALESCE(make, '') AS make, COALESCE(model, '') AS model,"                   \
    "       COALESCE(lens_model, '') AS lens_model, count(*) AS n_assets FROM asset_exif"          \
    " WHERE is_shown = 1 AND COALESCE(make, model, lens_model) IS NOT NULL"                        \
    " GROUP BY owner_id, COALESCE(make, ''), COALESCE(model, ''), COALESCE(lens_model, '')"
/* Those of albums that are noted as stale are counted when somebody looks; they mean nothing here. */
#define SUMMARIES(where)                                                                           \
    "SELECT l.id AS album_id, count(a.id) AS n_assets, min(a.local_date_time) AS first_at,"        \
    "       max(a.local_date_time) AS last_at, max(a.updated_at) AS modified_at"                   \
    "  FROM album l JOIN album_asset aa ON aa.album_id = l.id"                                     \
    "  JOIN asset a ON a.id = aa.asset_id AND " SQL_ALBUM_SHOWS where " GROUP BY l.id"

#define FACES                                                                                      \
    "SELECT person_id, count(*) AS n_faces FROM asset_face"                                        \
    " WHERE person_id IS NOT NULL AND timeline_state IN (0, 4, 8, 12) AND is_visible = 1"          \
    "   AND deleted_at IS NULL GROUP BY person_id"

/* Rows of one side that the other does not have; kept rows of zero mean nothing. */
#define DIFFERENCE(kept, counted)                                                                  \
    "SELECT (SELECT count(*) FROM (" kept " EXCEPT " counted ") AS a)"                             \
    "     + (SELECT count(*) FROM (" counted " EXCEPT " kept ") AS b)"

/* What is stored by each user, as uploads count it: libraries do not, and what is being removed does
 * until its row is gone. */
#define STORED                                                                                     \
    "(SELECT COALESCE(CAST(sum(size_bytes) AS BIGINT), 0) FROM asset"                              \
    "  WHERE owner_id = users.id AND library_id IS NULL)"

/* What the rows of a set copy of their asset. */
#define COPIES(table)                                                                              \
    {                                                                                              \
        table,                                                                                     \
            "SELECT count(*) FROM " table " s JOIN asset a ON a.id = s.asset_id"                   \
            " WHERE s.owner_id IS DISTINCT FROM a.owner_id"                                        \
            "    OR s.local_day IS DISTINCT FROM a.local_day"                                      \
            "    OR s.timeline_state IS DISTINCT FROM a.timeline_state",                           \
            NULL,                                                                                  \
            "UPDATE " table " SET owner_id = a.owner_id, local_day = a.local_day,"                 \
            "       timeline_state = a.timeline_state FROM asset a WHERE a.id = asset_id"          \
    }

/* Whom the primary of the stack hides; see stacks.h. Who has no stack is hidden by none. */
#define STANDS_BEHIND(asset)                                                                       \
    "COALESCE((SELECT CASE WHEN p.id <> " asset ".id AND p.visibility = " asset ".visibility"      \
    "                       AND (p.deleted_at IS NULL) = (" asset ".deleted_at IS NULL)"           \
    "                      THEN 1 ELSE 0 END"                                                      \
    "            FROM stack s JOIN asset p ON p.id = s.primary_asset_id"                           \
    "           WHERE s.id = " asset ".stack_id), 0)"

/* A video that was seen by itself before a photo took it, and that no photo shows any more. */
#define LEFT_HIDDEN(video)                                                                         \
    video ".own_visibility IS NOT NULL AND " video ".visibility = 'hidden'"                        \
          " AND " video ".status <> 'deleted'"                                                     \
          " AND NOT EXISTS (SELECT 1 FROM asset p WHERE p.live_photo_video_id = " video ".id)"

typedef struct {
    const char *name, *sql_count, *sql_clear, *sql_fill; /* sql_clear NULL: not needed */
} Table;

static const Table tables[COUNTS_N_TABLES] = {
    { "asset_month",
      DIFFERENCE ("SELECT owner_id, local_month, visibility, is_favorite, status, stack_hidden,"
                  "       n_assets FROM asset_month WHERE n_assets <> 0",
                  MONTHS),
      "DELETE FROM asset_month", "INSERT INTO asset_month " MONTHS },
    { "asset_created_day",
      DIFFERENCE ("SELECT owner_id, created_day, visibility, is_favorite, status, stack_hidden,"
                  "       n_assets FROM asset_created_day WHERE n_assets <> 0",
                  DAYS),
      "DELETE FROM asset_created_day", "INSERT INTO asset_created_day " DAYS },
    { "asset_usage",
      DIFFERENCE ("SELECT owner_id, type, visibility, is_favorite, status, is_external, n_assets,"
                  "       n_bytes FROM asset_usage WHERE n_assets <> 0 OR n_bytes <> 0",
                  USAGE),
      "DELETE FROM asset_usage", "INSERT INTO asset_usage " USAGE },
    { "users.quota_usage_bytes", "SELECT count(*) FROM users WHERE quota_usage_bytes <> " STORED,
      NULL, "UPDATE users SET quota_usage_bytes = " STORED " WHERE quota_usage_bytes <> " STORED },
    { "asset_place",
      DIFFERENCE ("SELECT owner_id, is_image, country, state, city, n_assets FROM asset_place"
                  " WHERE n_assets <> 0",
                  PLACES),
      "DELETE FROM asset_place", "INSERT INTO asset_place " PLACES },
    { "asset_camera",
      DIFFERENCE ("SELECT owner_id, make, model, lens_model, n_assets FROM asset_camera"
                  " WHERE n_assets <> 0",
                  CAMERAS),
      "DELETE FROM asset_camera", "INSERT INTO asset_camera " CAMERAS },
    { "album_summary",
      DIFFERENCE ("SELECT album_id, n_assets, first_at, last_at, modified_at FROM album_summary"
                  " WHERE n_assets <> 0 AND album_id NOT IN (SELECT album_id FROM album_stale)",
                  SUMMARIES (" WHERE l.id NOT IN (SELECT album_id FROM album_stale)")),
      "DELETE FROM album_summary", "INSERT INTO album_summary " SUMMARIES ("") },
    { "asset.timeline",
      "SELECT count(*) FROM asset a JOIN asset_exif e ON e.asset_id = a.id"
      " WHERE a.timeline_city IS DISTINCT FROM e.city"
      "    OR a.timeline_country IS DISTINCT FROM e.country"
      "    OR a.timeline_projection IS DISTINCT FROM e.projection_type"
      "    OR a.timeline_latitude IS DISTINCT FROM e.latitude"
      "    OR a.timeline_longitude IS DISTINCT FROM e.longitude",
      NULL,
      "UPDATE asset SET timeline_city = e.city, timeline_country = e.country,"
      "       timeline_projection = e.projection_type, timeline_latitude = e.latitude,"
      "       timeline_longitude = e.longitude FROM asset_exif e WHERE e.asset_id = id" },
    COPIES ("album_asset"),
    COPIES ("asset_face"),
    COPIES ("tag_asset"),
    /* after asset_face, whose copies it counts */
    { "person_seen",
      DIFFERENCE ("SELECT person_id, n_faces FROM person_seen WHERE n_faces <> 0", FACES),
      "DELETE FROM person_seen", "INSERT INTO person_seen " FACES },
    { "asset.stack_hidden",
      "SELECT count(*) FROM asset a WHERE a.status <> 'deleted'"
      "   AND (a.stack_id IS NOT NULL OR a.stack_hidden <> 0)"
      "   AND a.stack_hidden <> " STANDS_BEHIND ("a"),
      NULL,
      "UPDATE asset SET stack_hidden = " STANDS_BEHIND (
          "asset") ", update_id = uuid_v7 ()"
                   " WHERE status <> 'deleted' AND (stack_id IS NOT NULL OR stack_hidden <> 0)"
                   "   AND stack_hidden <> " STANDS_BEHIND ("asset") },
    { "asset.own_visibility", "SELECT count(*) FROM asset a WHERE " LEFT_HIDDEN ("a"), NULL,
      "UPDATE asset SET visibility = own_visibility, own_visibility = NULL, update_id = uuid_v7 ()"
      " WHERE " LEFT_HIDDEN ("asset") },
};

typedef struct {
    gboolean repair;
    CountsResult *results;
} Check;

static gboolean
run_check (Db *tx, gpointer data, GError **error)
{
    Check *self = data;

    for (guint i = 0; i < COUNTS_N_TABLES; i++) {
        CountsResult *result = &self->results[i];

        *result = (CountsResult){ .name = tables[i].name };
        if (!db_select_int (tx, tables[i].sql_count, DB_NO_ARGS, &result->n_rows, NULL, error))
            return FALSE;
        if (result->n_rows == 0 || !self->repair)
            continue;
        if ((tables[i].sql_clear != NULL &&
             !db_exec (tx, tables[i].sql_clear, DB_NO_ARGS, NULL, error)) ||
            !db_exec (tx, tables[i].sql_fill, DB_NO_ARGS, NULL, error))
            return FALSE;
        result->is_repaired = TRUE;
    }
    return TRUE;
}

/* A write, also to look only: no asset may change between counting the two sides. */
gboolean
counts_check (Db *db, gboolean repair, CountsResult out[COUNTS_N_TABLES], GError **error)
{
    Check check = { repair, out };

    return db_write (db, run_check, &check, error);
}
