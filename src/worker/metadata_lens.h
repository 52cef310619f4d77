/* metadata_lens.h -- the name of the lens, as ExifTool's LensID shows it */
#pragma once
#include <gexiv2/gexiv2.h>
#include "worker/metadata_tags.h"

/** Set LensID from the maker note's number, else from the XMP number and name that Adobe's programs
 *  write (AuxLensID, AuxLens), else from LensModel. @exif may hold nothing but must not be NULL. */
void metadata_lens_read (GExiv2Metadata *exif, MetadataTags *tags);
