/* image_jxl.c -- JPEG XL through libjxl, the whole file at once
 *
 * libvips 8.14 feeds libjxl piece by piece, and libjxl 0.7 then fails on some sound files. Orientation
 * is applied by libjxl. */
#define G_LOG_DOMAIN "image-jxl"
#include "worker/image_jxl.h"
#include <jxl/decode.h>
#include <libavutil/pixfmt.h>
#include "base/error.h"
#include "worker/image_colour.h"
#include "worker/mapping.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (JxlDecoder, JxlDecoderDestroy)

/* @image with what its pixels mean. (transfer full) */
static VipsImage *
tag (JxlDecoder *decoder, VipsImage *image)
{
    JxlColorEncoding encoding;
    size_t n_bytes = 0;
    g_autofree guint8 *bytes = NULL;

    if (JxlDecoderGetColorAsEncodedProfile (decoder, NULL, JXL_COLOR_PROFILE_TARGET_DATA,
                                            &encoding) == JXL_DEC_SUCCESS &&
        (encoding.transfer_function == JXL_TRANSFER_FUNCTION_PQ ||
         encoding.transfer_function == JXL_TRANSFER_FUNCTION_HLG))
        return image_colour_tag (image,
                                 encoding.primaries == JXL_PRIMARIES_P3 ? AVCOL_PRI_SMPTE432
                                                                        : (int) encoding.primaries,
                                 (int) encoding.transfer_function);
    if (JxlDecoderGetICCProfileSize (decoder, NULL, JXL_COLOR_PROFILE_TARGET_DATA, &n_bytes) ==
            JXL_DEC_SUCCESS &&
        n_bytes > 0) {
        bytes = g_malloc (n_bytes);
        if (JxlDecoderGetColorAsICCProfile (decoder, NULL, JXL_COLOR_PROFILE_TARGET_DATA, bytes,
                                            n_bytes) == JXL_DEC_SUCCESS)
            vips_image_set_blob_copy (image, VIPS_META_ICC_NAME, bytes, n_bytes);
    }
    return g_object_ref (image);
}

static VipsImage *
make_image (const JxlBasicInfo *info, const JxlPixelFormat *format)
{
    VipsImage *image = vips_image_new_memory ();
    gboolean is_deep = format->data_type == JXL_TYPE_UINT16;
    VipsInterpretation type =
        format->num_channels < 3 ? (is_deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
                                 : (is_deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB);

    vips_image_init_fields (image, (int) info->xsize, (int) info->ysize, (int) format->num_channels,
                            is_deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                            type, 1, 1);
    if (vips_image_write_prepare (image) != 0)
        g_clear_object (&image);
    return image;
}

static gpointer
fail (gsize n_bytes, const char *what, GError **error)
{
    vips_error_clear ();
    if (what == NULL)
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "the JPEG XL ends after %" G_GSIZE_FORMAT
                     " bytes, before the picture is complete",
                     n_bytes);
    else
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA, "the JPEG XL is damaged: %s", what);
    return NULL;
}

VipsImage *
image_jxl_load (const ImageInput *input, GError **error)
{
    g_auto (Mapping) file = { 0 };
    g_autoptr (JxlDecoder) decoder = JxlDecoderCreate (NULL);
    g_autoptr (VipsImage) image = NULL;
    JxlBasicInfo info = { 0 };
    JxlPixelFormat format = { .endianness = JXL_NATIVE_ENDIAN };

    if (!mapping_init (&file, input->fd, error))
        return NULL;
    if (decoder == NULL ||
        JxlDecoderSubscribeEvents (decoder, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING |
                                                JXL_DEC_FULL_IMAGE) != JXL_DEC_SUCCESS ||
        JxlDecoderSetInput (decoder, file.bytes, file.n_bytes) != JXL_DEC_SUCCESS)
        return fail (file.n_bytes, "its decoder does not start", error);
    JxlDecoderCloseInput (decoder);
    JxlDecoderSetUnpremultiplyAlpha (decoder, JXL_TRUE);
    for (;;) {
        switch (JxlDecoderProcessInput (decoder)) {
        case JXL_DEC_BASIC_INFO:
            if (JxlDecoderGetBasicInfo (decoder, &info) != JXL_DEC_SUCCESS ||
                (gint64) info.xsize * info.ysize > input->max_pixels)
                return fail (file.n_bytes, "its header contradicts itself", error);
            format.data_type = info.bits_per_sample > 8 ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8;
            format.num_channels = (info.num_color_channels == 1 ? 1 : 3) + (info.alpha_bits > 0);
            break;
        case JXL_DEC_COLOR_ENCODING:
            break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
            g_clear_object (&image);
            image = make_image (&info, &format);
            if (image == NULL ||
                JxlDecoderSetImageOutBuffer (decoder, &format, VIPS_IMAGE_ADDR (image, 0, 0),
                                             VIPS_IMAGE_SIZEOF_IMAGE (image)) != JXL_DEC_SUCCESS)
                return fail (file.n_bytes, "it does not fit into memory", error);
            break;
        case JXL_DEC_FULL_IMAGE:
            return tag (decoder, image);
        case JXL_DEC_NEED_MORE_INPUT:
            if (input->process_invalid && image != NULL &&
                JxlDecoderFlushImage (decoder) == JXL_DEC_SUCCESS)
                return g_steal_pointer (&image);
            return fail (file.n_bytes, NULL, error);
        case JXL_DEC_SUCCESS:
            return fail (file.n_bytes, "it holds no picture", error);
        default:
            return fail (file.n_bytes, "its data breaks the rules of the format", error);
        }
    }
}
