/* write.c -- see write.h */
#define G_LOG_DOMAIN "api"
#include "api/write.h"

#include <string.h>

#include "api/operation.h"
#include "base/json_writer.h"
#include "base/timestamp.h"

typedef struct {
    JsonWriter *json;
    const char *bad_field; /* set by the first fault */
    gboolean with_offset;  /* all times, inside an object whose field says so */
} Writer;

static void write_object (Writer *self, const TypeDescriptor *type, const void *value);

/* The form in which the original's database writes times inside other objects: no zeros at the end of
 * the fraction, and +00:00. */
static void
write_with_offset (Writer *self, gint64 ms)
{
    char text[TIMESTAMP_TEXT_BYTES + 8];
    char *point, *end;

    timestamp_format (ms, text); /* always with three decimals */
    end = strchr (text, 'Z');
    point = strchr (text, '.');
    while (end > point + 1 && end[-1] == '0')
        end--;
    if (end == point + 1)
        end--;
    g_strlcpy (end, "+00:00", 8);
    json_text (self->json, text);
}

static gboolean
says_offset (const FieldDescriptor *field)
{
    return field->rules != NULL && g_strcmp0 (field->rules->pattern, API_RULE_OFFSET) == 0;
}

/* @at is where the value stands; of an object, the struct itself. */
static void
write_one (Writer *self, const FieldDescriptor *field, const void *at)
{
    gboolean outer = self->with_offset;
    gsize n_bytes;
    gconstpointer bytes;
    int index;

    switch (field->kind) {
    case FIELD_STRING:
        json_text (self->json, *(const char *const *) at);
        break;
    case FIELD_INT:
        json_int (self->json, *(const gint64 *) at);
        break;
    case FIELD_NUMBER:
        json_number (self->json, *(const double *) at);
        break;
    case FIELD_BOOL:
        json_bool (self->json, *(const gboolean *) at);
        break;
    case FIELD_TIME:
        if (self->with_offset || says_offset (field))
            write_with_offset (self, *(const gint64 *) at);
        else
            json_time (self->json, *(const gint64 *) at);
        break;
    case FIELD_ENUM:
        index = *(const int *) at;
        if (index < 0 || (guint) index >= field->enumeration->n_texts)
            self->bad_field = field->name;
        json_text (self->json, self->bad_field != NULL ? NULL : field->enumeration->texts[index]);
        break;
    case FIELD_OBJECT:
        self->with_offset = outer || says_offset (field);
        write_object (self, field->type, at);
        self->with_offset = outer;
        break;
    case FIELD_JSON:
        json_raw (self->json, *(const char *const *) at);
        break;
    case FIELD_BLOB:
        bytes = g_bytes_get_data (*(GBytes *const *) at, &n_bytes);
        json_base64 (self->json, bytes, n_bytes);
        break;
    case FIELD_FILE:
        json_none (self->json);
        break;
    }
}

static gboolean
is_pointer (const FieldDescriptor *field)
{
    return field->kind == FIELD_STRING || field->kind == FIELD_JSON || field->kind == FIELD_BLOB;
}

static void
write_list (Writer *self, const FieldDescriptor *field, const List *list)
{
    gsize each = field_item_bytes (field);

    json_begin_array (self->json);
    for (gsize i = 0; i < list->n && self->bad_field == NULL; i++) {
        const char *at = (const char *) list->items + i * each;

        if (is_pointer (field) && *(void *const *) at == NULL)
            self->bad_field = field->name;
        else
            write_one (self, field, at);
    }
    json_end_array (self->json);
}

typedef enum { STATE_ABSENT, STATE_NULL, STATE_VALUE } State;

/* A pointer that is NULL is what its field allows, a null before an absence. */
static State
state_of (const FieldDescriptor *field, const char *base)
{
    gboolean has;

    if (field->set_offset != NO_OFFSET && !*(const gboolean *) (base + field->set_offset)) {
        /* The value was given without its mark: it counts. */
        if (field->has_offset != NO_OFFSET)
            return *(const gboolean *) (base + field->has_offset) ? STATE_VALUE : STATE_ABSENT;
        return *(void *const *) (base + field->offset) != NULL ? STATE_VALUE : STATE_ABSENT;
    }
    if (field->has_offset != NO_OFFSET)
        has = *(const gboolean *) (base + field->has_offset);
    else if (!(field->flags & FIELD_LIST) && (is_pointer (field) || field->kind == FIELD_OBJECT))
        has = *(void *const *) (base + field->offset) != NULL;
    else
        has = TRUE;
    if (has)
        return STATE_VALUE;
    return field->flags & FIELD_NULLABLE ? STATE_NULL : STATE_ABSENT;
}

static void
write_object (Writer *self, const TypeDescriptor *type, const void *value)
{
    const char *base = value;

    json_begin_object (self->json);
    for (guint i = 0; i < type->n_fields && self->bad_field == NULL; i++) {
        const FieldDescriptor *field = &type->fields[i];
        const char *at = base + field->offset;
        State state = state_of (field, base);

        if (state == STATE_ABSENT) {
            if (!(field->flags & (FIELD_OPTIONAL | FIELD_NULLABLE)))
                self->bad_field = field->name;
            continue;
        }
        json_name (self->json, field->name);
        if (state == STATE_NULL)
            json_none (self->json);
        else if (field->flags & FIELD_LIST)
            write_list (self, field, (const List *) at);
        else
            write_one (self, field,
                       field->kind == FIELD_OBJECT ? *(const void *const *) at : (const void *) at);
    }
    json_end_object (self->json);
}

gboolean
api_write_value (const FieldDescriptor *field, const void *value, GString *out,
                 const char **out_field)
{
    gsize before = out->len;
    JsonWriter json;
    Writer self = { &json, NULL };

    json_writer_init (&json, out);
    if (field->flags & FIELD_LIST)
        write_list (&self, field, value);
    else
        write_one (&self, field, value);
    *out_field = self.bad_field;
    if (self.bad_field != NULL)
        g_string_truncate (out, before);
    return self.bad_field == NULL;
}

void
api_write_json (const TypeDescriptor *type, const void *value, GString *out)
{
    FieldDescriptor field = { .name = type->name, .kind = FIELD_OBJECT, .type = type };
    const char *bad_field;

    if (!api_write_value (&field, value, out, &bad_field)) {
        g_critical ("%s has no value for its field '%s'", type->name, bad_field);
        g_string_append (out, "null");
    }
}
