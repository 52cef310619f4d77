#include "media/path_template.h"

#include <string.h>

#include "base/error.h"

#define MAX_DEPTH 32
#define MAX_BYTES 4096
#define ALBUM_START "album-startDate-"
#define ALBUM_END "album-endDate-"

typedef enum {
    NODE_TEXT,
    NODE_VALUE,
    NODE_CONDITION, /* goes on at next when its value is empty */
    NODE_JUMP,      /* goes on at next */
} NodeKind;

typedef struct {
    NodeKind kind;
    char *text; /* or the name of the variable */
    gboolean is_escaped;
    guint next;
} Node;

struct _PathTemplate {
    GArray *nodes; /* of Node */
    gboolean uses_album_dates;
};

static void
node_clear (gpointer data)
{
    g_free (((Node *) data)->text);
}

void
path_template_free (PathTemplate *self)
{
    if (self == NULL)
        return;
    g_array_unref (self->nodes);
    g_free (self);
}

/* ---- variables ---- */

static const char *const months[] = { "January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December" };

static const char *const time_tokens[] = { "y",  "yy", "M",  "MM", "MMM", "MMMM", "W",
                                           "WW", "d",  "dd", "h",  "hh",  "H",    "HH",
                                           "m",  "mm", "s",  "ss", "SSS", NULL };

static const struct {
    const char *name;
    gsize offset;
} texts[] = {
    { "filename", G_STRUCT_OFFSET (PathValues, filename) },
    { "ext", G_STRUCT_OFFSET (PathValues, ext) },
    { "filetype", G_STRUCT_OFFSET (PathValues, filetype) },
    { "filetypefull", G_STRUCT_OFFSET (PathValues, filetypefull) },
    { "assetId", G_STRUCT_OFFSET (PathValues, asset_id) },
    { "assetIdShort", G_STRUCT_OFFSET (PathValues, asset_id_short) },
    { "make", G_STRUCT_OFFSET (PathValues, make) },
    { "model", G_STRUCT_OFFSET (PathValues, model) },
    { "lensModel", G_STRUCT_OFFSET (PathValues, lens_model) },
    { "album", G_STRUCT_OFFSET (PathValues, album) },
};

static const char *
find_text (const char *name, const PathValues *values)
{
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
        if (strcmp (texts[i].name, name) == 0)
            return G_STRUCT_MEMBER (const char *, values, texts[i].offset);
    return NULL;
}

static gboolean
is_album_date (const char *name)
{
    return g_str_has_prefix (name, ALBUM_START) || g_str_has_prefix (name, ALBUM_END);
}

/* The token of a date; @name itself unless it is one of an album. */
static const char *
token_of (const char *name)
{
    return g_str_has_prefix (name, ALBUM_START) ? name + strlen (ALBUM_START)
           : g_str_has_prefix (name, ALBUM_END) ? name + strlen (ALBUM_END)
                                                : name;
}

static gboolean
is_variable (const char *name)
{
    const PathValues none = { .filename = "",
                              .ext = "",
                              .filetype = "",
                              .filetypefull = "",
                              .asset_id = "",
                              .asset_id_short = "",
                              .make = "",
                              .model = "",
                              .lens_model = "",
                              .album = "" };

    return find_text (name, &none) != NULL || g_strv_contains (time_tokens, token_of (name));
}

/* The letters are those of Luxon, names are English. */
static char *
format_token (const char *token, GDateTime *at)
{
    int n, width = (int) strlen (token);

    switch (token[0]) {
    case 'y':
        n = g_date_time_get_year (at);
        return width == 1 ? g_strdup_printf ("%d", n) : g_strdup_printf ("%02d", n % 100);
    case 'M':
        n = g_date_time_get_month (at);
        if (width >= 3)
            return width == 3 ? g_strndup (months[n - 1], 3) : g_strdup (months[n - 1]);
        break;
    case 'W':
        n = g_date_time_get_week_of_year (at);
        break;
    case 'd':
        n = g_date_time_get_day_of_month (at);
        break;
    case 'h':
        n = (g_date_time_get_hour (at) + 11) % 12 + 1;
        break;
    case 'H':
        n = g_date_time_get_hour (at);
        break;
    case 'm':
        n = g_date_time_get_minute (at);
        break;
    case 's':
        n = g_date_time_get_second (at);
        break;
    default: /* SSS */
        n = g_date_time_get_microsecond (at) / 1000;
        break;
    }
    return g_strdup_printf ("%0*d", width, n);
}

