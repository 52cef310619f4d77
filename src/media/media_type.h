/* media_type.h -- which files are taken and what they are, by the extension of their names
 *
 * The name decides what a file counts as and how it is served; what really is in it only the sandboxed
 * worker finds out. */
#pragma once
#include <glib.h>

typedef enum { MEDIA_VIDEO, MEDIA_IMAGE, MEDIA_SIDECAR } MediaKind;

typedef enum {
    MEDIA_WEB_SAFE = 1 << 0,        /* every browser shows it as it is */
    MEDIA_MAY_BE_ANIMATED = 1 << 1, /* may have several frames */
    MEDIA_MAY_BE_CLEAR = 1 << 2,    /* may be transparent */
    MEDIA_PROFILE_PICTURE = 1 << 3, /* taken as a user's picture */
} MediaTypeFlags;

typedef struct {
    const char *extension; /* lower case, with its dot */
    const char *mime;
    MediaKind kind;
    MediaTypeFlags flags;
} MediaType;

/** The type of the extension of @file_name (any case); NULL: not taken. '.jpg' alone has one. */
const MediaType *media_type_find (const char *file_name);

/** The MIME type to serve @file_name with; application/octet-stream for what is not taken. */
const char *media_type_mime (const char *file_name);

/** All of them, in the order in which clients are told them. */
const MediaType *media_type_list (gsize *out_n);
