/* integrity_own.c -- assets whose original lies elsewhere than the database says get it back
 *
 * After a backup of the database was restored that is older than moves by the storage template, a path may be empty,
 * or hold another's file, which is shown to nobody (storage_doubt.c). What an asset lacks is looked for below library/,
 * where alone a path is used twice, among the files that nobody rightly has: by size, then by SHA-1.
 *
 * That goes in stages, and in pages of seconds: where it is stands in the database, so a restart costs the page that
 * was under way. What is missing or has another size is known soon, and looked for first; to read all the others takes
 * hours. */
#define G_LOG_DOMAIN "integrity"
#include "features/integrity/integrity_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "features/assets/assets.h"
#include "features/ingest/ingest.h"
#include "features/sidecars/sidecars.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"

#define LIBRARY "library/"
#define PAGE 500
#define PAGE_US (2 * G_USEC_PER_SEC)  /* then a page ends */
#define STEP_US (20 * G_USEC_PER_SEC) /* then other jobs of the queue come */
#define BEGIN_US (5 * G_USEC_PER_SEC) /* the server is not kept longer from answering */

typedef enum {
    LOOK_AT_ALL,       /* sizes */
    SEARCH,            /* for what is missing */
    READ_ALL,          /* the SHA-1 of the rest */
    SEARCH_FOR_OTHERS, /* for what was found to be another's */
    N_STAGES
} Stage;

/* $1 the id before, $2 how many */
static const char SQL_PAGE[] =
    "SELECT d.asset_id AS id, a.original_path AS path, a.size_bytes AS size_bytes,"
    "       a.checksum AS checksum, 1 AS is_doubted"
    "  FROM storage_doubt d JOIN asset a ON a.id = d.asset_id"
    " WHERE d.asset_id > $1 AND d.is_lost = 0 ORDER BY d.asset_id LIMIT $2";
/* $1 ids */
static const char SQL_OWN[] =
    "DELETE FROM storage_doubt WHERE asset_id IN (SELECT value FROM json_each ($1))";
static const char SQL_LOST[] =
    "UPDATE storage_doubt SET is_lost = 1 WHERE asset_id IN (SELECT value FROM json_each ($1))";

static const char SQL_COUNT_LOST[] = "SELECT count(*) FROM storage_doubt WHERE is_lost = 1";
static const char SQL_COUNT_DOUBTED[] = "SELECT count(*) FROM storage_doubt WHERE is_lost = 0";
/* $1 size */
static const char SQL_COUNT_LOST_OF[] =
    "SELECT count(*) FROM storage_doubt WHERE is_lost = 1 AND size_bytes = $1";
/* $1 path: who has it, as far as was looked */
static const char SQL_COUNT_AT[] =
    "SELECT count(*) FROM asset a WHERE a.original_path = $1 AND a.library_id IS NULL"
    "   AND substr(a.original_path, 1, 8) = '" LIBRARY "'"
    "   AND NOT EXISTS (SELECT 1 FROM storage_doubt d WHERE d.asset_id = a.id AND d.is_lost = 1)";
/* $1 asset */
static const char SQL_COUNT_LOST_ONE[] =
    "SELECT count(*) FROM storage_doubt WHERE asset_id = $1 AND is_lost = 1";
/* $1 asset: jobs may have failed for what they did not find */
static const char SQL_COUNT_UNREAD[] =
    "SELECT count(*) FROM asset WHERE id = $1"
    "   AND (metadata_at IS NULL OR processing_error IS NOT NULL)";

typedef struct {
    App *app;
    Arena *arena; /* of the page */
    const StorageDoubt *doubt;
    StorageDoubt next;
    gint64 page_end_us;
    StringList own, lost;
} Page;

/* ---- who lacks its original ---- */

typedef enum { STAYS, OWN, LOST } Verdict;

