/* config_file.c -- see config_file.h */
#include "features/config/config_file.h"

#include <string.h>
#include <yaml.h>

#include "base/error.h"

#define MAX_BYTES (1024 * 1024)
#define MAX_DEPTH 32
#define MAX_NODES 20000 /* anchors counted as often as they are used */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

/* ---- YAML ---- */

typedef struct {
    yaml_document_t document;
    gsize n_nodes;
    const char *why; /* what is wrong, and where */
    gsize line;
} Reading;

static json_t *read_node (Reading *self, const yaml_node_t *node, guint depth);

static json_t *
fail (Reading *self, const yaml_node_t *node, const char *why)
{
    if (self->why == NULL) {
        self->why = why;
        self->line = node->start_mark.line + 1;
    }
    return NULL;
}

/* The core schema of YAML 1.2, section 10.3.2: what is not null, a boolean or a number is text. */
static json_t *
read_scalar (Reading *self, const yaml_node_t *node)
{
    const char *text = (const char *) node->data.scalar.value;
    char *end;
    gint64 whole;
    double real;

    if (strlen (text) != node->data.scalar.length)
        return fail (self, node, "a NUL character");
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return json_string (text);
    if (g_regex_match_simple ("^(~|null|Null|NULL|)$", text, 0, 0))
        return json_null ();
    if (g_regex_match_simple ("^(true|True|TRUE)$", text, 0, 0))
        return json_true ();
    if (g_regex_match_simple ("^(false|False|FALSE)$", text, 0, 0))
        return json_false ();
    if (g_regex_match_simple ("^[-+]?[0-9]+$", text, 0, 0)) {
        whole = g_ascii_strtoll (text, &end, 10);
        return whole == G_MAXINT64 || whole == G_MININT64 ? fail (self, node, "too large a number")
                                                          : json_integer (whole);
    }
    if (g_regex_match_simple ("^[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?$", text, 0,
                              0)) {
        real = g_ascii_strtod (text, &end);
        return json_real (real); /* NULL when it is infinite; read_node () says so */
    }
    return json_string (text);
}

static json_t *
read_list (Reading *self, const yaml_node_t *node, guint depth)
{
    g_autoptr (json_t) list = json_array ();

    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        json_t *value =
            read_node (self, yaml_document_get_node (&self->document, *item), depth + 1);

        if (value == NULL || json_array_append_new (list, value) != 0)
            return NULL;
    }
    return g_steal_pointer (&list);
}

static json_t *
read_mapping (Reading *self, const yaml_node_t *node, guint depth)
{
    g_autoptr (json_t) object = json_object ();

    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node (&self->document, pair->key);
        const char *name;
        json_t *value;

        if (key->type != YAML_SCALAR_NODE)
            return fail (self, key, "a key that is not a word");
        name = (const char *) key->data.scalar.value;
        if (json_object_get (object, name) != NULL)
            return fail (self, key, "duplicate key");
        value = read_node (self, yaml_document_get_node (&self->document, pair->value), depth + 1);
        if (value == NULL)
            return NULL;
        if (json_object_set_new (object, name, value) != 0)
            return fail (self, key, "a key that is not UTF-8");
    }
    return g_steal_pointer (&object);
}

static json_t *
read_node (Reading *self, const yaml_node_t *node, guint depth)
{
    json_t *value = NULL;

    if (depth > MAX_DEPTH || ++self->n_nodes > MAX_NODES)
        return fail (self, node, "too much, or an anchor within itself");
    switch (node->type) {
    case YAML_SCALAR_NODE:
        value = read_scalar (self, node);
        break;
    case YAML_SEQUENCE_NODE:
        value = read_list (self, node, depth);
        break;
    case YAML_MAPPING_NODE:
        value = read_mapping (self, node, depth);
        break;
    case YAML_NO_NODE:
        break;
    }
    return value != NULL ? value : fail (self, node, "a value that cannot be");
}

static json_t *
read_yaml (const char *text, gsize n, const char *path, GError **error)
{
    yaml_parser_t parser;
    Reading self = { .line = 1 };
    const yaml_node_t *root;
    json_t *out = NULL;

    yaml_parser_initialize (&parser);
    yaml_parser_set_input_string (&parser, (const unsigned char *) text, n);
    if (!yaml_parser_load (&parser, &self.document)) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "Unable to load configuration file: %s (line %zu: %s)", path,
                     parser.problem_mark.line + 1,
                     parser.problem != NULL ? parser.problem : "not YAML");
        yaml_parser_delete (&parser);
        return NULL;
    }
    root = yaml_document_get_root_node (&self.document);
    if (root == NULL || root->type != YAML_MAPPING_NODE)
        self.why = "not an object";
    else
        out = read_node (&self, root, 0);
    yaml_document_delete (&self.document);
    yaml_parser_delete (&parser);
    if (out == NULL)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "Unable to load configuration file: %s (line %zu: %s)", path, self.line,
                     self.why);
    return out;
}

/* ---- JSON ---- */

static json_t *
read_json (const char *text, gsize n, const char *path, GError **error)
{
    json_error_t where = { .line = 1 };
    g_autoptr (json_t) document = json_loadb (text, n, JSON_REJECT_DUPLICATES, &where);

    if (json_is_object (document))
        return g_steal_pointer (&document);
    g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                 "Unable to load configuration file: %s (line %d: %s)", path, where.line,
                 document != NULL ? "not an object" : where.text);
    return NULL;
}

json_t *
config_file_read (const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr (GError) why = NULL;
    gsize n;
    const char *first;

    if (!g_file_get_contents (path, &text, &n, &why)) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "Unable to load configuration file: %s (%s)", path, why->message);
        return NULL;
    }
    if (n > MAX_BYTES || !g_utf8_validate_len (text, n, NULL)) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "Unable to load configuration file: %s (%s)", path,
                     n > MAX_BYTES ? "more than 1 MB" : "not UTF-8 text");
        return NULL;
    }
    first = text + strspn (text, " \t\r\n");
    return g_str_has_suffix (path, ".json") || *first == '{' || *first == '['
               ? read_json (text, n, path, error)
               : read_yaml (text, n, path, error);
}
