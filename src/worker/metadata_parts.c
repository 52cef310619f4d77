/* metadata_parts.c -- the metadata blocks of a file, found but not yet understood */
#include "worker/metadata_parts.h"
#include <string.h>

void
metadata_parts_init (MetadataParts *self)
{
    memset (self, 0, sizeof *self);
    self->owned = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

void
metadata_parts_clear (MetadataParts *self)
{
    g_clear_pointer (&self->owned, g_ptr_array_unref);
    g_clear_pointer (&self->description, g_free);
}

gboolean
metadata_parts_has_room (const MetadataParts *self)
{
    return self->n_owned_bytes < 2 * METADATA_BLOCK_BYTES && self->owned->len < 256;
}

Span
metadata_parts_own (MetadataParts *self, GBytes *bytes)
{
    gsize n = 0;
    const guint8 *data = g_bytes_get_data (bytes, &n);

    g_ptr_array_add (self->owned, bytes);
    self->n_owned_bytes += n;
    return (Span){ data, n };
}

void
metadata_parts_add_xmp (MetadataParts *self, Span packet)
{
    if (packet.n > 0 && packet.n <= METADATA_BLOCK_BYTES && self->n_xmp < METADATA_MAX_XMP)
        self->xmp[self->n_xmp++] = packet;
}

gboolean
span_starts (Span span, const void *text, gsize n)
{
    return span.n >= n && memcmp (span.data, text, n) == 0;
}
