/* From a row of the database to a C struct, by the descriptor of its type.
 *
 * Which column is which field is worked out once for a prepared statement and kept with it. Whatever
 * does not fit (a column nobody asked for, a NULL where the type has none, a text that no enum has)
 * is a fault of the program or of the data and is an error, never a silent zero. */
#define G_LOG_DOMAIN "db"
#include "db/db_private.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

#define AT(base, offset, Type) ((Type *) (void *) ((char *) (base) + (offset)))

gboolean
text_to_int (const char *text, gint64 *out)
{
    char *end = NULL;
    gint64 value;

    errno = 0;
    value = g_ascii_strtoll (text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return FALSE;
    *out = value;
    return TRUE;
}

gboolean
text_to_real (const char *text, double *out)
{
    char *end = NULL;
    double value = g_ascii_strtod (text, &end);

    if (end == text || *end != '\0')
        return FALSE;
    *out = value;
    return TRUE;
}

static gboolean
is_pointer (const FieldDescriptor *field)
{
    if ((field->flags & (FIELD_LIST | FIELD_MAP)) != 0)
        return FALSE;
    return field->kind == FIELD_STRING || field->kind == FIELD_JSON || field->kind == FIELD_BLOB ||
           field->kind == FIELD_OBJECT || field->kind == FIELD_FILE;
}

/* A column can hold it; nested objects and maps are filled by the caller from other queries. */
static gboolean
fits_column (const FieldDescriptor *field)
{
    return field->kind != FIELD_OBJECT && field->kind != FIELD_FILE &&
           (field->flags & FIELD_MAP) == 0;
}

static gboolean
map_columns (const DbRow *row, const TypeDescriptor *type, GError **error)
{
    g_autofree gint16 *fields = g_new (gint16, row->n_columns);
    g_autofree gboolean *has_column = g_new0 (gboolean, type->n_fields);

    for (guint column = 0; column < row->n_columns; column++) {
        const char *name = row->engine->column_name (row, column);
        guint i = 0;

        while (i < type->n_fields && strcmp (type->fields[i].column, name) != 0)
            i++;
        if (i == type->n_fields || !fits_column (&type->fields[i])) {
            g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                         "column '%s' has no field in %s; statement: %s", name, type->name,
                         statement_excerpt (row->statement->sql));
            return FALSE;
        }
        if (has_column[i]) {
            g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                         "column '%s' stands twice for %s; statement: %s", name, type->name,
                         statement_excerpt (row->statement->sql));
            return FALSE;
        }
        has_column[i] = TRUE;
        fields[column] = (gint16) i;
    }
    for (guint i = 0; i < type->n_fields; i++) {
        const FieldDescriptor *field = &type->fields[i];
        gboolean may_lack = (field->flags & (FIELD_OPTIONAL | FIELD_NULLABLE | FIELD_DEFAULT)) != 0;

        if (!has_column[i] && !may_lack && fits_column (field)) {
            g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                         "no column for the required field '%s' of %s; statement: %s",
                         field->column, type->name, statement_excerpt (row->statement->sql));
            return FALSE;
        }
    }
    g_free (row->statement->mapped_fields);
    row->statement->mapped_fields = g_steal_pointer (&fields);
    row->statement->n_mapped = row->n_columns;
    row->statement->mapped_type = type;
    return TRUE;
}

/* One item of a JSON array into its place. */
static gboolean
fill_item (const FieldDescriptor *field, Arena *arena, json_t *json, char *out)
{
    switch (field->kind) {
    case FIELD_STRING:
        if (!json_is_string (json))
            return FALSE;
        *AT (out, 0, const char *) = arena_strdup (arena, json_string_value (json));
        return TRUE;
    case FIELD_INT:
    case FIELD_TIME:
        if (!json_is_integer (json))
            return FALSE;
        *AT (out, 0, gint64) = json_integer_value (json);
        return TRUE;
    case FIELD_NUMBER:
        if (!json_is_number (json))
            return FALSE;
        *AT (out, 0, double) = json_number_value (json);
        return TRUE;
    case FIELD_BOOL:
        if (json_is_integer (json))
            *AT (out, 0, gboolean) = json_integer_value (json) != 0;
        else if (json_is_boolean (json))
            *AT (out, 0, gboolean) = json_is_true (json);
        else
            return FALSE;
        return TRUE;
    case FIELD_ENUM: {
        int value = enum_find (field->enumeration, json_string_value (json));

        *AT (out, 0, int) = value;
        return value >= 0;
    }
    case FIELD_JSON: {
        char *text = json_dumps (json, JSON_ENCODE_ANY | JSON_COMPACT);

        if (text == NULL)
            return FALSE;
        *AT (out, 0, const char *) = arena_strdup (arena, text);
        free (text);
        return TRUE;
    }
    default:
        return FALSE;
    }
}

