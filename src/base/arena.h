/* arena.h -- memory that lives as long as one request or one job
 *
 * Everything is zeroed, nothing is freed alone, all goes with arena_free (). One thread at a time. */
#pragma once
#include <glib.h>
#include <stdarg.h>

typedef struct _Arena Arena;

Arena *arena_new (void); /* never NULL */
void arena_free (Arena *self);

void *arena_alloc (Arena *self, gsize size_bytes); /* zeroed, aligned for any type; never NULL */
void *arena_grow (Arena *self, const void *old, gsize old_bytes,
                  gsize new_bytes); /* a larger copy */
/** Room for one more behind the @n items of a list that nothing else lets grow: it is a copy with twice
 *  the room whenever that is needed. */
void *arena_grow_list (Arena *self, void *items, gsize n, gsize item_bytes);
char *arena_strdup (Arena *self, const char *text); /* NULL gives NULL */
char *arena_strndup (Arena *self, const char *text, gsize max_bytes);
char *arena_printf (Arena *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/** Free @object with @destroy when the arena goes. Returns @object. */
gpointer arena_own (Arena *self, gpointer object, GDestroyNotify destroy);

#define arena_new0(arena, Type) ((Type *) arena_alloc ((arena), sizeof (Type)))
#define arena_new_array(arena, Type, n) ((Type *) arena_alloc ((arena), sizeof (Type) * (n)))

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Arena, arena_free)
