/* metadata_fixtures.h -- files made by tests of the metadata reader, and reading them */
#pragma once
#include <glib.h>
#include <jansson.h>

void put (GByteArray *out, const void *bytes, gsize n);
void put_text (GByteArray *out, const char *text);
void put_be (GByteArray *out, guint64 value, guint n_bytes); /* the low bytes of @value */
void put_le (GByteArray *out, guint64 value, guint n_bytes);

/** A big-endian TIFF structure: camera, moment, position, and an Apple maker note with an identifier. */
GByteArray *make_tiff (void);
/** The packet of XMP around @body, properties in the usual namespaces. */
char *make_xmp (const char *body);
/** Image resources with keyword 'iptc', a date and a caption; @changed_since: the digest is of older
 *  records. */
GByteArray *make_photoshop (gboolean changed_since);
/** A JPEG of 640x480 without picture; any part may be missing. */
GByteArray *make_jpeg (GByteArray *tiff, const char *xmp, GByteArray *photoshop);
void put_segment (GByteArray *jpeg, guint8 marker, const void *id, gsize id_bytes,
                  const void *bytes, gsize n);
/** A HEIC of 4032x3024 in 10 bits, turned by its box, with the Exif of make_tiff (). */
GByteArray *make_heif (gboolean with_video);
void put_box (GByteArray *out, const char *type, const GByteArray *body);

/** Read bytes as an original with sidecar (NULL: none). (transfer full) the whole object */
json_t *read_both (const void *bytes, gsize n, const void *sidecar, gsize n_sidecar,
                   const char *extension);
/** The same of an original alone, whose bytes it takes. (transfer full) its tags */
json_t *read_file (GByteArray *file);
const char *text_of (const json_t *tags, const char *name);
double number_of (const json_t *tags, const char *name);