/* (transfer full) NULL when it is not defined. */
static char *
find_value (const char *name, const PathValues *values)
{
    const char *text = find_text (name, values);
    GDateTime *at = g_str_has_prefix (name, ALBUM_START) ? values->album_start
                    : g_str_has_prefix (name, ALBUM_END) ? values->album_end
                                                         : values->at;

    if (text != NULL)
        return g_strdup (text);
    return at != NULL ? format_token (token_of (name), at) : NULL;
}

/* ---- reading a template ---- */

/* An open '{{#if}}'. */
typedef struct {
    gint condition; /* the node whose way out is not known yet; -1 after '{{else}}' */
    GArray *jumps;  /* of guint: those that go to its end */
} Block;

static void
block_clear (gpointer data)
{
    g_array_unref (((Block *) data)->jumps);
}

typedef struct {
    PathTemplate *out;
    GArray *blocks; /* of Block, the innermost last */
} Parser;

static guint
add_node (Parser *self, NodeKind kind, char *text, gboolean is_escaped)
{
    Node node = { kind, text, is_escaped, 0 };

    g_array_append_val (self->out->nodes, node);
    return self->out->nodes->len - 1;
}

static Node *
node_at (const PathTemplate *self, guint i)
{
    return &g_array_index (self->nodes, Node, i);
}

static gboolean
check_variable (Parser *self, const char *name, GError **error)
{
    if (!is_variable (name)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "the variable '%s' is unknown", name);
        return FALSE;
    }
    self->out->uses_album_dates = self->out->uses_album_dates || is_album_date (name);
    return TRUE;
}

static gboolean
refuse_tag (const char *tag, const char *rule, GError **error)
{
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "'{{%s}}' %s", tag, rule);
    return FALSE;
}

/* The name behind 'if'; NULL when @tag does not begin with @word and a blank. */
static const char *
condition_of (const char *tag, const char *word)
{
    gsize n = strlen (word);

    if (strncmp (tag, word, n) != 0 || !g_ascii_isspace (tag[n]))
        return NULL;
    return tag + n + strspn (tag + n, " \t\r\n");
}

static gboolean
add_condition (Parser *self, Block *block, const char *name, GError **error)
{
    if (!check_variable (self, name, error))
        return FALSE;
    block->condition = (gint) add_node (self, NODE_CONDITION, g_strdup (name), FALSE);
    return TRUE;
}

static gboolean
open_block (Parser *self, const char *tag, const char *name, GError **error)
{
    Block block = { -1, NULL };

    if (self->blocks->len == MAX_DEPTH)
        return refuse_tag (tag, "is nested too deep", error);
    block.jumps = g_array_new (FALSE, FALSE, sizeof (guint));
    g_array_append_val (self->blocks, block);
    return add_condition (self, &g_array_index (self->blocks, Block, self->blocks->len - 1), name,
                          error);
}

static gboolean
turn_block (Parser *self, const char *tag, const char *next_condition, GError **error)
{
    Block *block =
        self->blocks->len > 0 ? &g_array_index (self->blocks, Block, self->blocks->len - 1) : NULL;
    guint jump;

    if (block == NULL || block->condition < 0)
        return refuse_tag (tag, "does not belong to an '{{#if}}'", error);
    jump = add_node (self, NODE_JUMP, NULL, FALSE);
    g_array_append_val (block->jumps, jump);
    node_at (self->out, (guint) block->condition)->next = self->out->nodes->len;
    block->condition = -1;
    return next_condition == NULL || add_condition (self, block, next_condition, error);
}

static gboolean
close_block (Parser *self, const char *tag, GError **error)
{
    guint end = self->out->nodes->len;
    const Block *block;

    if (self->blocks->len == 0)
        return refuse_tag (tag, "does not belong to an '{{#if}}'", error);
    block = &g_array_index (self->blocks, Block, self->blocks->len - 1);
    if (block->condition >= 0)
        node_at (self->out, (guint) block->condition)->next = end;
    for (guint i = 0; i < block->jumps->len; i++)
        node_at (self->out, g_array_index (block->jumps, guint, i))->next = end;
    g_array_set_size (self->blocks, self->blocks->len - 1);
    return TRUE;
}

