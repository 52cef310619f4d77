/* shared-links.h -- URLs that open assets without an account
 *
 * A link is a credential: its key or its slug, and with a password also a cookie that shared-links/login
 * gives, on every use (docs/decisions/0006-link-passwords.md). It acts as its owner on the few operations
 * that take links, and reaches what is in it or in its album and no more (api/access.c). */
#pragma once
#include "features/app.h"
#include "features/shared_links_api.h"

void shared_links_start (App *app, Api *api);

/** In a write: an asset came through an individual link, or was there already, and becomes a part of it.
 *  What is locked stays out. */
gboolean shared_link_add_upload (Db *tx, const char *link_id, const char *asset_id, GError **error);

/** The page '/share/KEY' or '/s/SLUG' of the web app. Blocks on the database.
 *  @param out_tags  HTML for the head of the page that tells a messenger what is behind it; NULL: nothing
 *  is told
 *  @return the status: 200, or 404 when there is no such link */
unsigned shared_link_page (const App *app, HttpRequest *request, const char **out_tags);
/** Whether that is the path of such a page. */
gboolean shared_link_is_page (const char *path);
