/* parse.c -- see parse.h: from bytes to a JSON tree
 *
 * jansson builds the tree. What it does not limit (how deep, how many values) is counted before, so
 * that ten megabytes of brackets cost no more than reading them. */
#define G_LOG_DOMAIN "api"
#include "api/parse.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"

/* Count levels and values without looking at more than structure; strings are skipped whole. */
static gboolean
check_size (const char *bytes, gsize n_bytes, GError **error)
{
    gsize depth = 0, n_values = 1;
    gboolean in_string = FALSE;

    for (gsize i = 0; i < n_bytes; i++) {
        char c = bytes[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = FALSE;
        } else if (c == '"') {
            in_string = TRUE;
        } else if (c == '{' || c == '[') {
            n_values++;
            if (++depth > API_MAX_JSON_DEPTH) {
                g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                             "the JSON is nested deeper than %d levels", API_MAX_JSON_DEPTH);
                return FALSE;
            }
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        } else if (c == ',') {
            n_values++;
        }
    }
    if (n_values > API_MAX_JSON_VALUES) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "the JSON has more than %d values; send them in several requests",
                     API_MAX_JSON_VALUES);
        return FALSE;
    }
    return TRUE;
}

json_t *
api_parse_json (const char *bytes, gsize n_bytes, GError **error)
{
    json_error_t why;
    json_t *root;

    if (n_bytes >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        n_bytes -= 3;
    }
    if (!check_size (bytes, n_bytes, error))
        return NULL;
    root = json_loadb (bytes, n_bytes, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL) {
        g_autofree char *text = g_utf8_make_valid (why.text, -1);

        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "the body is not valid JSON: %s, line %d, column %d", text, why.line,
                     why.column);
    }
    return root;
}
