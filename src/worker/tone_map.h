/* tone_map.h -- HDR pixels made fit for screens that are none */
#pragma once
#include <glib.h>
#include <libavutil/pixfmt.h>

/** Tone map pixels in place: their light becomes what an ordinary screen can show, coded by the curve of
 *  sRGB. Their primaries stay what they are.
 *  @param pixels    n x n_bands samples of 16 bits: RGB coded by @transfer; further bands are left alone
 *  @param transfer  AVCOL_TRC_SMPTE2084 (PQ) or AVCOL_TRC_ARIB_STD_B67 (HLG) */
void tone_map (guint16 *pixels, guint n_bands, gsize n,
               enum AVColorTransferCharacteristic transfer);
