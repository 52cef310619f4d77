/* image_colour.h -- the colour space a picture has and the one its renditions get */
#pragma once
#include "worker/image_source.h"

typedef enum { COLOUR_SRGB, COLOUR_P3 } ColourSpace;

/** The space the renditions of a picture get: sRGB when its ColorSpace tag or the name of its profile
 *  says sRGB, or it has no profile; else @wide.
 *  @param header  the picture as loaded, with its tags */
ColourSpace image_colour_target (VipsImage *header, ColourSpace wide);

/** The pixels of @image as 8-bit @target, three bands and alpha if there is any.
 *  @return (transfer full) NULL with the complaint of libvips set */
VipsImage *image_colour_convert (VipsImage *image, ColourSpace target);

/** A small ICC profile of the space, to embed; made once. (transfer none) */
GBytes *image_colour_profile (ColourSpace self);
