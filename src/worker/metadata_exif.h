/* metadata_exif.h -- Exif tags, with the help of Exiv2 */
#pragma once
#include <gexiv2/gexiv2.h>
#include "worker/metadata_parts.h"
#include "worker/metadata_tags.h"

/** Once a process, before the rest. */
void metadata_exiv2_init (void);

/** Parse a TIFF structure, an XMP packet or a file that Exiv2 knows. @data must outlive the result.
 *  @return (transfer full) NULL when Exiv2 cannot */
GExiv2Metadata *metadata_exiv2_open (Span data);
/** An empty one, to look lens numbers up in. */
GExiv2Metadata *metadata_exiv2_new (void);

void metadata_exif_read (GExiv2Metadata *exif, MetadataTags *tags);

/** Numbers of a tag: integers, rationals, 'undefined' bytes. @return how many, at most @max */
guint metadata_exif_numbers (GExiv2Metadata *exif, const char *key, double *out, guint max);
/** The text of a tag, NULL when it is not there. (transfer full) */
char *metadata_exif_text (GExiv2Metadata *exif, const char *key);

/** As ExifTool prints them: '1/350', '1.3'; f-numbers with one digit, two below 1. */
char *metadata_exposure_text (double seconds);
double metadata_f_number (double value);
const char *metadata_color_space (gint64 value); /* NULL: unknown */
