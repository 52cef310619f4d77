/* compress.h -- br and gzip, for bodies in memory and for streams */
#pragma once
#include <glib.h>

typedef enum { ENCODING_IDENTITY, ENCODING_GZIP, ENCODING_BR } ContentEncoding;

/** The best one that Accept-Encoding (NULL: none) allows; br before gzip when it likes them alike. */
ContentEncoding compress_choose (const char *accept_encoding);
const char *compress_name (ContentEncoding encoding); /* "br" */

/** @return (transfer full) NULL when it would not become smaller */
GBytes *compress_bytes (ContentEncoding encoding, gconstpointer bytes, gsize n_bytes);

/** For a body that comes piece by piece. */
typedef struct _Compressor Compressor;
Compressor *compressor_new (ContentEncoding encoding); /* not ENCODING_IDENTITY */
typedef enum { COMPRESS_MORE, COMPRESS_FLUSH, COMPRESS_END } CompressStep;
/** Append to @out what has become ready; all that was taken so far with COMPRESS_FLUSH. */
void compressor_push (Compressor *self, gconstpointer bytes, gsize n_bytes, CompressStep step,
                      GByteArray *out);
void compressor_free (Compressor *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Compressor, compressor_free)
