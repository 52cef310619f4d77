/* credentials.h -- which credential a request presents, and whether it may call an operation
 * (internal) */
#pragma once
#include "api/operation.h"

/** Choose the one credential that counts: share key, share slug, session token, API key, in this
 *  order, whatever else is there; an empty value is absent.
 *  @param query  the query's pairs
 *  @return FALSE: there is none */
gboolean credentials_choose (HttpRequest *request, const HttpPair *query, gsize n_query,
                             PresentedKind *out_kind, const char **out_text);

/** @return FALSE with APP_ERROR_FORBIDDEN unless @auth may call @operation: admin, link, key */
gboolean credentials_check (const ApiOperation *operation, const Auth *auth, GError **error);
