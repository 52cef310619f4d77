/* issues.c -- see issues.h */
#define G_LOG_DOMAIN "api"
#include "api/issues.h"

#include "base/json_writer.h"

static void
free_string (gpointer string)
{
    g_string_free (string, TRUE);
}

static void
write_place (JsonWriter *writer, const ApiPlace *place)
{
    if (place == NULL)
        return;
    write_place (writer, place->up);
    if (place->key != NULL)
        json_text (writer, place->key);
    else
        json_int (writer, (gint64) place->index);
}

static void
print_place (GString *out, const ApiPlace *place)
{
    if (place == NULL)
        return;
    print_place (out, place->up);
    if (out->len > 0)
        g_string_append_c (out, '.');
    if (place->key != NULL)
        g_string_append (out, place->key);
    else
        g_string_append_printf (out, "%" G_GSIZE_FORMAT, place->index);
}

void
api_issues_init (ApiIssues *self, Arena *arena)
{
    *self = (ApiIssues){ .arena = arena };
}

gboolean
api_issues_are_full (const ApiIssues *self)
{
    return self->n >= API_MAX_ISSUES;
}

void
api_issue_begin (ApiIssues *self, const char *code)
{
    if (self->json == NULL) { /* most requests have none */
        self->json = arena_own (self->arena, g_string_new (NULL), free_string);
        self->writer = arena_new0 (self->arena, JsonWriter);
    }
    if (self->n > 0)
        g_string_append_c (self->json, ',');
    json_writer_init (self->writer, self->json);
    json_begin_object (self->writer);
    api_issue_text (self, "code", code);
}

void
api_issue_text (ApiIssues *self, const char *name, const char *value)
{
    json_name (self->writer, name);
    json_text (self->writer, value);
}

void
api_issue_number (ApiIssues *self, const char *name, double value)
{
    json_name (self->writer, name);
    json_number (self->writer, value);
}

void
api_issue_bool (ApiIssues *self, const char *name, gboolean value)
{
    json_name (self->writer, name);
    json_bool (self->writer, value);
}

void
api_issue_values (ApiIssues *self, const char *const *texts, guint n, gboolean are_numbers)
{
    json_name (self->writer, "values");
    json_begin_array (self->writer);
    for (guint i = 0; i < n; i++) {
        if (are_numbers)
            json_raw (self->writer, texts[i]);
        else
            json_text (self->writer, texts[i]);
    }
    json_end_array (self->writer);
}

void
api_issue_end (ApiIssues *self, const ApiPlace *place, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list args;

    va_start (args, format);
    message = g_strdup_vprintf (format, args);
    va_end (args);
    json_name (self->writer, "path");
    json_begin_array (self->writer);
    write_place (self->writer, place);
    json_end_array (self->writer);
    api_issue_text (self, "message", message);
    json_end_object (self->writer);
    if (self->n++ == 0) {
        g_autoptr (GString) where = g_string_new (NULL);

        print_place (where, place);
        self->first = where->len == 0 ? arena_strdup (self->arena, message)
                                      : arena_printf (self->arena, "%s: %s", where->str, message);
    }
}
