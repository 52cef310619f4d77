/* Blocks of growing size; an object that does not fit a block gets one of its own. A thread keeps a few
 * first blocks for its next arenas: most requests need no other. */
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

#define MAX_SPARE 4

/* Not under a sanitizer, which then sees who uses an arena that was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEPS_SPARE 0
#elif defined(__has_feature)
#define KEEPS_SPARE !(__has_feature (address_sanitizer) || __has_feature (memory_sanitizer))
#else
#define KEEPS_SPARE 1
#endif

typedef struct {
    Block *blocks[MAX_SPARE];
    guint n;
} Spare;

struct _Arena {
    Block *blocks; /* newest first */
    Owned *owned;
    gsize next_block_bytes;
};

static void
spare_free (gpointer spare)
{
    Spare *self = spare;

    while (self->n > 0)
        g_free (self->blocks[--self->n]);
    g_free (self);
}

static GPrivate own_spare = G_PRIVATE_INIT (spare_free);

static Block *
take_first_block (void)
{
    Spare *spare = g_private_get (&own_spare);

    if (spare != NULL && spare->n > 0)
        return spare->blocks[--spare->n];
    return g_malloc (sizeof (Block) + FIRST_BLOCK_BYTES);
}

static void
give_block (Block *block)
{
    Spare *spare;

    if (!KEEPS_SPARE || block->size != FIRST_BLOCK_BYTES) {
        g_free (block);
        return;
    }
    spare = g_private_get (&own_spare);
    if (spare == NULL) {
        spare = g_new0 (Spare, 1);
        g_private_set (&own_spare, spare);
    }
    if (spare->n < MAX_SPARE)
        spare->blocks[spare->n++] = block;
    else
        g_free (block);
}

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
        give_block (block);
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

        block = size == FIRST_BLOCK_BYTES ? take_first_block () : g_malloc (sizeof (Block) + size);
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

void *
arena_grow_list (Arena *self, void *items, gsize n, gsize item_bytes)
{
    /* the room is the next power of two, so it is full when @n is one */
    return (n & (n - 1)) == 0
               ? arena_grow (self, items, n * item_bytes, MAX (1, 2 * n) * item_bytes)
               : items;
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
    char buffer[256]; /* formatting twice, to know the length first, is for long texts */
    va_list args, again;
    int length;
    char *out;

    va_start (args, format);
    va_copy (again, args);
    length = vsnprintf (buffer, sizeof buffer, format, args);
    va_end (args);
    g_assert (length >= 0);
    out = arena_alloc (self, (gsize) length + 1);
    if ((gsize) length < sizeof buffer)
        memcpy (out, buffer, (gsize) length);
    else
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
