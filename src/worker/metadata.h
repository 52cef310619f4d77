/* metadata.h -- what a file says about itself, as JSON
 *
 * Runs inside the sandboxed worker: every byte is hostile, no path is known, nothing is written but
 * @out_json. The tags have the names that ExifTool gives them; what they mean for an asset is decided
 * outside, by media/facts.h. */
#pragma once
#include <glib.h>

/** Read the tags of an original and of its sidecar.
 *  @param fd          the original, readable; its offset does not matter
 *  @param sidecar_fd  the XMP sidecar, or -1
 *  @param extension   of the file's name, with or without the dot, or NULL. For kinds that their bytes
 *                     do not tell apart; no image needs it
 *  @param out_json    set to {"file": {...}, "sidecar": {...}}; "sidecar" only when there is one
 *                     that can be read. At most METADATA_JSON_BYTES, texts at most 64 KiB, lists at most 1000 items
 *  One thread of a process at a time: Exiv2 keeps its XMP names in one table.
 *  @return FALSE with APP_ERROR_IO when the original cannot be read at all. A file that is damaged or of
 *          an unknown kind gives fewer or no tags and is no failure. */
gboolean metadata_read (int fd, int sidecar_fd, const char *extension, GString *out_json,
                        GError **error);

/** The same for a video: {"file": {...}, "probe": {...}, "sidecar": {...}}; see worker/video_probe.h for
 *  what is in "probe", which is missing when the file cannot be read as a video. */
gboolean metadata_read_video (int fd, int sidecar_fd, GString *out_json, GError **error);

#define METADATA_JSON_BYTES (1024 * 1024)
