/* hls_segments.c -- which segments are there, and how much room they take */
#define G_LOG_DOMAIN "hls"
#include "features/hls/hls_private.h"

#include "media/layout.h"

#define MOST_SEGMENTS 1000000 /* more than the longest video has */

typedef struct {
    HlsSession *session;
    int variant;
    gint64 segment, size_bytes;
} HlsPiece;

static gpointer
key_of (int variant, gint64 segment)
{
    return GSIZE_TO_POINTER ((gsize) (variant * (gint64) MOST_SEGMENTS + segment + 2));
}

const char *
hls_segment_path (const HlsSession *self, Arena *arena, int variant, gint64 segment)
{
    if (segment == HLS_INIT)
        return arena_printf (arena, "%s/%d/init.mp4", self->folder, variant);
    return arena_printf (arena, "%s/%d/seg_%" G_GINT64_FORMAT ".m4s", self->folder, variant,
                         segment);
}

gboolean
hls_segment_is_made (const HlsSession *self, int variant, gint64 segment)
{
    return g_hash_table_contains (self->made, key_of (variant, segment));
}

/* Its file may be on its way to a client, which has it open. */
static void
drop_oldest (struct _Hls *hls)
{
    g_autofree HlsPiece *piece = g_queue_pop_head (&hls->pieces);
    g_autoptr (Arena) arena = arena_new ();

    hls->cached_bytes -= piece->size_bytes;
    g_hash_table_remove (piece->session->made, key_of (piece->variant, piece->segment));
    layout_remove (hls_segment_path (piece->session, arena, piece->variant, piece->segment));
}

static void
forget_piece (HlsSession *self, int variant, gint64 segment)
{
    for (GList *at = self->hls->pieces.head; at != NULL; at = at->next) {
        HlsPiece *piece = at->data;

        if (piece->session != self || piece->variant != variant || piece->segment != segment)
            continue;
        self->hls->cached_bytes -= piece->size_bytes;
        g_queue_delete_link (&self->hls->pieces, at);
        g_free (piece);
        return;
    }
}

void
hls_segment_made (HlsSession *self, int variant, gint64 segment, gint64 size_bytes)
{
    struct _Hls *hls = self->hls;
    HlsPiece *piece;

    if (!g_hash_table_add (self->made, key_of (variant, segment)))
        forget_piece (self, variant, segment); /* it was made once more */
    if (segment == HLS_INIT)
        return; /* it stays as long as the session */
    piece = g_new (HlsPiece, 1);
    *piece = (HlsPiece){ self, variant, segment, size_bytes };
    g_queue_push_tail (&hls->pieces, piece);
    hls->cached_bytes += size_bytes;
    while (hls->cached_bytes > hls->limits.cache_bytes && hls->pieces.length > 1)
        drop_oldest (hls);
}

void
hls_segments_forget (HlsSession *self)
{
    for (GList *at = self->hls->pieces.head, *next; at != NULL; at = next) {
        HlsPiece *piece = at->data;

        next = at->next;
        if (piece->session != self)
            continue;
        self->hls->cached_bytes -= piece->size_bytes;
        g_queue_delete_link (&self->hls->pieces, at);
        g_free (piece);
    }
    g_hash_table_remove_all (self->made);
}
