/* test_router.c -- which operation a method and a path lead to */
#include "api/router.h"

static ApiOperation operations[] = {
    { .id = "getAll", .method = HTTP_GET, .path = "/things" },
    { .id = "getOne", .method = HTTP_GET, .path = "/things/{id}" },
    { .id = "getStatistics", .method = HTTP_GET, .path = "/things/statistics" },
    { .id = "merge", .method = HTTP_POST, .path = "/things/merge" },
    { .id = "mergeInto", .method = HTTP_POST, .path = "/things/{id}/merge" },
    { .id = "deleteOne", .method = HTTP_DELETE, .path = "/things/{id}" },
    { .id = "getPart", .method = HTTP_GET, .path = "/things/{id}/parts/{n}" },
    { .id = "getFirst", .method = HTTP_GET, .path = "/things/{id}/parts/first" },
};

typedef struct {
    HttpMethod method;
    const char *path;
    const char *id;     /* NULL: no such route */
    const char *values; /* joined by a blank */
} Row;

static const Row rows[] = {
    { HTTP_GET, "/things", "getAll", "" },
    { HTTP_GET, "/things/", "getAll", "" },
    { HTTP_GET, "/THINGS", "getAll", "" },
    { HTTP_HEAD, "/things", "getAll", "" },
    { HTTP_GET, "/things/7", "getOne", "7" },
    { HTTP_GET, "/things/A%2Fb/", "getOne", "A%2Fb" },
    { HTTP_GET, "/things/statistics", "getStatistics", "" },
    { HTTP_GET, "/things/Statistics", "getStatistics", "" },
    { HTTP_GET, "/things/merge", "getOne", "merge" }, /* the literal has no GET */
    { HTTP_POST, "/things/merge", "merge", "" },
    { HTTP_POST, "/things/merge/merge", "mergeInto", "merge" },
    { HTTP_GET, "/things/7/parts/8", "getPart", "7 8" },
    { HTTP_GET, "/things/7/parts/first", "getFirst", "7" },
    { HTTP_DELETE, "/things/7", "deleteOne", "7" },
    { HTTP_PATCH, "/things/7", NULL, NULL },
    { HTTP_OPTIONS, "/things", NULL, NULL },
    { HTTP_GET, "", NULL, NULL },
    { HTTP_GET, "/", NULL, NULL },
    { HTTP_GET, "/thing", NULL, NULL },
    { HTTP_GET, "//things", NULL, NULL },
    { HTTP_GET, "/things//", NULL, NULL },
    { HTTP_GET, "/things//parts/8", NULL, NULL },
    { HTTP_GET, "/things/7/parts", NULL, NULL },
    { HTTP_GET, "/things/7/parts/8/9", NULL, NULL },
    { HTTP_GET, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", NULL, NULL },
};

static void
test_paths_lead_to_operations (void)
{
    g_autoptr (Router) router = router_new ();
    Route routes[G_N_ELEMENTS (operations)] = { 0 };

    for (gsize i = 0; i < G_N_ELEMENTS (operations); i++) {
        routes[i].operation = &operations[i];
        router_add (router, &routes[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (Arena) arena = arena_new ();
        g_auto (GStrv) wanted = g_strsplit (rows[i].values ? rows[i].values : "", " ", -1);
        const char *const *values = NULL;
        const Route *found = router_find (router, rows[i].method, rows[i].path, arena, &values);

        g_test_message ("%d %s", rows[i].method, rows[i].path);
        g_assert_cmpstr (found == NULL ? NULL : found->operation->id, ==, rows[i].id);
        for (guint v = 0; found != NULL && wanted[v] != NULL; v++)
            g_assert_cmpstr (values[v], ==, wanted[v]);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/api/router/paths-lead-to-operations", test_paths_lead_to_operations);
    return g_test_run ();
}
