/* thumbhash.c -- ThumbHash: a few cosine terms of luminance, two colour differences and alpha
 *
 * Each channel keeps its mean and the low frequencies of its DCT; the terms are scaled to 4 bits by
 * the channel's largest one. Luminance gets up to 7 x 7 terms in the picture's proportions, the
 * colour differences 3 x 3, alpha (only when the picture has any) 5 x 5, luminance then 5 x 5.
 * A term (x, y) of an nx x ny channel is kept when it lies under the diagonal. */
#define G_LOG_DOMAIN "thumbhash"
#include "worker/thumbhash.h"
#include <math.h>
#include <string.h>

#define MAX_TERMS 7

typedef struct {
    guint nx, ny;
    double dc, scale;
    double ac[MAX_TERMS * MAX_TERMS]; /* 0 to 1 after scaling */
    guint n_ac;
} Channel;

/* As the format's reference rounds: halves upwards. */
static guint
round_half_up (double value)
{
    return (guint) floor (value + 0.5);
}

static gboolean
term_kept (const Channel *self, guint x, guint y)
{
    return x * self->ny < self->nx * (self->ny - y);
}

/* One term, summed in the order of the format's reference: the last bit decides ties, of which flat
 * pictures are full. */
static double
sum_term (const double *values, guint width, guint height, guint x_term, guint y_term)
{
    double across[THUMBHASH_MAX_SIDE], sum = 0;

    for (guint x = 0; x < width; x++)
        across[x] = cos (G_PI / width * x_term * (x + 0.5));
    for (guint y = 0; y < height; y++) {
        double down = cos (G_PI / height * y_term * (y + 0.5));
        for (guint x = 0; x < width; x++)
            sum += values[y * width + x] * across[x] * down;
    }
    return sum / (width * height);
}

static void
channel_encode (Channel *self, const double *values, guint width, guint height)
{
    self->dc = self->scale = 0;
    self->n_ac = 0;
    for (guint y = 0; y < self->ny; y++)
        for (guint x = 0; term_kept (self, x, y); x++) {
            double term = sum_term (values, width, height, x, y);
            if (x == 0 && y == 0) {
                self->dc = term;
            } else {
                self->ac[self->n_ac++] = term;
                self->scale = MAX (self->scale, fabs (term));
            }
        }
    for (guint i = 0; i < self->n_ac && self->scale > 0; i++)
        self->ac[i] = 0.5 + 0.5 / self->scale * self->ac[i];
}

/* Lay the picture over its own mean colour and split it into luminance, two differences, alpha. */
static gboolean
split_channels (const guint8 *rgba, gsize n_pixels, double *l, double *p, double *q, double *a)
{
    double mean[3] = { 0 }, total_alpha = 0;

    for (gsize i = 0; i < n_pixels; i++) {
        double alpha = rgba[4 * i + 3] / 255.0;
        for (int c = 0; c < 3; c++)
            mean[c] += alpha / 255 * rgba[4 * i + c];
        total_alpha += alpha;
    }
    for (int c = 0; c < 3 && total_alpha > 0; c++)
        mean[c] /= total_alpha;
    for (gsize i = 0; i < n_pixels; i++) {
        double alpha = rgba[4 * i + 3] / 255.0, rgb[3];
        for (int c = 0; c < 3; c++)
            rgb[c] = mean[c] * (1 - alpha) + alpha / 255 * rgba[4 * i + c];
        l[i] = (rgb[0] + rgb[1] + rgb[2]) / 3;
        p[i] = (rgb[0] + rgb[1]) / 2 - rgb[2];
        q[i] = rgb[0] - rgb[1];
        a[i] = alpha;
    }
    return total_alpha < (double) n_pixels;
}

gsize
thumbhash_encode (const guint8 *rgba, guint width, guint height, guint8 out[THUMBHASH_MAX_BYTES])
{
    gsize n_pixels = (gsize) width * height;
    g_autofree double *values = g_new (double, n_pixels * 4);
    double *planes[4] = { values, values + n_pixels, values + 2 * n_pixels, values + 3 * n_pixels };
    gboolean has_alpha, is_landscape = width > height;
    Channel channels[4] = { 0 };
    guint longest = MAX (width, height), limit, lx, ly, n_channels, n_nibbles = 0;
    guint32 head;
    guint16 tail;
    gsize n_bytes;

    g_return_val_if_fail (width >= 1 && height >= 1 && longest <= THUMBHASH_MAX_SIDE, 0);
    has_alpha = split_channels (rgba, n_pixels, planes[0], planes[1], planes[2], planes[3]);
    limit = has_alpha ? 5 : 7;
    lx = MAX (1, round_half_up ((double) (limit * width) / longest));
    ly = MAX (1, round_half_up ((double) (limit * height) / longest));
    channels[0].nx = MAX (3, lx);
    channels[0].ny = MAX (3, ly);
    channels[1].nx = channels[1].ny = channels[2].nx = channels[2].ny = 3;
    channels[3].nx = channels[3].ny = 5;
    n_channels = has_alpha ? 4 : 3;
    for (guint i = 0; i < n_channels; i++)
        channel_encode (&channels[i], planes[i], width, height);

    head = round_half_up (63 * channels[0].dc) | round_half_up (31.5 + 31.5 * channels[1].dc) << 6 |
           round_half_up (31.5 + 31.5 * channels[2].dc) << 12 |
           round_half_up (31 * channels[0].scale) << 18 | (guint32) has_alpha << 23;
    tail = (guint16) ((is_landscape ? ly : lx) | round_half_up (63 * channels[1].scale) << 3 |
                      round_half_up (63 * channels[2].scale) << 9 | (guint) is_landscape << 15);
    memset (out, 0, THUMBHASH_MAX_BYTES);
    out[0] = head & 255;
    out[1] = head >> 8 & 255;
    out[2] = (guint8) (head >> 16);
    out[3] = tail & 255;
    out[4] = (guint8) (tail >> 8);
    n_bytes = 5;
    if (has_alpha)
        out[n_bytes++] = (guint8) (round_half_up (15 * channels[3].dc) |
                                   round_half_up (15 * channels[3].scale) << 4);
    for (guint i = 0; i < n_channels; i++)
        for (guint k = 0; k < channels[i].n_ac; k++, n_nibbles++)
            out[n_bytes + n_nibbles / 2] |=
                (guint8) (round_half_up (15 * channels[i].ac[k]) << (n_nibbles % 2 * 4));
    return n_bytes + (n_nibbles + 1) / 2;
}
