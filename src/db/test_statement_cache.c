/* The cache keeps what is used, drops what is not, and never mistakes one text for another. */
#include "db/statement_cache.h"

#include "db/test_parts.h"

static void
count_freed (gpointer handle, gpointer data)
{
    g_assert_nonnull (handle);
    ++*(guint *) data;
}

static void
test_the_least_used_goes (void)
{
    guint n_freed = 0;
    int handle;

    {
        g_autoptr (StatementCache) cache = statement_cache_new (3, count_freed, &n_freed);

        statement_cache_add (cache, "a", &handle);
        statement_cache_add (cache, "b", &handle);
        statement_cache_add (cache, "c", &handle);
        g_assert_nonnull (statement_cache_find (cache, "a"));
        statement_cache_add (cache, "d", &handle);
        g_assert_cmpuint (n_freed, ==, 1);
        g_assert_null (statement_cache_find (cache, "b"));
        g_assert_nonnull (statement_cache_find (cache, "a"));
        g_assert_nonnull (statement_cache_find (cache, "c"));
        g_assert_nonnull (statement_cache_find (cache, "d"));
        g_assert_cmpuint (statement_cache_count (cache), ==, 3);
    }
    g_assert_cmpuint (n_freed, ==, 4);
}

static void
test_one_in_use_stays (void)
{
    guint n_freed = 0;
    int handle;
    g_autoptr (StatementCache) cache = statement_cache_new (2, count_freed, &n_freed);
    DbStatement *first = statement_cache_add (cache, "a", &handle);

    first->in_use = TRUE;
    statement_cache_add (cache, "b", &handle);
    statement_cache_add (cache, "c", &handle);
    g_assert_true (statement_cache_find (cache, "a") == first);
    g_assert_null (statement_cache_find (cache, "b"));
    first->in_use = FALSE;
}

static void
test_a_reused_buffer_is_another_statement (void)
{
    guint n_freed = 0;
    int one, two;
    char buffer[] = "SELECT 1";
    g_autoptr (StatementCache) cache = statement_cache_new (8, count_freed, &n_freed);

    statement_cache_add (cache, buffer, &one);
    buffer[7] = '2';
    g_assert_null (statement_cache_find (cache, buffer));
    statement_cache_add (cache, buffer, &two);
    g_assert_true (statement_cache_find (cache, buffer)->handle == &two);
    buffer[7] = '1';
    g_assert_true (statement_cache_find (cache, buffer)->handle == &one);
    g_assert_true (statement_cache_find (cache, "SELECT 2")->handle == &two);
}

void
test_statement_cache_add (void)
{
    g_test_add_func ("/statement-cache/the-least-used-goes", test_the_least_used_goes);
    g_test_add_func ("/statement-cache/one-in-use-stays", test_one_in_use_stays);
    g_test_add_func ("/statement-cache/a-reused-buffer-is-another-statement",
                     test_a_reused_buffer_is_another_statement);
}
