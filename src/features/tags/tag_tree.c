/* tag_tree.c -- the paths of tags */
#define G_LOG_DOMAIN "tags"
#include "features/tags/tags_private.h"

#include <string.h>

const char *
tag_value_clean (Arena *arena, const char *path)
{
    g_auto (GStrv) parts = g_strsplit (path, "/", -1);
    g_autoptr (GString) value = g_string_new (NULL);
    guint n_levels = 0;

    for (gsize i = 0; parts[i] != NULL; i++) {
        if (*parts[i] == '\0')
            continue;
        if (n_levels++ > 0)
            g_string_append_c (value, '/');
        g_string_append (value, parts[i]);
    }
    if (n_levels == 0 || n_levels > TAG_MAX_LEVELS || value->len > TAG_MAX_BYTES)
        return NULL;
    return arena_strdup (arena, value->str);
}

const char *
tag_value_name (const char *value)
{
    const char *slash = strrchr (value, '/');

    return slash != NULL ? slash + 1 : value;
}

static int
compare_values (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

StringList
tag_values_with_parents (Arena *arena, const StringList *values)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    g_autofree gpointer *keys = NULL;
    StringList all = { 0 };
    guint n = 0;

    for (gsize i = 0; i < values->n; i++)
        for (const char *end = values->items[i]; end != NULL;) {
            end = strchr (end + 1, '/');
            g_hash_table_add (seen, end != NULL ? arena_strndup (arena, values->items[i],
                                                                 (gsize) (end - values->items[i]))
                                                : (gpointer) values->items[i]);
        }
    keys = g_hash_table_get_keys_as_array (seen, &n);
    all.items = arena_new_array (arena, const char *, MAX (n, 1));
    all.n = n;
    for (guint i = 0; i < n; i++)
        all.items[i] = keys[i];
    /* a text sorts before those that it begins */
    if (n > 1)
        qsort (all.items, n, sizeof *all.items, compare_values);
    return all;
}

const char *
tag_value_rename (Arena *arena, const char *value, const char *name)
{
    return arena_printf (arena, "%.*s%s", (int) (tag_value_name (value) - value), value, name);
}
