/* image.h -- all renditions of a picture from one decode
 *
 * Runs in the worker; libvips must be initialised. One render at a time. */
#pragma once
#include <glib.h>
#include "worker/face_square.h"
#include "worker/image_colour.h"
#include "worker/image_source.h"
#include "worker/protocol.h"

typedef enum { IMAGE_FORMAT_JPEG, IMAGE_FORMAT_WEBP } ImageFormat;

typedef struct {
    ImageFormat format;
    int size_px; /* the short side; 0: as large as the original */
    int quality; /* 1 to 100 */
    gboolean progressive;
    int fd; /* an empty file to write to; stays the caller's */

    int width, height; /* filled by image_render () */
    gsize n_bytes;
    gboolean is_transparent; /* the original has an alpha channel */
} ImageOutput;

typedef enum { IMAGE_EDIT_CROP, IMAGE_EDIT_ROTATE, IMAGE_EDIT_MIRROR } ImageEditKind;

typedef struct {
    ImageEditKind kind;
    int x, y, width, height; /* crop: pixels of the upright original */
    int angle;               /* rotate: 0, 90, 180, 270, clockwise */
    gboolean vertical;       /* mirror: top and bottom change places */
} ImageEdit;

#define IMAGE_MAX_EDITS 8

typedef struct {
    ImageInput input;
    gboolean is_video; /* take a frame of it; n_edits is 0 then */
    ColourSpace wide;  /* what pictures that are not sRGB become */
    gboolean want_thumbhash, want_likeness;
    ImageEdit edits[IMAGE_MAX_EDITS];
    guint n_edits;
    gboolean has_face; /* show the square around this one, in place of edits */
    FaceBox face;
    ImageOutput outputs[WORKER_MAX_OUTPUTS];
    guint n_outputs;

    int width, height; /* of the upright original, before edits; filled with what follows */
    gboolean has_alpha;
    int n_frames;
    const char *format; /* jpeg, png, heif, ..., video */
    char *thumbhash;    /* base64; NULL unless wanted */
    char *likeness;     /* base64; NULL unless wanted, or nothing is to be seen */
} ImageRender;

/** Render every output, thumbhash and likeness.
 *  @return FALSE with the codes of image_source_new () or APP_ERROR_IO: an output could not be
 *          written; what was written so far is of no use */
gboolean image_render (ImageRender *self, GError **error);
void image_render_clear (ImageRender *self);

/** The size of a rendition whose short side shall be @size_px: never enlarged, the long side rounded
 *  half up, and no longer than @max_side (then the short side gives way). */
void image_fit_short_side (int width, int height, int size_px, int max_side, int *out_width,
                           int *out_height);

/** The size that fits into a square of @max_side; never enlarged, sides rounded half up. */
void image_fit_inside (int width, int height, int max_side, int *out_width, int *out_height);
