/* library_watch.c -- seeing what changes in the folders of libraries while it happens (inotify)
 *
 * One thread, on servers that run jobs. Each library has a watch on each of its folders. When nothing has
 * changed in a library for some seconds, the folders in which something did get a scan, each of its own;
 * what is to be made of the files is left to that scan. What the thread cannot have seen (before it began,
 * while the kernel's queue was full, on a disk that comes back) is found by a scan of the whole library.
 * Libraries are looked at every few seconds, as another server may have changed them. */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/error.h"
#include "features/config/config.h"
#include "media/media_type.h"

#define LOOK_MS 5000
#define TICK_MS 1000
#define QUIET_US (5 * G_USEC_PER_SEC)    /* a file may still be on its way */
#define AT_LAST_US (60 * G_USEC_PER_SEC) /* where there is always something on its way */
#define MAX_PARTS 20                     /* more are cheaper to scan with all the rest */
#define MAX_PART_BYTES 1000              /* of a path that is the key of a job */
#define EVENTS                                                                                     \
    (IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO |            \
     IN_DELETE | IN_ONLYDIR | IN_EXCL_UNLINK)

typedef struct _LibraryWatch LibraryWatch;

typedef struct {
    LibraryWatch *watch;
    char *id, *signature; /* of its folders and patterns */
    StringList roots;     /* clean import paths, in arena */
    Arena *arena;
    LibraryPatterns *patterns;
    int fd;
    GHashTable *folders;      /* watch descriptor: path */
    GHashTable *changed;      /* paths of folders */
    gboolean wants_all;       /* a scan of the whole library */
    gboolean is_full;         /* the system gives no more watches */
    gint64 first_us, last_us; /* when something changed that was not asked for yet; 0: nothing */
} Watched;

struct _LibraryWatch {
    App *app;
    GThread *thread;
    int wake;            /* an eventfd */
    GHashTable *watched; /* by the library's id */
    gboolean has_warned; /* of a library that cannot be watched */
    gint is_stopping;
};

static void
watched_free (gpointer data)
{
    Watched *self = data;

    close (self->fd);
    g_hash_table_unref (self->folders);
    g_hash_table_unref (self->changed);
    library_patterns_free (self->patterns);
    arena_free (self->arena);
    g_free (self->signature);
    g_free (self->id);
    g_free (self);
}

/* ---- what changed ---- */

static void
note (Watched *self, const char *folder)
{
    self->last_us = g_get_monotonic_time ();
    if (self->first_us == 0)
        self->first_us = self->last_us;
    if (folder == NULL || strlen (folder) > MAX_PART_BYTES ||
        g_hash_table_size (self->changed) >= MAX_PARTS)
        self->wants_all = TRUE;
    else if (!self->wants_all)
        g_hash_table_add (self->changed, g_strdup (folder));
}

static gboolean
is_stopping (gpointer data)
{
    return g_atomic_int_get (&((Watched *) data)->watch->is_stopping) != 0;
}

static gboolean
add_folder (const char *folder, gpointer data, GError **error)
{
    Watched *self = data;
    int descriptor = inotify_add_watch (self->fd, folder, EVENTS);

    if (descriptor >= 0 && g_hash_table_contains (self->folders, GINT_TO_POINTER (descriptor))) {
        /* by a second name: the first counts */
    } else if (descriptor >= 0) {
        g_hash_table_insert (self->folders, GINT_TO_POINTER (descriptor), g_strdup (folder));
    } else if (errno == ENOSPC && !self->is_full) {
        self->is_full = TRUE;
        g_warning (
            "cannot watch '%s' and other folders of library '%s': the system has no more watches "
            "to give (sysctl fs.inotify.max_user_watches). What changes there is found by scans",
            folder, self->id);
    } else if (errno != ENOSPC) {
        g_message ("cannot watch '%s': %s", folder, g_strerror (errno));
    }
    return TRUE;
}

