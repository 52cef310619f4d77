#define G_LOG_DOMAIN "storage"
#include "features/storage-template/storage_path.h"

#include <string.h>

#include "base/error.h"

#define PART_BYTES 255 /* of a name, as file systems have it */
#define NAME_BYTES                                                                                 \
    220 /* of the last one: '.', '+99999', its extension, '.xmp' and '.tmp' fit behind */
#define PATH_BYTES 2048

static gboolean
is_control (gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Cut to @max bytes at the end of a character. */
static void
cut (GString *text, gsize max)
{
    const char *end;

    if (text->len <= max)
        return;
    end = g_utf8_find_prev_char (text->str, text->str + max + 1);
    g_string_truncate (text, (gsize) (end - text->str));
}

static void
drop_end (GString *text)
{
    while (text->len > 0 && strchr (". ", text->str[text->len - 1]) != NULL)
        g_string_truncate (text, text->len - 1);
}

static gboolean
is_device (const char *name)
{
    return g_regex_match_simple ("^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?$", name,
                                 G_REGEX_CASELESS, 0);
}

const char *
storage_path_clean (Arena *arena, const char *name)
{
    g_autofree char *valid = g_utf8_make_valid (name, -1);
    g_autoptr (GString) out = g_string_new (NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at)) {
        gunichar c = g_utf8_get_char (at);

        if (!is_control (c) && (c > 127 || strchr ("/?<>\\:*|\"", (int) c) == NULL))
            g_string_append_unichar (out, c);
    }
    drop_end (out);
    if (is_device (out->str))
        return "";
    cut (out, PART_BYTES);
    drop_end (out);
    return arena_strdup (arena, out->str);
}

/* The dot of the extension; its end when there is none: '.hidden' has none. */
static const char *
extension_of (const char *name)
{
    const char *dot = strrchr (name, '.');

    return dot != NULL && dot != name && dot[1] != '\0' ? dot : name + strlen (name);
}

static const char *
last_part (const char *path)
{
    const char *slash = strrchr (path, '/');

    return slash != NULL ? slash + 1 : path;
}

const char *
storage_path_name (Arena *arena, const char *original_file_name)
{
    const char *name = last_part (original_file_name);

    return storage_path_clean (arena,
                               arena_strndup (arena, name, (gsize) (extension_of (name) - name)));
}

const char *
storage_path_extension (Arena *arena, const char *path)
{
    static const char *const spellings[][2] = {
        { "jpeg", "jpg" }, { "jpe", "jpg" }, { "tif", "tiff" }, { "3gpp", "3gp" },
        { "mpeg", "mpg" }, { "mpe", "mpg" }, { "m2ts", "mts" }, { "m2t", "mts" },
    };
    const char *dot = extension_of (last_part (path));
    g_autofree char *lower = g_ascii_strdown (*dot == '.' ? dot + 1 : "", -1);

    for (gsize i = 0; i < G_N_ELEMENTS (spellings); i++)
        if (strcmp (lower, spellings[i][0]) == 0)
            return spellings[i][1];
    return arena_strdup (arena, lower);
}

/* ---- whole paths ---- */

static char *
clean_part (const char *part, gsize max)
{
    g_autofree char *valid = g_utf8_make_valid (part, -1);
    GString *out = g_string_new (NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
        if (!is_control (g_utf8_get_char (at)))
            g_string_append_unichar (out, g_utf8_get_char (at));
    cut (out, max);
    return g_string_free (out, FALSE);
}

static gboolean
refuse (const char *rendered, const char *rule, GError **error)
{
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "the path '%.200s' %s", rendered, rule);
    return FALSE;
}

/* Its parts without '.' and '..'. */
static gboolean
split (const char *rendered, GPtrArray *out, GError **error)
{
    g_auto (GStrv) parts = g_strsplit (rendered, "/", -1);

    for (char **part = parts; *part != NULL; part++) {
        g_autofree char *clean = clean_part (*part, PART_BYTES);

        if (strcmp (clean, "..") == 0) {
            if (out->len == 0)
                return refuse (rendered, "leads out of the folder of its user", error);
            g_ptr_array_set_size (out, (int) out->len - 1);
        } else if (*clean != '\0' && strcmp (clean, ".") != 0)
            g_ptr_array_add (out, g_steal_pointer (&clean));
    }
    return out->len > 0 || refuse (rendered, "has no name in it", error);
}

const char *
storage_path_below (Arena *arena, const char *root, const char *rendered, const char *extension,
                    GError **error)
{
    g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GString) out = g_string_new (root);

    if (!split (rendered, parts, error))
        return NULL;
    for (guint i = 0; i < parts->len; i++) {
        g_autofree char *part =
            clean_part (parts->pdata[i], i + 1 < parts->len ? PART_BYTES : NAME_BYTES);

        g_string_append_printf (out, "/%s", part);
    }
    if (*extension != '\0')
        g_string_append_printf (out, ".%s", extension);
    if (out->len > PATH_BYTES) {
        refuse (rendered, "is too long", error);
        return NULL;
    }
    return arena_strdup (arena, out->str);
}

const char *
storage_path_numbered (Arena *arena, const char *path, guint n)
{
    const char *dot = extension_of (last_part (path));

    return n == 0 ? path : arena_printf (arena, "%.*s+%u%s", (int) (dot - path), path, n, dot);
}

gboolean
storage_path_is_at (const char *path, const char *target)
{
    const char *dot = extension_of (last_part (target));
    gsize n_stem = (gsize) (dot - target), n_digits;

    if (strcmp (path, target) == 0)
        return TRUE;
    if (strncmp (path, target, n_stem) != 0 || path[n_stem] != '+')
        return FALSE;
    path += n_stem + 1;
    n_digits = strspn (path, "0123456789");
    return n_digits > 0 && *path != '0' && strcmp (path + n_digits, dot) == 0;
}

const char *
storage_path_with_extension (Arena *arena, const char *path, const char *extension)
{
    const char *dot = extension_of (last_part (path));

    return arena_printf (arena, "%.*s%s%s", (int) (dot - path), path, *extension != '\0' ? "." : "",
                         extension);
}
