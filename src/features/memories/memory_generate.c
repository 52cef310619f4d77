/* memory_generate.c -- the memories of the nights, and their end
 *
 * Each day is made once for the whole server, in one transaction that also notes it as made: a job that
 * runs twice, or is interrupted, makes nothing twice and leaves no day out. */
#define G_LOG_DOMAIN "memories"
#include "features/memories/memories_private.h"

#include <string.h>

#include "base/timestamp.h"
#include "base/uuid.h"

#define QUEUE "backgroundTask"
#define DAY_MS G_GINT64_CONSTANT (86400000)
#define DAYS_AROUND 3        /* made so many days ahead, and made up for so many days back */
#define MAX_DAYS_AHEAD 7     /* what is further ahead was made by a clock that was wrong */
#define DAYS_BACK_AT_FIRST 2 /* of the very first run */
#define FIRST_YEAR 1000      /* that a memory may name */
#define KEPT_MS (30 * DAY_MS)

static const char SQL_STATE[] = "SELECT value FROM system_metadata WHERE key = 'memories-state'";

/* $1 the state with the day, $2 that with the last day there can be, unless a clock was wrong; changes a
 * row unless that day was made: its text sorts as the day does */
static const char SQL_BEGIN_DAY[] =
    "INSERT INTO system_metadata (key, value) VALUES ('memories-state', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    " WHERE system_metadata.value < excluded.value OR system_metadata.value > $2";

/* The oldest photo of all: one look into asset_timeline a user. */
static const char SQL_FIRST_DAY[] =
    "SELECT min(u.day) FROM (SELECT (SELECT min(a.local_day) FROM asset a WHERE a.owner_id = "
    "users.id)"
    "                               AS day FROM users WHERE deleted_at IS NULL) AS u";

/* $1 JSON array of days. Of a day with more than 20 photos, 20 that are spread over it evenly: (n * 20)
 * / n_all grows by one exactly 20 times. Its test holds that an index serves it. */
const char memory_sql_pick[] =
    "SELECT owner_id, local_day, asset_id"
    "  FROM (SELECT a.owner_id AS owner_id, a.local_day AS local_day, a.id AS asset_id,"
    "               row_number() OVER (PARTITION BY a.owner_id, a.local_day"
    "                                  ORDER BY a.file_created_at, a.id) AS n,"
    "               count(*) OVER (PARTITION BY a.owner_id, a.local_day) AS n_all"
    "          FROM asset a"
    "         WHERE a.owner_id IN (SELECT id FROM users WHERE deleted_at IS NULL)"
    "           AND a.local_day IN (SELECT CAST(value AS BIGINT) FROM json_each($1))"
    "           AND a.visibility = 'timeline' AND a.status = 'active'"
    "           AND a.deleted_at IS NULL"
    "           AND EXISTS (SELECT 1 FROM asset_file f WHERE f.asset_id = a.id AND f.type = "
    "'preview'))"
    "       AS candidate"
    " WHERE n_all <= 20 OR (n * 20) / n_all <> ((n - 1) * 20) / n_all"
    " ORDER BY owner_id, local_day, n";

/* $1 JSON array of 'ID OWNER YEAR MEMORY_AT', $2 show at, $3 hide at, $4 now */
static const char SQL_INSERT[] =
    "INSERT INTO memory (id, owner_id, type, data, memory_at, show_at, hide_at, created_at,"
    "                    updated_at, update_id)"
    " SELECT substr(value, 1, 36), substr(value, 38, 36), 'on_this_day',"
    "        '{\"year\":' || substr(value, 75, 4) || '}', CAST(substr(value, 80) AS BIGINT),"
    "        CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($4 AS BIGINT),"
    "        uuid_v7()"
    "   FROM json_each($1)";

