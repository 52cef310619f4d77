/* validate.c -- a JSON tree into a struct by its descriptor, every fault an issue
 *
 * The codes, members and messages of the issues are the contract's; test_validate.c has a case for
 * each. Fields are looked at in the order of the .api file, and all faults of an object are told. */
#define G_LOG_DOMAIN "api"
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "api/operation.h"
#include "api/parse.h"
#include "api/text_format.h"
#include "base/timestamp.h"

typedef struct {
    Arena *arena;
    ApiIssues *issues;
    gboolean is_text; /* how values are written */
} Checker;

static gboolean check_object (Checker *self, const TypeDescriptor *type, const json_t *value,
                              void *out, const ApiPlace *place);

/* ---- issues ---- */

static const char *
type_name (const json_t *value)
{
    if (value == NULL)
        return "undefined";
    switch (json_typeof (value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "number";
    case JSON_NULL:
        return "null";
    default:
        return "boolean";
    }
}

/* 'expected string, received number'; @shown is what the message calls the expected type. */
static gboolean
refuse_type (Checker *self, const ApiPlace *place, const char *expected, const char *shown,
             const char *received)
{
    api_issue_begin (self->issues, "invalid_type");
    api_issue_text (self->issues, "expected", expected);
    api_issue_end (self->issues, place, "Invalid input: expected %s, received %s", shown, received);
    return FALSE;
}

static gboolean
refuse_format (Checker *self, const ApiPlace *place, const char *format, const char *pattern,
               const char *message)
{
    api_issue_begin (self->issues, "invalid_format");
    api_issue_text (self->issues, "origin", "string");
    api_issue_text (self->issues, "format", format);
    if (pattern != NULL) {
        api_issue_text (self->issues, "pattern", pattern);
    }
    api_issue_end (self->issues, place, "%s", message);
    return FALSE;
}

/* Too small or too big; @unit after the bound: " characters", " items", "". */
static gboolean
refuse_size (Checker *self, const ApiPlace *place, gboolean small, const char *origin, double bound,
             const char *verb, const char *unit)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    api_issue_begin (self->issues, small ? "too_small" : "too_big");
    api_issue_text (self->issues, "origin", origin);
    api_issue_number (self->issues, small ? "minimum" : "maximum", bound);
    api_issue_bool (self->issues, "inclusive", TRUE);
    g_ascii_formatd (number, sizeof number, "%.16g", bound);
    api_issue_end (self->issues, place, "Too %s: expected %s to %s %s%s%s", small ? "small" : "big",
                   origin, verb, small ? ">=" : "<=", number, unit);
    return FALSE;
}

static gboolean
refuse_enum (Checker *self, const ApiPlace *place, const char *const *texts, guint n,
             gboolean are_numbers, const char *expected)
{
    g_autoptr (GString) options = g_string_new (NULL);

    api_issue_begin (self->issues, "invalid_value");
    if (expected != NULL) {
        api_issue_text (self->issues, "expected", expected);
    }
    api_issue_values (self->issues, texts, n, are_numbers);
    for (guint i = 0; i < n; i++)
        g_string_append_printf (options, are_numbers ? "%s%s" : "%s\"%s\"", i > 0 ? "|" : "",
                                texts[i]);
    api_issue_end (self->issues, place, "Invalid option: expected one of %s", options->str);
    return FALSE;
}

static gboolean
refuse_custom (Checker *self, const ApiPlace *place, const char *message)
{
    api_issue_begin (self->issues, "custom");
    api_issue_end (self->issues, place, "%s", message);
    return FALSE;
}

/* ---- strings ---- */

static gboolean
check_pattern (Checker *self, const FieldRules *rules, const char *text, const ApiPlace *place)
{
    g_autofree char *message = NULL, *shown = NULL;

    if (text_matches (rules->pattern, text))
        return TRUE;
    shown = g_strdup_printf ("/%s/", rules->pattern);
    message = g_strdup_printf ("Invalid string: must match pattern %s", shown);
    return refuse_format (self, place, "regex", shown, message);
}