/* Another has its name now, or none: what is watched there tells of a place that it is not in any more. */
static void
forget_tree (Watched *self, const char *folder)
{
    GHashTableIter each;
    gpointer descriptor, path;

    g_hash_table_iter_init (&each, self->folders);
    while (g_hash_table_iter_next (&each, &descriptor, &path)) {
        if (!library_is_inside (path, folder))
            continue;
        inotify_rm_watch (self->fd, GPOINTER_TO_INT (descriptor));
        g_hash_table_iter_remove (&each);
    }
}

/* The next look begins with the import paths, and asks for a scan of all: only from there it is known where
 * links may lead. */
static void
begin_again (Watched *self)
{
    for (gsize i = 0; i < self->roots.n; i++)
        forget_tree (self, self->roots.items[i]);
}

/* @out_has_link  NULL: an import path, in which links are followed */
static void
add_tree (Watched *self, const char *folder, gboolean *out_has_link)
{
    LibraryWalk walk = { .media_location = self->watch->app->media_location,
                         .patterns = self->patterns,
                         .entered = add_folder,
                         .is_stopping = is_stopping,
                         .out_has_link = out_has_link,
                         .data = self };
    g_autoptr (Arena) arena = arena_new ();
    guint64 n_files = 0;

    if (library_check_path (arena, walk.media_location, folder) == NULL)
        library_walk (&walk, folder, &n_files, NULL); /* fails only when all ends */
}

static gboolean
is_watched (const Watched *self, const char *folder)
{
    GHashTableIter each;
    gpointer path;

    g_hash_table_iter_init (&each, self->folders);
    while (g_hash_table_iter_next (&each, NULL, &path))
        if (strcmp (path, folder) == 0)
            return TRUE;
    return FALSE;
}

/* A folder, or a link to one. What is deleted the system forgets by itself, but not what was moved, nor what
 * a link led to. */
static void
take_folder (Watched *self, const char *path, guint32 mask)
{
    gboolean has_link = (mask & IN_ISDIR) == 0;

    if ((mask & (IN_MOVED_FROM | IN_DELETE)) != 0) {
        if (has_link || (mask & IN_MOVED_FROM) != 0)
            forget_tree (self, path);
        note (self, path);
    } else if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
        note (self, path);
        if (!has_link)
            add_tree (self, path, &has_link);
        if (has_link)
            begin_again (self);
    }
}

static void
take_event (Watched *self, const struct inotify_event *event)
{
    const char *folder = g_hash_table_lookup (self->folders, GINT_TO_POINTER (event->wd));
    g_autofree char *path = NULL;

    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        note (self, NULL);
    } else if ((event->mask & IN_IGNORED) != 0) { /* deleted, unmounted, or forgotten by us */
        g_hash_table_remove (self->folders, GINT_TO_POINTER (event->wd));
    } else if (folder != NULL && event->len > 0 && event->name[0] != '.' &&
               g_utf8_validate (event->name, -1, NULL)) {
        path = g_build_filename (folder, event->name, NULL);
        if ((event->mask & IN_ISDIR) == 0 && media_type_find (event->name) != NULL)
            note (self, folder);
        else if ((event->mask & IN_ISDIR) != 0 || g_file_test (path, G_FILE_TEST_IS_DIR) ||
                 ((event->mask & (IN_MOVED_FROM | IN_DELETE)) != 0 && is_watched (self, path)))
            take_folder (self, path, event->mask); /* or a link to one */
    }
}

static void
read_events (Watched *self)
{
    char buffer[16384] __attribute__ ((aligned (__alignof__(struct inotify_event))));
    ssize_t n;

    while ((n = read (self->fd, buffer, sizeof buffer)) > 0)
        for (const char *at = buffer; at < buffer + n;) {
            const struct inotify_event *event = (const struct inotify_event *) at;

            take_event (self, event);
            at += sizeof *event + event->len;
        }
}

/* ---- asking for scans ---- */

typedef struct {
    const char *id;
    const char **folders; /* NULL: the whole library */
    guint n;
    Arena *arena;
} Ask;

static gboolean
run_ask (Db *tx, gpointer data, GError **error)
{
    const Ask *self = data;
    static const char job[] = "LibrarySyncFilesQueueAll";

    if (self->folders == NULL)
        return library_add_job (tx, self->arena, job, self->id, NULL, error);
    for (guint i = 0; i < self->n; i++)
        if (!library_add_job (tx, self->arena, job, self->id, self->folders[i], error))
            return FALSE;
    return TRUE;
}

