/* metadata_xmp.h -- XMP packets and sidecars, with the help of Exiv2 */
#pragma once
#include "worker/metadata_parts.h"
#include "worker/metadata_tags.h"

/** Read a packet, in UTF-8 or UTF-16. What cannot be parsed is skipped.
 *  @return FALSE when that is all of it: there is no property in it, known or not
 *  Lists: Subject, TagsList, HierarchicalSubject. Structures as ExifTool shows them: RegionInfo,
 *  ContainerDirectory. Also AuxLens and AuxLensID, for metadata_lens.h. */
gboolean metadata_xmp_read (Span packet, MetadataTags *tags);
