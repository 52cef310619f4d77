/* router.c -- see router.h: a tree with a level for each segment */
#define G_LOG_DOMAIN "api"
#include "api/router.h"

#include <string.h>

#define MAX_SEGMENTS 12
#define N_METHODS (HTTP_OTHER + 1)

typedef struct _Node Node;
struct _Node {
    GHashTable *literals; /* lower-case segment -> Node; NULL: none */
    Node *parameter;
    Route *routes[N_METHODS];
};

struct _Router {
    Node *root;
};

gboolean
route_is_served (const Route *self)
{
    gpointer member = NULL;

    if (self->handlers != NULL)
        memcpy (&member, (const char *) self->handlers + self->operation->handler_offset,
                sizeof member);
    return member != NULL;
}

static void
node_free (gpointer data)
{
    Node *node = data;

    if (node == NULL)
        return;
    g_clear_pointer (&node->literals, g_hash_table_unref);
    node_free (node->parameter);
    g_free (node);
}

static Node *
node_child (Node *node, const char *segment)
{
    Node *child;

    if (segment[0] == '{') {
        if (node->parameter == NULL)
            node->parameter = g_new0 (Node, 1);
        return node->parameter;
    }
    if (node->literals == NULL)
        node->literals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, node_free);
    child = g_hash_table_lookup (node->literals, segment);
    if (child == NULL) {
        child = g_new0 (Node, 1);
        g_hash_table_insert (node->literals, g_ascii_strdown (segment, -1), child);
    }
    return child;
}

Router *
router_new (void)
{
    Router *self = g_new0 (Router, 1);

    self->root = g_new0 (Node, 1);
    return self;
}

void
router_free (Router *self)
{
    if (self == NULL)
        return;
    node_free (self->root);
    g_free (self);
}

void
router_add (Router *self, Route *route)
{
    g_auto (GStrv) segments = g_strsplit (route->operation->path + 1, "/", -1);
    Node *node = self->root;

    for (char **segment = segments; *segment != NULL; segment++) {
        if ((*segment)[0] != '{') {
            g_autofree char *lower = g_ascii_strdown (*segment, -1);

            node = node_child (node, lower);
        } else {
            node = node_child (node, *segment);
        }
    }
    g_assert (g_strv_length (segments) <= MAX_SEGMENTS);
    g_assert (node->routes[route->operation->method] == NULL); /* apigen refuses a second one */
    node->routes[route->operation->method] = route;
}

typedef struct {
    const char *segments[MAX_SEGMENTS];
    const char *lower[MAX_SEGMENTS];
    guint n;
    HttpMethod method;
    const char *values[MAX_SEGMENTS];
    guint n_values;
} Search;

/* The literal is tried first; a dead end goes back to the parameter. */
static Route *
node_find (const Node *node, Search *search, guint at)
{
    const Node *literal;
    Route *found;

    if (at == search->n)
        return node->routes[search->method];
    literal =
        node->literals == NULL ? NULL : g_hash_table_lookup (node->literals, search->lower[at]);
    if (literal != NULL && (found = node_find (literal, search, at + 1)) != NULL)
        return found;
    if (node->parameter == NULL || search->segments[at][0] == '\0')
        return NULL;
    search->values[search->n_values++] = search->segments[at];
    found = node_find (node->parameter, search, at + 1);
    if (found == NULL)
        search->n_values--;
    return found;
}

/* Nearly always @text itself. */
static const char *
lower_case (Arena *arena, const char *text)
{
    const char *at = text;
    char *lower;

    while (*at != '\0' && !(*at >= 'A' && *at <= 'Z'))
        at++;
    if (*at == '\0')
        return text;
    lower = arena_strdup (arena, text);
    for (char *c = lower; *c != '\0'; c++)
        *c = g_ascii_tolower (*c);
    return lower;
}

Route *
router_find (const Router *self, HttpMethod method, const char *path, Arena *arena,
             const char *const **out_values)
{
    Search search = { .method = method == HTTP_HEAD ? HTTP_GET : method };
    const char *at = path;
    Route *found;

    while (*at == '/') {
        gsize length = strcspn (at + 1, "/");

        if (length == 0 && at[1] == '\0')
            break; /* a trailing slash */
        if (search.n == MAX_SEGMENTS)
            return NULL;
        search.segments[search.n] = arena_strndup (arena, at + 1, length);
        search.lower[search.n] = lower_case (arena, search.segments[search.n]);
        search.n++;
        at += 1 + length;
    }
    found = node_find (self->root, &search, 0);
    if (found != NULL) {
        const char **values = arena_new_array (arena, const char *, search.n_values);

        for (guint i = 0; i < search.n_values; i++)
            values[i] = search.values[i];
        *out_values = values;
    }
    return found;
}