static gboolean
judge (const Page *self, const OwnOriginalRow *row, Verdict *out, GError **error)
{
    const char *absolute = layout_absolute (self->arena, self->app->media_location, row->path);
    gboolean is_used_twice = g_str_has_prefix (row->path, LIBRARY), is_found = FALSE;
    struct stat facts;
    guint8 sha1[20];

    if (g_bytes_get_size (row->checksum) != sizeof sha1) {
        *out = OWN; /* nothing could be known to be its file */
        return TRUE;
    }
    if (stat (absolute, &facts) != 0 || (is_used_twice && facts.st_size != row->size_bytes)) {
        *out = LOST;
        return TRUE;
    }
    if (!is_used_twice || self->doubt->stage == LOOK_AT_ALL) {
        *out = is_used_twice ? STAYS : OWN;
        return TRUE;
    }
    if (!integrity_hash (self->app, row->path, sha1, &is_found, error))
        return FALSE;
    *out = is_found && memcmp (sha1, g_bytes_get_data (row->checksum, NULL), sizeof sha1) == 0
               ? OWN
               : LOST;
    return TRUE;
}

static gboolean
is_page_over (const Page *self)
{
    return g_get_monotonic_time () >= self->page_end_us;
}

static gboolean
look_at_page (Page *self, gboolean *out_is_last, GError **error)
{
    OwnOriginalRowList rows;
    gsize n_seen = 0;

    if (!db_select (self->app->db, self->arena, &own_original_row_type, (List *) &rows, SQL_PAGE,
                    DB_ARGS (db_text (self->doubt->after), db_int (PAGE)), error))
        return FALSE;
    self->own.items = arena_new_array (self->arena, const char *, MAX (rows.n, 1));
    self->lost.items = arena_new_array (self->arena, const char *, MAX (rows.n, 1));
    do {
        const OwnOriginalRow *row = &rows.items[n_seen];
        Verdict verdict;

        if (rows.n == 0)
            break;
        if (!judge (self, row, &verdict, error))
            return FALSE;
        if (verdict == OWN)
            self->own.items[self->own.n++] = row->id;
        else if (verdict == LOST)
            self->lost.items[self->lost.n++] = row->id;
        self->next.after = row->id;
    } while (++n_seen < rows.n && !is_page_over (self));
    *out_is_last = n_seen == rows.n && rows.n < PAGE;
    return TRUE;
}

/* ---- giving it back ---- */

typedef struct {
    Arena *arena;
    const IntegrityOwnerRow *owner; /* with the path where it is not */
    const char *to;
    gboolean has_sidecar; /* there is one beside the file */
} Return;

/* The sidecar goes with its original. One that is not there is written anew: at the old path may be another's. */
static gboolean
return_sidecar (Db *tx, const Return *self, GError **error)
{
    const char *id = self->owner->id, *recorded = NULL;
    const char *beside = arena_printf (self->arena, "%s.xmp", self->to);

    if (!asset_find_file (tx, self->arena, id, ASSET_FILE_TYPE_SIDECAR, FALSE, &recorded, error))
        return FALSE;
    if (self->has_sidecar)
        return sidecars_adopt (tx, self->arena, id, beside, error);
    if (recorded != NULL && g_str_has_prefix (recorded, LIBRARY))
        return sidecars_renew (tx, self->arena, id, beside, error);
    return ingest_add_metadata (tx, self->arena, id, "sidecar-write", error);
}

static gboolean
run_return (Db *tx, gpointer data, GError **error)
{
    const Return *self = data;
    const char *id = self->owner->id;
    gint64 n_unread = 0;

    return integrity_move_original (tx, id, self->owner->path, self->to, error) &&
           return_sidecar (tx, self, error) &&
           db_select_int (tx, SQL_COUNT_UNREAD, DB_ARGS (db_text (id)), &n_unread, NULL, error) &&
           (n_unread == 0 || ingest_add_metadata (tx, self->arena, id, "upload", error));
}

