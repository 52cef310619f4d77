/* compress.c -- quality 4 of brotli is about as quick as gzip and a fifth smaller on our JSON. Streams
 * are long and made while they are sent: 1 is four times as quick and a twentieth larger. */
#include <brotli/encode.h>
#include <string.h>
#include <zlib.h>

#include "http/compress.h"

#define BROTLI_QUALITY 4
#define BROTLI_STREAM_WINDOW_BITS 18
#define GZIP_LEVEL 4
#define BROTLI_STREAM_QUALITY 1
#define GZIP_STREAM_LEVEL 1
#define GZIP_WINDOW_BITS (15 + 16) /* + 16: with a gzip header */
#define PIECE_BYTES (16 * 1024)

/* The q of RFC 9110 in thousandths; 1000 when there is none. */
static int
read_q (const char *parameters, gsize length)
{
    for (gsize i = 0; i + 2 < length; i++) {
        int q, digit = 100;

        if (parameters[i] != ';')
            continue;
        i += 1;
        while (i < length && (parameters[i] == ' ' || parameters[i] == '\t'))
            i++;
        if (i + 2 >= length || g_ascii_tolower (parameters[i]) != 'q' || parameters[i + 1] != '=')
            continue;
        q = parameters[i + 2] == '1' ? 1000 : 0;
        if (q == 0 && i + 3 < length && parameters[i + 3] == '.')
            for (gsize j = i + 4; j < length && g_ascii_isdigit (parameters[j]); j++, digit /= 10)
                q += (parameters[j] - '0') * digit;
        return q;
    }
    return 1000;
}

ContentEncoding
compress_choose (const char *accept_encoding)
{
    int br = -1, gzip = -1, any = -1;

    if (accept_encoding == NULL)
        return ENCODING_IDENTITY;
    for (const char *at = accept_encoding; *at != '\0';) {
        gsize length, n_name;
        int q;

        at += strspn (at, " \t,");
        length = strcspn (at, ",");
        n_name = strcspn (at, " \t,;");
        q = read_q (at + n_name, length - MIN (n_name, length));
        if (n_name == 2 && g_ascii_strncasecmp (at, "br", 2) == 0)
            br = q;
        else if ((n_name == 4 && g_ascii_strncasecmp (at, "gzip", 4) == 0) ||
                 (n_name == 6 && g_ascii_strncasecmp (at, "x-gzip", 6) == 0))
            gzip = q;
        else if (n_name == 1 && *at == '*')
            any = q;
        at += length;
    }
    br = br >= 0 ? br : any;
    gzip = gzip >= 0 ? gzip : any;
    if (br > 0 && br >= gzip)
        return ENCODING_BR;
    return gzip > 0 ? ENCODING_GZIP : ENCODING_IDENTITY;
}

const char *
compress_name (ContentEncoding encoding)
{
    return encoding == ENCODING_BR ? "br" : encoding == ENCODING_GZIP ? "gzip" : "identity";
}

static void
free_deflate (gpointer stream)
{
    deflateEnd (stream);
    g_free (stream);
}

