/* integrity_own.c -- assets whose original lies elsewhere than the database says get it back
 *
 * After a backup of the database was restored that is older than moves by the storage template, a path may be empty,
 * or hold another's file: that photo would be shown, to whoever may see the first. What an asset lacks is looked for
 * below library/, where alone a path is used twice, among the files that nobody rightly has: by size, then by SHA-1. */
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

#define PAGE 1000
#define LIBRARY "library/"

/* $1 the id before, $2 how many */
static const char SQL_ORIGINALS[] =
    "SELECT id, original_path AS path, size_bytes, checksum FROM asset"
    " WHERE id > $1 AND library_id IS NULL AND status <> 'deleted'"
    "   AND substr(original_path, 1, 1) <> '/' ORDER BY id LIMIT $2";

/* An asset without its original. */
typedef struct {
    char *id, *path;
    guint8 sha1[20];
} Lack;

typedef struct {
    App *app;
    gboolean reads_all;
    GHashTable *lacks; /* id to Lack, which it owns; found ones leave it */
    GHashTable *paths; /* of those, to Lack */
    GHashTable *sizes; /* of their files */
    guint n_found;
} Search;

static void
lack_free (gpointer data)
{
    Lack *self = data;

    g_free (self->id);
    g_free (self->path);
    g_free (self);
}

/* ---- who lacks its original ---- */

static gboolean
has_its_own (const Search *self, const OwnOriginalRow *row, gboolean *out, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *absolute = layout_absolute (arena, self->app->media_location, row->path);
    gboolean is_found = FALSE;
    struct stat facts;
    guint8 sha1[20];

    *out = stat (absolute, &facts) == 0 && facts.st_size == row->size_bytes;
    if (!*out || !self->reads_all || !g_str_has_prefix (row->path, LIBRARY))
        return TRUE;
    if (!integrity_hash (self->app, row->path, sha1, &is_found, error))
        return FALSE;
    *out = is_found && memcmp (sha1, g_bytes_get_data (row->checksum, NULL), sizeof sha1) == 0;
    return TRUE;
}

static gboolean
look_at (Search *self, const OwnOriginalRow *row, GError **error)
{
    gint64 *size;
    gboolean is_own = FALSE;
    Lack *lack;

    if (g_bytes_get_size (row->checksum) != sizeof lack->sha1)
        return TRUE; /* nothing could be known to be its file */
    if (!has_its_own (self, row, &is_own, error))
        return FALSE;
    if (is_own)
        return TRUE;
    lack = g_new0 (Lack, 1);
    lack->id = g_strdup (row->id);
    lack->path = g_strdup (row->path);
    memcpy (lack->sha1, g_bytes_get_data (row->checksum, NULL), sizeof lack->sha1);
    g_hash_table_insert (self->lacks, lack->id, lack);
    g_hash_table_insert (self->paths, lack->path, lack);
    size = g_new (gint64, 1);
    *size = row->size_bytes;
    g_hash_table_add (self->sizes, size);
    return TRUE;
}

static gboolean
find_lacks (Search *self, GError **error)
{
    g_autofree char *after = g_strdup ("");
    OwnOriginalRowList page;

    do {
        g_autoptr (Arena) arena = arena_new ();

        if (!db_select (self->app->db, arena, &own_original_row_type, (List *) &page, SQL_ORIGINALS,
                        DB_ARGS (db_text (after), db_int (PAGE)), error))
            return FALSE;
        for (gsize i = 0; i < page.n; i++)
            if (!look_at (self, &page.items[i], error))
                return FALSE;
        if (page.n > 0) {
            g_free (after);
            after = g_strdup (page.items[page.n - 1].id);
        }
    } while (page.n == PAGE);
    return TRUE;
}

/* ---- giving it back ---- */

typedef struct {
    Arena *arena;
    const Lack *lack;
    const char *to;
    gboolean has_sidecar; /* there is one beside the file */
} Return;

/* The sidecar goes with its original. One that is not there is written anew: at the old path may be another's. */
static gboolean
run_return (Db *tx, gpointer data, GError **error)
{
    const Return *self = data;
    const char *id = self->lack->id, *recorded = NULL;
    const char *beside = arena_printf (self->arena, "%s.xmp", self->to);

    if (!integrity_move_original (tx, id, self->lack->path, self->to, error) ||
        !asset_find_file (tx, self->arena, id, ASSET_FILE_TYPE_SIDECAR, FALSE, &recorded, error))
        return FALSE;
    if (self->has_sidecar)
        return sidecars_adopt (tx, self->arena, id, beside, error);
    if (recorded != NULL && g_str_has_prefix (recorded, LIBRARY))
        return sidecars_renew (tx, self->arena, id, beside, error);
    return ingest_add_metadata (tx, self->arena, id, "sidecar-write", error);
}