static int
compare_paths (const void *a, const void *b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Without those in others: the scan of a folder is one of all below it. */
static void
take_outermost (Watched *self, Ask *out)
{
    const char **paths = (const char **) g_hash_table_get_keys_as_array (self->changed, &out->n);
    guint n = 0;

    qsort (paths, out->n, sizeof *paths, compare_paths);
    for (guint i = 0; i < out->n; i++) {
        guint k = 0;

        while (k < n && !library_is_inside (paths[i], paths[k]))
            k++;
        if (k == n)
            paths[n++] = paths[i];
    }
    out->folders = paths;
    out->n = n;
}

static void
ask_for_scan (Watched *self)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    gint64 now = g_get_monotonic_time ();
    Ask ask = { .id = self->id, .arena = arena };

    if (self->first_us == 0 ||
        (now < self->last_us + QUIET_US && now < self->first_us + AT_LAST_US))
        return;
    if (!self->wants_all)
        take_outermost (self, &ask);
    if (db_write (self->watch->app->db, run_ask, &ask, &why)) {
        g_hash_table_remove_all (self->changed);
        self->wants_all = FALSE;
        self->first_us = 0;
    } else {
        g_warning ("cannot ask for a scan of library '%s': %s, trying again", self->id,
                   why->message);
        self->first_us = self->last_us = now;
    }
    g_free (ask.folders);
}

/* ---- which libraries ---- */

/* Import paths that are not watched: at the beginning, or when another folder is in the place of one, such as
 * that of a disk that comes or goes. */
static void
add_roots (Watched *self)
{
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < self->roots.n; i++) {
        const char *root = self->roots.items[i];
        guint n_before = g_hash_table_size (self->folders);

        if (library_check_path (arena, self->watch->app->media_location, root) == NULL)
            add_folder (root, self, NULL);
        if (g_hash_table_size (self->folders) == n_before)
            continue;
        forget_tree (self, root);
        add_folder (root, self, NULL); /* also where patterns exclude it: it is looked at once */
        add_tree (self, root, NULL);
        note (self, NULL);
    }
}

static void
append_items (GString *to, const StringList *items)
{
    for (gsize i = 0; i < items->n; i++)
        g_string_append_printf (to, "%s\n", items->items[i]);
    g_string_append_c (to, '\n');
}

static char *
signature_of (const LibraryRow *library)
{
    GString *text = g_string_new (NULL);

    append_items (text, &library->import_paths);
    append_items (text, &library->exclusion_patterns);
    return g_string_free (text, FALSE);
}

/* NULL: it cannot be watched, which a scan will say. */
static Watched *
watched_new (LibraryWatch *watch, const LibraryRow *library)
{
    LibraryPatterns *patterns = library_patterns_new (&library->exclusion_patterns, NULL);
    int fd = patterns != NULL ? inotify_init1 (IN_CLOEXEC | IN_NONBLOCK) : -1;
    Watched *self;

    if (fd < 0) {
        if (patterns != NULL && !watch->has_warned)
            g_warning ("cannot watch library '%s': %s (sysctl fs.inotify.max_user_instances)",
                       library->id, g_strerror (errno));
        watch->has_warned = TRUE;
        library_patterns_free (patterns);
        return NULL;
    }
    self = g_new0 (Watched, 1);
    *self = (Watched){ .watch = watch,
                       .id = g_strdup (library->id),
                       .signature = signature_of (library),
                       .arena = arena_new (),
                       .patterns = patterns,
                       .fd = fd };
    self->folders = g_hash_table_new_full (NULL, NULL, NULL, g_free);
    self->changed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    self->roots.n = library->import_paths.n;
    self->roots.items = arena_new_array (self->arena, const char *, MAX (self->roots.n, 1));
    for (gsize i = 0; i < self->roots.n; i++)
        self->roots.items[i] = library_clean_path (self->arena, library->import_paths.items[i]);
    return self;
}

