#include "base/descriptor.h"

#include <string.h>

int
enum_find (const EnumDescriptor *self, const char *text)
{
    for (guint i = 0; text != NULL && i < self->n_texts; i++)
        if (g_str_equal (self->texts[i], text))
            return (int) i;
    return -1;
}

StringList
string_list_once (Arena *arena, const StringList *list)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    StringList once = { arena_new_array (arena, const char *, MAX (list->n, 1)), 0 };

    for (gsize i = 0; i < list->n; i++)
        if (g_hash_table_add (seen, (gpointer) list->items[i]))
            once.items[once.n++] = list->items[i];
    return once;
}

void
string_list_append (Arena *arena, StringList *self, const StringList *more)
{
    for (gsize i = 0; i < more->n; i++) {
        self->items = arena_grow_list (arena, self->items, self->n, sizeof *self->items);
        self->items[self->n++] = more->items[i];
    }
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
string_list_sort (StringList *list)
{
    if (list->n > 1)
        qsort (list->items, list->n, sizeof *list->items, compare_texts);
}

GHashTable *
string_list_set (const StringList *list)
{
    GHashTable *set = g_hash_table_new (g_str_hash, g_str_equal);

    for (gsize i = 0; i < list->n; i++)
        g_hash_table_add (set, (gpointer) list->items[i]);
    return set;
}
