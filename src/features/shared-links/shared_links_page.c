/* shared_links_page.c -- the head of the web app's page of a link: what a messenger is told of it, and what the
 * app will ask first, so that it is on its way while the scripts are
 *
 * Names of albums and descriptions are anybody's text: all of it goes through escape (). A password keeps
 * its link from being told of, too. */
#define G_LOG_DOMAIN "shared-links"
#include "features/shared-links/shared_links_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/albums/albums.h"
#include "features/config/config.h"

static const struct {
    const char *prefix;
    PresentedKind kind;
} pages[] = { { "/share/", PRESENTED_SHARE_KEY }, { "/s/", PRESENTED_SHARE_SLUG } };

typedef struct {
    LinkPreviewRow row;
    const AlbumResponse *album; /* NULL: of single assets */
} Preview;

/* The part of the path behind the prefix; what follows it is for the web app. NULL: none, or it cannot be
 * decoded. */
static const char *
find_credential (Arena *arena, const char *path, PresentedKind *out_kind)
{
    for (gsize i = 0; i < G_N_ELEMENTS (pages); i++) {
        const char *text = path + strlen (pages[i].prefix);

        if (!g_str_has_prefix (path, pages[i].prefix))
            continue;
        *out_kind = pages[i].kind;
        return http_percent_decode (arena, text, (gssize) strcspn (text, "/"), FALSE);
    }
    return NULL;
}

gboolean
shared_link_is_page (const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS (pages); i++)
        if (g_str_has_prefix (path, pages[i].prefix))
            return TRUE;
    return FALSE;
}

static const char *
escape (Arena *arena, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text (text, -1);
    g_autoptr (GString) html = g_string_new (escaped);

    g_string_replace (html, "&apos;", "&#39;", 0); /* a name of XML, which old HTML lacks */
    return arena_strdup (arena, html->str);
}

/* Where the server is known to others, without a slash at the end; NULL: not known. */
static const char *
find_base (const App *app, HttpRequest *request)
{
    const char *domain = config_get (app)->server->external_domain;
    gsize n = domain != NULL ? strlen (domain) : 0;

    while (n > 0 && domain[n - 1] == '/')
        n--;
    if (n > 0)
        return arena_strndup (request->arena, domain, n);
    if (*request->host == '\0')
        return NULL;
    return arena_printf (request->arena, "%s://%s", request->is_secure ? "https" : "http",
                         request->host);
}

static void
add_tag (Arena *arena, GString *out, const char *attribute, const char *name, const char *content)
{
    g_string_append_printf (out, "%s<meta %s=\"%s\" content=\"%s\" />",
                            out->len > 0 ? "\n    " : "", attribute, name, escape (arena, content));
}

/* An answer of the API, as the web app will ask for it: it takes this one when the query is the same. */
static void
add_preload (Arena *arena, GString *out, const char *path_and_query)
{
    g_string_append_printf (out,
                            "%s<link rel=\"preload\" as=\"fetch\" crossorigin href=\"./api/%s\" />",
                            out->len > 0 ? "\n    " : "", escape (arena, path_and_query));
}

/* @credential  key=... or slug=... */
static void
add_preloads (Arena *arena, GString *out, const AlbumResponse *album, const char *credential)
{
    gboolean is_newest_first =
        album == NULL || !album->has_order || album->order == ASSET_ORDER_DESC;
    const char *list, *first;

    add_preload (arena, out, arena_printf (arena, "shared-links/me?%s", credential));
    if (album == NULL || !album->has_start_date || !album->has_end_date)
        return;
    list = arena_printf (arena, "albumId=%s&isTrashed=false&order=%s", album->id,
                         is_newest_first ? "desc" : "asc");
    first = timestamp_text (arena, is_newest_first ? album->end_date : album->start_date);
    add_preload (arena, out, arena_printf (arena, "timeline/buckets?%s&%s", list, credential));
    add_preload (
        arena, out,
        arena_printf (arena, "timeline/bucket?%s&timeBucket=%.7s-01&%s", list, first, credential));
}

static gboolean
find_preview (const App *app, Arena *arena, const LinkCredential *link, Preview *out,
              GError **error)
{
    StringList ids = { (const char *[]){ link->album_id }, 1 };
    AlbumResponseList albums;

    out->album = NULL;
    if (!link_store_preview (app->db, arena, link->id, &out->row, error))
        return FALSE;
    if (link->album_id == NULL)
        return TRUE;
    if (!albums_describe (app, app->db, arena, &ids, NULL, &albums, error))
        return FALSE;
    if (albums.n == 0)
        return TRUE; /* removed meanwhile */
    out->album = &albums.items[0];
    out->row.n_assets = out->album->asset_count;
    out->row.cover_id = out->album->album_thumbnail_asset_id;
    return TRUE;
}

static const char *
write_tags (const App *app, HttpRequest *request, const Preview *link, const char *credential)
{
    Arena *arena = request->arena;
    const char *base = find_base (app, request), *image = NULL;
    const char *title = link->album != NULL ? link->album->album_name : "Public Share";
    const char *description = link->row.description;
    g_autoptr (GString) out = g_string_new (NULL);

    if (description == NULL)
        description =
            arena_printf (arena, "%" G_GINT64_FORMAT " shared photos & videos", link->row.n_assets);
    if (base != NULL && link->row.cover_id != NULL)
        image = arena_printf (arena, "%s/api/assets/%s/thumbnail?key=%s", base, link->row.cover_id,
                              link_key_text (arena, link->row.key));
    add_preloads (arena, out, link->album, credential);
    add_tag (arena, out, "name", "description", description);
    add_tag (arena, out, "property", "og:type", "website");
    add_tag (arena, out, "property", "og:title", title);
    add_tag (arena, out, "property", "og:description", description);
    if (image != NULL)
        add_tag (arena, out, "property", "og:image", image);
    add_tag (arena, out, "name", "twitter:card", image != NULL ? "summary_large_image" : "summary");
    add_tag (arena, out, "name", "twitter:title", title);
    add_tag (arena, out, "name", "twitter:description", description);
    if (image != NULL)
        add_tag (arena, out, "name", "twitter:image", image);
    return arena_strdup (arena, out->str);
}

unsigned
shared_link_page (const App *app, HttpRequest *request, const char **out_tags)
{
    PresentedKind kind = PRESENTED_SHARE_KEY;
    const char *text = find_credential (request->arena, request->path, &kind);
    g_autoptr (GError) why = NULL;
    LinkCredential link;
    Preview preview;

    *out_tags = NULL;
    if (text == NULL || *text == '\0')
        return 404;
    if (!link_find (app->db, request->arena, kind, text, &link, &why)) {
        if (g_error_matches (why, APP_ERROR, APP_ERROR_UNAUTHORIZED))
            return 404;
    } else if (!link_is_open (request, &link)) {
        return 200;
    } else if (find_preview (app, request->arena, &link, &preview, &why)) {
        g_autofree char *escaped = g_uri_escape_string (text, NULL, FALSE);

        *out_tags =
            write_tags (app, request, &preview,
                        arena_printf (request->arena, "%s=%s",
                                      kind == PRESENTED_SHARE_KEY ? "key" : "slug", escaped));
        return 200;
    }
    g_warning ("cannot look up a link for its page: %s, sending it without a preview",
               why->message);
    return 200;
}
