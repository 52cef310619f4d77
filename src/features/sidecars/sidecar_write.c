/* sidecar_write.c -- the job SidecarWrite
 *
 * A temporary file beside the sidecar is filled by a worker, synced and renamed over it; a crash leaves
 * the one before or the one after. Another program that writes the file at the same time is not
 * overwritten: the job begins again with what that wrote.
 *
 * What is unlocked is in the file alone, the database only repeats it. So nothing is written where the
 * original is not to be found (a volume that is away would get the file below its mount point), and a new
 * file in the place of one that was lost gets all that is known. */
#define G_LOG_DOMAIN "sidecars"
#include "features/sidecars/sidecars_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "features/ingest/ingest.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"
#include "media/sidecar.h"

#define MAX_ROUNDS 5

/* $1 asset, $2 its update id as it was read */
static const char SQL_IS_SAME[] = "SELECT count(*) FROM asset WHERE id = $1 AND update_id = $2";
/* $1 asset, $2 its original as it was read; another one (upload_replace.c) has another sidecar */
static const char SQL_EXISTS[] =
    "SELECT count(*) FROM asset WHERE id = $1 AND original_path = $2 AND status <> 'deleted'";

/* $1 asset, $2 what stays locked, as a JSON array */
static const char SQL_UNLOCK[] = "UPDATE asset_exif SET locked_properties = $2 WHERE asset_id = $1";

/* $1 asset: its tags, as a JSON array */
static const char SQL_TAGS_FIND[] = "SELECT tags FROM asset_exif WHERE asset_id = $1";

/* $1 asset: whether what the database says of it was read from its files */
static const char SQL_WAS_READ[] =
    "SELECT count(*) FROM asset WHERE id = $1 AND metadata_at IS NOT NULL";
static const char SQL_POSITION_WAS_CLEARED[] =
    "SELECT count(*) FROM asset_exif WHERE asset_id = $1 AND is_position_cleared = 1";

/* Which locks a written tag opens. */
static const struct {
    const char *tag, *property;
} locks[] = {
    { "ImageDescription", "description" },
    { "DateTimeOriginal", "dateTimeOriginal" },
    { "DateTimeOriginal", "timeZone" },
    { "GPSLatitude", "latitude" },
    { "GPSLongitude", "longitude" },
    { "Rating", "rating" },
    { "TagsList", "tags" },
};

typedef struct {
    App *app;
    Arena *arena;
    const AssetRow *asset;
    const char *path; /* of the sidecar, as stored */
    const char *absolute;
    gboolean exists;
    struct stat before;  /* when it exists */
    StringList written;  /* tags */
    gboolean is_current; /* nobody edited the asset meanwhile */
    gboolean is_gone;
} Write;

