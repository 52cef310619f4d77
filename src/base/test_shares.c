/* test_shares.c -- nobody gets all */
#include "base/shares.h"

static void
test_one_has_a_share (void)
{
    g_autoptr (Shares) shares = shares_new (3, 2);
    g_autoptr (Share) first = shares_take (shares, "a");
    g_autoptr (Share) second = shares_take (shares, "a");
    g_autoptr (Share) other = NULL;

    g_assert_nonnull (first);
    g_assert_nonnull (second);
    g_assert_null (shares_take (shares, "a"));
    other = shares_take (shares, "b");
    g_assert_nonnull (other);
    g_assert_null (shares_take (shares, "c")); /* all are taken */
    g_clear_pointer (&first, share_free);
    first = shares_take (shares, "c");
    g_assert_nonnull (first);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/shares/one-has-a-share", test_one_has_a_share);
    return g_test_run ();
}
