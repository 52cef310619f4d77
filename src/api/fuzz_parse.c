/* fuzz_parse.c -- any bytes as a body, a query, a form: the engine says yes or no, and stays alive
 *
 * The first byte chooses the way in, the rest is the input. What was read must write and read back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "api/parse.h"
#include "api/router.h"
#include "api/test_example_api.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
try_json (Arena *arena, const char *bytes, gsize n)
{
    g_autoptr (GString) once = g_string_new (NULL), again = g_string_new (NULL);
    json_t *value = api_parse_json (bytes, n, NULL);
    Required required = { 0 };
    Fields fields = { 0 }, read = { 0 };
    ApiIssues issues;

    api_issues_init (&issues, arena);
    if (value != NULL) {
        api_parse_object (&required_type, value, arena, &required, &issues);
        if (api_parse_object (&fields_type, value, arena, &fields, &issues)) {
            api_write_json (&fields_type, &fields, once);
            if (!api_read_json (&fields_type, once->str, (gssize) once->len, arena, &read, NULL))
                abort ();
            api_write_json (&fields_type, &read, again);
            if (!g_string_equal (once, again))
                abort ();
        }
        json_decref (value);
    }
    if (issues.json != NULL && !g_utf8_validate (issues.json->str, -1, NULL))
        abort ();
}

static void
try_query (Arena *arena, const char *text)
{
    const HttpPair *pairs;
    Fields fields = { 0 };
    ApiIssues issues;
    gsize n;

    api_issues_init (&issues, arena);
    if (http_parse_pairs (arena, text, &pairs, &n, NULL))
        api_parse_pairs (&fields_type, pairs, n, arena, &fields, &issues);
}

static void
try_path (Arena *arena, const char *text)
{
    static Route routes[G_N_ELEMENTS (test_example_operations)];
    static Router *router;
    const char *const *values;

    if (router == NULL) {
        router = router_new ();
        for (gsize i = 0; i < G_N_ELEMENTS (routes); i++) {
            routes[i].operation = &test_example_operations[i];
            router_add (router, &routes[i]);
        }
    }
    router_find (router, HTTP_GET, text, arena, &values);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *text;

    if (size == 0)
        return 0;
    text = arena_strndup (arena, (const char *) data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        try_json (arena, (const char *) data + 1, size - 1);
        break;
    case 1:
        try_query (arena, text);
        break;
    default:
        try_path (arena, text);
    }
    return 0;
}