/* A deflate state is a quarter of a megabyte: kept, one a thread. */
static z_stream *
own_deflate (void)
{
    static GPrivate kept = G_PRIVATE_INIT (free_deflate);
    z_stream *stream = g_private_get (&kept);

    if (stream != NULL) {
        deflateReset (stream);
        return stream;
    }
    stream = g_new0 (z_stream, 1);
    if (deflateInit2 (stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        g_free (stream);
        return NULL;
    }
    g_private_set (&kept, stream);
    return stream;
}

GBytes *
compress_bytes (ContentEncoding encoding, gconstpointer bytes, gsize n_bytes)
{
    g_autofree guint8 *out = NULL;
    gsize n_out = n_bytes; /* larger than the input is of no use */

    if (n_bytes == 0 || n_bytes > G_MAXUINT32 / 2 || encoding == ENCODING_IDENTITY)
        return NULL;
    out = g_malloc (n_out);
    if (encoding == ENCODING_BR) {
        if (!BrotliEncoderCompress (BROTLI_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT,
                                    n_bytes, bytes, &n_out, out))
            return NULL;
    } else {
        z_stream *stream = own_deflate ();

        if (stream == NULL)
            return NULL;
        stream->next_in = (Bytef *) (gpointer) (gsize) bytes;
        stream->avail_in = (uInt) n_bytes;
        stream->next_out = out;
        stream->avail_out = (uInt) n_out;
        if (deflate (stream, Z_FINISH) != Z_STREAM_END)
            return NULL;
        n_out = stream->total_out;
    }
    out = g_realloc (out, n_out);
    return g_bytes_new_take (g_steal_pointer (&out), n_out);
}

struct _Compressor {
    ContentEncoding encoding;
    BrotliEncoderState *brotli;
    z_stream deflate;
};

Compressor *
compressor_new (ContentEncoding encoding)
{
    Compressor *self = g_new0 (Compressor, 1);

    self->encoding = encoding;
    if (encoding == ENCODING_BR) {
        self->brotli = BrotliEncoderCreateInstance (NULL, NULL, NULL);
        g_assert (self->brotli != NULL);
        BrotliEncoderSetParameter (self->brotli, BROTLI_PARAM_QUALITY, BROTLI_STREAM_QUALITY);
        BrotliEncoderSetParameter (self->brotli, BROTLI_PARAM_LGWIN, BROTLI_STREAM_WINDOW_BITS);
    } else {
        int result = deflateInit2 (&self->deflate, GZIP_STREAM_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS,
                                   8, Z_DEFAULT_STRATEGY);

        g_assert (result == Z_OK);
    }
    return self;
}

static void
push_brotli (Compressor *self, gconstpointer bytes, gsize n_bytes, CompressStep step,
             GByteArray *out)
{
    static const BrotliEncoderOperation operations[] = {
        [COMPRESS_MORE] = BROTLI_OPERATION_PROCESS,
        [COMPRESS_FLUSH] = BROTLI_OPERATION_FLUSH,
        [COMPRESS_END] = BROTLI_OPERATION_FINISH,
    };
    const guint8 *next_in = bytes;
    gsize left_in = n_bytes;

    do {
        gsize left_out = 0, n_ready = 0;
        const guint8 *ready;
        BROTLI_BOOL ok = BrotliEncoderCompressStream (self->brotli, operations[step], &left_in,
                                                      &next_in, &left_out, NULL, NULL);

        g_assert (ok);
        ready = BrotliEncoderTakeOutput (self->brotli, &n_ready);
        g_byte_array_append (out, ready, (guint) n_ready);
    } while (left_in > 0 || BrotliEncoderHasMoreOutput (self->brotli) ||
             (step == COMPRESS_END && !BrotliEncoderIsFinished (self->brotli)));
}

static void
push_deflate (Compressor *self, gconstpointer bytes, gsize n_bytes, CompressStep step,
              GByteArray *out)
{
    static const int flushes[] = {
        [COMPRESS_MORE] = Z_NO_FLUSH,
        [COMPRESS_FLUSH] = Z_SYNC_FLUSH,
        [COMPRESS_END] = Z_FINISH,
    };

    self->deflate.next_in = (Bytef *) (gpointer) (gsize) bytes;
    self->deflate.avail_in = (uInt) n_bytes;
    do {
        guint8 piece[PIECE_BYTES];

        self->deflate.next_out = piece;
        self->deflate.avail_out = sizeof piece;
        deflate (&self->deflate, flushes[step]);
        g_byte_array_append (out, piece, (guint) (sizeof piece - self->deflate.avail_out));
    } while (self->deflate.avail_out == 0);
}

void
compressor_push (Compressor *self, gconstpointer bytes, gsize n_bytes, CompressStep step,
                 GByteArray *out)
{
    if (self->encoding == ENCODING_BR)
        push_brotli (self, bytes, n_bytes, step, out);
    else
        push_deflate (self, bytes, n_bytes, step, out);
}

void
compressor_free (Compressor *self)
{
    if (self == NULL)
        return;
    if (self->encoding == ENCODING_BR)
        BrotliEncoderDestroyInstance (self->brotli);
    else
        deflateEnd (&self->deflate);
    g_free (self);
}
