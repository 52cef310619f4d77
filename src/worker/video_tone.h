/* video_tone.h -- HDR pixels made fit for screens that are none */
#pragma once
#include <glib.h>
#include <libavutil/pixfmt.h>

/** Tone map BT.2020 pixels to sRGB.
 *  @param rgb       n x 3 samples of 16 bits, RGB, coded by @transfer
 *  @param transfer  AVCOL_TRC_SMPTE2084 (PQ) or AVCOL_TRC_ARIB_STD_B67 (HLG)
 *  @param out       n x 3 samples of 8 bits, RGB */
void video_tone_map (const guint16 *rgb, gsize n, enum AVColorTransferCharacteristic transfer,
                     guint8 *out);
