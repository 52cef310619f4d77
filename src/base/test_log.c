/* test_log.c -- log lines say what was said, and nothing in them can pretend to be another line */
#include <string.h>

#include "base/log.h"

static const GLogField fields[] = {
    { "PRIORITY", "4", -1 },
    { "GLIB_DOMAIN", "albums", -1 },
    { "MESSAGE", "cannot read 'a\nb\033[2J\"', skipping", -1 },
    { LOG_FIELD_ASSET_ID, "id-1", -1 },
    { "CODE_FILE", "x.c", -1 },
};

static void
test_text_is_one_line_without_control_characters (void)
{
    g_autofree char *line =
        log_line (LOG_FORMAT_TEXT, G_LOG_LEVEL_WARNING, fields, G_N_ELEMENTS (fields));

    g_assert_nonnull (strstr (line, "   warn [albums] cannot read 'a\\x0ab\\x1b[2J\"', skipping"));
    g_assert_true (g_str_has_suffix (line, " ASSET_ID=id-1"));
    g_assert_null (strchr (line, '\n'));
    g_assert_null (strchr (line, '\033'));
    g_assert_null (strstr (line, "x.c"));
}

static void
test_json_has_the_five_members_and_the_fields (void)
{
    g_autofree char *line =
        log_line (LOG_FORMAT_JSON, G_LOG_LEVEL_CRITICAL, fields, G_N_ELEMENTS (fields));

    g_assert_true (g_str_has_prefix (line, "{\"level\":\"error\",\"pid\":"));
    g_assert_nonnull (strstr (line, "\"timestamp\":"));
    g_assert_nonnull (strstr (line, "\"context\":\"albums\",\"asset_id\":\"id-1\"}"));
    g_assert_nonnull (strstr (line, "'a\\nb\\u001b[2J\\\"', skipping\""));
    g_assert_null (strchr (line, '\n'));
}

static void
test_bad_utf8_does_not_get_out (void)
{
    const GLogField bad[] = { { "MESSAGE", "a\xff\xc3", -1 } };
    g_autofree char *text = log_line (LOG_FORMAT_TEXT, G_LOG_LEVEL_MESSAGE, bad, 1);
    g_autofree char *json = log_line (LOG_FORMAT_JSON, G_LOG_LEVEL_MESSAGE, bad, 1);

    g_assert_true (g_utf8_validate (text, -1, NULL));
    g_assert_true (g_utf8_validate (json, -1, NULL));
}

/* The sign that begins commands of terminals, two that turn the order round, one that has no width, and one past 16 bits. */
static void
test_what_is_not_seen_is_named (void)
{
    const GLogField odd[] = {
        { "MESSAGE", "a\xc2\x9b\xe2\x80\xae\xe2\x80\x8b\xf3\xa0\x80\x81 \xc3\xa4\xf0\x9f\x93\xb7",
          -1 }
    };
    g_autofree char *text = log_line (LOG_FORMAT_TEXT, G_LOG_LEVEL_MESSAGE, odd, 1);
    g_autofree char *json = log_line (LOG_FORMAT_JSON, G_LOG_LEVEL_MESSAGE, odd, 1);

    g_assert_nonnull (strstr (text, "a\\x9b\\x202e\\x200b\\xe0001 \xc3\xa4\xf0\x9f\x93\xb7"));
    g_assert_nonnull (
        strstr (json, "\"a\\u009b\\u202e\\u200b\\udb40\\udc01 \xc3\xa4\xf0\x9f\x93\xb7\""));
}

static void
test_levels_have_the_names_of_the_setting (void)
{
    static const char *const names[] = { "verbose", "debug", "log", "warn", "error", "fatal" };
    LogLevel level = LOG_FATAL;
    LogFormat format = LOG_FORMAT_TEXT;

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_assert_true (log_level_parse (names[i], &level));
        g_assert_cmpint ((int) level, ==, (int) i);
        g_assert_cmpstr (log_level_text (level), ==, names[i]);
    }
    g_assert_false (log_level_parse ("warning", &level));
    g_assert_true (log_format_parse ("json", &format));
    g_assert_cmpint (format, ==, LOG_FORMAT_JSON);
    g_assert_false (log_format_parse ("xml", &format));
}

/* In a child: the writer is the process's own and writes to its standard error. */
static void
test_levels_below_the_least_are_not_written (void)
{
    if (g_test_subprocess ()) {
        log_init (LOG_FORMAT_TEXT, LOG_WARN);
        g_message ("quiet-1");
        g_log_structured ("x", G_LOG_LEVEL_WARNING, "MESSAGE", "loud-1");
        log_level_set (LOG_VERBOSE);
        g_log_structured ("x", LOG_LEVEL_VERBOSE, "MESSAGE", "loud-2");
        g_log_structured ("x", G_LOG_LEVEL_DEBUG, "MESSAGE", "loud-3");
        log_level_set (LOG_FATAL);
        g_log_structured ("x", G_LOG_LEVEL_WARNING, "MESSAGE", "quiet-2");
        return;
    }
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("*warn ?x? loud-1\n*verbose ?x? loud-2\n*debug ?x? loud-3\n");
    g_test_trap_assert_stderr_unmatched ("*quiet*");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
    g_test_add_func ("/log/text-is-one-line-without-control-characters",
                     test_text_is_one_line_without_control_characters);
    g_test_add_func ("/log/json-has-the-five-members-and-the-fields",
                     test_json_has_the_five_members_and_the_fields);
    g_test_add_func ("/log/bad-utf8-does-not-get-out", test_bad_utf8_does_not_get_out);
    g_test_add_func ("/log/what-is-not-seen-is-named", test_what_is_not_seen_is_named);
    g_test_add_func ("/log/levels-have-the-names-of-the-setting",
                     test_levels_have_the_names_of_the_setting);
    g_test_add_func ("/log/levels-below-the-least-are-not-written",
                     test_levels_below_the_least_are_not_written);
    return g_test_run ();
}
