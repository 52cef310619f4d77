/* tone_map.c -- see tone_map.h
 *
 * Light is counted in units of 100 cd/m2, what an ordinary screen shows as white. PQ is ITU-R BT.2100
 * table 4, HLG table 5 for a screen of 1000 cd/m2, the curve John Hable's of 2010. */
#include "worker/tone_map.h"
#include <math.h>

#define STEPS 4096 /* of the tables */
#define PEAK 10.0  /* 1000 cd/m2: brighter is cut off */

static double
light_of_pq (double code)
{
    const double m1 = 0.1593017578125, m2 = 78.84375, c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
    double power = pow (code, 1 / m2);

    return 100 * pow (MAX (power - c1, 0) / (c2 - c3 * power), 1 / m1);
}

/* Light of the scene, 0 to 1. */
static double
light_of_hlg (double code)
{
    const double a = 0.17883277, b = 0.28466892, c = 0.55991073;

    return code <= 0.5 ? code * code / 3 : (exp ((code - c) / a) + b) / 12;
}

static double
hable (double light)
{
    const double a = 0.15, b = 0.5, c = 0.1, d = 0.2, e = 0.02, f = 0.3;

    return (light * (light * a + b * c) + d * e) / (light * (light * a + b) + d * f) - e / f;
}

static double
srgb_of (double light)
{
    return light <= 0.0031308 ? 12.92 * light : 1.055 * pow (light, 1 / 2.4) - 0.055;
}

/* The codes are those of the roots of light, so that the dark ones lie close enough. */
static void
fill_tables (enum AVColorTransferCharacteristic transfer, float *light, guint16 *code)
{
    for (guint i = 0; i < STEPS; i++) {
        double at = (double) i / (STEPS - 1);

        light[i] = (float) (transfer == AVCOL_TRC_SMPTE2084 ? light_of_pq (at) : light_of_hlg (at));
        code[i] = (guint16) lround (G_MAXUINT16 * srgb_of (at * at));
    }
}

void
tone_map (guint16 *pixels, guint n_bands, gsize n, enum AVColorTransferCharacteristic transfer)
{
    g_autofree float *light = g_new (float, STEPS);
    g_autofree guint16 *code = g_new (guint16, STEPS);
    double white = hable (PEAK);

    fill_tables (transfer, light, code);
    for (guint16 *pixel = pixels; n > 0; n--, pixel += n_bands) {
        float rgb[3], brightest = 0, gain;

        for (guint k = 0; k < 3; k++)
            rgb[k] = light[pixel[k] * (STEPS - 1) / G_MAXUINT16];
        if (transfer == AVCOL_TRC_ARIB_STD_B67) {
            float y = 0.2627f * rgb[0] + 0.6780f * rgb[1] + 0.0593f * rgb[2];
            float of_screen = (float) PEAK * powf (y, 0.2f);
            for (guint k = 0; k < 3; k++)
                rgb[k] *= of_screen;
        }
        for (guint k = 0; k < 3; k++) {
            rgb[k] = MIN (rgb[k], (float) PEAK);
            brightest = MAX (brightest, rgb[k]);
        }
        gain = brightest > 0 ? (float) (hable (brightest) / white) / brightest : 0;
        for (guint k = 0; k < 3; k++)
            pixel[k] = code[(guint) lroundf (sqrtf (MIN (rgb[k] * gain, 1)) * (STEPS - 1))];
    }
}
