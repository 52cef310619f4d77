/* text_append.h -- g_string_append_len () for what runs for every value of a large answer
 *
 * Inline, so that a literal becomes a store or two; only a text that must grow calls GLib. */
#pragma once
#include <glib.h>
#include <string.h>

static inline void
text_append (GString *self, const char *bytes, gsize n_bytes)
{
    if (G_UNLIKELY (n_bytes >= self->allocated_len - self->len)) {
        g_string_append_len (self, bytes, (gssize) n_bytes);
        return;
    }
    memcpy (self->str + self->len, bytes, n_bytes);
    self->len += n_bytes;
    self->str[self->len] = '\0';
}

#define text_append_literal(self, literal) text_append ((self), (literal), sizeof (literal) - 1)
