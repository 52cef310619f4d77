/* media_type.c -- see media_type.h; the tables are those that clients and their tools know */
#include "media/media_type.h"

#include <string.h>

#define ANIMATED MEDIA_MAY_BE_ANIMATED
#define CLEAR MEDIA_MAY_BE_CLEAR
#define PROFILE MEDIA_PROFILE_PICTURE

/* clang-format off */
static const MediaType types[] = {
    { ".3gp", "video/3gpp", MEDIA_VIDEO, 0 },
    { ".3gpp", "video/3gpp", MEDIA_VIDEO, 0 },
    { ".avi", "video/avi", MEDIA_VIDEO, 0 },
    { ".flv", "video/x-flv", MEDIA_VIDEO, 0 },
    { ".insv", "video/mp4", MEDIA_VIDEO, 0 },
    { ".m2t", "video/mp2t", MEDIA_VIDEO, 0 },
    { ".m2ts", "video/mp2t", MEDIA_VIDEO, 0 },
    { ".m4v", "video/x-m4v", MEDIA_VIDEO, 0 },
    { ".mkv", "video/x-matroska", MEDIA_VIDEO, 0 },
    { ".mov", "video/quicktime", MEDIA_VIDEO, 0 },
    { ".mp4", "video/mp4", MEDIA_VIDEO, 0 },
    { ".mpe", "video/mpeg", MEDIA_VIDEO, 0 },
    { ".mpeg", "video/mpeg", MEDIA_VIDEO, 0 },
    { ".mpg", "video/mpeg", MEDIA_VIDEO, 0 },
    { ".mts", "video/mp2t", MEDIA_VIDEO, 0 },
    { ".mxf", "application/mxf", MEDIA_VIDEO, 0 },
    { ".ts", "video/mp2t", MEDIA_VIDEO, 0 },
    { ".vob", "video/mpeg", MEDIA_VIDEO, 0 },
    { ".webm", "video/webm", MEDIA_VIDEO, 0 },
    { ".wmv", "video/x-ms-wmv", MEDIA_VIDEO, 0 },
    { ".avif", "image/avif", MEDIA_IMAGE, MEDIA_WEB_SAFE | ANIMATED | CLEAR | PROFILE },
    { ".bmp", "image/bmp", MEDIA_IMAGE, MEDIA_WEB_SAFE | CLEAR },
    { ".gif", "image/gif", MEDIA_IMAGE, MEDIA_WEB_SAFE | ANIMATED | CLEAR },
    { ".jpeg", "image/jpeg", MEDIA_IMAGE, MEDIA_WEB_SAFE | PROFILE },
    { ".jpg", "image/jpeg", MEDIA_IMAGE, MEDIA_WEB_SAFE | PROFILE },
    { ".png", "image/png", MEDIA_IMAGE, MEDIA_WEB_SAFE | ANIMATED | CLEAR | PROFILE },
    { ".webp", "image/webp", MEDIA_IMAGE, MEDIA_WEB_SAFE | ANIMATED | CLEAR | PROFILE },
    { ".3fr", "image/3fr", MEDIA_IMAGE, 0 },
    { ".ari", "image/ari", MEDIA_IMAGE, 0 },
    { ".arw", "image/arw", MEDIA_IMAGE, 0 },
    { ".cap", "image/cap", MEDIA_IMAGE, 0 },
    { ".cin", "image/cin", MEDIA_IMAGE, 0 },
    { ".cr2", "image/cr2", MEDIA_IMAGE, 0 },
    { ".cr3", "image/cr3", MEDIA_IMAGE, 0 },
    { ".crw", "image/crw", MEDIA_IMAGE, 0 },
    { ".dcr", "image/dcr", MEDIA_IMAGE, 0 },
    { ".dng", "image/dng", MEDIA_IMAGE, PROFILE },
    { ".erf", "image/erf", MEDIA_IMAGE, 0 },
    { ".fff", "image/fff", MEDIA_IMAGE, 0 },
    { ".iiq", "image/iiq", MEDIA_IMAGE, 0 },
    { ".k25", "image/k25", MEDIA_IMAGE, 0 },
    { ".kdc", "image/kdc", MEDIA_IMAGE, 0 },
    { ".mrw", "image/mrw", MEDIA_IMAGE, 0 },
    { ".nef", "image/nef", MEDIA_IMAGE, 0 },
    { ".nrw", "image/nrw", MEDIA_IMAGE, 0 },
    { ".orf", "image/orf", MEDIA_IMAGE, 0 },
    { ".ori", "image/ori", MEDIA_IMAGE, 0 },
    { ".pef", "image/pef", MEDIA_IMAGE, 0 },
    { ".psd", "image/psd", MEDIA_IMAGE, 0 },
    { ".raf", "image/raf", MEDIA_IMAGE, 0 },
    { ".raw", "image/raw", MEDIA_IMAGE, 0 },
    { ".rw2", "image/rw2", MEDIA_IMAGE, 0 },
    { ".rwl", "image/rwl", MEDIA_IMAGE, 0 },
    { ".sr2", "image/sr2", MEDIA_IMAGE, 0 },
    { ".srf", "image/srf", MEDIA_IMAGE, 0 },
    { ".srw", "image/srw", MEDIA_IMAGE, 0 },
    { ".x3f", "image/x3f", MEDIA_IMAGE, 0 },
    { ".heic", "image/heic", MEDIA_IMAGE, ANIMATED | CLEAR | PROFILE },
    { ".heif", "image/heif", MEDIA_IMAGE, ANIMATED | CLEAR | PROFILE },
    { ".hif", "image/hif", MEDIA_IMAGE, CLEAR },
    { ".insp", "image/jpeg", MEDIA_IMAGE, 0 },
    { ".jp2", "image/jp2", MEDIA_IMAGE, 0 },
    { ".jpe", "image/jpeg", MEDIA_IMAGE, 0 },
    { ".jxl", "image/jxl", MEDIA_IMAGE, ANIMATED | CLEAR },
    { ".mpo", "image/jpeg", MEDIA_IMAGE, 0 },
    { ".svg", "image/svg", MEDIA_IMAGE, CLEAR | PROFILE },
    { ".tif", "image/tiff", MEDIA_IMAGE, CLEAR },
    { ".tiff", "image/tiff", MEDIA_IMAGE, CLEAR },
    { ".xmp", "application/xml", MEDIA_SIDECAR, 0 },
};
/* clang-format on */

const MediaType *
media_type_find (const char *file_name)
{
    const char *slash = strrchr (file_name, '/');
    const char *dot = strrchr (slash != NULL ? slash : file_name, '.');

    for (gsize i = 0; dot != NULL && i < G_N_ELEMENTS (types); i++)
        if (g_ascii_strcasecmp (types[i].extension, dot) == 0)
            return &types[i];
    return NULL;
}

const char *
media_type_mime (const char *file_name)
{
    const MediaType *type = media_type_find (file_name);

    return type != NULL ? type->mime : "application/octet-stream";
}

const MediaType *
media_type_list (gsize *out_n)
{
    *out_n = G_N_ELEMENTS (types);
    return types;
}
