/* video_probe.h -- what a video says about itself and its streams
 *
 * Tags under the names that ExifTool gives them; beside them "probe":
 *   Format (names of libavformat, separated by commas), Duration (s), BitRate (bit/s); with a picture
 *   Width, Height (square pixels, not turned), Rotation (degrees, anticlockwise), VideoFrameRate and
 *   video {index, codec, profile, level, bitRate, frames, pixelFormat, colorPrimaries, colorTransfer,
 *   colorSpace, isHdr}; with sound audio {index, codec, profile, bitRate, channels} */
#pragma once
#include "worker/metadata_tags.h"

/** @param tags   gets the tags
 *  @param probe  an empty object, gets the rest
 *  @return FALSE with the codes of video_file_open (); then both are as they were */
gboolean video_probe (int fd, MetadataTags *tags, json_t *probe, GError **error);
