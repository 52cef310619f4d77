/* log.c -- a line is put together first and written with one write (), so lines of different threads
 * do not mix and no lock is held */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/timestamp.h"

static const char *const level_texts[] = { "verbose", "debug", "log", "warn", "error", "fatal" };
static const char *const level_colors[] = { "\033[90m", "\033[35m", "\033[32m",
                                            "\033[33m", "\033[31m", "\033[1;31m" };

static _Atomic int least_level = LOG_LOG;
static LogFormat used_format = LOG_FORMAT_TEXT;
static gboolean uses_color;

gboolean
log_level_parse (const char *text, LogLevel *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS (level_texts); i++) {
        if (strcmp (text, level_texts[i]) == 0) {
            *out = (LogLevel) i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *
log_level_text (LogLevel level)
{
    return level_texts[level];
}

gboolean
log_format_parse (const char *text, LogFormat *out)
{
    if (strcmp (text, "console") == 0)
        *out = LOG_FORMAT_TEXT;
    else if (strcmp (text, "json") == 0)
        *out = LOG_FORMAT_JSON;
    else
        return FALSE;
    return TRUE;
}

void
log_level_set (LogLevel level)
{
    atomic_store (&least_level, (int) level);
}

LogLevel
log_level_get (void)
{
    return (LogLevel) atomic_load (&least_level);
}

static LogLevel
level_of (GLogLevelFlags flags)
{
    if (flags & G_LOG_LEVEL_ERROR)
        return LOG_FATAL;
    if (flags & G_LOG_LEVEL_CRITICAL)
        return LOG_ERROR;
    if (flags & G_LOG_LEVEL_WARNING)
        return LOG_WARN;
    if (flags & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO))
        return LOG_LOG;
    return flags & LOG_LEVEL_VERBOSE ? LOG_VERBOSE : LOG_DEBUG;
}

/* What the message of a request's line says already, in words. */
static gboolean
is_said (const char *name)
{
    static const char *const names[] = { LOG_FIELD_METHOD,      LOG_FIELD_PATH,  LOG_FIELD_STATUS,
                                         LOG_FIELD_DURATION_US, LOG_FIELD_BYTES, LOG_FIELD_PEER };

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        if (strcmp (name, names[i]) == 0)
            return TRUE;
    return FALSE;
}

/* Of the fields that GLib adds by itself, only the domain says something to a reader. */
static gboolean
is_plumbing (const char *name)
{
    return strcmp (name, "MESSAGE") == 0 || strcmp (name, "PRIORITY") == 0 ||
           g_str_has_prefix (name, "CODE_") || g_str_has_prefix (name, "GLIB_");
}

static char *
field_text (const GLogField *field)
{
    if (field->value == NULL)
        return g_strdup ("");
    return field->length < 0 ? g_utf8_make_valid (field->value, -1)
                             : g_utf8_make_valid (field->value, field->length);
}

static char *
find_text (const GLogField *fields, gsize n_fields, const char *name)
{
    for (gsize i = 0; i < n_fields; i++)
        if (strcmp (fields[i].key, name) == 0)
            return field_text (&fields[i]);
    return NULL;
}

/* Neither what a terminal obeys, nor what ends a line, has it read in another order, or is not seen. */
static gboolean
is_shown (gunichar code)
{
    return g_unichar_isprint (code) && code != 0x2028 && code != 0x2029;
}

static void
append_printable (GString *line, const char *text)
{
    for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c)) {
        gunichar code = g_utf8_get_char (c);

        if (!is_shown (code))
            g_string_append_printf (line, "\\x%02x", code);
        else
            g_string_append_len (line, c, g_utf8_next_char (c) - c);
    }
}

static void
append_text (GString *line, LogLevel level, gboolean color, const char *context,
             const char *message, const GLogField *fields, gsize n_fields)
{
    char when[TIMESTAMP_TEXT_BYTES];

    timestamp_format (timestamp_now_ms (), when);
    g_string_append_printf (line, "%s %s%7s%s ", when, color ? level_colors[level] : "",
                            level_texts[level], color ? "\033[0m" : "");
    if (*context != '\0') {
        g_string_append_c (line, '[');
        append_printable (line, context);
        g_string_append (line, "] ");
    }
    append_printable (line, message);
    for (gsize i = 0; i < n_fields; i++) {
        g_autofree char *value = NULL;

        if (is_plumbing (fields[i].key) || is_said (fields[i].key))
            continue;
        value = field_text (&fields[i]);
        g_string_append_printf (line, " %s=", fields[i].key);
        append_printable (line, value);
    }
}

