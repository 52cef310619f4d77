/* plugin_config.c -- the configs of steps: read, described as a JSON schema, made fit to be shared
 *
 * The .api file says what a config is. The contract engine checks it by that; here the same descriptors
 * become the schema that clients make forms of, so the two cannot differ. */
#define G_LOG_DOMAIN "plugins"
#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "features/plugins/plugins_private.h"

gboolean
plugin_refuse (GError **error, const char *field, const char *format, ...)
{
    g_autofree char *sentence = NULL;
    va_list args;

    va_start (args, format);
    sentence = g_strdup_vprintf (format, args);
    va_end (args);
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "%s: %s", field, sentence);
    return FALSE;
}

/* ---- reading ---- */

static const FieldDescriptor *
find_field (const TypeDescriptor *type, const char *name)
{
    for (guint i = 0; type != NULL && i < type->n_fields; i++)
        if (strcmp (type->fields[i].name, name) == 0)
            return &type->fields[i];
    return NULL;
}

/* A typing error must not become a rule that does something else. */
static gboolean
check_known (const TypeDescriptor *type, const json_t *object, const char *prefix, GError **error)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *) object, name, value)
    {
        const FieldDescriptor *field = find_field (type, name);
        g_autofree char *path = g_strconcat (prefix, name, NULL);
        g_autofree char *inner = g_strconcat (path, ".", NULL);

        if (field == NULL) {
            g_autofree char *shown = g_utf8_substring (path, 0, MIN (60, g_utf8_strlen (path, -1)));

            return plugin_refuse (error, shown, "the method has no such setting");
        }
        if (field->kind == FIELD_OBJECT && json_is_object (value) &&
            !check_known (field->type, value, inner, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
plugin_read_config (const PluginMethod *method, Arena *arena, const char *config_json,
                    const void **out, GError **error)
{
    const char *json = config_json != NULL ? config_json : "{}";
    json_t *document;
    void *config = NULL;
    gboolean ok;

    if (strlen (json) > PLUGIN_MAX_CONFIG_BYTES) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "it has more than %d bytes",
                     PLUGIN_MAX_CONFIG_BYTES);
        return FALSE;
    }
    document = json_loads (json, 0, NULL);
    if (document == NULL) { /* was parsed when it came in, so only a database can bring this */
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "it is no JSON object");
        return FALSE;
    }
    ok = check_known (method->config, document, "", error);
    json_decref (document);
    if (!ok)
        return FALSE;
    if (method->config != NULL) {
        config = arena_alloc (arena, method->config->size_bytes);
        if (!api_read_json (method->config, json, -1, arena, config, error))
            return FALSE;
    }
    *out = config;
    return TRUE;
}

/* ---- sharing ---- */

const char *
plugin_share_config (const PluginMethod *method, Arena *arena, const char *config_json)
{
    json_t *document = config_json != NULL ? json_loads (config_json, 0, NULL) : NULL;
    g_autofree char *text = NULL;

    if (document == NULL)
        return NULL;
    for (const PluginField *each = method->fields; each != NULL && each->property != NULL; each++)
        if (each->is_private)
            json_object_del (document, each->property);
    text = json_dumps (document, JSON_COMPACT);
    json_decref (document);
    return arena_strdup (arena, text);
}

/* ---- the schema ---- */

static json_t *schema_of_object (const TypeDescriptor *type, const PluginField *fields);

static void
set_limit (json_t *schema, const char *name, gint64 limit)
{
    if (limit >= 0)
        json_object_set_new (schema, name, json_integer (limit));
}

static void
add_enum (json_t *schema, const EnumDescriptor *options)
{
    json_t *texts = json_array ();

    for (guint i = 0; i < options->n_texts; i++)
        json_array_append_new (texts, json_string (options->texts[i]));
    json_object_set_new (schema, "enum", texts);
}

