/* transcode_hardware.h -- encoding by a device: which one, and the words that tell ffmpeg how
 *
 * Frames that the device decodes stay on it; then they are turned by the player, as the original's are. HDR
 * is always decoded and mapped in software, since not every ffmpeg has filters for it that run on devices. */
#pragma once
#include "media/transcode_plan.h"

/** Find the device for @accel (nvenc, qsv, vaapi, rkmpp; disabled).
 *  @param preferred  'auto', or the name of one in dri/ ('renderD128', with or without its folder)
 *  @param folder     "/dev"
 *  @return FALSE when it cannot be used for @codec; *@out_reason says why, for the log */
gboolean hardware_find (const char *accel, const char *preferred, const char *codec,
                        const char *folder, Arena *arena, Hardware *out, const char **out_reason);

gboolean hardware_encodes (HardwareKind kind, const char *codec);
/** Whether the pictures of this video are decoded by the device as well. */
gboolean hardware_decodes (const VideoFacts *facts, const TranscodeSettings *settings);
/** Before -i. */
void hardware_add_input (GPtrArray *words, const TranscodeSettings *settings, gboolean decodes);
/** The encoder, and quality. */
void hardware_add_encoder (GPtrArray *words, const TranscodeSettings *settings);
/** Scaling where the frames are. */
void hardware_add_filters (GString *filters, const VideoFacts *facts,
                           const TranscodeSettings *settings);
/** After filters in software: the frames go to the device. */
void hardware_add_upload (GString *filters, const TranscodeSettings *settings);
