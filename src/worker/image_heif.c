/* image_heif.c -- see image_heif.h
 *
 * libvips 8.14 takes the ICC profile of a file, but not its nclx colour box (ISO/IEC 14496-12, 12.1.5): pictures in
 * Display P3 or HDR of cameras and of Android phones would look dull. */
#include "worker/image_heif.h"
#include <libheif/heif.h>
#include "worker/image_colour.h"
#include "worker/mapping.h"

typedef struct heif_context HeifContext;
typedef struct heif_image_handle HeifHandle;
typedef struct heif_color_profile_nclx HeifColours;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeifContext, heif_context_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeifHandle, heif_image_handle_release)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeifColours, heif_nclx_color_profile_free)

VipsImage *
image_heif_tag (const ImageInput *input, VipsImage *image)
{
    g_auto (Mapping) file = { 0 };
    g_autoptr (HeifContext) context = NULL;
    g_autoptr (HeifHandle) handle = NULL;
    g_autoptr (HeifColours) colours = NULL;

    if (mapping_init (&file, input->fd, NULL) && (context = heif_context_alloc ()) != NULL &&
        heif_context_read_from_memory_without_copy (context, file.bytes, file.n_bytes, NULL).code ==
            heif_error_Ok &&
        heif_context_get_primary_image_handle (context, &handle).code == heif_error_Ok &&
        heif_image_handle_get_nclx_color_profile (handle, &colours).code == heif_error_Ok &&
        colours != NULL)
        return image_colour_tag (image, (int) colours->color_primaries,
                                 (int) colours->transfer_characteristics);
    return g_object_ref (image);
}