/* JSON as it is but for what is not shown, which stands as its escapes: a terminal may be where it is read. */
static void
append_json_printable (GString *line, const char *json)
{
    for (const char *c = json; *c != '\0'; c = g_utf8_next_char (c)) {
        gunichar code = g_utf8_get_char (c);

        if (is_shown (code))
            g_string_append_len (line, c, g_utf8_next_char (c) - c);
        else if (code <= 0xffff)
            g_string_append_printf (line, "\\u%04x", code);
        else
            g_string_append_printf (line, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10),
                                    0xdc00 + (code & 0x3ff));
    }
}

static void
append_json (GString *line, LogLevel level, const char *context, const char *message,
             const GLogField *fields, gsize n_fields)
{
    g_autoptr (GString) text = g_string_new (NULL);
    JsonWriter json;

    json_writer_init (&json, text);
    json_begin_object (&json);
    json_name (&json, "level");
    json_text (&json, level_texts[level]);
    json_name (&json, "pid");
    json_int (&json, getpid ());
    json_name (&json, "timestamp");
    json_int (&json, timestamp_now_ms ());
    json_name (&json, "message");
    json_text (&json, message);
    json_name (&json, "context");
    json_text (&json, context);
    for (gsize i = 0; i < n_fields; i++) {
        g_autofree char *name = NULL, *value = NULL;

        if (is_plumbing (fields[i].key))
            continue;
        name = g_ascii_strdown (fields[i].key, -1);
        value = field_text (&fields[i]);
        json_name (&json, name);
        json_text (&json, value);
    }
    json_end_object (&json);
    append_json_printable (line, text->str);
}

static GString *
make_line (LogFormat format, gboolean color, GLogLevelFlags flags, const GLogField *fields,
           gsize n_fields)
{
    GString *line = g_string_new (NULL);
    g_autofree char *message = find_text (fields, n_fields, "MESSAGE");
    g_autofree char *context = find_text (fields, n_fields, "GLIB_DOMAIN");
    const char *shown_message = message != NULL ? message : "";
    const char *shown_context = context != NULL ? context : "";

    if (format == LOG_FORMAT_JSON)
        append_json (line, level_of (flags), shown_context, shown_message, fields, n_fields);
    else
        append_text (line, level_of (flags), color, shown_context, shown_message, fields, n_fields);
    return line;
}

char *
log_line (LogFormat format, GLogLevelFlags flags, const GLogField *fields, gsize n_fields)
{
    return g_string_free (make_line (format, FALSE, flags, fields, n_fields), FALSE);
}

static GLogWriterOutput
write_line (GLogLevelFlags flags, const GLogField *fields, gsize n_fields, gpointer data)
{
    g_autoptr (GString) line = NULL;
    gsize n_written = 0;

    if ((int) level_of (flags) < atomic_load_explicit (&least_level, memory_order_relaxed))
        return G_LOG_WRITER_HANDLED;
    line = make_line (used_format, uses_color, flags, fields, n_fields);
    g_string_append_c (line, '\n');
    while (n_written < line->len) {
        ssize_t n = write (STDERR_FILENO, line->str + n_written, line->len - n_written);

        if (n > 0)
            n_written += (gsize) n;
        else if (n < 0 && errno != EINTR)
            return G_LOG_WRITER_UNHANDLED; /* no one to tell */
    }
    return G_LOG_WRITER_HANDLED;
}

void
log_init (LogFormat format, LogLevel level)
{
    used_format = format;
    uses_color = format == LOG_FORMAT_TEXT && isatty (STDERR_FILENO) && getenv ("NO_COLOR") == NULL;
    log_level_set (level);
    g_log_set_writer_func (write_line, NULL, NULL);
}
