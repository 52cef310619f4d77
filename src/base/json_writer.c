#include "base/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text_append.h"
#include "base/timestamp.h"

#define MAX_DEPTH 60

void
json_writer_init (JsonWriter *self, GString *text)
{
    *self = (JsonWriter){ .text = text };
}

static void
begin_value (JsonWriter *self)
{
    guint64 bit = G_GUINT64_CONSTANT (1) << self->depth;

    if (!self->after_name && self->has_member & bit)
        g_string_append_c (self->text, ',');
    self->has_member |= bit;
    self->after_name = FALSE;
}

static void
open_level (JsonWriter *self, char bracket)
{
    begin_value (self);
    g_string_append_c (self->text, bracket);
    g_assert (self->depth < MAX_DEPTH);
    self->depth++;
    self->has_member &= ~(G_GUINT64_CONSTANT (1) << self->depth);
}

static void
close_level (JsonWriter *self, char bracket)
{
    g_assert (self->depth > 0 && !self->after_name);
    self->depth--;
    g_string_append_c (self->text, bracket);
}

void
json_begin_object (JsonWriter *self)
{
    open_level (self, '{');
}

void
json_end_object (JsonWriter *self)
{
    close_level (self, '}');
}

void
json_begin_array (JsonWriter *self)
{
    open_level (self, '[');
}

void
json_end_array (JsonWriter *self)
{
    close_level (self, ']');
}

static void
append_quoted (GString *out, const char *text)
{
    text_append_literal (out, "\"");
    for (;;) {
        /* copy the longest run that needs no escape in one go */
        gsize run = 0;
        guchar c;

        while ((c = (guchar) text[run]) >= 0x20 && c != '"' && c != '\\')
            run++;
        text_append (out, text, run);
        text += run;
        if (*text == '\0')
            break;
        switch (*text) {
        case '"':
            g_string_append (out, "\\\"");
            break;
        case '\\':
            g_string_append (out, "\\\\");
            break;
        case '\n':
            g_string_append (out, "\\n");
            break;
        case '\r':
            g_string_append (out, "\\r");
            break;
        case '\t':
            g_string_append (out, "\\t");
            break;
        default:
            g_string_append_printf (out, "\\u%04x", (guchar) *text);
        }
        text++;
    }
    text_append_literal (out, "\"");
}

void
json_name (JsonWriter *self, const char *name)
{
    begin_value (self);
    append_quoted (self->text, name);
    g_string_append_c (self->text, ':');
    self->after_name = TRUE;
}

void
json_text (JsonWriter *self, const char *value)
{
    if (value == NULL) {
        json_none (self);
        return;
    }
    begin_value (self);
    if (G_LIKELY (g_utf8_validate (value, -1, NULL)))
        append_quoted (self->text, value);
    else {
        g_autofree char *valid = g_utf8_make_valid (value, -1);

        append_quoted (self->text, valid);
    }
}

void
json_int (JsonWriter *self, gint64 value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    guint64 rest = value < 0 ? 0 - (guint64) value : (guint64) value;

    do
        *--at = (char) ('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--at = '-';
    begin_value (self);
    text_append (self->text, at, (gsize) (digits + sizeof digits - at));
}

void
json_number (JsonWriter *self, double value)
{
    char text[DECIMAL_TEXT_BYTES];

    if (!isfinite (value)) {
        json_none (self);
        return;
    }
    begin_value (self);
    g_string_append_len (self->text, text, (gssize) decimal_text (value, text));
}

void
json_bool (JsonWriter *self, gboolean value)
{
    begin_value (self);
    if (value)
        text_append_literal (self->text, "true");
    else
        text_append_literal (self->text, "false");
}

void
json_none (JsonWriter *self)
{
    begin_value (self);
    text_append_literal (self->text, "null");
}

void
json_time (JsonWriter *self, gint64 ms)
{
    char text[TIMESTAMP_TEXT_BYTES];

    timestamp_format (ms, text);
    begin_value (self);
    g_string_append_c (self->text, '"');
    g_string_append (self->text, text);
    g_string_append_c (self->text, '"');
}

void
json_base64 (JsonWriter *self, gconstpointer bytes, gsize n_bytes)
{
    g_autofree char *text = g_base64_encode (bytes, n_bytes);

    begin_value (self);
    g_string_append_c (self->text, '"');
    g_string_append (self->text, text);
    g_string_append_c (self->text, '"');
}

void
json_raw (JsonWriter *self, const char *json)
{
    begin_value (self);
    g_string_append (self->text, json);
}