static gboolean
give_back (Search *self, Arena *arena, const Lack *lack, const char *path, GError **error)
{
    Return back = { .arena = arena, .lack = lack, .to = path };
    g_autoptr (GError) why = NULL;

    if (!integrity_exists (self->app, arena_printf (arena, "%s.xmp", path), &back.has_sidecar,
                           error))
        return FALSE;
    if (db_write (self->app->db, run_return, &back, &why)) {
        g_message ("the original of asset '%s' is not at '%s' but at '%s', which the database says "
                   "now, too",
                   lack->id, lack->path, path);
        self->n_found++;
    } else if (!g_error_matches (why, APP_ERROR, APP_ERROR_CONFLICT)) {
        g_propagate_error (error, g_steal_pointer (&why));
        return FALSE;
    }
    g_hash_table_remove (self->paths, lack->path);
    g_hash_table_remove (self->lacks, lack->id);
    return TRUE;
}

/* Whether somebody has this file rightly, as far as was looked. */
static gboolean
is_taken (const Search *self, Arena *arena, const char *path, gboolean *out, GError **error)
{
    const char *id = NULL;

    *out = FALSE;
    if (g_hash_table_contains (self->paths, path))
        return TRUE;
    if (!integrity_find_at (self->app->db, arena, path, &id, error))
        return FALSE;
    *out = id != NULL;
    return TRUE;
}

static gboolean
on_file (gpointer data, const char *path, GError **error)
{
    Search *self = data;
    g_autoptr (Arena) arena = arena_new ();
    const char *absolute = layout_absolute (arena, self->app->media_location, path);
    gboolean is_found = FALSE, is_other = FALSE;
    IntegrityOwnerRowList owners;
    struct stat facts;
    guint8 sha1[20];
    gint64 size;

    if (!g_utf8_validate (path, -1, NULL) || stat (absolute, &facts) != 0)
        return TRUE;
    size = facts.st_size;
    if (!g_hash_table_contains (self->sizes, &size))
        return TRUE;
    if (!is_taken (self, arena, path, &is_other, error))
        return FALSE;
    if (is_other)
        return TRUE;
    if (!integrity_hash (self->app, path, sha1, &is_found, error) ||
        !integrity_find_owners (self->app->db, arena, sha1, integrity_folder_of (arena, path),
                                &owners, error))
        return FALSE;
    for (gsize i = 0; is_found && i < owners.n; i++) {
        const Lack *lack = g_hash_table_lookup (self->lacks, owners.items[i].id);

        if (lack != NULL && owners.items[i].may_have && strcmp (lack->path, path) != 0)
            return give_back (self, arena, lack, path, error);
    }
    return TRUE;
}

/* Under the lock of the movers. */
static gboolean
find_again (Search *self, GError **error)
{
    int lock = storage_template_lock (self->app, error);
    gboolean ok;

    if (lock < 0)
        return FALSE;
    ok = integrity_walk_library (self->app, on_file, self, error);
    close (lock);
    return ok;
}

gboolean
integrity_find_own (App *app, gboolean reads_all, GError **error)
{
    g_autoptr (GHashTable) lacks = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, lack_free);
    g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) sizes =
        g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
    Search search = {
        .app = app, .reads_all = reads_all, .lacks = lacks, .paths = paths, .sizes = sizes
    };

    if (!integrity_check_folders (app, error) || !find_lacks (&search, error) ||
        (g_hash_table_size (lacks) > 0 && !find_again (&search, error)))
        return FALSE;
    if (search.n_found + g_hash_table_size (lacks) > 0)
        g_message ("%u originals were found at other paths than the database said, %u were not "
                   "found",
                   search.n_found, g_hash_table_size (lacks));
    return TRUE;
}

gboolean
integrity_settle (App *app, Arena *arena, GError **error)
{
    const char *doubt = NULL;

    return storage_template_load_doubt (app, arena, &doubt, error) &&
           (doubt == NULL ||
            (integrity_find_own (app, TRUE, error) && storage_template_trust (app, doubt, error)));
}

void
integrity_begin (App *app)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    const char *doubt = NULL;

    if (!storage_template_load_doubt (app, arena, &doubt, &why) ||
        (doubt != NULL && !integrity_find_own (app, FALSE, &why)))
        g_warning ("cannot look where the originals are by now: %s", why->message);
}