/* What is to be watched; those that stay as they are stay watched. */
static gboolean
look (LibraryWatch *self, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    GHashTable *former = self->watched;
    LibraryRowList rows = { 0 };

    if (config_get (self->app)->library->watch->enabled &&
        !library_list_live (self->app->db, arena, &rows, error))
        return FALSE;
    self->watched = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, watched_free);
    for (gsize i = 0; i < rows.n && !g_atomic_int_get (&self->is_stopping); i++) {
        g_autofree char *signature = signature_of (&rows.items[i]);
        Watched *one = g_hash_table_lookup (former, rows.items[i].id);

        if (one != NULL && strcmp (one->signature, signature) == 0)
            g_hash_table_steal (former, one->id);
        else
            one = watched_new (self, &rows.items[i]);
        if (one == NULL)
            continue;
        g_hash_table_insert (self->watched, one->id, one);
        add_roots (one);
    }
    g_hash_table_unref (former);
    return TRUE;
}

/* ---- the thread ---- */

/* Until something happens, or it is time to look. */
static void
wait_for_events (LibraryWatch *self)
{
    g_autofree struct pollfd *fds = g_new0 (struct pollfd, g_hash_table_size (self->watched) + 1);
    int timeout_ms = config_get (self->app)->library->watch->enabled ? LOOK_MS : -1;
    nfds_t n = 0;
    GHashTableIter each;
    gpointer one;
    guint64 n_wakes;

    fds[n++] = (struct pollfd){ self->wake, POLLIN, 0 };
    g_hash_table_iter_init (&each, self->watched);
    while (g_hash_table_iter_next (&each, NULL, &one)) {
        fds[n++] = (struct pollfd){ ((Watched *) one)->fd, POLLIN, 0 };
        if (((Watched *) one)->first_us != 0)
            timeout_ms = TICK_MS;
    }
    poll (fds, n, timeout_ms);
    if (fds[0].revents != 0 && read (self->wake, &n_wakes, sizeof n_wakes) < 0)
        g_warning ("cannot read an eventfd: %s", g_strerror (errno));
}

static gpointer
run (gpointer data)
{
    LibraryWatch *self = data;
    gint64 look_at = 0;

    while (!g_atomic_int_get (&self->is_stopping)) {
        gboolean is_on = config_get (self->app)->library->watch->enabled;
        GHashTableIter each;
        gpointer one;

        if (g_get_monotonic_time () >= look_at ||
            is_on != (g_hash_table_size (self->watched) > 0)) {
            g_autoptr (GError) why = NULL;

            look_at = g_get_monotonic_time () + LOOK_MS * 1000;
            if (!look (self, &why))
                g_warning ("cannot see which libraries to watch: %s, trying again", why->message);
        }
        g_hash_table_iter_init (&each, self->watched);
        while (g_hash_table_iter_next (&each, NULL, &one)) {
            read_events (one);
            ask_for_scan (one);
        }
        wait_for_events (self);
    }
    g_hash_table_unref (self->watched);
    return NULL;
}

static void
wake (LibraryWatch *self)
{
    const guint64 one = 1;

    if (write (self->wake, &one, sizeof one) < 0)
        g_warning ("cannot write to an eventfd: %s", g_strerror (errno));
}

static void
config_changed (App *app, const AdminConfig *config)
{
    wake (app->library_watch);
}

void
library_watch_start (App *app)
{
    LibraryWatch *self;

    if (!app->settings->runs_jobs)
        return;
    self = app->library_watch = g_new0 (LibraryWatch, 1);
    self->app = app;
    self->watched = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, watched_free);
    self->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->wake < 0)
        g_error ("cannot make an eventfd: %s", g_strerror (errno));
    config_on_change (app, config_changed);
    self->thread = g_thread_new ("library-watch", run, self);
}

void
libraries_stop (App *app)
{
    LibraryWatch *self = g_steal_pointer (&app->library_watch);

    if (self == NULL)
        return;
    g_atomic_int_set (&self->is_stopping, 1);
    wake (self);
    g_thread_join (self->thread);
    close (self->wake);
    g_free (self);
}
