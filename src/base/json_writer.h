/* json_writer.h -- JSON text, written front to back
 *
 * Commas and quoting are its work; strings must be UTF-8 (what is not is replaced by U+FFFD).
 * Numbers that are whole are written without a fraction; NaN and infinities as null.
 * The names keep clear of those of jansson, which parses. */
#pragma once
#include <glib.h>

typedef struct {
    GString *text;      /* belongs to the caller */
    guint64 has_member; /* a bit a level: something stands there already */
    guint depth;        /* at most 60 */
    gboolean after_name;
} JsonWriter;

void json_writer_init (JsonWriter *self, GString *text);
void json_begin_object (JsonWriter *self);
void json_end_object (JsonWriter *self);
void json_begin_array (JsonWriter *self);
void json_end_array (JsonWriter *self);
void json_name (JsonWriter *self, const char *name);  /* the next value's key */
void json_text (JsonWriter *self, const char *value); /* NULL writes null */
void json_int (JsonWriter *self, gint64 value);
void json_number (JsonWriter *self, double value); /* shortest text that reads back the same */
void json_bool (JsonWriter *self, gboolean value);
void json_none (JsonWriter *self);
void json_time (JsonWriter *self, gint64 ms); /* ISO 8601 with Z */
void json_base64 (JsonWriter *self, gconstpointer bytes, gsize n_bytes);
void json_raw (JsonWriter *self, const char *json); /* a whole value, already JSON */