static gboolean
check_length (Checker *self, const FieldRules *rules, const char *text, const ApiPlace *place)
{
    glong length;

    if (rules->min_length <= 0 && rules->max_length < 0)
        return TRUE;
    length = g_utf8_strlen (text, -1);
    if (length < rules->min_length)
        return refuse_size (self, place, TRUE, "string", (double) rules->min_length, "have",
                            " characters");
    if (rules->max_length >= 0 && length > rules->max_length)
        return refuse_size (self, place, FALSE, "string", (double) rules->max_length, "have",
                            " characters");
    return TRUE;
}

/* Emails and ids are compared in lower case everywhere, so they come in as such. */
static gboolean
check_string (Checker *self, const FieldDescriptor *field, const json_t *value, const char **out,
              const ApiPlace *place)
{
    const FieldRules *rules = field->rules;
    FieldFormat format = rules == NULL ? FORMAT_NONE : rules->format;
    const char *text = json_string_value (value);

    if (text == NULL && format == FORMAT_EMAIL)
        return refuse_type (self, place, "string", "email",
                            json_is_null (value) ? "object" : type_name (value));
    if (text == NULL)
        return refuse_type (self, place, "string", "string", type_name (value));
    switch (format) {
    case FORMAT_UUID:
        if (!uuid_is_v4 (text))
            return refuse_format (self, place, "uuid", TEXT_UUID_PATTERN, "Invalid UUID");
        *out = text_lower_ascii (self->arena, text);
        return TRUE;
    case FORMAT_EMAIL:
        if (!text_is_email (text))
            return refuse_format (self, place, "email", TEXT_EMAIL_PATTERN,
                                  "Invalid input: expected email, received string");
        *out = text_lower (self->arena, text);
        return TRUE;
    case FORMAT_DATE:
        if (!text_is_date (text))
            return refuse_format (self, place, "date", TEXT_DATE_PATTERN, "Invalid ISO date");
        *out = arena_strndup (self->arena, text, 10);
        return TRUE;
    case FORMAT_URL:
        if (!text_is_url (text))
            return refuse_format (self, place, "url", NULL, "Invalid URL");
        break;
    case FORMAT_PATTERN:
        if (!check_pattern (self, rules, text, place))
            return FALSE;
        break;
    case FORMAT_NONE:
        break;
    }
    if (rules != NULL && !check_length (self, rules, text, place))
        return FALSE;
    *out = arena_strdup (self->arena, text);
    return TRUE;
}

/* ---- other scalars ---- */

static gboolean
check_range (Checker *self, const FieldRules *rules, double number, const ApiPlace *place)
{
    if (rules != NULL && rules->has_min && number < rules->min)
        return refuse_size (self, place, TRUE, "number", rules->min, "be", "");
    if (rules != NULL && rules->has_max && number > rules->max)
        return refuse_size (self, place, FALSE, "number", rules->max, "be", "");
    return TRUE;
}

/* @return whether @value is a number; else the issue was told */
static gboolean
read_number (Checker *self, const FieldDescriptor *field, const json_t *value, double *out,
             const ApiPlace *place)
{
    const char *text = json_string_value (value);

    if (self->is_text && text != NULL) {
        if (text_parse_number (text, out))
            return TRUE;
        if (field->rules != NULL && g_strcmp0 (field->rules->pattern, API_RULE_CLOCK) == 0 &&
            text_parse_clock (text, out))
            return TRUE;
        return refuse_type (self, place, "number", "number", "NaN");
    }
    if (!json_is_number (value))
        return refuse_type (self, place, "number", "number", type_name (value));
    *out = json_number_value (value);
    return TRUE;
}

static gboolean
check_int_enum (Checker *self, const EnumDescriptor *options, gint64 value, const ApiPlace *place)
{
    char text[24];

    g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT, value);
    if (enum_find (options, text) >= 0)
        return TRUE;
    return refuse_enum (self, place, options->texts, options->n_texts, TRUE, NULL);
}

