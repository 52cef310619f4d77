/* router.h -- from method and path to an operation (internal)
 *
 * Paths are compared without case, a trailing slash is ignored, a literal segment beats a parameter.
 * Built once, then read by any thread. */
#pragma once
#include "api/operation.h"

/** An operation with what the program hung on it. */
typedef struct {
    const ApiOperation *operation;
    const void *handlers; /* NULL: nobody serves the feature */
    ApiAcceptPart accept_part;
    ApiBeforeBody before_body;
} Route;

/** Does the feature have a handler for it? */
gboolean route_is_served (const Route *self);

typedef struct _Router Router;

Router *router_new (void);
void router_free (Router *self);
/** @route (transfer none) */
void router_add (Router *self, Route *route);
/** @param path  below /api, not decoded
 *  @param out_values  texts of the parameters, not decoded, in @arena, as many as the path has
 *  @return NULL: no such route for this method */
Route *router_find (const Router *self, HttpMethod method, const char *path, Arena *arena,
                    const char *const **out_values);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Router, router_free)