static gboolean
has (const StringList *list, const char *text)
{
    for (gsize i = 0; i < list->n; i++)
        if (strcmp (list->items[i], text) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
is_written (const Write *self, const char *property)
{
    for (gsize i = 0; i < G_N_ELEMENTS (locks); i++)
        if (strcmp (locks[i].property, property) == 0 && has (&self->written, locks[i].tag))
            return TRUE;
    return FALSE;
}

static gboolean
unlock (Db *tx, const Write *self, GError **error)
{
    const StringList *locked = &self->asset->locked_properties;
    StringList rest = { arena_new_array (self->arena, const char *, MAX (locked->n, 1)), 0 };

    for (gsize i = 0; i < locked->n; i++)
        if (!is_written (self, locked->items[i]))
            rest.items[rest.n++] = locked->items[i];
    return db_exec (tx, SQL_UNLOCK,
                    DB_ARGS (db_text (self->asset->id), db_strings (self->arena, &rest)), NULL,
                    error);
}

/* After the file is in its place. */
static gboolean
run_record (Db *tx, gpointer data, GError **error)
{
    Write *self = data;
    const char *id = self->asset->id;
    gint64 n_there = 0, n_same = 0;

    if (!db_select_int (tx, SQL_EXISTS,
                        DB_ARGS (db_text (id), db_text (self->asset->original_path)), &n_there,
                        NULL, error) ||
        !db_select_int (tx, SQL_IS_SAME, DB_ARGS (db_text (id), db_text (self->asset->update_id)),
                        &n_same, NULL, error))
        return FALSE;
    self->is_gone = n_there == 0;
    self->is_current = n_same > 0;
    if (self->is_gone)
        return TRUE;
    return sidecar_record (tx, id, self->path, error) &&
           (!self->is_current ||
            (unlock (tx, self, error) &&
             ingest_add_metadata (tx, self->arena, id, "sidecar-write", error)));
}

/* Nothing can be written: the database has the last word, and what follows from the change still does. */
static gboolean
run_read_again (Db *tx, gpointer data, GError **error)
{
    const Write *self = data;

    return ingest_add_metadata (tx, self->arena, self->asset->id, "sidecar-write", error);
}

/* ---- what to write ---- */

/* The file that had the last word is gone: all that was read from it goes into the new one. That there is nothing is told
 * as well, or what was cleared would come back from the original; of a position only where it was cleared, for others
 * would take that for one. */
static gboolean
lock_all (Write *self, GError **error)
{
    AssetRow *asset = arena_new_array (self->arena, AssetRow, 1);
    gint64 n_read = 0, n_cleared = 0;
    gboolean tells_position;

    *asset = *self->asset;
    if (!db_select_int (self->app->db, SQL_WAS_READ, DB_ARGS (db_text (asset->id)), &n_read, NULL,
                        error) ||
        !db_select_int (self->app->db, SQL_POSITION_WAS_CLEARED, DB_ARGS (db_text (asset->id)),
                        &n_cleared, NULL, error))
        return FALSE;
    tells_position = (asset->has_latitude && asset->has_longitude) || n_cleared > 0;
    const struct {
        const char *property;
        gboolean is_set;
    } all[] = {
        { "description", n_read > 0 },
        { "dateTimeOriginal", asset->has_date_time_original },
        { "timeZone", asset->has_date_time_original },
        { "latitude", tells_position },
        { "longitude", tells_position },
        { "rating", n_read > 0 },
        { "tags", n_read > 0 },
    };
    StringList locked = { arena_new_array (self->arena, const char *,
                                           asset->locked_properties.n + G_N_ELEMENTS (all)),
                          0 };

    for (gsize i = 0; i < asset->locked_properties.n; i++)
        locked.items[locked.n++] = asset->locked_properties.items[i];
    for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
        if (all[i].is_set && !has (&locked, all[i].property))
            locked.items[locked.n++] = all[i].property;
    asset->locked_properties = locked;
    self->asset = asset;
    return TRUE;
}

/* What is locked, in the words of a sidecar; NULL: nothing of it can be written. */
static const char *
make_tags (Write *self, GError **error)
{
    const char *tags = NULL;

    if (asset_is_locked (self->asset, "tags") &&
        !db_select_text (self->app->db, self->arena, SQL_TAGS_FIND,
                         DB_ARGS (db_text (self->asset->id)), &tags, error))
        return NULL;
    return asset_write_locked (self->arena, self->asset,
                               asset_is_locked (self->asset, "tags") && tags == NULL ? "[]" : tags);
}

/* ---- the file ---- */

/* FALSE where the original is not to be found, or it cannot be known whether the sidecar is there. */
static gboolean
look (Write *self, GError **error)
{
    const char *original =
        layout_absolute (self->arena, self->app->media_location, self->asset->original_path);
    struct stat facts;

    if (storage_template_own_path (self->app, self->arena, self->asset->id,
                                   self->asset->original_path, error) == NULL)
        return FALSE;
    if (stat (original, &facts) != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the sidecar of '%s' is not written, since that cannot be read: %s. The "
                     "change is kept in the database; if a volume is not mounted, mount it",
                     original, g_strerror (errno));
        return FALSE;
    }
    self->exists = stat (self->absolute, &self->before) == 0;
    return self->exists || errno == ENOENT || layout_set_io_error (error, "read", self->absolute);
}

static gboolean
is_untouched (const Write *self)
{
    struct stat now;

    if (stat (self->absolute, &now) != 0)
        return !self->exists && errno == ENOENT;
    return self->exists && now.st_ino == self->before.st_ino && now.st_dev == self->before.st_dev &&
           now.st_size == self->before.st_size &&
           now.st_mtim.tv_sec == self->before.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == self->before.st_mtim.tv_nsec;
}

static gboolean
put_in_place (const Write *self, int fd, const char *temporary, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (self->absolute);

    if (!is_untouched (self)) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "another program writes '%s' at this moment", self->absolute);
        return FALSE;
    }
    if (!self->exists)
        return layout_move_in (fd, temporary, self->absolute, error);
    if (fchmod (fd, self->before.st_mode & 0777) != 0)
        g_debug ("cannot set the mode of '%s': %s", temporary, g_strerror (errno));
    if (fsync (fd) != 0)
        return layout_set_io_error (error, "sync", temporary);
    if (rename (temporary, self->absolute) != 0)
        return layout_set_io_error (error, "replace", self->absolute);
    return layout_sync_folder (folder, error);
}

