/* metadata_iptc.h -- IPTC records, their digest, and the ICC profile */
#pragma once
#include "worker/metadata_parts.h"
#include "worker/metadata_tags.h"

/** Read the IPTC records from image resources (@photoshop) or bare (@iptc).
 *  @return whether the digest beside them does not fit: a program that knows no XMP has changed the
 *          IPTC records, so they are newer than the XMP packet (MWG guidelines 2.0) */
gboolean metadata_iptc_read (Span photoshop, Span iptc, MetadataTags *tags);

/** Set ProfileDescription and DeviceManufacturer. */
void metadata_icc_read (Span icc, MetadataTags *tags);
