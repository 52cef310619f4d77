/* image_fixtures.h -- pictures made by tests of renditions, and rendering them */
#pragma once
#include "worker/image.h"

typedef struct {
    ImageRender render;
    GBytes *files[2];
} Rendering;

void rendering_clear (Rendering *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rendering, rendering_clear)

/** Start libvips and GLib's tests; warnings about damaged files are no failure. */
void image_test_init (int *argc, char ***argv);

/** A file in memory. @return its descriptor, the caller's */
int file_of (const void *bytes, gsize n_bytes);
/** Red top left, green top right, blue bottom left, white bottom right, over a soft gradient.
 *  @return (transfer full) */
VipsImage *make_quarters (int width, int height);

/** Render a preview (JPEG) and a thumbnail (WebP) of the given short sides. */
gboolean render_bytes (const void *bytes, gsize n_bytes, int preview_px, int thumbnail_px,
                       Rendering *out, GError **error);
/** The same of @picture, stored as @suffix of libvips says; it must succeed. */
void render_ok (VipsImage *picture, const char *suffix, int preview_px, int thumbnail_px,
                Rendering *out);
/** (transfer full) the pixels of a rendition, in memory */
VipsImage *load (GBytes *file);
