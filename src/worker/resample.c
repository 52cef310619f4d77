/* resample.c -- separable Lanczos-3 reduction in fixed point
 *
 * A weight has 14 bits of fraction, a row-filtered value 6. All sums fit: the weights' absolute values
 * add up to less than 1.6 for this filter. Pixels have four bytes, so that one fits a vector lane. The
 * source rows that the next output row needs are kept in a ring.
 *
 * With AVX2 the row filter writes pixels in pairs, channel by channel (r0 r1 g0 g1 b0 b1 x0 x1), which
 * is what one multiply-add of the column filter takes; its taps therefore start at even pixels. */
#define G_LOG_DOMAIN "resample"
#include "worker/resample.h"
#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define LOBES 3.0
#define WEIGHT_BITS 14
#define MIDDLE_BITS 6  /* of a value between the two passes */
#define COLUMN_GROUP 4 /* column weights are padded with zeros to a multiple of this */
#define BLOCK_BYTES 64 /* of a row that the vector code takes at once */

/* For each output position: its first source position and @n_taps weights. */
typedef struct {
    guint n_taps;
    guint *first;
    gint16 *weights;
    gint16 *paired; /* each two neighbouring weights four times, for pairs of pixels; may be NULL */
} Filter;

typedef void (*FilterRows) (const guint8 *const *rows, const gint16 *weights, guint n_taps,
                            guint n_values, gint16 *out);
typedef void (*FilterColumns) (const gint16 *row, const Filter *filter, guint out_width,
                               guint8 *out);

struct _Resampler {
    guint width, height, out_width, out_height;
    Filter columns, rows;
    guint8 *ring;    /* rows.n_taps source rows */
    gsize row_bytes; /* of one of them, with room for taps and vectors past its end */
    gint16 *middle;  /* one row, filtered over rows */
    const guint8 **window;
    guint n_pushed, n_done;
    guint8 *out;
    FilterRows filter_rows;
    FilterColumns filter_columns;
};

static double
lanczos (double x)
{
    double pi_x = G_PI * x;

    if (x == 0)
        return 1;
    return fabs (x) >= LOBES ? 0 : LOBES * sin (pi_x) * sin (pi_x / LOBES) / (pi_x * pi_x);
}

/* Make the weights of one output position add up to one, exactly, by giving the rest to the largest. */
static void
quantise (const double *exact, guint n, gint16 *out)
{
    double total = 0;
    int left = 1 << WEIGHT_BITS;
    guint largest = 0;

    for (guint i = 0; i < n; i++) {
        total += exact[i];
        if (exact[i] > exact[largest])
            largest = i;
    }
    for (guint i = 0; i < n; i++) {
        out[i] = (gint16) lrint (exact[i] / total * (1 << WEIGHT_BITS));
        left -= out[i];
    }
    out[largest] = (gint16) (out[largest] + left);
}

/* @align: first positions are multiples of it. @group: the number of taps is one of this. */
static void
filter_init (Filter *self, guint n_in, double extent, guint n_out, guint align, guint group)
{
    double scale = MAX (1, extent / n_out), radius = LOBES * scale;
    guint n_taps = (guint) floor (2 * radius) + align;
    g_autofree double *exact = NULL;

    self->n_taps = (n_taps + group - 1) / group * group;
    self->first = g_new (guint, n_out);
    self->weights = g_new0 (gint16, (gsize) n_out * self->n_taps);
    self->paired = NULL;
    exact = g_new0 (double, self->n_taps);
    for (guint i = 0; i < n_out; i++) {
        double centre = (i + 0.5) * extent / n_out - 0.5;
        guint low = (guint) CLAMP (ceil (centre - radius), 0, n_in - 1.0);
        guint high = (guint) CLAMP (floor (centre + radius), 0, n_in - 1.0);
        guint first = low - low % align;
        for (guint k = 0; k < self->n_taps; k++)
            exact[k] = first + k >= low && first + k <= high
                           ? lanczos (((double) first + k - centre) / scale)
                           : 0;
        self->first[i] = first;
        quantise (exact, self->n_taps, self->weights + (gsize) i * self->n_taps);
    }
}

