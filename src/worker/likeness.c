/* likeness.c -- see likeness.h */
#define G_LOG_DOMAIN "likeness"
#include "worker/likeness.h"

#include <math.h>
#include <string.h>

#define SIDE 32          /* of the grey picture */
#define FIELDS 4         /* a side of the colours */
#define N_DIAGONALS 10   /* on which the 64 terms lie */
#define MIN_CONTRAST 3.0 /* standard deviation of the greys below which nothing is to be seen */

typedef struct {
    double rgb[SIDE * SIDE][3];
    double grey[SIDE * SIDE];
} Small;

/* How much of the pixel at @at lies in cell @cell of @n over a length of @length pixels. */
static double
overlap (guint at, guint cell, guint n, guint length)
{
    double from = (double) cell * length / n, to = (double) (cell + 1) * length / n;

    return MAX (0, MIN (to, at + 1.0) - MAX (from, (double) at));
}

/* The mean of one cell, laid over white where it is transparent. */
static void
average_cell (const guint8 *rgba, guint width, guint height, guint cell_x, guint cell_y,
              double out[3])
{
    guint x_end = MIN (width, ((cell_x + 1) * width + SIDE - 1) / SIDE);
    guint y_end = MIN (height, ((cell_y + 1) * height + SIDE - 1) / SIDE);
    double total = 0;

    out[0] = out[1] = out[2] = 0;
    for (guint y = cell_y * height / SIDE; y < y_end; y++)
        for (guint x = cell_x * width / SIDE; x < x_end; x++) {
            const guint8 *pixel = rgba + 4 * ((gsize) y * width + x);
            double weight = overlap (x, cell_x, SIDE, width) * overlap (y, cell_y, SIDE, height);
            double alpha = pixel[3] / 255.0;

            for (guint c = 0; c < 3; c++)
                out[c] += weight * (pixel[c] * alpha + 255 * (1 - alpha));
            total += weight;
        }
    for (guint c = 0; c < 3 && total > 0; c++)
        out[c] /= total;
}

static void
reduce (const guint8 *rgba, guint width, guint height, Small *out)
{
    for (guint y = 0; y < SIDE; y++)
        for (guint x = 0; x < SIDE; x++) {
            double *rgb = out->rgb[y * SIDE + x];

            average_cell (rgba, width, height, x, y, rgb);
            out->grey[y * SIDE + x] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        }
}

static double
contrast (const Small *small)
{
    double sum = 0, squares = 0, mean;

    for (guint i = 0; i < SIDE * SIDE; i++) {
        sum += small->grey[i];
        squares += small->grey[i] * small->grey[i];
    }
    mean = sum / (SIDE * SIDE);
    return sqrt (MAX (0, squares / (SIDE * SIDE) - mean * mean));
}

/* Diagonal after diagonal from the slowest change on; the mean itself is left out. */
static void
find_hash (const Small *small, guint8 out[WORKER_LIKENESS_HASH_BYTES])
{
    double waves[N_DIAGONALS + 1][SIDE];
    guint n = 0;

    for (guint u = 0; u <= N_DIAGONALS; u++)
        for (guint x = 0; x < SIDE; x++)
            waves[u][x] = cos (G_PI / SIDE * (x + 0.5) * u);
    memset (out, 0, WORKER_LIKENESS_HASH_BYTES);
    for (guint diagonal = 1; diagonal <= N_DIAGONALS; diagonal++)
        for (guint u = 0; u <= diagonal && n < 8 * WORKER_LIKENESS_HASH_BYTES; u++, n++) {
            double term = 0;

            for (guint i = 0; i < SIDE * SIDE; i++)
                term += small->grey[i] * waves[u][i % SIDE] * waves[diagonal - u][i / SIDE];
            if (term > 0)
                out[n / 8] |= (guint8) (1 << n % 8);
        }
}

static void
find_colors (const Small *small, guint8 out[FIELDS * FIELDS * 3])
{
    const guint step = SIDE / FIELDS;

    for (guint field = 0; field < FIELDS * FIELDS; field++)
        for (guint c = 0; c < 3; c++) {
            guint left = field % FIELDS * step, top = field / FIELDS * step;
            double sum = 0;

            for (guint i = 0; i < step * step; i++)
                sum += small->rgb[(top + i / step) * SIDE + left + i % step][c];
            out[3 * field + c] = (guint8) lround (sum / (step * step));
        }
}

gboolean
likeness_find (const guint8 *rgba, guint width, guint height, guint8 out[WORKER_LIKENESS_BYTES])
{
    Small small = { 0 };

    G_STATIC_ASSERT (WORKER_LIKENESS_BYTES == WORKER_LIKENESS_HASH_BYTES + FIELDS * FIELDS * 3);
    g_return_val_if_fail (width >= 1 && height >= 1, FALSE);
    reduce (rgba, width, height, &small);
    if (contrast (&small) < MIN_CONTRAST)
        return FALSE;
    find_hash (&small, out);
    find_colors (&small, out + WORKER_LIKENESS_HASH_BYTES);
    return TRUE;
}