static gboolean
check_int (Checker *self, const FieldDescriptor *field, const json_t *value, gint64 *out,
           const ApiPlace *place)
{
    double number;

    if (!read_number (self, field, value, &number, place))
        return FALSE;
    if (number != floor (number)) {
        api_issue_begin (self->issues, "invalid_type");
        api_issue_text (self->issues, "expected", "int");
        api_issue_text (self->issues, "format", "safeint");
        api_issue_end (self->issues, place, "Invalid input: expected int, received number");
        return FALSE;
    }
    if (fabs (number) > (double) API_MAX_INT) {
        gboolean small = number < 0;

        api_issue_begin (self->issues, small ? "too_small" : "too_big");
        api_issue_text (self->issues, "origin", "int");
        api_issue_number (self->issues, small ? "minimum" : "maximum",
                          small ? -API_MAX_INT : API_MAX_INT);
        api_issue_text (self->issues, "note", "Integers must be within the safe integer range.");
        api_issue_bool (self->issues, "inclusive", TRUE);
        api_issue_end (self->issues, place,
                       small ? "Too small: expected int to be >=-9007199254740991"
                             : "Too big: expected int to be <=9007199254740991");
        return FALSE;
    }
    *out = (gint64) number;
    if (field->enumeration != NULL)
        return check_int_enum (self, field->enumeration, *out, place);
    return check_range (self, field->rules, number, place);
}

static gboolean
check_bool (Checker *self, const json_t *value, gboolean *out, const ApiPlace *place)
{
    static const char *const words[] = { "true", "false" };
    const char *text = json_string_value (value);

    if (self->is_text) {
        if (g_strcmp0 (text, "true") != 0 && g_strcmp0 (text, "false") != 0)
            return refuse_enum (self, place, words, G_N_ELEMENTS (words), FALSE, "stringbool");
        *out = text[0] == 't';
        return TRUE;
    }
    if (!json_is_boolean (value))
        return refuse_type (self, place, "boolean", "boolean", type_name (value));
    *out = json_is_true (value);
    return TRUE;
}

static gboolean
check_time (Checker *self, const json_t *value, gint64 *out, const ApiPlace *place)
{
    const char *text = json_string_value (value);

    if (text == NULL)
        return refuse_type (self, place, "string", "ISO 8601 datetime string", type_name (value));
    if (!timestamp_parse (text, out))
        return refuse_format (self, place, "datetime", TEXT_TIME_PATTERN,
                              "Invalid input: expected ISO 8601 datetime string, received string");
    return TRUE;
}

static gboolean
check_enum (Checker *self, const EnumDescriptor *options, const json_t *value, int *out,
            const ApiPlace *place)
{
    int index = enum_find (options, json_string_value (value));

    if (index < 0)
        return refuse_enum (self, place, options->texts, options->n_texts, FALSE, NULL);
    *out = index;
    return TRUE;
}

/* Kept as text; a map is an object with any members. */
static gboolean
check_json (Checker *self, const FieldDescriptor *field, const json_t *value, const char **out,
            const ApiPlace *place)
{
    g_autofree char *text = NULL;

    if (field->flags & FIELD_MAP && !json_is_object (value))
        return refuse_type (self, place, "record", "record", type_name (value));
    if (value == NULL)
        return refuse_type (self, place, "object", "object", type_name (value));
    text = json_dumps (value, JSON_ENCODE_ANY | JSON_COMPACT);
    *out = arena_strdup (self->arena, text);
    return TRUE;
}

static gboolean
check_blob (Checker *self, const json_t *value, GBytes **out, const ApiPlace *place)
{
    const char *text = json_string_value (value);

    if (text == NULL)
        return refuse_type (self, place, "string", "string", type_name (value));
    *out = text_parse_base64 (self->arena, text);
    if (*out == NULL)
        return refuse_format (self, place, "base64", NULL, "Invalid base64-encoded string");
    return TRUE;
}

/* ---- one value, a list, an object ---- */

/* @out is where a value of the field's kind stands; of an object, the struct itself. */
static gboolean
check_one (Checker *self, const FieldDescriptor *field, const json_t *value, void *out,
           const ApiPlace *place)
{
    double number;

    switch (field->kind) {
    case FIELD_STRING:
        return check_string (self, field, value, out, place);
    case FIELD_INT:
        return check_int (self, field, value, out, place);
    case FIELD_NUMBER:
        if (!read_number (self, field, value, &number, place) ||
            !check_range (self, field->rules, number, place))
            return FALSE;
        *(double *) out = number;
        return TRUE;
    case FIELD_BOOL:
        return check_bool (self, value, out, place);
    case FIELD_TIME:
        return check_time (self, value, out, place);
    case FIELD_ENUM:
        return check_enum (self, field->enumeration, value, out, place);
    case FIELD_OBJECT:
        return check_object (self, field->type, value, out, place);
    case FIELD_JSON:
        return check_json (self, field, value, out, place);
    case FIELD_BLOB:
        return check_blob (self, value, out, place);
    case FIELD_FILE:
        return TRUE; /* set by upload.c */
    }
    return FALSE;
}