static void
filter_pair_weights (Filter *self, guint n_out)
{
    gsize n = (gsize) n_out * self->n_taps;

    self->paired = g_new (gint16, n * 4);
    for (gsize k = 0; k < n; k += 2)
        for (guint copy = 0; copy < 4; copy++)
            memcpy (self->paired + 4 * k + 2 * copy, self->weights + k, 2 * sizeof (gint16));
}

static void
filter_clear (Filter *self)
{
    g_free (self->first);
    g_free (self->weights);
    g_free (self->paired);
}

static void
filter_rows_plain (const guint8 *const *rows, const gint16 *weights, guint n_taps, guint n_values,
                   gint16 *out)
{
    const int shift = WEIGHT_BITS - MIDDLE_BITS;

    for (guint i = 0; i < n_values; i++) {
        gint32 sum = 1 << (shift - 1);
        for (guint k = 0; k < n_taps; k++)
            sum += rows[k][i] * weights[k];
        out[i] = (gint16) (sum >> shift);
    }
}

static void
filter_columns_plain (const gint16 *row, const Filter *filter, guint out_width, guint8 *out)
{
    const int shift = WEIGHT_BITS + MIDDLE_BITS;

    for (guint x = 0; x < out_width; x++) {
        const gint16 *weights = filter->weights + (gsize) x * filter->n_taps;
        const gint16 *pixel = row + (gsize) filter->first[x] * 4;
        gint32 sum[3] = { 1 << (shift - 1), 1 << (shift - 1), 1 << (shift - 1) };
        for (guint k = 0; k < filter->n_taps; k++, pixel += 4)
            for (guint c = 0; c < 3; c++)
                sum[c] += pixel[c] * weights[k];
        for (guint c = 0; c < 3; c++)
            out[3 * x + c] = (guint8) CLAMP (sum[c] >> shift, 0, 255);
    }
}

#if defined(__x86_64__)

__attribute__ ((target ("avx2"))) static inline __m256i
weigh (const guint8 *bytes, __m256i weight)
{
    __m256i values = _mm256_cvtepu8_epi16 (_mm_loadu_si128 ((const __m128i *) bytes));

    /* Rounds each product to MIDDLE_BITS: 7 + 14 - 15 = 6. */
    return _mm256_mulhrs_epi16 (_mm256_slli_epi16 (values, 7), weight);
}

__attribute__ ((target ("avx2"))) static void
filter_rows_avx2 (const guint8 *const *rows, const gint16 *weights, guint n_taps, guint n_values,
                  gint16 *out)
{
    const __m256i pairs = _mm256_setr_epi8 (0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15, 0,
                                            1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);

    for (guint i = 0; i < n_values; i += BLOCK_BYTES) {
        __m256i sum0 = _mm256_setzero_si256 (), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (guint k = 0; k < n_taps; k++) {
            const guint8 *row = rows[k] + i;
            __m256i weight = _mm256_set1_epi16 (weights[k]);
            sum0 = _mm256_add_epi16 (sum0, weigh (row, weight));
            sum1 = _mm256_add_epi16 (sum1, weigh (row + 16, weight));
            sum2 = _mm256_add_epi16 (sum2, weigh (row + 32, weight));
            sum3 = _mm256_add_epi16 (sum3, weigh (row + 48, weight));
        }
        _mm256_storeu_si256 ((__m256i *) (out + i), _mm256_shuffle_epi8 (sum0, pairs));
        _mm256_storeu_si256 ((__m256i *) (out + i + 16), _mm256_shuffle_epi8 (sum1, pairs));
        _mm256_storeu_si256 ((__m256i *) (out + i + 32), _mm256_shuffle_epi8 (sum2, pairs));
        _mm256_storeu_si256 ((__m256i *) (out + i + 48), _mm256_shuffle_epi8 (sum3, pairs));
    }
}

/* The channels of one output pixel, in two halves that have to be added. */
__attribute__ ((target ("avx2"))) static inline __m256i
weigh_pixel (const gint16 *row, const Filter *filter, guint x)
{
    const gint16 *pixel = row + (gsize) filter->first[x] * 4;
    const gint16 *weights = filter->paired + (gsize) x * filter->n_taps * 4;
    __m256i sum = _mm256_setzero_si256 ();

    for (guint k = 0; k < filter->n_taps * 4; k += 16)
        sum = _mm256_add_epi32 (
            sum, _mm256_madd_epi16 (_mm256_loadu_si256 ((const __m256i *) (pixel + k)),
                                    _mm256_loadu_si256 ((const __m256i *) (weights + k))));
    return sum;
}

