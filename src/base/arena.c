/* Blocks of growing size; an object that does not fit a block gets one of its own. */
#include "base/arena.h"

#include <stdio.h>
#include <string.h>

#define ALIGNMENT 16
#define FIRST_BLOCK_BYTES 4096
#define LARGEST_BLOCK_BYTES (256 * 1024)

typedef struct _Block Block;
struct _Block {
    Block *next;
    gsize used, size;
    _Alignas(ALIGNMENT) char bytes[];
};

typedef struct _Owned Owned;
struct _Owned {
    Owned *next;
    gpointer object;
    GDestroyNotify destroy;
};

struct _Arena {
    Block *blocks; /* newest first */
    Owned *owned;
    gsize next_block_bytes;
};

Arena *
arena_new (void)
{
    Arena *self = g_new0 (Arena, 1);

    self->next_block_bytes = FIRST_BLOCK_BYTES;
    return self;
}

void
arena_free (Arena *self)
{
    if (self == NULL)
        return;
    for (Owned *owned = self->owned; owned != NULL; owned = owned->next)
        owned->destroy (owned->object);
    for (Block *block = self->blocks, *next; block != NULL; block = next) {
        next = block->next;
        g_free (block);
    }
    g_free (self);
}

void *
arena_alloc (Arena *self, gsize size_bytes)
{
    gsize need = (MAX (size_bytes, 1) + ALIGNMENT - 1) & ~(gsize) (ALIGNMENT - 1);
    Block *block = self->blocks;
    void *out;

    g_assert (need >= size_bytes); /* no overflow */
    if (block == NULL || block->size - block->used < need) {
        gsize size = MAX (need, self->next_block_bytes);

        block = g_malloc (sizeof (Block) + size);
        block->used = 0;
        block->size = size;
        block->next = self->blocks;
        self->blocks = block;
        self->next_block_bytes = MIN (self->next_block_bytes * 2, LARGEST_BLOCK_BYTES);
    }
    out = block->bytes + block->used;
    block->used += need;
    return memset (out, 0, need);
}

void *
arena_grow (Arena *self, const void *old, gsize old_bytes, gsize new_bytes)
{
    void *out = arena_alloc (self, new_bytes);

    if (old_bytes > 0)
        memcpy (out, old, MIN (old_bytes, new_bytes));
    return out;
}

char *
arena_strndup (Arena *self, const char *text, gsize max_bytes)
{
    gsize length;
    char *out;

    if (text == NULL)
        return NULL;
    length = strnlen (text, max_bytes);
    out = arena_alloc (self, length + 1);
    memcpy (out, text, length);
    return out;
}

char *
arena_strdup (Arena *self, const char *text)
{
    return text == NULL ? NULL : arena_strndup (self, text, strlen (text));
}

char *
arena_printf (Arena *self, const char *format, ...)
{
    va_list args, again;
    int length;
    char *out;

    va_start (args, format);
    va_copy (again, args);
    length = vsnprintf (NULL, 0, format, args);
    va_end (args);
    g_assert (length >= 0);
    out = arena_alloc (self, (gsize) length + 1);
    vsnprintf (out, (gsize) length + 1, format, again);
    va_end (again);
    return out;
}

gpointer
arena_own (Arena *self, gpointer object, GDestroyNotify destroy)
{
    Owned *owned = arena_new0 (self, Owned);

    owned->object = object;
    owned->destroy = destroy;
    owned->next = self->owned;
    self->owned = owned;
    return object;
}
