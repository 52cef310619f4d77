/* render.h -- have a worker make renditions of an original, and put them where they belong
 *
 * The server opens files and moves results; it decodes nothing. A rendition appears at its path
 * complete or not at all, and replaces what was there. Blocks; any thread. */
#pragma once
#include <glib.h>
#include "base/arena.h"
#include "jobs/worker_pool.h"

typedef enum { MEDIA_FORMAT_JPEG, MEDIA_FORMAT_WEBP } MediaFormat;

typedef struct {
    const char *kind; /* preview, thumbnail, fullsize, ...: for messages */
    const char *path; /* where it goes; its folder is made when it is not there */
    MediaFormat format;
    int size_px; /* the short side; 0: as large as the original */
    int quality; /* 1 to 100 */
    gboolean progressive;

    int width, height; /* filled by media_render () */
    gint64 size_bytes;
    gboolean is_transparent;
} MediaOutput;

/** A box around a face, in pixels of a picture of that size; the original may have another one. */
typedef struct {
    gint64 x1, y1, x2, y2;
    gint64 image_width, image_height;
} MediaFace;

typedef struct {
    const char *original_path;
    gboolean is_video;        /* a frame of it is taken */
    gboolean process_invalid; /* take what a damaged file still shows */
    gint64 max_pixels;        /* 0: 500 million */
    int embedded_px; /* of camera raw files: show the JPEG in it when its short side is that long;
                      * 0: only when the raw picture cannot be decoded */
    gboolean keep_wide_gamut; /* pictures that are not sRGB become Display P3, else sRGB */
    const char *edits_json;   /* a list as the contract's edits, or NULL */
    const MediaFace *face; /* make all outputs of the square around it; then no edits. NULL: none */
    gboolean want_thumbhash, want_likeness;
    MediaOutput *outputs;
    guint n_outputs;
} MediaRender;

typedef struct {
    int width, height; /* of the upright original, before edits */
    gboolean has_alpha;
    int n_frames;
    const char *format;    /* by content: jpeg png gif webp tiff heif jxl svg jp2 raw video */
    const char *thumbhash; /* base64, in the arena; NULL unless wanted */
    const char *likeness;  /* base64 of WORKER_LIKENESS_BYTES; NULL: not wanted, or nothing seen */
} MediaFacts;

/** @return FALSE with the codes of worker_pool_run (), APP_ERROR_NOT_FOUND or APP_ERROR_IO when the
 *          original cannot be opened; then no path has changed, or (a rename failed) some have */
gboolean media_render (WorkerPool *pool, MediaRender *render, Arena *arena, MediaFacts *out,
                       GError **error);

/** Read the tags of an original, see worker/metadata.h for the JSON.
 *  @param sidecar_path  NULL: none */
gboolean media_read_metadata (WorkerPool *pool, const char *path, gboolean is_video,
                              const char *sidecar_path, Arena *arena, const char **out_json,
                              GError **error);