static gboolean
give_back (const App *app, Arena *arena, const IntegrityOwnerRow *owner, const char *path,
           GError **error)
{
    Return back = { .arena = arena, .owner = owner, .to = path };
    GError *why = NULL;

    if (!integrity_exists (app, arena_printf (arena, "%s.xmp", path), &back.has_sidecar, error))
        return FALSE;
    if (db_write (app->db, run_return, &back, &why)) {
        g_message ("the original of asset '%s' is not at '%s' but at '%s', which the database says "
                   "now, too",
                   owner->id, owner->path, path);
        return TRUE;
    }
    if (g_error_matches (why, APP_ERROR, APP_ERROR_CONFLICT)) {
        g_error_free (why);
        return TRUE;
    }
    g_propagate_error (error, why);
    return FALSE;
}

/* ---- looking for it ---- */

static gboolean
find_owner (const App *app, Arena *arena, const char *path, GError **error)
{
    IntegrityOwnerRowList owners;
    gboolean is_found = FALSE;
    guint8 sha1[20];

    if (!integrity_hash (app, path, sha1, &is_found, error) ||
        !integrity_find_owners (app->db, arena, sha1, integrity_folder_of (arena, path), &owners,
                                error))
        return FALSE;
    for (gsize i = 0; is_found && i < owners.n; i++) {
        const IntegrityOwnerRow *owner = &owners.items[i];
        gint64 n_lost = 0;

        if (!db_select_int (app->db, SQL_COUNT_LOST_ONE, DB_ARGS (db_text (owner->id)), &n_lost,
                            NULL, error))
            return FALSE;
        if (n_lost > 0 && owner->may_have && strcmp (owner->path, path) != 0)
            return give_back (app, arena, owner, path, error);
    }
    return TRUE;
}

/* Files that are not as large as one of the lost, or rightly somebody's, are not read. */
static gboolean
on_file (gpointer data, const char *path, GError **error)
{
    Page *self = data;
    g_autoptr (Arena) arena = arena_new ();
    const App *app = self->app;
    struct stat facts;
    gint64 n = 0;

    if (is_page_over (self) && self->next.after != self->doubt->after)
        return FALSE;
    if (!g_utf8_validate (path, -1, NULL))
        return TRUE;
    if (stat (layout_absolute (arena, app->media_location, path), &facts) == 0) {
        if (!db_select_int (app->db, SQL_COUNT_LOST_OF, DB_ARGS (db_int (facts.st_size)), &n, NULL,
                            error))
            return FALSE;
        if (n > 0) {
            if (!db_select_int (app->db, SQL_COUNT_AT, DB_ARGS (db_text (path)), &n, NULL, error) ||
                (n == 0 && !find_owner (app, arena, path, error)))
                return FALSE;
        }
    }
    self->next.after = arena_strdup (self->arena, path);
    return TRUE;
}

/* Under the lock of the movers, who wait for no more than a page. */
static gboolean
search_page (Page *self, gboolean *out_is_last, GError **error)
{
    GError *why = NULL;
    gint64 n_lost = 0;
    int lock;

    *out_is_last = TRUE;
    if (!db_select_int (self->app->db, SQL_COUNT_LOST, DB_NO_ARGS, &n_lost, NULL, error))
        return FALSE;
    if (n_lost == 0)
        return TRUE;
    lock = storage_template_lock (self->app, error);
    if (lock < 0)
        return FALSE;
    *out_is_last = integrity_walk_library (self->app, self->doubt->after, on_file, self, &why);
    close (lock);
    if (why != NULL)
        g_propagate_error (error, why);
    return why == NULL;
}

/* ---- step by step ---- */

static gboolean
run_page (Db *tx, gpointer data, GError **error)
{
    const Page *self = data;

    return storage_template_change_doubt (tx, self->arena, self->doubt,
                                          self->next.stage < N_STAGES ? &self->next : NULL,
                                          error) &&
           (self->own.n == 0 ||
            db_exec (tx, SQL_OWN, DB_ARGS (db_strings (self->arena, &self->own)), NULL, error)) &&
           (self->lost.n == 0 ||
            db_exec (tx, SQL_LOST, DB_ARGS (db_strings (self->arena, &self->lost)), NULL, error));
}

