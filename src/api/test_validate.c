/* test_validate.c -- every row of the contract's table of validation issues, and structs filled */
#include <jansson.h>
#include <string.h>

#include "api/parse.h"
#include "api/test_example_api.h"
#include "base/error.h"

#define UUID "0a7c3f52-1d2e-4f60-9a3b-0c1d2e3f4a5b"

typedef struct {
    const char *body;   /* JSON for a Fields */
    const char *issues; /* what is wrong with it, "" when nothing is; pattern left out */
} Row;

#define ISSUE(code, extra, path, message)                                                          \
    "{\"code\":\"" code "\"," extra "\"path\":[" path "],\"message\":\"" message "\"}"
#define WRONG_TYPE(expected, path, message)                                                        \
    ISSUE ("invalid_type", "\"expected\":\"" expected "\",", path, "Invalid input: " message)
#define WRONG_FORMAT(format, path, message)                                                        \
    ISSUE ("invalid_format", "\"origin\":\"string\",\"format\":\"" format "\",", path, message)
#define WRONG_SIZE(code, origin, bound, path, message)                                             \
    ISSUE (code, "\"origin\":\"" origin "\"," bound ",\"inclusive\":true,", path, message)

static const Row json_rows[] = {
    { "{}", "" },
    { "{\"unknown\": 1}", "" },
    { "{\"text\": null}", WRONG_TYPE ("string", "\"text\"", "expected string, received null") },
    { "{\"text\": 1}", WRONG_TYPE ("string", "\"text\"", "expected string, received number") },
    { "{\"text\": true}", WRONG_TYPE ("string", "\"text\"", "expected string, received boolean") },
    { "{\"text\": []}", WRONG_TYPE ("string", "\"text\"", "expected string, received array") },
    { "{\"text\": {}}", WRONG_TYPE ("string", "\"text\"", "expected string, received object") },
    { "{\"id\": \"" UUID "\"}", "" },
    { "{\"id\": \"0A7C3F52-1D2E-4F60-9A3B-0C1D2E3F4A5B\"}", "" },
    { "{\"id\": \"x\"}", WRONG_FORMAT ("uuid", "\"id\"", "Invalid UUID") },
    { "{\"id\": \"00000000-0000-0000-0000-000000000000\"}",
      WRONG_FORMAT ("uuid", "\"id\"", "Invalid UUID") },
    { "{\"id\": \"0a7c3f52-1d2e-1f60-9a3b-0c1d2e3f4a5b\"}",
      WRONG_FORMAT ("uuid", "\"id\"", "Invalid UUID") },
    { "{\"id\": \"0a7c3f52-1d2e-4f60-7a3b-0c1d2e3f4a5b\"}",
      WRONG_FORMAT ("uuid", "\"id\"", "Invalid UUID") },
    { "{\"email\": \"Test.User@Immich\"}", "" },
    { "{\"email\": \".a..b.@x.y\"}", "" },
    { "{\"email\": \"m\xc3\xbcller@b\xc3\xbc"
      "cher.de\"}",
      "" },
    { "{\"email\": null}", WRONG_TYPE ("string", "\"email\"", "expected email, received object") },
    { "{\"email\": 1}", WRONG_TYPE ("string", "\"email\"", "expected email, received number") },
    { "{\"email\": \"x\"}",
      WRONG_FORMAT ("email", "\"email\"", "Invalid input: expected email, received string") },
    { "{\"email\": \"a@b@c\"}",
      WRONG_FORMAT ("email", "\"email\"", "Invalid input: expected email, received string") },
    { "{\"email\": \"a b@c\"}",
      WRONG_FORMAT ("email", "\"email\"", "Invalid input: expected email, received string") },
    { "{\"email\": \"a@-b.c\"}",
      WRONG_FORMAT ("email", "\"email\"", "Invalid input: expected email, received string") },
    { "{\"email\": \"a@b..c\"}",
      WRONG_FORMAT ("email", "\"email\"", "Invalid input: expected email, received string") },
    { "{\"pin\": \"123456\"}", "" },
    { "{\"pin\": \"12345\"}",
      WRONG_FORMAT ("regex", "\"pin\"", "Invalid string: must match pattern /^\\\\d{6}$/") },
    { "{\"pin\": \"123456\\n\"}",
      WRONG_FORMAT ("regex", "\"pin\"", "Invalid string: must match pattern /^\\\\d{6}$/") },
    { "{\"pin\": \"\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91\"}",
      WRONG_FORMAT ("regex", "\"pin\"", "Invalid string: must match pattern /^\\\\d{6}$/") },
    { "{\"at\": \"2026-11-21T20:52Z\"}", "" },
    { "{\"at\": \"2026-11-21T20:52:06.5+02:00\"}", "" },
    { "{\"at\": \"2026-11-21\"}",
      WRONG_FORMAT ("datetime", "\"at\"",
                    "Invalid input: expected ISO 8601 datetime string, received string") },
    { "{\"at\": \"2026-02-30T00:00:00Z\"}",
      WRONG_FORMAT ("datetime", "\"at\"",
                    "Invalid input: expected ISO 8601 datetime string, received string") },
    { "{\"at\": null}",
      WRONG_TYPE ("string", "\"at\"", "expected ISO 8601 datetime string, received null") },
    { "{\"password\": \"short\"}",
      WRONG_SIZE ("too_small", "string", "\"minimum\":8", "\"password\"",
                  "Too small: expected string to have >=8 characters") },
    { "{\"password\": \"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"}", "" },
    { "{\"password\": \"much too long\"}",
      WRONG_SIZE ("too_big", "string", "\"maximum\":12", "\"password\"",
                  "Too big: expected string to have <=12 characters") },
    { "{\"ids\": []}", WRONG_SIZE ("too_small", "array", "\"minimum\":1", "\"ids\"",
                                   "Too small: expected array to have >=1 items") },
    { "{\"ids\": [\"" UUID "\", 1, \"x\"]}",
      WRONG_TYPE ("string", "\"ids\",1", "expected string, received number") "," //
      WRONG_FORMAT ("uuid", "\"ids\",2", "Invalid UUID") },
    { "{\"ids\": [1, 1, 1, 1]}", WRONG_SIZE ("too_big", "array", "\"maximum\":3", "\"ids\"",
                                             "Too big: expected array to have <=3 items") },
    { "{\"ids\": [\"" UUID "\", \"" UUID "\"]}",
      ISSUE ("custom", "", "\"ids\"", "Array must have unique items") },
    { "{\"ids\": \"" UUID "\"}",
      WRONG_TYPE ("array", "\"ids\"", "expected array, received string") },
    { "{\"count\": -1}", WRONG_SIZE ("too_small", "number", "\"minimum\":0", "\"count\"",
                                     "Too small: expected number to be >=0") },
    { "{\"count\": 11}", WRONG_SIZE ("too_big", "number", "\"maximum\":10", "\"count\"",
                                     "Too big: expected number to be <=10") },
    { "{\"count\": 2.0}", "" },
    { "{\"count\": 1.5}", ISSUE ("invalid_type", "\"expected\":\"int\",\"format\":\"safeint\",",
                                 "\"count\"", "Invalid input: expected int, received number") },
    { "{\"count\": \"1\"}",
      WRONG_TYPE ("number", "\"count\"", "expected number, received string") },
    { "{\"big\": 9007199254740991}", "" },
    { "{\"big\": 9007199254740992}",
      ISSUE ("too_big",
             "\"origin\":\"int\",\"maximum\":9007199254740991,"
             "\"note\":\"Integers must be within the safe integer range.\",\"inclusive\":true,",
             "\"big\"", "Too big: expected int to be <=9007199254740991") },
    { "{\"big\": -1e300}",
      ISSUE ("too_small",
             "\"origin\":\"int\",\"minimum\":-9007199254740991,"
             "\"note\":\"Integers must be within the safe integer range.\",\"inclusive\":true,",
             "\"big\"", "Too small: expected int to be >=-9007199254740991") },
    { "{\"ratio\": 0.25}", WRONG_SIZE ("too_small", "number", "\"minimum\":0.5", "\"ratio\"",
                                       "Too small: expected number to be >=0.5") },
    { "{\"kind\": \"album\"}",
      ISSUE ("invalid_value", "\"values\":[\"ALBUM\",\"INDIVIDUAL\"],", "\"kind\"",
             "Invalid option: expected one of \\\"ALBUM\\\"|\\\"INDIVIDUAL\\\"") },
    { "{\"height\": 720}", "" },
    { "{\"height\": 721}", ISSUE ("invalid_value", "\"values\":[480,720],", "\"height\"",
                                  "Invalid option: expected one of 480|720") },
    { "{\"flag\": \"true\"}",
      WRONG_TYPE ("boolean", "\"flag\"", "expected boolean, received string") },
    { "{\"inner\": []}", WRONG_TYPE ("object", "\"inner\"", "expected object, received array") },
    { "{\"inners\": [{\"id\": \"" UUID "\"}, {\"size\": -1}]}",
      WRONG_TYPE ("string", "\"inners\",1,\"id\"", "expected string, received undefined") "," //
      WRONG_SIZE ("too_small", "number", "\"minimum\":0", "\"inners\",1,\"size\"",
                  "Too small: expected number to be >=0") },
    { "{\"map\": []}", WRONG_TYPE ("record", "\"map\"", "expected record, received array") },
    { "{\"any\": [1, {}]}", "" },
    { "{\"day\": \"2026-11-21\"}", "" },
    { "{\"day\": \"2026-13-01\"}", WRONG_FORMAT ("date", "\"day\"", "Invalid ISO date") },
    { "{\"link\": \"https://x.y/z\"}", "" },
    { "{\"link\": \"nothing\"}", WRONG_FORMAT ("url", "\"link\"", "Invalid URL") },
    { "{\"bytes\": \"aGk=\"}", "" },
    { "{\"bytes\": \"a\"}", WRONG_FORMAT ("base64", "\"bytes\"", "Invalid base64-encoded string") },
    { "{\"note\": null, \"rest\": null, \"list\": null}", "" },
    { "{\"text\": 1, \"id\": 2}",
      WRONG_TYPE ("string", "\"text\"", "expected string, received number") "," //
      WRONG_TYPE ("string", "\"id\"", "expected string, received number") },
    { "[]", WRONG_TYPE ("object", "", "expected object, received array") },
};

