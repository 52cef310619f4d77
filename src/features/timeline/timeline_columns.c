/* timeline_columns.c -- see timeline_columns.h */
#include "features/timeline/timeline_columns.h"

#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text_append.h"
#include "base/timestamp.h"

#define DAY_MS 86400000LL

/* In the order in which clients get them. */
typedef enum {
    COLUMN_CITY,
    COLUMN_COUNTRY,
    COLUMN_DURATION,
    COLUMN_ID,
    COLUMN_VISIBILITY,
    COLUMN_IS_FAVORITE,
    COLUMN_IS_IMAGE,
    COLUMN_IS_TRASHED,
    COLUMN_LIVE_PHOTO,
    COLUMN_FILE_CREATED_AT,
    COLUMN_LOCAL_OFFSET,
    COLUMN_CREATED_AT,
    COLUMN_OWNER_ID,
    COLUMN_PROJECTION,
    COLUMN_RATIO,
    COLUMN_STATUS,
    COLUMN_THUMBHASH,
    COLUMN_LATITUDE,
    COLUMN_LONGITUDE,
    COLUMN_STACK,
    N_COLUMNS
} Column;

static const char *const names[N_COLUMNS] = {
    "city",
    "country",
    "duration",
    "id",
    "visibility",
    "isFavorite",
    "isImage",
    "isTrashed",
    "livePhotoVideoId",
    "fileCreatedAt",
    "localOffsetHours",
    "createdAt",
    "ownerId",
    "projectionType",
    "ratio",
    "status",
    "thumbhash",
    "latitude",
    "longitude",
    "stack",
};

struct _TimelineColumns {
    GString *texts[N_COLUMNS]; /* each value with a comma behind it; NULL: not wanted */
    gint64 day;                /* whose text is below */
    char day_text[16];
};

TimelineColumns *
timeline_columns_new (gboolean with_coordinates, gboolean with_stacks)
{
    TimelineColumns *self = g_new0 (TimelineColumns, 1);

    for (guint i = 0; i < N_COLUMNS; i++)
        self->texts[i] = g_string_sized_new (1024);
    for (guint i = 0; i < N_COLUMNS; i++)
        if ((!with_coordinates && (i == COLUMN_LATITUDE || i == COLUMN_LONGITUDE)) ||
            (!with_stacks && i == COLUMN_STACK))
            g_string_free (g_steal_pointer (&self->texts[i]), TRUE);
    self->day = G_MININT64;
    return self;
}

void
timeline_columns_free (TimelineColumns *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < N_COLUMNS; i++)
        if (self->texts[i] != NULL)
            g_string_free (self->texts[i], TRUE);
    g_free (self);
}

/* ---- one value and its comma ---- */

#define ADD_LITERAL(out, literal) text_append_literal ((out), literal ",")

static void
add_bool (GString *out, gboolean value)
{
    if (value)
        ADD_LITERAL (out, "true");
    else
        ADD_LITERAL (out, "false");
}

/* Of letters, digits and marks that need no escape: ids and our own words. */
static void
add_plain (GString *out, const char *text)
{
    text_append_literal (out, "\"");
    text_append (out, text, strlen (text));
    text_append_literal (out, "\",");
}

static void
add_plain_or_null (GString *out, const char *text)
{
    if (text != NULL)
        add_plain (out, text);
    else
        ADD_LITERAL (out, "null");
}

static void
add_text (GString *out, const char *text)
{
    JsonWriter writer;

    json_writer_init (&writer, out);
    json_text (&writer, text);
    text_append_literal (out, ",");
}

static void
add_number (GString *out, double value)
{
    JsonWriter writer;

    json_writer_init (&writer, out);
    json_number (&writer, value);
    text_append_literal (out, ",");
}

static void
add_int (GString *out, gint64 value)
{
    JsonWriter writer;

    json_writer_init (&writer, out);
    json_int (&writer, value);
    text_append_literal (out, ",");
}

static void
put_digits (char *at, guint n, guint value)
{
    while (n-- > 0) {
        at[n] = (char) ('0' + value % 10);
        value /= 10;
    }
}

/* @thousandths / 1000 with as many decimals as it needs. */
static void
add_thousandths (GString *out, gint64 thousandths)
{
    guint64 rest = (guint64) ABS (thousandths);
    char decimals[] = ".000,";
    gsize length = strlen (".000");

    if (thousandths < 0)
        g_string_append_c (out, '-');
    add_int (out, (gint64) (rest / 1000));
    if (rest % 1000 == 0)
        return;
    put_digits (decimals + 1, 3, (guint) (rest % 1000));
    while (decimals[length - 1] == '0')
        length--;
    decimals[length++] = ',';
    g_string_truncate (out, out->len - 1); /* the comma of the whole part */
    text_append (out, decimals, length);
}

/* Without a zone: clients add the offset themselves. Neighbours share their day. */
static void
add_time (TimelineColumns *self, GString *out, gint64 ms)
{
    char text[] = "\"YYYY-MM-DDThh:mm:ss.fff";
    gint64 day = ms >= 0 ? ms / DAY_MS : (ms + 1) / DAY_MS - 1;
    guint rest = (guint) (ms - day * DAY_MS);
    gsize length = strlen ("\"YYYY-MM-DDThh:mm:ss");

    if (day != self->day) {
        char whole[TIMESTAMP_TEXT_BYTES];

        timestamp_format (day * DAY_MS, whole);
        memcpy (self->day_text, whole, 10);
        self->day = day;
    }
    memcpy (text + 1, self->day_text, 10);
    put_digits (text + 12, 2, rest / 3600000);
    put_digits (text + 15, 2, rest / 60000 % 60);
    put_digits (text + 18, 2, rest / 1000 % 60);
    if (rest % 1000 != 0) {
        put_digits (text + 21, 3, rest % 1000);
        length = strlen ("\"YYYY-MM-DDThh:mm:ss.fff");
        while (text[length - 1] == '0')
            length--;
    }
    text_append (out, text, length);
    text_append_literal (out, "\",");
}

