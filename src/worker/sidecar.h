/* sidecar.h -- changing the XMP beside an original and nothing else in it
 *
 * The XML is changed as a tree, with libxml2: whatever other programs keep in the file stays, also what no
 * XMP library knows. What was written is read again with worker/metadata_xmp.h, so that a reader will find
 * what was meant. Runs inside the sandboxed worker: every byte of the file is hostile. */
#pragma once
#include <glib.h>
#include <jansson.h>

/** Set properties.
 *  @param fd       the sidecar as it is, or -1: there is none
 *  @param tags     by the names that ExifTool gives them, as metadata_read () would answer them:
 *                  ImageDescription (written as dc:description, too), DateTimeOriginal ('2023-11-19T18:11:00.000-07:00'),
 *                  GPSLatitude, GPSLongitude, Rating, TagsList; others are refused
 *  @param out_fd   an empty file
 *  @param written  names are added to it: those that read back as they were meant. A text that is longer
 *                  than a reader takes is in the file, but not among them
 *  @return FALSE with APP_ERROR_MEDIA_TYPE, APP_ERROR_TOO_LARGE (the sidecar cannot be understood, and must
 *          stay as it is), APP_ERROR_INVALID (the request), APP_ERROR_DISK_FULL or APP_ERROR_IO */
gboolean sidecar_write (int fd, const json_t *tags, int out_fd, json_t *written, GError **error);