/* What a client reads as pattern is not compared, so it is not held here either. */
static char *
without_pattern (const char *issues)
{
    g_autoptr (GRegex) regex = g_regex_new ("\"pattern\":\"(\\\\.|[^\"\\\\])*\",", 0, 0, NULL);

    return g_regex_replace (regex, issues, -1, 0, "", 0, NULL);
}

static void
test_every_row_of_the_table (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (json_rows); i++) {
        const Row *row = &json_rows[i];
        g_autoptr (Arena) arena = arena_new ();
        g_autoptr (GError) error = NULL;
        json_t *value = api_parse_json (row->body, strlen (row->body), &error);
        g_autofree char *found = NULL;
        Fields out = { 0 };
        ApiIssues issues;
        gboolean ok;

        g_test_message ("%s", row->body);
        g_assert_no_error (error);
        api_issues_init (&issues, arena);
        ok = api_parse_object (&fields_type, value, arena, &out, &issues);
        json_decref (value);
        found = without_pattern (issues.json != NULL ? issues.json->str : "");
        g_assert_cmpstr (found, ==, row->issues);
        g_assert_cmpint (ok, ==, row->issues[0] == '\0');
    }
}

static void
test_what_is_missing_is_told_in_order (void)
{
    g_autoptr (Arena) arena = arena_new ();
    Required out = { 0 };
    Free free;
    json_t *nothing = json_object ();
    ApiIssues issues;
    json_t *value = json_object ();

    api_issues_init (&issues, arena);
    g_assert_false (api_parse_object (&required_type, value, arena, &out, &issues));
    json_decref (value);
    g_assert_cmpstr (
        issues.json->str, ==,
        WRONG_TYPE ("string", "\"text\"", "expected string, received undefined") "," //
        WRONG_TYPE ("string", "\"email\"", "expected email, received undefined") "," //
        WRONG_TYPE ("string", "\"at\"",
                    "expected ISO 8601 datetime string, received undefined") "," //
        ISSUE ("invalid_value", "\"values\":[\"ALBUM\",\"INDIVIDUAL\"],", "\"kind\"",
               "Invalid option: expected one of \\\"ALBUM\\\"|\\\"INDIVIDUAL\\\"") "," //
        WRONG_TYPE ("number", "\"count\"", "expected number, received undefined") ","  //
        WRONG_TYPE ("boolean", "\"flag\"", "expected boolean, received undefined") "," //
        WRONG_TYPE ("array", "\"ids\"", "expected array, received undefined") ","      //
        WRONG_TYPE ("object", "\"inner\"", "expected object, received undefined") ","  //
        WRONG_TYPE ("string", "\"id\"", "expected string, received undefined") ","     //
        WRONG_TYPE ("number", "\"rest\"", "expected number, received undefined"));
    g_assert_cmpstr (issues.first, ==, "text: Invalid input: expected string, received undefined");

    api_issues_init (&issues, arena);
    g_assert_false (api_parse_object (&required_type, NULL, arena, &out, &issues));
    g_assert_cmpstr (issues.json->str, ==,
                     WRONG_TYPE ("object", "", "expected object, received undefined"));

    api_issues_init (&issues, arena);
    g_assert_false (api_parse_object (&free_type, nothing, arena, &free, &issues));
    g_assert_cmpstr (issues.json->str, ==,
                     WRONG_TYPE ("object", "\"any\"", "expected object, received undefined"));
    json_decref (nothing);
}