static void
add_offset (GString *out, gint64 offset_ms)
{
    if (offset_ms % 3600 == 0)
        add_thousandths (out, offset_ms / 3600);
    else
        add_number (out, (double) offset_ms / 3600000.0);
}

static void
add_ratio (GString *out, gint64 width, gint64 height)
{
    if (width > 0 && height > 0)
        add_thousandths (out, (gint64) floor ((double) width / (double) height * 1000.0 + 0.5));
    else
        ADD_LITERAL (out, "1");
}

static void
add_base64 (GString *out, const guint8 *bytes, gsize n_bytes)
{
    gsize old = out->len;
    int state = 0, save = 0;

    if (bytes == NULL) {
        ADD_LITERAL (out, "null");
        return;
    }
    g_string_set_size (out, old + n_bytes / 3 * 4 + 16);
    out->str[old++] = '"';
    old += g_base64_encode_step (bytes, n_bytes, FALSE, out->str + old, &state, &save);
    old += g_base64_encode_close (FALSE, out->str + old, &state, &save);
    out->str[old++] = '"';
    out->str[old++] = ',';
    g_string_truncate (out, old);
}

static void
add_stack (GString *out, const TimelineAsset *asset)
{
    if (asset->n_stack < 2) { /* the others cannot be seen */
        ADD_LITERAL (out, "null");
        return;
    }
    g_string_append_c (out, '[');
    add_plain (out, asset->stack_id);
    g_string_append_printf (out, "\"%" G_GINT64_FORMAT "\"],", asset->n_stack);
}

/* ---- whole assets ---- */

void
timeline_columns_add (TimelineColumns *self, const TimelineAsset *asset)
{
    GString **texts = self->texts;

    add_text (texts[COLUMN_CITY], asset->city);
    add_text (texts[COLUMN_COUNTRY], asset->country);
    if (asset->has_duration_ms)
        add_int (texts[COLUMN_DURATION], asset->duration_ms);
    else
        ADD_LITERAL (texts[COLUMN_DURATION], "null");
    add_plain (texts[COLUMN_ID], asset->id);
    add_plain (texts[COLUMN_VISIBILITY], asset->visibility);
    add_bool (texts[COLUMN_IS_FAVORITE], asset->is_favorite);
    add_bool (texts[COLUMN_IS_IMAGE], strcmp (asset->type, "IMAGE") == 0);
    add_bool (texts[COLUMN_IS_TRASHED], asset->is_trashed);
    add_plain_or_null (texts[COLUMN_LIVE_PHOTO], asset->live_photo_video_id);
    add_time (self, texts[COLUMN_FILE_CREATED_AT], asset->file_created_at_ms);
    add_offset (texts[COLUMN_LOCAL_OFFSET], asset->local_date_time_ms - asset->file_created_at_ms);
    add_time (self, texts[COLUMN_CREATED_AT], asset->created_at_ms);
    add_plain (texts[COLUMN_OWNER_ID], asset->owner_id);
    add_text (texts[COLUMN_PROJECTION], asset->projection_type);
    add_ratio (texts[COLUMN_RATIO], asset->width, asset->height);
    add_plain (texts[COLUMN_STATUS], asset->is_trashed ? "trashed" : "active");
    add_base64 (texts[COLUMN_THUMBHASH], asset->thumbhash, asset->n_thumbhash);
    if (texts[COLUMN_LATITUDE] != NULL) {
        if (asset->has_position) {
            add_number (texts[COLUMN_LATITUDE], asset->latitude);
            add_number (texts[COLUMN_LONGITUDE], asset->longitude);
        } else {
            ADD_LITERAL (texts[COLUMN_LATITUDE], "null");
            ADD_LITERAL (texts[COLUMN_LONGITUDE], "null");
        }
    }
    if (texts[COLUMN_STACK] != NULL)
        add_stack (texts[COLUMN_STACK], asset);
}

GString *
timeline_columns_finish (TimelineColumns *self)
{
    gsize n_bytes = 2;
    GString *out;

    for (guint i = 0; i < N_COLUMNS; i++)
        if (self->texts[i] != NULL)
            n_bytes += self->texts[i]->len + strlen (names[i]) + 6;
    out = g_string_sized_new (n_bytes);
    g_string_append_c (out, '{');
    for (guint i = 0; i < N_COLUMNS; i++) {
        const GString *text = self->texts[i];

        if (text == NULL)
            continue;
        if (out->len > 1)
            g_string_append_c (out, ',');
        g_string_append_c (out, '"');
        g_string_append (out, names[i]);
        g_string_append_len (out, "\":[", 3);
        g_string_append_len (out, text->str, text->len > 0 ? (gssize) text->len - 1 : 0);
        g_string_append_c (out, ']');
    }
    g_string_append_c (out, '}');
    return out;
}