/* $1 JSON array of 'MEMORY ASSET', $2 now */
static const char SQL_INSERT_ASSETS[] =
    "INSERT INTO memory_asset (memory_id, asset_id, created_at, update_id)"
    " SELECT substr(value, 1, 36), substr(value, 38, 36), CAST($2 AS BIGINT), uuid_v7()"
    "   FROM json_each($1)";

static const char SQL_REMOVE_HIDDEN[] =
    "DELETE FROM memory_asset WHERE asset_id IN"
    " (SELECT ma.asset_id FROM memory_asset ma JOIN asset a ON a.id = ma.asset_id"
    "   WHERE a.visibility <> 'timeline')";

/* $1 made before */
static const char SQL_DELETE_OLD[] = "DELETE FROM memory WHERE is_saved = 0 AND created_at < $1";

IntList
memory_past_days (Arena *arena, gint64 day, gint64 first_day)
{
    gint64 year, first_year, found_year;
    unsigned month, of_month, unused;
    IntList out;

    timestamp_civil_from_days (day, &year, &month, &of_month);
    timestamp_civil_from_days (first_day, &first_year, &unused, &unused);
    first_year = MAX (first_year, FIRST_YEAR);
    out = (IntList){ arena_new_array (arena, gint64, (gsize) MAX (year - first_year, 1)), 0 };
    for (gint64 each = year - 1; each >= first_year; each--) {
        gint64 past = timestamp_days_from_civil (each, month, of_month);
        unsigned found_month, found_day;

        timestamp_civil_from_days (past, &found_year, &found_month, &found_day);
        if (past >= first_day && found_month == month && found_day == of_month)
            out.items[out.n++] = past;
    }
    return out;
}

typedef struct {
    Arena *arena;
    gint64 day, last_day; /* there can be */
    gint64 n_made;
} Making;

/* The texts of SQL_INSERT and SQL_INSERT_ASSETS for what was picked: a memory begins where the owner or
 * the day changes. */
static void
compose (Arena *arena, const List *picks, StringList *memories, StringList *assets)
{
    const MemoryPickRow *rows = picks->items;
    const char *id = NULL;

    *memories = (StringList){ arena_new_array (arena, const char *, picks->n), 0 };
    *assets = (StringList){ arena_new_array (arena, const char *, picks->n), 0 };
    for (gsize i = 0; i < picks->n; i++) {
        if (i == 0 || rows[i].local_day != rows[i - 1].local_day ||
            strcmp (rows[i].owner_id, rows[i - 1].owner_id) != 0) {
            gint64 year;
            unsigned unused;

            id = uuid_v4 (arena);
            timestamp_civil_from_days (rows[i].local_day, &year, &unused, &unused);
            memories->items[memories->n++] =
                arena_printf (arena, "%s %s %04" G_GINT64_FORMAT " %" G_GINT64_FORMAT, id,
                              rows[i].owner_id, year, rows[i].local_day * DAY_MS);
        }
        assets->items[assets->n++] = arena_printf (arena, "%s %s", id, rows[i].asset_id);
    }
}