static Fields *
parse_fields (Arena *arena, const char *body)
{
    g_autoptr (GError) error = NULL;
    Fields *out = arena_new0 (arena, Fields);

    g_assert_true (api_read_json (&fields_type, body, -1, arena, out, &error));
    g_assert_no_error (error);
    return out;
}

static void
test_structs_are_filled (void)
{
    g_autoptr (Arena) arena = arena_new ();
    const Fields *out = parse_fields (
        arena,
        "{\"text\":\"\xc3\xa4\",\"id\":\"0A7C3F52-1D2E-4F60-9A3B-0C1D2E3F4A5B\","
        "\"email\":\"Test@Immich\",\"at\":\"1970-01-01T00:00:01.5Z\",\"count\":3,"
        "\"ratio\":1.5,\"kind\":\"INDIVIDUAL\",\"flag\":true,\"inner\":{\"id\":\"" UUID "\"},"
        "\"inners\":[{\"id\":\"" UUID "\",\"size\":1}],\"map\":{\"b\":[1],\"a\":null},"
        "\"bytes\":\"aGk=\",\"colours\":[\"blue\",\"red\"],\"heights\":[480],\"note\":null,"
        "\"rest\":null,\"list\":[\"x\",\"y\"],\"day\":\"2026-11-21T10:00:00Z\","
        "\"flags\":[true,false],\"ratios\":[0.5],\"times\":[\"1970-01-01T00:00Z\"]}");

    g_assert_cmpstr (out->text, ==, "\xc3\xa4");
    g_assert_cmpstr (out->id, ==, UUID);
    g_assert_cmpstr (out->email, ==, "test@immich");
    g_assert_cmpint (out->at, ==, 1500);
    g_assert_true (out->has_at && out->has_count && out->has_kind && out->has_flag);
    g_assert_cmpint (out->count, ==, 3);
    g_assert_cmpfloat (out->ratio, ==, 1.5);
    g_assert_cmpint (out->kind, ==, LINK_KIND_INDIVIDUAL);
    g_assert_true (out->flag);
    g_assert_cmpint (out->inner->size, ==, 7); /* the default */
    g_assert_cmpint (out->inners.items[0].size, ==, 1);
    g_assert_cmpstr (out->map, ==, "{\"b\":[1],\"a\":null}");
    g_assert_cmpint (g_bytes_get_size (out->bytes), ==, 2);
    g_assert_cmpint (out->colours.n, ==, 2);
    g_assert_cmpint (out->colours.items[0], ==, COLOUR_BLUE);
    g_assert_cmpint (out->heights.items[0], ==, 480);
    g_assert_true (out->set_note && out->note == NULL);
    g_assert_true (out->set_rest && !out->has_rest);
    g_assert_true (out->set_list && out->has_list);
    g_assert_cmpstr (out->list.items[1], ==, "y");
    g_assert_cmpstr (out->day, ==, "2026-11-21");
    g_assert_true (out->flags.items[0] && !out->flags.items[1]);
    g_assert_cmpfloat (out->ratios.items[0], ==, 0.5);
    g_assert_cmpint (out->times.n, ==, 1);
    g_assert_false (out->has_big || out->has_height);
}

