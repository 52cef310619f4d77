/* download_name.c -- names of files inside and of an archive, see download_private.h */
#include "features/download/download_private.h"

#include <string.h>

#define MAX_NAME_BYTES 255

/* Of Windows, with or without an extension. */
static gboolean
is_reserved (const char *name)
{
    static const char *const words[] = { "con", "prn", "aux", "nul" };
    gsize n = strcspn (name, ".");

    for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
        if (n == 3 && g_ascii_strncasecmp (name, words[i], 3) == 0)
            return TRUE;
    return n == 4 && g_ascii_isdigit (name[3]) &&
           (g_ascii_strncasecmp (name, "com", 3) == 0 || g_ascii_strncasecmp (name, "lpt", 3) == 0);
}

/* Cut off at a character, keeping a short extension. */
static void
shorten (GString *name)
{
    const char *dot = strrchr (name->str, '.');
    g_autofree char *extension =
        g_strdup (dot != NULL && dot != name->str && strlen (dot) <= 16 ? dot : "");
    gsize limit = MAX_NAME_BYTES - strlen (extension);

    if (name->len <= MAX_NAME_BYTES)
        return;
    while (limit > 0 && (name->str[limit] & 0xc0) == 0x80)
        limit--;
    g_string_truncate (name, limit);
    g_string_append (name, extension);
}

const char *
download_name_clean (Arena *arena, const char *name)
{
    g_autofree char *valid = g_utf8_make_valid (name, -1);
    g_autoptr (GString) out = g_string_new (NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at)) {
        gunichar c = g_utf8_get_char (at);

        if (c >= 0x20 && (c < 0x7f || c > 0x9f) &&
            (c > 0x7f || strchr ("/?<>\\:*|\"", (int) c) == NULL))
            g_string_append_unichar (out, c);
    }
    while (out->len > 0 && strchr (". ", out->str[out->len - 1]) != NULL)
        g_string_truncate (out, out->len - 1);
    if (out->len == 0 || is_reserved (out->str))
        return "unnamed";
    shorten (out);
    return arena_strdup (arena, out->str);
}

const char *
download_name_encode (Arena *arena, const char *name)
{
    g_auto (GStrv) parts = g_strsplit (http_percent_encode (arena, name), "'", -1);
    g_autofree char *joined = g_strjoinv ("%27", parts);

    return arena_strdup (arena, joined);
}

/* ---- names of one archive ---- */

struct _DownloadNames {
    GHashTable *used; /* name -> how often it was asked for */
};

DownloadNames *
download_names_new (void)
{
    DownloadNames *self = g_new0 (DownloadNames, 1);

    self->used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    return self;
}

void
download_names_free (DownloadNames *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref (self->used);
    g_free (self);
}

const char *
download_names_take (DownloadNames *self, const char *name)
{
    const char *dot = strrchr (name, '.');
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->used, name));
    char *taken = g_strdup (name);

    if (dot == NULL || dot == name)
        dot = name + strlen (name);
    /* somebody may have called a file 'a+1.jpg' himself */
    for (; g_hash_table_contains (self->used, taken); n++) {
        g_free (taken);
        taken = g_strdup_printf ("%.*s+%u%s", (int) (dot - name), name, n, dot);
    }
    g_hash_table_insert (self->used, taken, GUINT_TO_POINTER (1));
    if (strcmp (taken, name) != 0)
        g_hash_table_insert (self->used, g_strdup (name), GUINT_TO_POINTER (n));
    return taken;
}
