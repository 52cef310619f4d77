/* mapping.h -- a whole file in memory, for decoders that want it so */
#pragma once
#include <glib.h>

typedef struct {
    void *bytes; /* only to be read */
    gsize n_bytes;
} Mapping;

/** @fd stays the caller's. @return FALSE with APP_ERROR_IO; an empty file cannot be mapped */
gboolean mapping_init (Mapping *self, int fd, GError **error);
void mapping_clear (Mapping *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Mapping, mapping_clear)