static gboolean
check_unique (Checker *self, const FieldDescriptor *field, const List *list, const ApiPlace *place)
{
    g_autoptr (GHashTable) seen = NULL;
    const char **texts = list->items;

    if (field->rules == NULL || !field->rules->unique_items || field->kind != FIELD_STRING)
        return TRUE;
    seen = g_hash_table_new (g_str_hash, g_str_equal);
    for (gsize i = 0; i < list->n; i++)
        if (!g_hash_table_add (seen, (gpointer) texts[i]))
            return refuse_custom (self, place, "Array must have unique items");
    return TRUE;
}

static gboolean
check_list (Checker *self, const FieldDescriptor *field, const json_t *value, List *out,
            const ApiPlace *place)
{
    gsize n = json_array_size (value), each = field_item_bytes (field);
    const FieldRules *rules = field->rules;
    gboolean ok = TRUE;

    if (!json_is_array (value))
        return refuse_type (self, place, "array", "array", type_name (value));
    if (rules != NULL && rules->min_items > 0 && (gint64) n < rules->min_items)
        return refuse_size (self, place, TRUE, "array", (double) rules->min_items, "have",
                            " items");
    if (rules != NULL && rules->max_items >= 0 && (gint64) n > rules->max_items)
        return refuse_size (self, place, FALSE, "array", (double) rules->max_items, "have",
                            " items");
    out->items = arena_alloc (self->arena, n * each);
    out->n = n;
    for (gsize i = 0; i < n && !api_issues_are_full (self->issues); i++) {
        ApiPlace inner = { place, NULL, i };

        ok = check_one (self, field, json_array_get (value, i), (char *) out->items + i * each,
                        &inner) &&
             ok;
    }
    return ok && check_unique (self, field, out, place);
}

/* The form of a download gives its ids as one text with commas, which no id has. */
static json_t *
split_ids (const char *text)
{
    json_t *out = json_array ();
    gsize length;

    for (;; text += length + 1) {
        length = strcspn (text, ",");
        json_array_append_new (out, json_stringn (text, length));
        if (text[length] == '\0')
            return out;
    }
}

/* In text, an object, a list of objects or free JSON is JSON inside a field; a list of scalars may
 * be one text. @return (transfer full) the value to go on with, NULL after an issue */
static json_t *
read_text (Checker *self, const FieldDescriptor *field, const json_t *value, const ApiPlace *place)
{
    json_t *out;

    if (field->kind == FIELD_OBJECT || field->kind == FIELD_JSON) {
        g_autoptr (GError) error = NULL;
        const char *text = json_string_value (value);

        out = text == NULL ? NULL : api_parse_json (text, strlen (text), &error);
        if (out == NULL)
            refuse_format (self, place, "json_string", NULL,
                           "Invalid input: expected JSON string, received string");
        return out;
    }
    if (json_is_array (value))
        return json_incref ((json_t *) value);
    if (field->rules != NULL && field->rules->format == FORMAT_UUID)
        return split_ids (json_string_value (value));
    out = json_array ();
    json_array_append (out, (json_t *) value);
    return out;
}

static gboolean
check_present (Checker *self, const FieldDescriptor *field, const json_t *value, char *base,
               const ApiPlace *place)
{
    void *out = base + field->offset;

    if (field->flags & FIELD_LIST) {
        if (!check_list (self, field, value, out, place))
            return FALSE;
    } else if (field->kind == FIELD_OBJECT) {
        void *object = arena_alloc (self->arena, field->type->size_bytes);

        if (!check_object (self, field->type, value, object, place))
            return FALSE;
        *(void **) out = object;
    } else if (!check_one (self, field, value, out, place)) {
        return FALSE;
    }
    if (field->has_offset != NO_OFFSET)
        *(gboolean *) (base + field->has_offset) = TRUE;
    return TRUE;
}

