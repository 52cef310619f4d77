/* media_ingest.c -- how many photos a second the media workers turn into preview, thumbnail and
 * thumbhash, the way an upload does
 *
 * usage: media-ingest WORKER FOLDER WORKERS ROUNDS FILE...
 *
 * Renders every file ROUNDS times into FOLDER with WORKERS workers at once, and prints one line a
 * file (of the first round) and the totals. bench/media_ingest_sharp.mjs does the same with sharp. */
#define G_LOG_DOMAIN "media-ingest"
#include <glib.h>
#include <glib/gprintf.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "media/render.h"

typedef struct {
    WorkerPool *pool;
    const char *folder;
    char **files;
    guint n_files, n_tasks;
    gint next; /* atomic: the task to be taken next */
    gint n_failed;
} Ingest;

static void
ingest_file (Ingest *self, guint task)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    MediaFacts facts = { 0 };
    MediaOutput outputs[2] = {
        { .kind = "preview",
          .path = arena_printf (arena, "%s/%u_preview.jpeg", self->folder, task % self->n_files),
          .format = MEDIA_FORMAT_JPEG,
          .size_px = 1440,
          .quality = 80 },
        { .kind = "thumbnail",
          .path = arena_printf (arena, "%s/%u_thumbnail.webp", self->folder, task % self->n_files),
          .format = MEDIA_FORMAT_WEBP,
          .size_px = 250,
          .quality = 80 },
    };
    MediaRender render = { .original_path = self->files[task % self->n_files],
                           .keep_wide_gamut = TRUE,
                           .embedded_px = 1440,
                           .want_thumbhash = TRUE,
                           .outputs = outputs,
                           .n_outputs = 2 };

    if (!media_render (self->pool, &render, arena, &facts, &error)) {
        g_atomic_int_inc (&self->n_failed);
        g_printerr ("%s\n", error->message);
    } else if (task < self->n_files) {
        g_print ("%s: %s %d x %d, preview %d x %d %" G_GINT64_FORMAT
                 " bytes, thumbnail %d x %d %" G_GINT64_FORMAT " bytes, thumbhash %s\n",
                 render.original_path, facts.format, facts.width, facts.height, outputs[0].width,
                 outputs[0].height, outputs[0].size_bytes, outputs[1].width, outputs[1].height,
                 outputs[1].size_bytes, facts.thumbhash);
    }
}

static gpointer
ingest (gpointer data)
{
    Ingest *self = data;
    guint task;

    while ((task = (guint) g_atomic_int_add (&self->next, 1)) < self->n_tasks)
        ingest_file (self, task);
    return NULL;
}

static double
children_cpu_s (void)
{
    struct rusage usage;

    getrusage (RUSAGE_CHILDREN, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int
main (int argc, char **argv)
{
    WorkerPoolSettings settings = { 0 };
    Ingest self = { 0 };
    gint64 started_us, took_us;
    struct rusage usage;

    if (argc < 6) {
        g_printerr ("usage: %s WORKER FOLDER WORKERS ROUNDS FILE...\n", argv[0]);
        return 2;
    }
    settings.program = argv[1];
    settings.n_workers = (guint) CLAMP (atoi (argv[3]), 1, 64);
    self.folder = argv[2];
    self.files = argv + 5;
    self.n_files = (guint) argc - 5;
    self.n_tasks = self.n_files * (guint) MAX (1, atoi (argv[4]));
    self.pool = worker_pool_new (&settings);
    started_us = g_get_monotonic_time ();
    {
        g_autofree GThread **threads = g_new0 (GThread *, settings.n_workers);
        for (guint i = 0; i < settings.n_workers; i++)
            threads[i] = g_thread_new ("ingest", ingest, &self);
        for (guint i = 0; i < settings.n_workers; i++)
            g_thread_join (threads[i]);
    }
    took_us = g_get_monotonic_time () - started_us;
    worker_pool_free (self.pool);
    getrusage (RUSAGE_CHILDREN, &usage);
    g_print ("%u photos, %.2f a second, %.1f ms of processor time each, largest worker %ld MB, "
             "%d failed\n",
             self.n_tasks, self.n_tasks / (took_us / 1e6), children_cpu_s () * 1e3 / self.n_tasks,
             usage.ru_maxrss / 1024, self.n_failed);
    return self.n_failed > 0;
}
