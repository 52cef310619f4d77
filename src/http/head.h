/* head.h -- the text of a request's head and the framing of its body, RFC 9112
 *
 * Two servers in a row must not understand a request differently (section 11.2), so nothing is guessed: a
 * line ends with CR LF, a header's name is a token that ends at its colon, no line goes on in the next.
 * No sockets and no state but what is handed in, so that a fuzzer can have all of it. */
#pragma once
#include "base/arena.h"
#include "http/http.h"

/** How many bytes the head at the start of @bytes has, with the empty line that ends it, empty lines before
 *  it not counted: there must be none. 0: its end is not there yet. */
gsize head_end (const guint8 *bytes, gsize n_bytes);

/** The parts of a head; all texts end with a NUL and lie in the text that was read. */
typedef struct {
    const char *method, *target;
    gboolean is_1_0; /* HTTP/1.0: closes by itself, knows no chunks */
    const HttpPair *headers;
    gsize n_headers;
} Head;

/** Read the first line of @text, of @n_bytes and a NUL, which is taken apart in place.
 *  @return the line after it; NULL with APP_ERROR_INVALID, or when @text does not reach that far */
char *head_read_line (Head *self, char *text, gsize n_bytes, GError **error);
/** Read the headers from the line after the first to the empty one, taken apart in place. */
gboolean head_read_headers (Head *self, Arena *arena, char *text, gsize n_bytes, GError **error);

/** The comma list @list has @word, in any case. */
gboolean head_list_has (const char *list, const char *word);

/** Where one is in a chunked body (section 7.1): zeroed at its start. */
typedef struct {
    int state;
    guint64 n_left; /* of the chunk */
    guint n_digits, n_skipped;
} ChunkReader;

typedef enum {
    CHUNK_MORE,  /* all was read, more is needed */
    CHUNK_DATA,  /* a piece of the body is there */
    CHUNK_END,   /* the body is complete, trailers too, which are dropped */
    CHUNK_BROKEN /* it is no chunked body; stays so */
} ChunkResult;

/** Read on from *@at to @end, and leave *@at behind what was read.
 *  @out, @out_n_bytes with CHUNK_DATA: the piece, within what was read */
ChunkResult chunk_reader_next (ChunkReader *self, const guint8 **at, const guint8 *end,
                               const guint8 **out, gsize *out_n_bytes);
