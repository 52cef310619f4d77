#include "base/arena.h"

#include <string.h>

static int n_destroyed;

static void
count_destroyed (gpointer object)
{
    g_assert_cmpstr (object, ==, "kept");
    n_destroyed++;
}

static void
test_memory_is_zeroed_and_stays (void)
{
    g_autoptr (Arena) arena = arena_new ();
    char *pieces[500];

    for (int i = 0; i < 500; i++) {
        gsize size = (gsize) i * 37 + 1;

        pieces[i] = arena_alloc (arena, size);
        for (gsize at = 0; at < size; at++)
            g_assert_cmpint (pieces[i][at], ==, 0);
        memset (pieces[i], i & 0xff, size);
    }
    for (int i = 0; i < 500; i++)
        g_assert_cmpint ((guchar) pieces[i][i * 37], ==, i & 0xff);
}

static void
test_an_empty_object_has_an_address (void)
{
    g_autoptr (Arena) arena = arena_new ();

    g_assert_nonnull (arena_alloc (arena, 0));
    g_assert_null (arena_strdup (arena, NULL));
    g_assert_cmpstr (arena_strndup (arena, "abcdef", 3), ==, "abc");
    g_assert_cmpstr (arena_printf (arena, "%d-%s", 7, "x"), ==, "7-x");
}

static void
test_owned_objects_go_with_the_arena (void)
{
    Arena *arena = arena_new ();

    arena_own (arena, (gpointer) "kept", count_destroyed);
    arena_own (arena, (gpointer) "kept", count_destroyed);
    arena_free (arena);
    g_assert_cmpint (n_destroyed, ==, 2);
    arena_free (NULL);
}

static void
test_lists_grow (void)
{
    g_autoptr (Arena) arena = arena_new ();
    guint *items = NULL;

    for (guint n = 0; n < 1000; n++) {
        items = arena_grow_list (arena, items, n, sizeof *items);
        items[n] = n;
    }
    for (guint n = 0; n < 1000; n++)
        g_assert_cmpuint (items[n], ==, n);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/arena/memory-is-zeroed-and-stays", test_memory_is_zeroed_and_stays);
    g_test_add_func ("/arena/an-empty-object-has-an-address", test_an_empty_object_has_an_address);
    g_test_add_func ("/arena/owned-objects-go-with-the-arena",
                     test_owned_objects_go_with_the_arena);
    g_test_add_func ("/arena/lists-grow", test_lists_grow);
    return g_test_run ();
}
