/* sync_line.c -- see sync_line.h */
#define G_LOG_DOMAIN "sync"
#include "features/sync/sync_line.h"

#include <string.h>

#include "base/json_writer.h"
#include "base/timestamp.h"

/* Some sixty times a line: what fits, which is nearly all, is copied without a call. */
static inline void
put (GString *out, const char *text, gsize n_bytes)
{
    if (out->len + n_bytes >= out->allocated_len) {
        g_string_append_len (out, text, (gssize) n_bytes);
        return;
    }
    memcpy (out->str + out->len, text, n_bytes);
    out->len += n_bytes;
    out->str[out->len] = '\0';
}

static inline void
put_text (GString *out, const char *text)
{
    put (out, text, strlen (text));
}

#define PUT(out, literal) put (out, literal, sizeof (literal) - 1)

static void
put_int (GString *out, gint64 value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    guint64 rest = value < 0 ? 0 - (guint64) value : (guint64) value;

    do
        *--at = (char) ('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--at = '-';
    put (out, at, (gsize) (digits + sizeof digits - at));
}

static inline void
digits_at (char *at, guint value, guint n)
{
    while (n-- > 0) {
        at[n] = (char) ('0' + value % 10);
        value /= 10;
    }
}

static void
put_time (GString *out, gint64 ms)
{
    char text[TIMESTAMP_TEXT_BYTES];

    timestamp_format (ms, text);
    PUT (out, "\"");
    put_text (out, text);
    PUT (out, "\"");
}

/* Most texts need no escape, which is quickly seen; the writer knows the others. */
static void
put_string (GString *out, const char *text)
{
    JsonWriter writer;
    gsize n = 0;
    guchar c;

    while ((c = (guchar) text[n]) >= 0x20 && c < 0x7f && c != '"' && c != '\\')
        n++;
    if (c == '\0') {
        PUT (out, "\"");
        put (out, text, n);
        PUT (out, "\"");
        return;
    }
    json_writer_init (&writer, out);
    json_text (&writer, text);
}

static void
put_base64 (GString *out, const guint8 *bytes, gsize n_bytes)
{
    char small[4 * 64 / 3 + 8];
    int state = 0, save = 0;
    gsize n = 0;

    PUT (out, "\"");
    for (gsize at = 0; at < n_bytes; at += 48) { /* a multiple of three */
        n = g_base64_encode_step (bytes + at, MIN (48, n_bytes - at), FALSE, small, &state, &save);
        put (out, small, n);
    }
    n = g_base64_encode_close (FALSE, small, &state, &save);
    put (out, small, n);
    PUT (out, "\"");
}

/* What is like a checksum, but of the id alone. */
static void
put_stand_in (GString *out, const char *id)
{
    g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
    guint8 digest[20];
    gsize n_bytes = sizeof digest;

    g_checksum_update (checksum, (const guchar *) id, -1);
    g_checksum_get_digest (checksum, digest, &n_bytes);
    put_base64 (out, digest, n_bytes);
}

static void
put_duration (GString *out, gint64 ms)
{
    char text[] = ":00:00.000000\"";

    PUT (out, "\"");
    put_int (out, ms / 3600000);
    digits_at (text + 1, (guint) (ms / 60000 % 60), 2);
    digits_at (text + 4, (guint) (ms / 1000 % 60), 2);
    digits_at (text + 7, (guint) (ms % 1000), 3);
    put (out, text, sizeof text - 1);
}

gint64
sync_id_time (const char *id)
{
    gint64 ms = 0;

    for (guint n = 0; n < 12 && *id != '\0'; id++)
        if (*id != '-') {
            ms = ms << 4 | g_ascii_xdigit_value (*id);
            n++;
        }
    return ms;
}

const char *
sync_id_at (Arena *arena, gint64 ms)
{
    guint64 stamp = (guint64) MAX (ms, 0);

    return arena_printf (arena, "%08x-%04x", (guint) (stamp >> 16), (guint) (stamp & 0xffff));
}

static void
put_real (GString *out, double value)
{
    JsonWriter writer;

    json_writer_init (&writer, out);
    json_number (&writer, value);
}

static void
put_value (GString *out, SyncFieldKind kind, const DbRow *row, guint column)
{
    const guint8 *bytes;
    gsize n_bytes;

    switch (kind) {
    case SYNC_PLAIN:
        PUT (out, "\"");
        put_text (out, db_row_text (row, column));
        PUT (out, "\"");
        break;
    case SYNC_TEXT:
        put_string (out, db_row_text (row, column));
        break;
    case SYNC_INT:
        put_int (out, db_row_int (row, column));
        break;
    case SYNC_REAL:
        put_real (out, db_row_real (row, column));
        break;
    case SYNC_BOOL:
        if (db_row_int (row, column) != 0)
            PUT (out, "true");
        else
            PUT (out, "false");
        break;
    case SYNC_TIME:
        put_time (out, db_row_int (row, column));
        break;
    case SYNC_DAY:
        PUT (out, "\"");
        put_text (out, db_row_text (row, column));
        PUT (out, "T00:00:00.000Z\"");
        break;
    case SYNC_BASE64:
        bytes = db_row_blob (row, column, &n_bytes);
        put_base64 (out, bytes, n_bytes);
        break;
    case SYNC_JSON:
        put_text (out, db_row_text (row, column));
        break;
    case SYNC_DURATION:
        put_duration (out, db_row_int (row, column));
        break;
    case SYNC_ID_TIME:
        put_time (out, sync_id_time (db_row_text (row, column)));
        break;
    case SYNC_CHECKSUM:
        if (db_row_is_null (row, column))
            put_stand_in (out, db_row_text (row, 1));
        else
            put_value (out, SYNC_BASE64, row, column);
        break;
    }
}

void
sync_line_row (GString *out, const char *type, const SyncShape *shape, const char *middle,
               const char *key, const DbRow *row)
{
    PUT (out, "{\"type\":\"");
    put_text (out, type);
    PUT (out, "\",\"data\":");
    for (guint i = 0; i < shape->n_fields; i++) {
        put (out, shape->fields[i].prefix, shape->fields[i].n_prefix);
        if (db_row_is_null (row, i + 1) && shape->fields[i].kind != SYNC_CHECKSUM)
            PUT (out, "null");
        else
            put_value (out, shape->fields[i].kind, row, i + 1);
    }
    PUT (out, "},\"ack\":\"");
    put_text (out, type);
    PUT (out, "|");
    put_text (out, middle);
    put_text (out, key);
    PUT (out, "\"}\n");
}

void
sync_line_control (GString *out, const char *type, const char *ack)
{
    g_string_append_printf (out, "{\"type\":\"%s\",\"data\":{},\"ack\":\"%s\"}\n", type, ack);
}