static gboolean
parse_pair (Arena *arena, const char *name, const char *value, Fields *out, ApiIssues *issues)
{
    HttpPair pair = { name, value };

    api_issues_init (issues, arena);
    return api_parse_pairs (&fields_type, &pair, 1, arena, out, issues);
}

static void
test_text_is_read_as_its_kind (void)
{
    g_autoptr (Arena) arena = arena_new ();
    Fields out = { 0 };
    ApiIssues issues;
    HttpPair twice[] = { { "text", "a" }, { "text", "b" } };

    g_assert_true (parse_pair (arena, "flag", "true", &out, &issues) && out.flag);
    g_assert_true (parse_pair (arena, "flag", "false", &out, &issues) && !out.flag);
    g_assert_true (parse_pair (arena, "count", "7", &out, &issues) && out.count == 7);
    g_assert_true (parse_pair (arena, "count", "", &out, &issues) && out.count == 0);
    g_assert_true (parse_pair (arena, "length", "0:01:02.500000", &out, &issues));
    g_assert_cmpint (out.length, ==, 62500);
    g_assert_true (parse_pair (arena, "colours", "red", &out, &issues) && out.colours.n == 1);
    g_assert_true (parse_pair (arena, "inners", "[{\"id\":\"" UUID "\"}]", &out, &issues));
    g_assert_cmpint (out.inners.n, ==, 1);

    g_assert_false (parse_pair (arena, "flag", "1", &out, &issues));
    g_assert_cmpstr (
        issues.json->str, ==,
        ISSUE ("invalid_value", "\"expected\":\"stringbool\",\"values\":[\"true\",\"false\"],",
               "\"flag\"", "Invalid option: expected one of \\\"true\\\"|\\\"false\\\""));
    g_assert_false (parse_pair (arena, "count", "abc", &out, &issues));
    g_assert_cmpstr (issues.json->str, ==,
                     WRONG_TYPE ("number", "\"count\"", "expected number, received NaN"));
    g_assert_false (parse_pair (arena, "count", "1.5", &out, &issues));
    g_assert_false (parse_pair (arena, "count", "0:01:02", &out, &issues));
    g_assert_false (parse_pair (arena, "id", "", &out, &issues));
    g_assert_false (parse_pair (arena, "inners", "{\"id\":\"" UUID "\"}", &out, &issues));
    g_assert_cmpstr (issues.json->str, ==,
                     WRONG_TYPE ("array", "\"inners\"", "expected array, received object"));
    g_assert_false (parse_pair (arena, "inners", "[", &out, &issues));
    g_assert_cmpstr (issues.json->str, ==,
                     WRONG_FORMAT ("json_string", "\"inners\"",
                                   "Invalid input: expected JSON string, received string"));
    api_issues_init (&issues, arena);
    g_assert_false (api_parse_pairs (&fields_type, twice, 2, arena, &out, &issues));
    g_assert_cmpstr (issues.json->str, ==,
                     WRONG_TYPE ("string", "\"text\"", "expected string, received array"));
}

