/* test_write.c -- structs as JSON: what is absent, what is null, what is a fault */
#include "api/test_example_api.h"
#include "api/write.h"

#define UUID "0a7c3f52-1d2e-4f60-9a3b-0c1d2e3f4a5b"

static void
expect (const TypeDescriptor *type, const void *value, const char *wanted)
{
    g_autoptr (GString) out = g_string_new (NULL);

    api_write_json (type, value, out);
    g_assert_cmpstr (out->str, ==, wanted);
}

static void
test_absent_and_null_differ (void)
{
    Fields value = { 0 };

    expect (&fields_type, &value, "{}");
    value.set_note = value.set_rest = value.set_list = TRUE;
    expect (&fields_type, &value, "{\"note\":null,\"rest\":null,\"list\":null}");
    value.note = "";
    value.has_rest = value.has_list = TRUE;
    expect (&fields_type, &value, "{\"note\":\"\",\"rest\":0,\"list\":[]}");
    value.set_note = value.set_rest = value.set_list = FALSE; /* a value counts without its mark */
    expect (&fields_type, &value, "{\"note\":\"\",\"rest\":0,\"list\":[]}");
}

static void
test_every_kind_is_written (void)
{
    g_autoptr (GBytes) bytes = g_bytes_new_static ("hi", 2);
    const char *texts[] = { "a", "b" };
    int colours[] = { COLOUR_BLUE };
    gint64 heights[] = { 480 }, times[] = { 0 };
    double ratios[] = { 0.5, 2 };
    gboolean flags[] = { TRUE, FALSE };
    Inner inner = { .id = UUID, .size = 9007199254740991 };
    Fields value = {
        .text = "\"\\\xc3\xa4",
        .at = 1500,
        .has_at = TRUE,
        .ratio = 1.5,
        .has_ratio = TRUE,
        .kind = LINK_KIND_INDIVIDUAL,
        .has_kind = TRUE,
        .flag = TRUE,
        .has_flag = TRUE,
        .height = 720,
        .has_height = TRUE,
        .heights = { heights, 1 },
        .has_heights = TRUE,
        .inner = &inner,
        .inners = { &inner, 1 },
        .has_inners = TRUE,
        .map = "{\"x\":1}",
        .bytes = bytes,
        .colours = { colours, 1 },
        .has_colours = TRUE,
        .list = { texts, 2 },
        .has_list = TRUE,
        .times = { times, 1 },
        .has_times = TRUE,
        .ratios = { ratios, 2 },
        .has_ratios = TRUE,
        .flags = { flags, 2 },
        .has_flags = TRUE,
    };

    expect (&fields_type, &value,
            "{\"text\":\"\\\"\\\\\xc3\xa4\",\"at\":\"1970-01-01T00:00:01.500Z\",\"ratio\":1.5,"
            "\"kind\":\"INDIVIDUAL\",\"height\":720,\"heights\":[480],\"flag\":true,"
            "\"inner\":{\"id\":\"" UUID "\",\"size\":9007199254740991},"
            "\"inners\":[{\"id\":\"" UUID "\",\"size\":9007199254740991}],\"map\":{\"x\":1},"
            "\"bytes\":\"aGk=\",\"colours\":[\"blue\"],\"list\":[\"a\",\"b\"],"
            "\"times\":[\"1970-01-01T00:00:00.000Z\"],\"ratios\":[0.5,2],\"flags\":[true,false]}");
}

static void
test_a_required_field_without_value_is_a_fault (void)
{
    static const FieldDescriptor object = { .kind = FIELD_OBJECT, .type = &required_type };
    g_autoptr (GString) out = g_string_new ("before");
    const char *ids[] = { NULL };
    Inner inner = { .id = UUID };
    Required value = { .text = "x", .email = "a@b", .inner = &inner, .id = NULL };
    const char *bad_field = NULL;

    g_assert_false (api_write_value (&object, &value, out, &bad_field));
    g_assert_cmpstr (bad_field, ==, "id");
    g_assert_cmpstr (out->str, ==, "before");

    value.id = UUID;
    value.kind = 99;
    g_assert_false (api_write_value (&object, &value, out, &bad_field));
    g_assert_cmpstr (bad_field, ==, "kind");

    value.kind = LINK_KIND_ALBUM;
    value.ids = (StringList){ ids, 1 };
    g_assert_false (api_write_value (&object, &value, out, &bad_field));
    g_assert_cmpstr (bad_field, ==, "ids");

    value.ids.n = 0;
    g_assert_true (api_write_value (&object, &value, out, &bad_field));
    g_assert_true (g_str_has_suffix (out->str, "\"rest\":null}")); /* required, and null */
}

static void
test_what_was_written_reads_back_the_same (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GString) out = g_string_new (NULL), again = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    int colours[] = { COLOUR_RED, COLOUR_GREEN };
    Fields value = {
        .text = "t", .colours = { colours, 2 }, .has_colours = TRUE, .set_rest = TRUE
    };
    Fields read = { 0 };

    api_write_json (&fields_type, &value, out);
    g_assert_true (api_read_json (&fields_type, out->str, -1, arena, &read, &error));
    api_write_json (&fields_type, &read, again);
    g_assert_cmpstr (out->str, ==, again->str);
    g_assert_false (api_read_json (&fields_type, "{\"inner\":{}}", -1, arena, &read, &error));
    g_assert_cmpstr (error->message, ==,
                     "inner.id: Invalid input: expected string, received undefined");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/api/write/absent-and-null-differ", test_absent_and_null_differ);
    g_test_add_func ("/api/write/every-kind", test_every_kind_is_written);
    g_test_add_func ("/api/write/required-without-value",
                     test_a_required_field_without_value_is_a_fault);
    g_test_add_func ("/api/write/reads-back-the-same", test_what_was_written_reads_back_the_same);
    return g_test_run ();
}
