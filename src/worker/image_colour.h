/* image_colour.h -- the colour space a picture has and the one its renditions get */
#pragma once
#include "worker/image_source.h"

typedef enum { COLOUR_SRGB, COLOUR_P3 } ColourSpace;

/** The space the renditions of a picture get: sRGB when its ColorSpace tag or the name of its profile
 *  says sRGB, or it has no profile; else @wide.
 *  @param header  the picture as loaded, with its tags */
ColourSpace image_colour_target (VipsImage *header, ColourSpace wide);

/** Say what the pixels of @image mean by the code points of ITU-T H.273, for pictures that say it so and not
 *  by a profile. Codes that are sRGB's, unknown or not specified change nothing, but of HDR they
 *  count as BT.2020's. A transfer curve other than
 *  those of HDR (PQ, HLG) counts as sRGB's, as it does in browsers.
 *  @return (transfer full) a copy with a profile of the primaries; NULL with the complaint of libvips set */
VipsImage *image_colour_tag (VipsImage *image, int primaries, int transfer);

/** What the pixels of @to mean is what those of @from mean. */
void image_colour_copy (VipsImage *to, VipsImage *from);

/** The pixels of @image as 8-bit @target, three bands and alpha if there is any; HDR is tone mapped.
 *  @return (transfer full) NULL with the complaint of libvips set */
VipsImage *image_colour_convert (VipsImage *image, ColourSpace target);

/** A small ICC profile of the space, to embed; made once. (transfer none) */
GBytes *image_colour_profile (ColourSpace self);