static gboolean
fill_list (const FieldDescriptor *field, Arena *arena, const char *text, List *out)
{
    json_t *array = json_loads (text, 0, NULL);
    gsize size = field_item_bytes (field);
    gboolean ok = json_is_array (array);
    List list = { NULL, 0 };

    if (ok && json_array_size (array) > 0) {
        list.n = json_array_size (array);
        list.items = arena_alloc (arena, size * list.n);
    }
    for (gsize i = 0; ok && i < list.n; i++)
        ok = fill_item (field, arena, json_array_get (array, i), (char *) list.items + i * size);
    json_decref (array);
    if (ok)
        *out = list;
    return ok;
}

/* @return FALSE when the value is not of the field's kind */
static gboolean
fill_value (const DbRow *row, guint column, const FieldDescriptor *field, Arena *arena, void *out)
{
    const DbEngine *engine = row->engine;
    gint64 integer = 0;

    if ((field->flags & FIELD_LIST) != 0)
        return fill_list (field, arena, engine->get_text (row, column),
                          AT (out, field->offset, List));
    switch (field->kind) {
    case FIELD_STRING:
    case FIELD_JSON:
        *AT (out, field->offset, const char *) =
            arena_strdup (arena, engine->get_text (row, column));
        return TRUE;
    case FIELD_INT:
    case FIELD_TIME:
        return engine->get_int (row, column, AT (out, field->offset, gint64));
    case FIELD_NUMBER:
        return engine->get_real (row, column, AT (out, field->offset, double));
    case FIELD_BOOL:
        if (!engine->get_int (row, column, &integer))
            return FALSE;
        *AT (out, field->offset, gboolean) = integer != 0;
        return TRUE;
    case FIELD_ENUM: {
        int value = enum_find (field->enumeration, engine->get_text (row, column));

        *AT (out, field->offset, int) = value;
        return value >= 0;
    }
    case FIELD_BLOB: {
        gsize n_bytes = 0;
        gconstpointer bytes = engine->get_blob (row, column, &n_bytes);
        GBytes *copy = g_bytes_new (bytes, n_bytes);

        *AT (out, field->offset, GBytes *) =
            arena_own (arena, copy, (GDestroyNotify) g_bytes_unref);
        return TRUE;
    }
    default:
        return FALSE;
    }
}

gboolean
row_fill (const DbRow *row, Arena *arena, const TypeDescriptor *type, void *out, GError **error)
{
    const DbStatement *statement = row->statement;

    if ((statement->mapped_type != type || statement->n_mapped != row->n_columns) &&
        !map_columns (row, type, error))
        return FALSE;
    memset (out, 0, type->size_bytes);
    for (guint column = 0; column < row->n_columns; column++) {
        const FieldDescriptor *field = &type->fields[statement->mapped_fields[column]];
        gboolean is_null = row->engine->is_null (row, column);

        if (is_null && (field->flags & (FIELD_OPTIONAL | FIELD_NULLABLE)) == 0) {
            g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                         "column '%s' is NULL but %s needs it; statement: %s", field->column,
                         type->name, statement_excerpt (statement->sql));
            return FALSE;
        }
        if (!is_null && !fill_value (row, column, field, arena, out)) {
            const char *text = row->engine->get_text (row, column);

            g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                         "'%.40s' in column '%s' is not what %s needs there; statement: %s",
                         text != NULL && g_utf8_validate (text, -1, NULL) ? text : "(bytes)",
                         field->column, type->name, statement_excerpt (statement->sql));
            return FALSE;
        }
        if (field->has_offset != NO_OFFSET && !is_pointer (field))
            *AT (out, field->has_offset, gboolean) = !is_null;
        if (field->set_offset != NO_OFFSET)
            *AT (out, field->set_offset, gboolean) = TRUE;
    }
    return TRUE;
}

guint
db_row_n_columns (const DbRow *row)
{
    return row->n_columns;
}

gboolean
db_row_is_null (const DbRow *row, guint column)
{
    g_return_val_if_fail (column < row->n_columns, TRUE);
    return row->engine->is_null (row, column);
}

gint64
db_row_int (const DbRow *row, guint column)
{
    gint64 value = 0;
    double real = 0;

    g_return_val_if_fail (column < row->n_columns, 0);
    if (!row->engine->get_int (row, column, &value) && row->engine->get_real (row, column, &real) &&
        fabs (real) < 9.2e18)
        value = (gint64) real;
    return value;
}

double
db_row_real (const DbRow *row, guint column)
{
    double value = 0;

    g_return_val_if_fail (column < row->n_columns, 0);
    row->engine->get_real (row, column, &value);
    return value;
}

const char *
db_row_text (const DbRow *row, guint column)
{
    g_return_val_if_fail (column < row->n_columns, NULL);
    return row->engine->get_text (row, column);
}

gconstpointer
db_row_blob (const DbRow *row, guint column, gsize *out_n_bytes)
{
    *out_n_bytes = 0;
    g_return_val_if_fail (column < row->n_columns, NULL);
    return row->engine->is_null (row, column) ? NULL
                                              : row->engine->get_blob (row, column, out_n_bytes);
}
