/* facts_extra.c -- tags, faces and motion videos from a file's metadata */
#include "media/facts_extra.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- tags ---- */

static const char *
text_of (const json_t *value, Arena *arena)
{
    if (json_is_string (value))
        return json_string_value (value);
    if (json_is_integer (value))
        return arena_printf (arena, "%" JSON_INTEGER_FORMAT, json_integer_value (value));
    if (json_is_real (value))
        return arena_printf (arena, "%g", json_real_value (value));
    return NULL;
}

/* Levels of HierarchicalSubject are separated by '|'; a slash in a level is none of ours. */
static const char *
swap_separators (const char *text, Arena *arena)
{
    char *swapped = arena_strdup (arena, text);

    for (char *at = swapped; *at != '\0'; at++)
        *at = *at == '|' ? '/' : *at == '/' ? '|' : *at;
    return swapped;
}

void
facts_find_tags (const json_t *tags, Arena *arena, AssetFacts *out)
{
    static const char *const lists[] = { "TagsList", "HierarchicalSubject", "Keywords" };
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

    for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
        const json_t *list = json_object_get (tags, lists[i]);
        gsize n;
        if (list == NULL)
            continue;
        out->has_tags = TRUE;
        n = json_is_array (list) ? json_array_size (list) : 1;
        out->tags.items = arena_new_array (arena, const char *, n + 1);
        for (gsize k = 0; k < n; k++) {
            const char *text =
                text_of (json_is_array (list) ? json_array_get (list, k) : list, arena);
            if (text == NULL || *text == '\0')
                continue;
            text = i == 1 ? swap_separators (text, arena) : arena_strdup (arena, text);
            if (g_hash_table_add (seen, (gpointer) text))
                out->tags.items[out->tags.n++] = text;
        }
        return;
    }
}

/* ---- faces ---- */

/* Turn a normalised box from the stored picture to the shown one. */
static void
turn (int orientation, double *x, double *y, double *w, double *h)
{
    double old_x = *x, old_y = *y, old_w = *w;

    switch (orientation) {
    case 2:
        *x = 1 - old_x;
        break;
    case 3:
        *x = 1 - old_x;
        *y = 1 - old_y;
        break;
    case 4:
        *y = 1 - old_y;
        break;
    case 5:
        *x = old_y;
        *y = old_x;
        break;
    case 6:
        *x = 1 - old_y;
        *y = old_x;
        break;
    case 7:
        *x = 1 - old_y;
        *y = 1 - old_x;
        break;
    case 8:
        *x = old_y;
        *y = 1 - old_x;
        break;
    default:
        break;
    }
    if (orientation >= 5 && orientation <= 8) {
        *w = *h;
        *h = old_w;
    }
}

static gboolean
get_fraction (const json_t *area, const char *name, double *out)
{
    const json_t *value = json_object_get (area, name);

    *out = json_number_value (value);
    return json_is_number (value) && isfinite (*out) && fabs (*out) <= 10;
}

void
facts_find_faces (const json_t *tags, Arena *arena, AssetFacts *out)
{
    const json_t *info = json_object_get (tags, "RegionInfo");
    const json_t *dimensions = json_object_get (info, "AppliedToDimensions");
    const json_t *list = json_object_get (info, "RegionList");
    double width = json_number_value (json_object_get (dimensions, "W"));
    double height = json_number_value (json_object_get (dimensions, "H"));
    int orientation = out->orientation == NULL ? 1 : atoi (out->orientation);
    gsize n = json_array_size (list);

    if (n == 0 || !(width >= 1 && width <= 1e6) || !(height >= 1 && height <= 1e6))
        return;
    if (orientation >= 5) {
        double swap = width;
        width = height;
        height = swap;
    }
    out->faces = arena_new_array (arena, FaceFact, n);
    for (gsize i = 0; i < n; i++) {
        const json_t *region = json_array_get (list, i);
        const json_t *area = json_object_get (region, "Area");
        const char *name = json_string_value (json_object_get (region, "Name"));
        double x, y, w, h;
        FaceFact *face;
        if (name == NULL || *name == '\0' || !get_fraction (area, "X", &x) ||
            !get_fraction (area, "Y", &y) || !get_fraction (area, "W", &w) ||
            !get_fraction (area, "H", &h))
            continue;
        turn (orientation, &x, &y, &w, &h);
        face = &out->faces[out->n_faces++];
        face->name = arena_strdup (arena, name);
        face->x1 = (gint64) floor ((x - w / 2) * width);
        face->y1 = (gint64) floor ((y - h / 2) * height);
        face->x2 = (gint64) floor ((x + w / 2) * width);
        face->y2 = (gint64) floor ((y + h / 2) * height);
        face->image_width = (gint64) width;
        face->image_height = (gint64) height;
    }
}

/* ---- motion photos ---- */

static gint64
get_integer (const json_t *object, const char *name)
{
    const json_t *value = json_object_get (object, name);
    double number = json_number_value (value);

    return json_is_number (value) && fabs (number) < 1e15 ? (gint64) number : 0;
}

static gboolean
set_range (AssetFacts *out, gint64 offset, gint64 length)
{
    if (offset <= 0 || length <= 0 || offset >= out->size_bytes ||
        length > out->size_bytes - offset)
        return FALSE;
    out->motion_offset = offset;
    out->motion_length = length;
    return TRUE;
}

void
facts_find_motion (const json_t *tags, AssetFacts *out)
{
    static const char *const binaries[] = { "MotionPhotoVideo", "EmbeddedVideoFile" };
    gboolean has_motion = get_integer (tags, "MotionPhoto") != 0;
    gboolean has_micro = get_integer (tags, "MicroVideo") != 0;
    const json_t *directory = json_object_get (tags, "ContainerDirectory");
    gint64 length = 0, padding = 0;

    if (!has_motion && !has_micro)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS (binaries); i++) {
        const json_t *place = json_object_get (tags, binaries[i]);
        if (json_array_size (place) == 2 &&
            set_range (out, json_integer_value (json_array_get (place, 0)),
                       json_integer_value (json_array_get (place, 1))))
            return;
    }
    for (gsize i = 0; has_motion && i < json_array_size (directory); i++) {
        const json_t *item = json_object_get (json_array_get (directory, i), "Item");
        if (g_strcmp0 (json_string_value (json_object_get (item, "Semantic")), "MotionPhoto") ==
            0) {
            length = get_integer (item, "Length");
            padding = get_integer (item, "Padding");
            break;
        }
    }
    if (has_micro)
        length = get_integer (tags, "MicroVideoOffset");
    if (length > 0 && padding >= 0 && padding < out->size_bytes)
        set_range (out, out->size_bytes - length - padding, length);
}