__attribute__ ((target ("avx2"))) static void
filter_columns_avx2 (const gint16 *row, const Filter *filter, guint out_width, guint8 *out)
{
    const int shift = WEIGHT_BITS + MIDDLE_BITS;
    const __m256i half = _mm256_set1_epi32 (1 << (shift - 1));

    for (guint x = 0; x < out_width; x += 2) {
        gboolean is_last = x + 2 >= out_width;
        __m256i left = weigh_pixel (row, filter, x);
        __m256i right = x + 1 < out_width ? weigh_pixel (row, filter, x + 1) : left;
        __m256i both = _mm256_add_epi32 (_mm256_permute2x128_si256 (left, right, 0x20),
                                         _mm256_permute2x128_si256 (left, right, 0x31));
        guint32 rgbx[2];
        both = _mm256_srai_epi32 (_mm256_add_epi32 (both, half), shift);
        both = _mm256_packs_epi32 (both, both);
        both = _mm256_packus_epi16 (both, both);
        rgbx[0] = (guint32) _mm256_extract_epi32 (both, 0);
        rgbx[1] = (guint32) _mm256_extract_epi32 (both, 4);
        /* The fourth byte is overwritten by the next pixel; the last one must not spill. */
        if (!is_last) {
            memcpy (out + 3 * x, &rgbx[0], 4);
            memcpy (out + 3 * x + 3, &rgbx[1], 4);
        } else {
            memcpy (out + 3 * x, &rgbx[0], 3);
            if (x + 1 < out_width)
                memcpy (out + 3 * x + 3, &rgbx[1], 3);
        }
    }
}

#endif

Resampler *
resampler_new (guint width, guint height, double x_extent, double y_extent, guint out_width,
               guint out_height, guint8 *out)
{
    Resampler *self = g_new0 (Resampler, 1);

    self->width = width;
    self->height = height;
    self->out_width = out_width;
    self->out_height = out_height;
    self->out = out;
    filter_init (&self->columns, width, x_extent, out_width, 2, COLUMN_GROUP);
    filter_init (&self->rows, height, y_extent, out_height, 1, 1);
    self->row_bytes = ((gsize) width + self->columns.n_taps) * 4 + BLOCK_BYTES;
    self->ring = g_malloc0 (self->row_bytes * self->rows.n_taps);
    self->middle = g_new0 (gint16, self->row_bytes);
    self->window = g_new (const guint8 *, self->rows.n_taps);
    self->filter_rows = filter_rows_plain;
    self->filter_columns = filter_columns_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports ("avx2")) {
        filter_pair_weights (&self->columns, out_width);
        self->filter_rows = filter_rows_avx2;
        self->filter_columns = filter_columns_avx2;
    }
#endif
    return self;
}

guint8 *
resampler_next_row (Resampler *self)
{
    return self->ring + self->row_bytes * (self->n_pushed % self->rows.n_taps);
}

static void
finish_row (Resampler *self)
{
    const Filter *rows = &self->rows;
    guint first = rows->first[self->n_done];

    for (guint k = 0; k < rows->n_taps; k++) /* those past the end have no weight */
        self->window[k] = self->ring + self->row_bytes * ((first + k) % rows->n_taps);
    self->filter_rows (self->window, rows->weights + (gsize) self->n_done * rows->n_taps,
                       rows->n_taps, self->width * 4, self->middle);
    self->filter_columns (self->middle, &self->columns, self->out_width,
                          self->out + (gsize) self->n_done * self->out_width * 3);
    self->n_done++;
}

void
resampler_push (Resampler *self, const guint8 *rgbx)
{
    guint8 *row = resampler_next_row (self);

    g_return_if_fail (self->n_pushed < self->height);
    if (rgbx != row)
        memcpy (row, rgbx, (gsize) self->width * 4);
    self->n_pushed++;
    while (self->n_done < self->out_height &&
           (self->rows.first[self->n_done] + self->rows.n_taps <= self->n_pushed ||
            self->n_pushed == self->height))
        finish_row (self);
}

void
resampler_free (Resampler *self)
{
    if (self == NULL)
        return;
    filter_clear (&self->columns);
    filter_clear (&self->rows);
    g_free (self->ring);
    g_free (self->middle);
    g_free (self->window);
    g_free (self);
}