static void
add_text_rules (json_t *schema, const FieldRules *rules)
{
    static const char *const formats[] = { [FORMAT_UUID] = "uuid",
                                           [FORMAT_DATE] = "date",
                                           [FORMAT_URL] = "uri",
                                           [FORMAT_EMAIL] = "email",
                                           [FORMAT_PATTERN] = NULL };

    if (formats[rules->format] != NULL)
        json_object_set_new (schema, "format", json_string (formats[rules->format]));
    set_limit (schema, "minLength", rules->min_length);
    set_limit (schema, "maxLength", rules->max_length);
}

static void
add_range (json_t *schema, const FieldRules *rules)
{
    if (rules->has_min)
        json_object_set_new (schema, "minimum", json_integer ((json_int_t) rules->min));
    if (rules->has_max)
        json_object_set_new (schema, "maximum", json_integer ((json_int_t) rules->max));
}

/* Of one value, be it alone or in a list. */
static json_t *
schema_of_value (const FieldDescriptor *field, const PluginField *fields)
{
    static const char *const types[] = {
        [FIELD_STRING] = "string", [FIELD_INT] = "integer", [FIELD_NUMBER] = "number",
        [FIELD_BOOL] = "boolean",  [FIELD_ENUM] = "string",
    };
    json_t *schema;

    if (field->kind == FIELD_OBJECT)
        return schema_of_object (field->type, fields);
    g_assert (field->kind < G_N_ELEMENTS (types) && types[field->kind] != NULL);
    schema = json_pack ("{s:s}", "type", types[field->kind]);
    if (field->kind == FIELD_ENUM)
        add_enum (schema, field->enumeration);
    if (field->rules != NULL && field->kind == FIELD_STRING)
        add_text_rules (schema, field->rules);
    if (field->rules != NULL && (field->kind == FIELD_INT || field->kind == FIELD_NUMBER))
        add_range (schema, field->rules);
    return schema;
}

static void
add_words (json_t *schema, const FieldDescriptor *field, const PluginField *fields)
{
    const PluginField *words = fields;

    while (words->property != NULL && strcmp (words->property, field->name) != 0)
        words++;
    if (words->property == NULL)
        return;
    json_object_set_new (schema, "title", json_string (words->title));
    if (words->description != NULL)
        json_object_set_new (schema, "description", json_string (words->description));
    if (words->hint != NULL)
        json_object_set_new (schema, "uiHint", json_string (words->hint));
}

static json_t *
schema_of_field (const FieldDescriptor *field, const PluginField *fields)
{
    json_t *schema = schema_of_value (field, fields);

    if (field->flags & FIELD_LIST) {
        schema = json_pack ("{s:s, s:o}", "type", "array", "items", schema);
        if (field->rules != NULL) {
            set_limit (schema, "minItems", field->rules->min_items);
            set_limit (schema, "maxItems", field->rules->max_items);
            if (field->rules->unique_items)
                json_object_set_new (schema, "uniqueItems", json_true ());
        }
    }
    add_words (schema, field, fields);
    if (field->flags & FIELD_DEFAULT)
        json_object_set_new (schema, "default",
                             json_loads (field->rules->default_text, JSON_DECODE_ANY, NULL));
    return schema;
}

static json_t *
schema_of_object (const TypeDescriptor *type, const PluginField *fields)
{
    json_t *properties = json_object (), *required = json_array ();

    for (guint i = 0; i < type->n_fields; i++) {
        const FieldDescriptor *field = &type->fields[i];

        json_object_set_new (properties, field->name, schema_of_field (field, fields));
        if ((field->flags & FIELD_OPTIONAL) == 0)
            json_array_append_new (required, json_string (field->name));
    }
    return json_pack ("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
                      "required", required, "additionalProperties", 0);
}

const char *
plugin_schema (const PluginMethod *method, Arena *arena)
{
    g_autofree char *text = NULL;
    json_t *schema;

    if (method->config == NULL)
        return NULL;
    schema = schema_of_object (method->config, method->fields);
    text = json_dumps (schema, JSON_COMPACT);
    json_decref (schema);
    return arena_strdup (arena, text);
}