static void
refuse_json (const char *bytes, gsize n_bytes)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (api_parse_json (bytes, n_bytes, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_json_that_is_none_is_refused (void)
{
    static const char *const bad[] = { "",
                                       "{",
                                       "\"text\"",
                                       "null",
                                       "1",
                                       "{\"a\":1,}",
                                       "{'a':1}",
                                       "{\"a\":1,\"a\":2}",
                                       "{\"a\":\"\xff\"}",
                                       "{\"a\":\"\\u0000\"}",
                                       "{\"a\":01}",
                                       "{\"a\":1} x",
                                       "{\"a\":NaN}",
                                       "{\"\\u0000\":1}",
                                       "{\"a\":\"\\ud800\"}" };
    g_autofree char *deep = g_strnfill (API_MAX_JSON_DEPTH + 1, '[');
    g_autofree char *many = g_strnfill (API_MAX_JSON_VALUES + 1, ',');

    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        refuse_json (bad[i], strlen (bad[i]));
    refuse_json ("{\"a\":\"\0\"}", 9);
    refuse_json (deep, strlen (deep));
    refuse_json (many, strlen (many));
}

static void
test_limits_of_json_are_not_met_early (void)
{
    g_autoptr (GString) deep = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    json_t *value;

    for (int i = 0; i < API_MAX_JSON_DEPTH; i++)
        g_string_append_c (deep, '[');
    for (int i = 0; i < API_MAX_JSON_DEPTH; i++)
        g_string_append_c (deep, ']');
    value = api_parse_json (deep->str, deep->len, &error);
    g_assert_no_error (error);
    json_decref (value);
    value = api_parse_json ("\xef\xbb\xbf{\"a\":\"[[\\\"[[\"}", 17, &error);
    g_assert_no_error (error);
    json_decref (value);
}

static void
test_issues_are_bounded (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GString) body = g_string_new ("{\"colours\":[1");
    g_autoptr (GError) error = NULL;
    Fields out = { 0 };
    ApiIssues issues;
    json_t *value;

    for (int i = 0; i < 10000; i++)
        g_string_append (body, ",1");
    g_string_append (body, "]}");
    value = api_parse_json (body->str, body->len, &error);
    g_assert_no_error (error);
    api_issues_init (&issues, arena);
    g_assert_false (api_parse_object (&fields_type, value, arena, &out, &issues));
    json_decref (value);
    g_assert_cmpuint (issues.n, ==, API_MAX_ISSUES);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/api/validate/every-row-of-the-table", test_every_row_of_the_table);
    g_test_add_func ("/api/validate/missing-in-order", test_what_is_missing_is_told_in_order);
    g_test_add_func ("/api/validate/structs-are-filled", test_structs_are_filled);
    g_test_add_func ("/api/validate/text-is-read-as-its-kind", test_text_is_read_as_its_kind);
    g_test_add_func ("/api/validate/json-that-is-none", test_json_that_is_none_is_refused);
    g_test_add_func ("/api/validate/limits-not-met-early", test_limits_of_json_are_not_met_early);
    g_test_add_func ("/api/validate/issues-are-bounded", test_issues_are_bounded);
    return g_test_run ();
}
