/* parse.h -- bytes of a request into structs, or what is wrong with them (internal; fuzzed)
 *
 * Nothing here trusts its input. Limits: 64 levels, 300,000 values, no NUL, no key twice, strict
 * UTF-8; what a body may weigh in all is decided by whoever reads it. */
#pragma once
#include "api/issues.h"
#include "base/arena.h"
#include "base/descriptor.h"
#include "http/http.h"

typedef struct json_t json_t; /* a tree of <jansson.h>, whose names clash with json_writer.h */

#define API_MAX_JSON_DEPTH 64
#define API_MAX_JSON_VALUES 300000
#define API_MAX_INT G_GINT64_CONSTANT (9007199254740991) /* 2^53 - 1: what JavaScript holds */

/** Read an object or array; a byte order mark is skipped.
 *  @return (transfer full) NULL with APP_ERROR_INVALID that says what and where */
json_t *api_parse_json (const char *bytes, gsize n_bytes, GError **error);

/** Fill the struct @out, of @type, from @value (NULL: there is none), which must be an object.
 *  All that is wrong is added to @issues. @return whether nothing was; @out is of no use otherwise */
gboolean api_parse_object (const TypeDescriptor *type, const json_t *value, Arena *arena, void *out,
                           ApiIssues *issues);

/** The same from the pairs of a path, a query or a form, whose texts are "true", "12", or JSON inside a
 *  field; a name that stands twice is a list. */
gboolean api_parse_pairs (const TypeDescriptor *type, const HttpPair *pairs, gsize n, Arena *arena,
                          void *out, ApiIssues *issues);
