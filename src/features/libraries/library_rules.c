/* library_rules.c -- which folders a library may have, and which files its patterns exclude */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "media/layout.h"

/* ---- import paths ---- */

const char *
library_clean_path (Arena *arena, const char *path)
{
    g_autofree char *clean = g_canonicalize_filename (path, "/");

    return arena_strdup (arena, clean);
}

gboolean
library_is_inside (const char *path, const char *folder)
{
    gsize n = strlen (folder);

    if (n > 0 && folder[n - 1] == '/') /* the root alone */
        return g_str_has_prefix (path, folder);
    return strncmp (path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static gboolean
is_in_media (const char *media_location, const char *path)
{
    g_autofree char *real = realpath (path, NULL);

    return library_is_inside (path, media_location) ||
           (real != NULL && layout_holds (media_location, real));
}

const char *
library_check_path (Arena *arena, const char *media_location, const char *path)
{
    g_autofree char *absolute = g_canonicalize_filename (path, NULL);
    struct stat facts;

    if (is_in_media (media_location, absolute))
        return "Cannot use media upload folder for external libraries";
    if (*path != '/')
        return arena_printf (arena, "Import path must be absolute, try %s", absolute);
    if (stat (absolute, &facts) != 0)
        return errno == ENOENT ? "Path does not exist (ENOENT)"
               : errno == EACCES
                   ? "Lacking read permission for folder"
                   : arena_printf (arena, "Path cannot be read (%s)", g_strerror (errno));
    if (!S_ISDIR (facts.st_mode))
        return "Not a directory";
    if (access (absolute, R_OK | X_OK) != 0)
        return "Lacking read permission for folder";
    return NULL;
}

gboolean
library_check_items (const char *field, const StringList *items, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

    for (gsize i = 0; i < items->n; i++) {
        const char *item = items->items[i];
        const char *fault =
            *item == '\0' ? "must not be empty"
            : strlen (item) > LIBRARY_MAX_PATH_BYTES
                ? "is too long"
                : (!g_hash_table_add (seen, (gpointer) item) ? "is given twice" : NULL);

        if (fault != NULL) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "%s: '%.200s' %s", field, item,
                         fault);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- exclusion patterns ---- */

struct _LibraryPatterns {
    GRegex *files;   /* NULL: nothing is excluded */
    GRegex *folders; /* of the patterns that end in a double star: with all that lies below */
};

/* '[...]' at @glob. @return what follows it; NULL when it does not end, and is a plain bracket then */
static const char *
add_set (GString *out, const char *glob)
{
    const char *at = glob + 1, *end;

    if (*at == '!' || *at == '^')
        at++;
    end = strchr (*at == ']' ? at + 1 : at, ']');
    if (end == NULL)
        return NULL;
    g_string_append (out, "(?!/)["); /* a slash is never of the set */
    if (at != glob + 1)
        g_string_append_c (out, '^');
    for (; at < end; at++) {
        if (strchr ("\\[]^", *at) != NULL)
            g_string_append_c (out, '\\');
        g_string_append_c (out, *at);
    }
    g_string_append_c (out, ']');
    return end + 1;
}

/* A star or two at @glob. @return what follows */
static const char *
add_stars (GString *out, const char *whole, const char *glob)
{
    const char *end = glob + strspn (glob, "*");
    gboolean is_part = glob == whole || glob[-1] == '/';

    if (end - glob == 1)
        g_string_append (out, "[^/]*");
    else if (is_part && *end == '/') {
        g_string_append (out, "(?:.*/)?"); /* any folders, or none */
        end++;
    } else
        g_string_append (out, ".*");
    return end;
}

static char *
write_expression (const char *glob)
{
    g_autoptr (GString) out = g_string_new (NULL);
    guint depth = 0;

    for (const char *at = glob; *at != '\0';) {
        const char *next = at + 1;

        if (*at == '*')
            next = add_stars (out, glob, at);
        else if (*at == '?')
            g_string_append (out, "[^/]");
        else if (*at == '[' && (next = add_set (out, at)) != NULL)
            ; /* written */
        else if (*at == '{' && strchr (at, '}') != NULL) {
            g_string_append (out, "(?:");
            depth++;
        } else if (depth > 0 && *at == '}') {
            g_string_append_c (out, ')');
            depth--;
        } else if (depth > 0 && *at == ',')
            g_string_append_c (out, '|');
        else {
            const char *plain = *at == '\\' && at[1] != '\0' ? at + 1 : at;
            g_autofree char *escaped = NULL;

            next = g_utf8_next_char (plain);
            escaped = g_regex_escape_string (plain, (int) (next - plain));
            g_string_append (out, escaped);
        }
        at = next;
    }
    for (; depth > 0; depth--)
        g_string_append_c (out, ')');
    return g_string_free (g_steal_pointer (&out), FALSE);
}

static GRegex *
compile (const char *expression, GError **error)
{
    g_autofree char *whole = g_strdup_printf ("\\A(?:%s)\\z", expression);

    return g_regex_new (whole, G_REGEX_CASELESS | G_REGEX_DOTALL | G_REGEX_OPTIMIZE, 0, error);
}

static void
add_alternative (GString *list, const char *expression)
{
    g_string_append_printf (list, "%s(?:%s)", list->len > 0 ? "|" : "", expression);
}

LibraryPatterns *
library_patterns_new (const StringList *patterns, GError **error)
{
    g_autoptr (LibraryPatterns) self = g_new0 (LibraryPatterns, 1);
    g_autoptr (GString) files = g_string_new (NULL);
    g_autoptr (GString) folders = g_string_new (NULL);
    GError *why = NULL;

    for (gsize i = 0; i < patterns->n; i++) {
        g_autofree char *expression = write_expression (patterns->items[i]);
        g_autoptr (GRegex) alone = compile (expression, &why);

        if (alone == NULL) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Invalid exclusion pattern '%s': %s",
                         patterns->items[i], why->message);
            g_error_free (why);
            return NULL;
        }
        add_alternative (files, expression);
        if (g_str_has_suffix (patterns->items[i], "/**"))
            add_alternative (folders, expression);
    }
    if ((files->len > 0 && (self->files = compile (files->str, &why)) == NULL) ||
        (folders->len > 0 && (self->folders = compile (folders->str, &why)) == NULL)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "The exclusion patterns are too many or too long: %s", why->message);
        g_error_free (why);
        return NULL;
    }
    return g_steal_pointer (&self);
}

void
library_patterns_free (LibraryPatterns *self)
{
    if (self == NULL)
        return;
    g_clear_pointer (&self->files, g_regex_unref);
    g_clear_pointer (&self->folders, g_regex_unref);
    g_free (self);
}

/* The expression engine gives up on a pattern that would take it for ever; then nothing is excluded. */
static gboolean
match (const GRegex *expression, const char *text)
{
    g_autoptr (GError) why = NULL;
    gboolean is_match;

    if (expression == NULL)
        return FALSE;
    is_match = g_regex_match_full (expression, text, -1, 0, 0, NULL, &why);
    if (why != NULL)
        g_warning ("cannot try the exclusion patterns on '%s': %s, it is taken", text,
                   why->message);
    return is_match;
}

gboolean
library_patterns_match (const LibraryPatterns *self, const char *path)
{
    return match (self->files, path);
}

gboolean
library_patterns_match_folder (const LibraryPatterns *self, const char *folder)
{
    g_autofree char *inside = NULL;

    if (self->folders == NULL)
        return FALSE;
    inside = g_strconcat (folder, "/", NULL);
    return match (self->folders, inside);
}