static gboolean
do_page (App *app, Arena *arena, const StorageDoubt *doubt, GError **error)
{
    Page page = { .app = app,
                  .arena = arena,
                  .doubt = doubt,
                  .next = *doubt,
                  .page_end_us = g_get_monotonic_time () + PAGE_US };
    gboolean is_search = doubt->stage == SEARCH || doubt->stage == SEARCH_FOR_OTHERS,
             is_last = FALSE;
    gint64 n_lost = 0;

    if (!integrity_check_folders (app, error) ||
        !(is_search ? search_page (&page, &is_last, error) : look_at_page (&page, &is_last, error)))
        return FALSE;
    if (is_last) {
        page.next.stage++;
        page.next.after = "";
    }
    if (!db_write (app->db, run_page, &page, error) ||
        !db_select_int (app->db, SQL_COUNT_LOST, DB_NO_ARGS, &n_lost, NULL, error))
        return FALSE;
    if (page.next.stage == N_STAGES)
        g_message ("all originals were looked at; %" G_GINT64_FORMAT " of them were not found",
                   n_lost);
    return TRUE;
}

/* Until a time, or to the end of a stage. *@out_done: nothing is left. */
static gboolean
go_on (App *app, gint64 end_us, Stage last, gboolean *out_done, GError **error)
{
    *out_done = FALSE;
    while (!jobs_is_stopping (app->jobs)) {
        g_autoptr (Arena) arena = arena_new ();
        const StorageDoubt *doubt = NULL;

        if (!storage_template_load_doubt (app, arena, &doubt, error))
            return FALSE;
        *out_done = doubt == NULL;
        if (doubt == NULL || doubt->stage > (gint64) last || g_get_monotonic_time () >= end_us)
            return TRUE;
        if (!do_page (app, arena, doubt, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- from the jobs ---- */

typedef struct {
    const char *name, *data;
} Again;

static gboolean
run_again (Db *tx, gpointer data, GError **error)
{
    const Again *self = data;

    return job_add (tx, self->name, INTEGRITY_QUEUE, self->name, self->data, 0, error);
}

/* How much is left stands in the log, and in the job that waits, which an admin sees. */
static gboolean
ask_again (App *app, const Job *job, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    gint64 n_doubted = 0, n_lost = 0;
    Again again = { .name = job->name };

    if (!db_select_int (app->db, SQL_COUNT_DOUBTED, DB_NO_ARGS, &n_doubted, NULL, error) ||
        !db_select_int (app->db, SQL_COUNT_LOST, DB_NO_ARGS, &n_lost, NULL, error))
        return FALSE;
    g_message ("originals are compared with the database: %" G_GINT64_FORMAT " are to be read, "
               "%" G_GINT64_FORMAT " are looked for",
               n_doubted, n_lost);
    again.data = arena_printf (arena,
                               "{\"originalsToRead\":%" G_GINT64_FORMAT
                               ",\"originalsToFind\":%" G_GINT64_FORMAT "}",
                               n_doubted, n_lost);
    return db_write (app->db, run_again, &again, error);
}

gboolean
integrity_settle (App *app, const Job *job, gboolean *out_done, GError **error)
{
    GError *why = NULL;

    if (!go_on (app, g_get_monotonic_time () + STEP_US, N_STAGES, out_done, &why) &&
        !g_error_matches (why, APP_ERROR, APP_ERROR_CONFLICT)) { /* another server is at it */
        g_propagate_error (error, why);
        return FALSE;
    }
    g_clear_error (&why);
    return *out_done || ask_again (app, job, error);
}

void
integrity_begin (App *app)
{
    g_autoptr (GError) why = NULL;
    gboolean is_done = FALSE;

    if (!go_on (app, g_get_monotonic_time () + BEGIN_US, SEARCH, &is_done, &why) &&
        !g_error_matches (why, APP_ERROR, APP_ERROR_CONFLICT)) /* another server is at it */
        g_warning ("cannot look where the originals are by now: %s", why->message);
}