static gboolean
add_tag (Parser *self, const char *tag, gboolean is_escaped, GError **error)
{
    const char *name;

    if ((name = condition_of (tag, "#if")) != NULL)
        return open_block (self, tag, name, error);
    if ((name = condition_of (tag, "else if")) != NULL)
        return turn_block (self, tag, name, error);
    if (strcmp (tag, "else") == 0)
        return turn_block (self, tag, NULL, error);
    if (strcmp (tag, "/if") == 0)
        return close_block (self, tag, error);
    if (!check_variable (self, tag, error))
        return FALSE;
    add_node (self, NODE_VALUE, g_strdup (tag), is_escaped);
    return TRUE;
}

static gboolean
parse (Parser *self, const char *text, GError **error)
{
    for (const char *open; (open = strstr (text, "{{")) != NULL;) {
        const char *closing = open[2] == '{' ? "}}}" : "}}";
        const char *begin = open + strlen (closing), *end;
        g_autofree char *tag = NULL;

        if (*begin == '\0' || (end = strstr (begin, closing)) == NULL) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "'%.20s' is never closed", open);
            return FALSE;
        }
        if (open > text)
            add_node (self, NODE_TEXT, g_strndup (text, (gsize) (open - text)), FALSE);
        tag = g_strstrip (g_strndup (begin, (gsize) (end - begin)));
        if (!add_tag (self, tag, closing[2] == '\0', error))
            return FALSE;
        text = end + strlen (closing);
    }
    if (*text != '\0')
        add_node (self, NODE_TEXT, g_strdup (text), FALSE);
    if (self->blocks->len > 0)
        return refuse_tag ("#if", "has no '{{/if}}'", error);
    return TRUE;
}

PathTemplate *
path_template_parse (const char *text, GError **error)
{
    g_autoptr (PathTemplate) self = g_new0 (PathTemplate, 1);
    g_autoptr (GArray) blocks = g_array_new (FALSE, FALSE, sizeof (Block));
    Parser parser = { self, blocks };

    self->nodes = g_array_new (FALSE, FALSE, sizeof (Node));
    g_array_set_clear_func (self->nodes, node_clear);
    g_array_set_clear_func (blocks, block_clear);
    if (strlen (text) > MAX_BYTES) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "it is longer than %d bytes", MAX_BYTES);
        return NULL;
    }
    return parse (&parser, text, error) ? g_steal_pointer (&self) : NULL;
}

gboolean
path_template_uses_album_dates (const PathTemplate *self)
{
    return self->uses_album_dates;
}

/* ---- filling it in ---- */

static void
append_escaped (GString *out, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '&':
            g_string_append (out, "&amp;");
            break;
        case '<':
            g_string_append (out, "&lt;");
            break;
        case '>':
            g_string_append (out, "&gt;");
            break;
        case '"':
            g_string_append (out, "&quot;");
            break;
        case '\'':
            g_string_append (out, "&#x27;");
            break;
        case '`':
            g_string_append (out, "&#x60;");
            break;
        case '=':
            g_string_append (out, "&#x3D;");
            break;
        default:
            g_string_append_c (out, *text);
        }
}

const char *
path_template_render (const PathTemplate *self, const PathValues *values, Arena *arena,
                      GError **error)
{
    g_autoptr (GString) out = g_string_new (NULL);

    for (guint i = 0; i < self->nodes->len;) {
        const Node *node = node_at (self, i++);
        g_autofree char *value = NULL;

        if (node->kind == NODE_TEXT)
            g_string_append (out, node->text);
        else if (node->kind == NODE_JUMP)
            i = node->next;
        else if ((value = find_value (node->text, values)), node->kind == NODE_CONDITION) {
            if (value == NULL || *value == '\0')
                i = node->next;
        } else if (value == NULL) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                         "'{{%s}}' has no value: the photo is in no album. Put it inside of "
                         "'{{#if album}}'",
                         node->text);
            return NULL;
        } else if (node->is_escaped)
            append_escaped (out, value);
        else
            g_string_append (out, value);
    }
    return arena_strdup (arena, out->str);
}
