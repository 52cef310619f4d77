/* test_contract.c -- the whole generated contract at work in the engine */
#include <string.h>

#include "api/text_format.h"
#include "features/api_contract.h"
#include "features/common_api.h"

static gboolean
refuse (App *app, HttpRequest *request, Arena *arena, PresentedKind kind, const char *text,
        Auth *out, GError **error)
{
    g_set_error (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, "Invalid user token");
    return FALSE;
}

typedef void (*Visit) (const TypeDescriptor *type);

static void
visit_type (const TypeDescriptor *type, GHashTable *seen, Visit visit)
{
    if (type == NULL || !g_hash_table_add (seen, (gpointer) type))
        return;
    visit (type);
    for (guint i = 0; i < type->n_fields; i++)
        visit_type (type->fields[i].type, seen, visit);
}

static void
visit_types (Visit visit)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

    for (gsize f = 0; f < api_contract.n_features; f++) {
        for (gsize i = 0; i < api_contract.features[f].n; i++) {
            const ApiOperation *operation = &api_contract.features[f].items[i];

            visit_type (operation->path_type, seen, visit);
            visit_type (operation->query_type, seen, visit);
            visit_type (operation->body_type, seen, visit);
            if (operation->answer != NULL)
                visit_type (operation->answer->type, seen, visit);
        }
    }
    g_assert_cmpuint (g_hash_table_size (seen), >, 300);
}

/* An offset past the struct, a value that overlaps its mark: memory faults waiting for a handler. */
static void
check_layout (const TypeDescriptor *type)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const FieldDescriptor *field = &type->fields[i];

        g_assert_cmpuint (field->offset, <, type->size_bytes);
        if (field->has_offset != NO_OFFSET)
            g_assert_cmpuint (field->has_offset, <, type->size_bytes);
        if (field->set_offset != NO_OFFSET)
            g_assert_cmpuint (field->set_offset, <, type->size_bytes);
        g_assert_true ((field->kind == FIELD_OBJECT) == (field->type != NULL));
        g_assert_true (field->kind != FIELD_ENUM || field->enumeration != NULL);
    }
}

static void
test_every_field_lies_in_its_struct (void)
{
    visit_types (check_layout);
}

static void
check_rules (const TypeDescriptor *type)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const FieldRules *rules = type->fields[i].rules;

        if (rules != NULL && rules->format == FORMAT_PATTERN)
            text_matches (rules->pattern, "x"); /* aborts when it does not compile */
        if (type->fields[i].flags & FIELD_DEFAULT) {
            const FieldDescriptor one = type->fields[i];
            const TypeDescriptor only = { type->name, type->size_bytes, &one, 1 };
            g_autoptr (Arena) arena = arena_new ();
            g_autoptr (GError) error = NULL;
            void *out = arena_alloc (arena, type->size_bytes);

            api_read_json (&only, "{}", -1, arena, out, &error);
            g_assert_no_error (error);
        }
    }
}

static void
test_every_pattern_compiles_and_every_default_is_valid (void)
{
    visit_types (check_rules);
}

static void
test_what_nobody_serves_is_missing (void)
{
    ApiSettings settings = { .contract = &api_contract,
                             .authenticate = refuse,
                             .temporary_folder = g_get_tmp_dir () };
    g_autoptr (Api) api = api_new (&settings);
    g_autoptr (Arena) arena = arena_new ();
    StringList missing = api_missing_operations (api, arena);
    gsize n = 0;

    for (gsize f = 0; f < api_contract.n_features; f++)
        n += api_contract.features[f].n;
    g_assert_cmpuint (n, >=, 286);
    g_assert_cmpuint (missing.n, ==, n);
    for (gsize i = 1; i < missing.n; i++)
        g_assert_cmpstr (missing.items[i - 1], <, missing.items[i]);
    for (gsize i = 0; i < missing.n; i++) {
        g_autofree char *id = g_strdup_printf ("\"operationId\":\"%s\"", missing.items[i]);

        g_assert_nonnull (strstr (api_openapi_json (api), id));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/contract/fields-lie-in-their-structs", test_every_field_lies_in_its_struct);
    g_test_add_func ("/contract/patterns-and-defaults",
                     test_every_pattern_compiles_and_every_default_is_valid);
    g_test_add_func ("/contract/what-nobody-serves", test_what_nobody_serves_is_missing);
    return g_test_run ();
}
