#include "base/uuid.h"

#include <string.h>

static void
test_version_4_is_what_clients_check (void)
{
    char text[UUID_TEXT_BYTES];

    for (int i = 0; i < 1000; i++) {
        uuid_v4_text (text);
        g_assert_true (uuid_is_v4 (text));
    }
    g_assert_true (uuid_is_v4 ("22A3E7F5-1234-4ABC-9DEF-0123456789AB"));
    g_assert_false (uuid_is_v4 ("00000000-0000-0000-0000-000000000000"));
    g_assert_false (uuid_is_v4 ("22a3e7f5-1234-4abc-9def-0123456789a"));
    g_assert_false (uuid_is_v4 ("22a3e7f5-1234-4abc-9def-0123456789abc"));
    g_assert_false (uuid_is_v4 ("22a3e7f5-1234-4abc-cdef-0123456789ab"));
    g_assert_false (uuid_is_v4 ("22a3e7f5x1234-4abc-9def-0123456789ab"));
    g_assert_false (uuid_is_v4 (""));
    g_assert_false (uuid_is_v4 (NULL));
}

static gpointer
make_many (gpointer out)
{
    for (int i = 0; i < 2000; i++)
        uuid_v7_text (((char (*)[UUID_TEXT_BYTES]) out)[i]);
    return NULL;
}

static void
test_version_7_is_ordered_and_unique (void)
{
    static char made[2][2000][UUID_TEXT_BYTES];
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    GThread *other = g_thread_new ("other", make_many, made[1]);

    make_many (made[0]);
    g_thread_join (other);
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < 2000; i++) {
            g_assert_true (g_hash_table_add (seen, made[t][i]));
            if (i > 0)
                g_assert_cmpstr (made[t][i - 1], <, made[t][i]);
            g_assert_cmpint (made[t][i][14], ==, '7');
        }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/uuid/version-4-is-what-clients-check", test_version_4_is_what_clients_check);
    g_test_add_func ("/uuid/version-7-is-ordered-and-unique", test_version_7_is_ordered_and_unique);
    return g_test_run ();
}
