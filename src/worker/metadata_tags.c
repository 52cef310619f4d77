/* metadata_tags.c -- the growing set of tags of one file, within its limits */
#include "worker/metadata_tags.h"
#include <math.h>
#include <string.h>
#include "worker/metadata.h"

/* Room for the names, quotes and escapes of what is counted roughly below. */
#define BUDGET_BYTES (METADATA_JSON_BYTES / 2)
#define PER_TAG_BYTES 16

void
metadata_tags_init (MetadataTags *self)
{
    self->object = json_object ();
    self->n_bytes = 0;
}

void
metadata_tags_clear (MetadataTags *self)
{
    json_decref (self->object);
    self->object = NULL;
}

gboolean
metadata_tags_has (const MetadataTags *self, const char *name)
{
    return json_object_get (self->object, name) != NULL;
}

const char *
metadata_tags_get_text (const MetadataTags *self, const char *name)
{
    return json_string_value (json_object_get (self->object, name));
}

void
metadata_tags_remove (MetadataTags *self, const char *name)
{
    json_object_del (self->object, name);
}

/* Whether @n_bytes more still fit; counts them. */
static gboolean
reserve (MetadataTags *self, gsize n_bytes)
{
    n_bytes += PER_TAG_BYTES;
    if (n_bytes > BUDGET_BYTES - MIN (self->n_bytes, BUDGET_BYTES))
        return FALSE;
    self->n_bytes += n_bytes;
    return TRUE;
}

/* By hand, as iconv would load a module, which the sandbox forbids. */
static char *
from_latin1 (const char *text, gsize n)
{
    GString *out = g_string_sized_new (n * 2);

    for (gsize i = 0; i < n; i++)
        g_string_append_unichar (out, (guchar) text[i]);
    return g_string_free (out, FALSE);
}

char *
metadata_text_from_utf16 (const guint8 *bytes, gsize n_bytes, gboolean big_endian)
{
    g_autofree gunichar2 *units = g_new (gunichar2, n_bytes / 2 + 1);

    for (gsize i = 0; i < n_bytes / 2; i++)
        units[i] = (gunichar2) (big_endian ? bytes[i * 2] << 8 | bytes[i * 2 + 1]
                                           : bytes[i * 2 + 1] << 8 | bytes[i * 2]);
    return g_utf16_to_utf8 (units, (glong) (n_bytes / 2), NULL, NULL, NULL);
}

char *
metadata_text_clean (const char *text, gssize n_bytes)
{
    gsize n = n_bytes < 0 ? strlen (text) : (gsize) n_bytes;
    const char *nul = NULL;
    char *clean = NULL;

    if (n == 0)
        return g_strdup ("");
    nul = memchr (text, '\0', n);
    if (nul != NULL)
        n = (gsize) (nul - text);
    if (n > METADATA_TEXT_BYTES) {
        n = METADATA_TEXT_BYTES;
        while (n > METADATA_TEXT_BYTES - 4 && ((guchar) text[n] & 0xc0) == 0x80)
            n--; /* do not cut a character in two */
    }
    if (g_utf8_validate (text, (gssize) n, NULL))
        clean = g_strndup (text, n);
    else
        clean = from_latin1 (text, n);
    for (char *at = clean; *at != '\0'; at++)
        if ((guchar) *at < 0x20 && *at != '\n' && *at != '\t' && *at != '\r')
            *at = ' ';
    return clean;
}

void
metadata_tags_take (MetadataTags *self, const char *name, json_t *value)
{
    if (value != NULL && !metadata_tags_has (self, name))
        json_object_set_new (self->object, name, value);
    else
        json_decref (value);
}

void
metadata_tags_text (MetadataTags *self, const char *name, const char *text, gssize n_bytes)
{
    g_autofree char *clean = NULL;

    if (text == NULL || metadata_tags_has (self, name))
        return;
    clean = metadata_text_clean (text, n_bytes);
    if (reserve (self, strlen (clean) + strlen (name)))
        json_object_set_new (self->object, name, json_stringn (clean, strlen (clean)));
}

void
metadata_tags_integer (MetadataTags *self, const char *name, gint64 value)
{
    if (!metadata_tags_has (self, name) && reserve (self, strlen (name)))
        json_object_set_new (self->object, name, json_integer (value));
}

void
metadata_tags_number (MetadataTags *self, const char *name, double value)
{
    if (!isfinite (value) || metadata_tags_has (self, name) || !reserve (self, strlen (name)))
        return;
    if (value == trunc (value) && fabs (value) < 1e15)
        json_object_set_new (self->object, name, json_integer ((json_int_t) value));
    else
        json_object_set_new (self->object, name, json_real (value));
}

void
metadata_tags_append (MetadataTags *self, const char *name, const char *text, gssize n_bytes)
{
    json_t *list = json_object_get (self->object, name);
    g_autofree char *clean = metadata_text_clean (text, n_bytes);

    if (list == NULL) {
        list = json_array ();
        json_object_set_new (self->object, name, list);
    }
    if (json_is_array (list) && json_array_size (list) < METADATA_LIST_ITEMS &&
        reserve (self, strlen (clean)))
        json_array_append_new (list, json_stringn (clean, strlen (clean)));
}
