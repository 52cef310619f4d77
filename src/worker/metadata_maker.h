/* metadata_maker.h -- what makers of cameras wrote beside the standard */
#pragma once
#include <gexiv2/gexiv2.h>
#include "worker/metadata_parts.h"
#include "worker/metadata_tags.h"

/** From the maker note: time zone and summer time (Nikon, Canon), sensitivity (Canon, Kodak), exposure
 *  (Kodak), identifiers of live photos and bursts (Apple). */
void metadata_maker_read (GExiv2Metadata *exif, MetadataTags *tags);

/** The APP0 directory of early Canon cameras, which wrote no Exif. */
void metadata_ciff_read (Span ciff, MetadataTags *tags);
/** The APP12 text of early Agfa, Epson, Olympus and Sanyo cameras. */
void metadata_picture_info_read (Span text, MetadataTags *tags);