/* The default was checked by nobody: a fault in it is a fault of the .api file. */
static gboolean
take_default (Checker *self, const FieldDescriptor *field, char *base, const ApiPlace *place)
{
    Checker from_json = { self->arena, self->issues, FALSE };
    const char *text = field->rules->default_text;
    json_t *value = field->kind == FIELD_BOOL && !(field->flags & FIELD_LIST)
                        ? json_boolean (*text == 't') /* by far the most frequent */
                        : json_loads (text, JSON_DECODE_ANY, NULL);
    gboolean ok = check_present (&from_json, field, value, base, place);

    json_decref (value);
    return ok;
}

static gboolean
check_field (Checker *self, const FieldDescriptor *field, const json_t *value, char *base,
             const ApiPlace *place)
{
    json_t *read;
    gboolean ok;

    if (field->kind == FIELD_FILE)
        return TRUE;
    if (value == NULL && field->flags & FIELD_DEFAULT)
        return take_default (self, field, base, place);
    if (value == NULL && field->flags & FIELD_OPTIONAL)
        return TRUE;
    if (value != NULL && field->set_offset != NO_OFFSET)
        *(gboolean *) (base + field->set_offset) = TRUE;
    if (json_is_null (value) && field->flags & FIELD_NULLABLE)
        return TRUE;
    if (!self->is_text || value == NULL ||
        (field->kind != FIELD_OBJECT && field->kind != FIELD_JSON && !(field->flags & FIELD_LIST)))
        return check_present (self, field, value, base, place);

    read = read_text (self, field, value, place);
    if (read == NULL)
        return FALSE;
    if (field->kind == FIELD_OBJECT || field->kind == FIELD_JSON) {
        Checker from_json = { self->arena, self->issues, FALSE };

        ok = check_present (&from_json, field, read, base, place);
    } else {
        ok = check_present (self, field, read, base, place);
    }
    json_decref (read);
    return ok;
}

static gboolean
check_object (Checker *self, const TypeDescriptor *type, const json_t *value, void *out,
              const ApiPlace *place)
{
    gboolean ok = TRUE;

    if (!json_is_object (value))
        return refuse_type (self, place, "object", "object", type_name (value));
    for (guint i = 0; i < type->n_fields && !api_issues_are_full (self->issues); i++) {
        const FieldDescriptor *field = &type->fields[i];
        ApiPlace inner = { place, field->name, 0 };

        ok = check_field (self, field, json_object_get (value, field->name), out, &inner) && ok;
    }
    return ok;
}

gboolean
api_parse_object (const TypeDescriptor *type, const json_t *value, Arena *arena, void *out,
                  ApiIssues *issues)
{
    Checker self = { arena, issues, FALSE };
    guint before = issues->n;

    return check_object (&self, type, value, out, NULL) && issues->n == before;
}

/* @return (transfer full) NULL when there is none; a list, which a scalar then refuses, when there are
 * several */
static json_t *
read_pairs (const HttpPair *pairs, gsize n, const char *name)
{
    json_t *found = NULL;

    for (gsize i = 0; i < n; i++) {
        json_t *text;

        if (strcmp (pairs[i].name, name) != 0)
            continue;
        text = json_string (pairs[i].value);
        if (found == NULL) {
            found = text;
            continue;
        }
        if (!json_is_array (found)) {
            json_t *list = json_array ();

            json_array_append_new (list, found);
            found = list;
        }
        json_array_append_new (found, text);
    }
    return found;
}

gboolean
api_parse_pairs (const TypeDescriptor *type, const HttpPair *pairs, gsize n, Arena *arena,
                 void *out, ApiIssues *issues)
{
    Checker self = { arena, issues, TRUE };
    guint before = issues->n;
    gboolean ok = TRUE;

    for (guint i = 0; i < type->n_fields && !api_issues_are_full (issues); i++) {
        const FieldDescriptor *field = &type->fields[i];
        ApiPlace place = { NULL, field->name, 0 };
        json_t *value = read_pairs (pairs, n, field->name);

        ok = check_field (&self, field, value, out, &place) && ok;
        json_decref (value);
    }
    return ok && issues->n == before;
}
