/* likeness.c -- comparing what the worker says of pictures
 *
 * Two hashes that differ in at most seven of their 64 bits differ in at most one bit in one of their
 * four parts: so a search looks, in each part, for it and its 16 neighbours. */
#define G_LOG_DOMAIN "duplicates"
#include "features/duplicates/duplicates_private.h"

#include "worker/protocol.h"

#define MAX_COLOR_DISTANCE 30 /* of one of the fields */
#define MAX_MEAN_COLOR_DISTANCE 10
#define MAX_PROPORTION 1.04 /* of the ratios of the sides */

gint64
likeness_band (const guint8 *likeness, guint band)
{
    return likeness[2 * band] | likeness[2 * band + 1] << 8;
}

const char *
likeness_near_bands (Arena *arena, const guint8 *likeness, guint band)
{
    gint64 itself = likeness_band (likeness, band);
    g_autoptr (GString) json = g_string_new (NULL);

    g_string_printf (json, "[%" G_GINT64_FORMAT, itself);
    for (guint bit = 0; bit < 16; bit++)
        g_string_append_printf (json, ",%" G_GINT64_FORMAT, itself ^ (1 << bit));
    g_string_append_c (json, ']');
    return arena_strdup (arena, json->str);
}

static gboolean
has_same_proportions (const LikenessRow *a, const LikenessRow *b)
{
    double first, second;

    if (!a->has_width || !a->has_height || !b->has_width || !b->has_height || a->height == 0 ||
        b->width == 0 || b->height == 0)
        return FALSE;
    first = (double) a->width / (double) a->height;
    second = (double) b->width / (double) b->height;
    return MAX (first, second) <= MIN (first, second) * MAX_PROPORTION;
}

static gboolean
has_same_colors (const guint8 *a, const guint8 *b)
{
    int worst = 0, sum = 0, n = WORKER_LIKENESS_BYTES - WORKER_LIKENESS_HASH_BYTES;

    for (int i = WORKER_LIKENESS_HASH_BYTES; i < WORKER_LIKENESS_BYTES; i++) {
        worst = MAX (worst, ABS (a[i] - b[i]));
        sum += ABS (a[i] - b[i]);
    }
    return worst <= MAX_COLOR_DISTANCE && sum <= n * MAX_MEAN_COLOR_DISTANCE;
}

int
likeness_compare (const LikenessRow *a, const LikenessRow *b)
{
    gsize n_a, n_b;
    const guint8 *first = g_bytes_get_data (a->likeness, &n_a);
    const guint8 *second = g_bytes_get_data (b->likeness, &n_b);
    int distance = 0;

    if (n_a != WORKER_LIKENESS_BYTES || n_b != WORKER_LIKENESS_BYTES)
        return -1;
    for (guint i = 0; i < WORKER_LIKENESS_HASH_BYTES; i++)
        distance += __builtin_popcount (first[i] ^ second[i]);
    return distance <= LIKENESS_MAX_DISTANCE && has_same_proportions (a, b) &&
                   has_same_colors (first, second)
               ? distance
               : -1;
}
