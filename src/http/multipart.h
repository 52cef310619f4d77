/* multipart.h -- multipart/form-data (RFC 7578), read as it comes
 *
 * Bytes are pushed in pieces of any size; parts come out through callbacks, a part's data in as many
 * calls as the input makes convenient. However the input is cut, the callbacks tell the same story.
 * Memory is constant: only the head of the current part is kept. One thread at a time.
 *
 * Limits: boundary 200 bytes, head of a part 16 KiB, 1,000 parts. */
#pragma once
#include "http/http.h"

#define MULTIPART_MAX_BOUNDARY_BYTES 200
#define MULTIPART_MAX_HEAD_BYTES (16 * 1024)
#define MULTIPART_MAX_PARTS 1000

typedef struct _Multipart Multipart;

/** The head of a part; all text is UTF-8 without control characters and lives until part_end (). */
typedef struct {
    const char *name;         /* of the field, may be "" */
    const char *file_name;    /* as the client gave it: never use it as a path. NULL: not a file */
    const char *content_type; /* NULL: not given */
    const HttpPair *headers;  /* all headers of the part, in order */
    gsize n_headers;
} MultipartPart;

/** Each returns FALSE with an error to stop the parser; multipart_push () then returns that error.
 *  @self is what multipart_new () was given. */
typedef struct {
    gboolean (*part_begin) (gpointer self, const MultipartPart *part, GError **error);
    gboolean (*part_data) (gpointer self, const guint8 *bytes, gsize n_bytes, GError **error);
    gboolean (*part_end) (gpointer self, GError **error);
} MultipartClass;

/** @param content_type  the request's Content-Type, with its boundary
 *  @return (transfer full) NULL with APP_ERROR_MEDIA_TYPE when it is not multipart/form-data, with
 *          APP_ERROR_INVALID when the boundary is missing or malformed */
Multipart *multipart_new (const char *content_type, const MultipartClass *part_class, gpointer self,
                          GError **error);

/** @return FALSE with APP_ERROR_INVALID (malformed), APP_ERROR_TOO_LARGE (a limit) or the error of a
 *          callback; every later call fails too */
gboolean multipart_push (Multipart *self, const guint8 *bytes, gsize n_bytes, GError **error);

/** To be called at the end of the body.
 *  @return FALSE with APP_ERROR_INVALID when the closing boundary did not come */
gboolean multipart_finish (Multipart *self, GError **error);

void multipart_free (Multipart *self); /* calls nothing */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Multipart, multipart_free)