static gboolean
write_file (Write *self, const char *tags, GError **error)
{
    const char *temporary = NULL;
    gboolean ok;
    int fd;

    if (self->exists && !S_ISREG (self->before.st_mode)) {
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA, "'%s' is not a regular file",
                     self->absolute);
        return FALSE;
    }
    fd = layout_new_beside (self->arena, self->absolute, &temporary, error);
    if (fd < 0)
        return FALSE;
    ok = media_write_sidecar (self->app->workers, self->exists ? self->absolute : NULL, tags, fd,
                              self->arena, &self->written, error) &&
         put_in_place (self, fd, temporary, error);
    close (fd);
    if (!ok)
        layout_remove (temporary);
    return ok;
}

/* ---- the job ---- */

static void
note_libraries (void)
{
    static gint noted;

    if (g_atomic_int_compare_and_exchange (&noted, 0, 1))
        g_message (
            "changes of photos in external libraries are kept in the database alone: nothing "
            "is written into folders that are not ours");
}

static JobResult
read_again (Write *self, GError **error)
{
    return db_write (self->app->db, run_read_again, self, error) ? JOB_DONE : JOB_RETRY;
}

/* A sidecar that cannot be understood is left as it is, whoever made it may want it. */
static JobResult
fail (Write *self, GError *why, GError **error)
{
    gboolean is_final = g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA);
    g_autoptr (GError) second = NULL;

    if (!is_final) {
        g_propagate_prefixed_error (error, why, "the sidecar '%s': ", self->absolute);
        return JOB_RETRY;
    }
    if (read_again (self, &second) != JOB_DONE)
        g_warning ("metadata of '%s' is not read again: %s", self->asset->id, second->message);
    g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                 "cannot change '%s': %s. The file is left as it is and the change is kept in the "
                 "database; repair or remove the file, then change the photo again",
                 self->absolute, why->message);
    g_error_free (why);
    return JOB_FAILED;
}

/* JOB_RETRY without an error: the asset was edited meanwhile. */
static JobResult
write_once (App *app, Arena *arena, const AssetRow *asset, GError **error)
{
    Write self = { .app = app, .arena = arena, .asset = asset };
    const char *recorded = NULL, *tags;
    GError *why = NULL;

    if (*asset->original_path == '/') {
        if (asset->locked_properties.n > 0)
            note_libraries ();
        return read_again (&self, error);
    }
    if (!asset_find_file (app->db, arena, asset->id, ASSET_FILE_TYPE_SIDECAR, FALSE, &recorded,
                          error))
        return JOB_RETRY;
    self.path = recorded != NULL ? recorded : arena_printf (arena, "%s.xmp", asset->original_path);
    self.absolute = layout_absolute (arena, app->media_location, self.path);
    if (!look (&self, error) || (recorded != NULL && !self.exists && !lock_all (&self, error)))
        return JOB_RETRY;
    tags = make_tags (&self, &why);
    if (why != NULL) {
        g_propagate_error (error, why);
        return JOB_RETRY;
    }
    if (tags == NULL)
        return read_again (&self, error);
    if (!write_file (&self, tags, &why))
        return fail (&self, why, error);
    if (!db_write (app->db, run_record, &self, &why)) {
        /* the next attempt may be where the original has moved, and another's may come here */
        if (!self.exists && !db_is_unsure (app->db, why))
            layout_remove (self.absolute);
        g_propagate_error (error, why);
        return JOB_RETRY;
    }
    if (self.is_gone) {
        if (!self.exists)
            layout_remove (self.absolute);
        return JOB_SKIPPED;
    }
    return self.is_current ? JOB_DONE : JOB_RETRY;
}

static JobResult
write_until_current (App *app, Arena *arena, const char *asset_id, GError **error)
{
    for (guint round = 0; round < MAX_ROUNDS; round++) {
        AssetRow asset;
        GError *why = NULL;
        JobResult result;

        if (!asset_find (app->db, arena, asset_id, &asset, &why)) {
            result =
                g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND) ? JOB_SKIPPED : JOB_RETRY;
            if (result == JOB_SKIPPED)
                g_clear_error (&why);
        } else {
            result = write_once (app, arena, &asset, &why);
        }
        if (why != NULL)
            g_propagate_error (error, why);
        if (result != JOB_RETRY || why != NULL)
            return result;
    }
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "asset '%s' changes faster than its sidecar can be written", asset_id);
    return JOB_RETRY;
}

/* Under the lock of the movers, so that the original does not go away from its sidecar. */
JobResult
sidecar_run_write (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    AssetJob data;
    JobResult result;
    int lock;

    if (!api_read_json (&asset_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    lock = storage_template_lock (app, error);
    if (lock < 0)
        return JOB_RETRY;
    result = write_until_current (app, arena, data.id, error);
    close (lock);
    return result;
}