static gboolean
make_memories (Db *tx, Making *self, GError **error)
{
    gint64 first_day = 0, show_at = self->day * DAY_MS, now = timestamp_now_ms ();
    gboolean has_assets = FALSE;
    g_autoptr (GString) days_json = g_string_new ("[");
    StringList memories, assets;
    IntList days;
    List picks;

    if (!db_select_int (tx, SQL_FIRST_DAY, DB_NO_ARGS, &first_day, &has_assets, error))
        return FALSE;
    if (!has_assets)
        return TRUE;
    days = memory_past_days (self->arena, self->day, first_day);
    for (gsize i = 0; i < days.n; i++)
        g_string_append_printf (days_json, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", days.items[i]);
    g_string_append_c (days_json, ']');
    if (!db_select (tx, self->arena, &memory_pick_row_type, &picks, memory_sql_pick,
                    DB_ARGS (db_text (days_json->str)), error))
        return FALSE;
    compose (self->arena, &picks, &memories, &assets);
    self->n_made = (gint64) memories.n;
    return memories.n == 0 ||
           (db_exec (tx, SQL_INSERT,
                     DB_ARGS (db_strings (self->arena, &memories), db_int (show_at),
                              db_int (show_at + DAY_MS - 1), db_int (now)),
                     NULL, error) &&
            db_exec (tx, SQL_INSERT_ASSETS,
                     DB_ARGS (db_strings (self->arena, &assets), db_int (now)), NULL, error));
}

static DbValue
state_text (Arena *arena, gint64 day)
{
    g_autoptr (GString) json = g_string_new (NULL);
    MemoryState state = { .last_on_this_day_date = day * DAY_MS };

    api_write_json (&memory_state_type, &state, json);
    return db_text (arena_strdup (arena, json->str));
}

static gboolean
run_making (Db *tx, gpointer data, GError **error)
{
    Making *self = data;
    gint64 n_changed = 0;

    self->n_made = 0;
    if (!db_exec (
            tx, SQL_BEGIN_DAY,
            DB_ARGS (state_text (self->arena, self->day), state_text (self->arena, self->last_day)),
            &n_changed, error))
        return FALSE;
    return n_changed == 0 || make_memories (tx, self, error);
}

/* A state that cannot be read counts as none, and so does one of a clock that was wrong. */
static gboolean
find_first (Db *db, Arena *arena, gint64 today, gint64 *out, GError **error)
{
    const char *json = NULL;
    MemoryState state;
    gint64 next;

    if (!db_select_text (db, arena, SQL_STATE, DB_NO_ARGS, &json, error))
        return FALSE;
    *out = today - DAYS_BACK_AT_FIRST;
    if (json != NULL && api_read_json (&memory_state_type, json, -1, arena, &state, NULL)) {
        next = state.last_on_this_day_date / DAY_MS + 1;
        if (next <= today + MAX_DAYS_AHEAD + 1)
            *out = MAX (today - DAYS_AROUND, next);
    }
    return TRUE;
}

gboolean
memory_generate (Db *db, Arena *arena, gint64 today, gint64 *out_n, GError **error)
{
    gint64 first, n = 0;

    if (!find_first (db, arena, today, &first, error))
        return FALSE;
    for (gint64 day = first; day <= today + DAYS_AROUND; day++) {
        Making making = { .arena = arena, .day = day, .last_day = today + MAX_DAYS_AHEAD };

        if (!db_write (db, run_making, &making, error))
            return FALSE;
        n += making.n_made;
    }
    *out_n = n;
    return TRUE;
}

static gboolean
run_clean_up (Db *tx, gpointer data, GError **error)
{
    gint64 now = *(const gint64 *) data;

    return db_exec (tx, SQL_REMOVE_HIDDEN, DB_NO_ARGS, NULL, error) &&
           db_exec (tx, SQL_DELETE_OLD, DB_ARGS (db_int (now - KEPT_MS)), NULL, error);
}

gboolean
memory_clean_up (Db *db, gint64 now_ms, GError **error)
{
    return db_write (db, run_clean_up, &now_ms, error);
}

/* ---- jobs ---- */

static JobResult
generate (gpointer app, const Job *job, Arena *arena, GError **error)
{
    gint64 n = 0;

    if (!memory_generate (((App *) app)->db, arena, timestamp_now_ms () / DAY_MS, &n, error))
        return JOB_RETRY;
    if (n > 0)
        g_message ("%" G_GINT64_FORMAT " memories made", n);
    return JOB_DONE;
}

static JobResult
clean_up (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return memory_clean_up (((App *) app)->db, timestamp_now_ms (), error) ? JOB_DONE : JOB_RETRY;
}

void
memories_register_jobs (Jobs *jobs)
{
    static const JobKind kinds[] = {
        { "MemoryGenerate", QUEUE, generate },
        { "MemoryCleanup", QUEUE, clean_up },
    };

    jobs_register (jobs, kinds, G_N_ELEMENTS (kinds));
}
