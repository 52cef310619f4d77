/* shared_links_page.c -- what a messenger is told of a link, for the head of the web app's page
 *
 * Names of albums and descriptions are anybody's text: all of it goes through escape (). A password keeps
 * its link from being told of, too. */
#define G_LOG_DOMAIN "shared-links"
#include "features/shared-links/shared_links_private.h"

#include <string.h>

#include "base/error.h"
#include "features/config/config.h"

static const struct {
    const char *prefix;
    PresentedKind kind;
} pages[] = { { "/share/", PRESENTED_SHARE_KEY }, { "/s/", PRESENTED_SHARE_SLUG } };

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

static const char *
write_tags (const App *app, HttpRequest *request, const LinkPreviewRow *link)
{
    Arena *arena = request->arena;
    const char *base = find_base (app, request), *image = NULL;
    const char *title = link->title != NULL ? link->title : "Public Share";
    const char *description = link->description;
    g_autoptr (GString) out = g_string_new (NULL);

    if (description == NULL)
        description =
            arena_printf (arena, "%" G_GINT64_FORMAT " shared photos & videos", link->n_assets);
    if (base != NULL && link->cover_id != NULL)
        image = arena_printf (arena, "%s/api/assets/%s/thumbnail?key=%s", base, link->cover_id,
                              link_key_text (arena, link->key));
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
    LinkPreviewRow preview;

    *out_tags = NULL;
    if (text == NULL || *text == '\0')
        return 404;
    if (!link_find (app->db, request->arena, kind, text, &link, &why)) {
        if (g_error_matches (why, APP_ERROR, APP_ERROR_UNAUTHORIZED))
            return 404;
    } else if (!link_is_open (request, &link)) {
        return 200;
    } else if (link_store_preview (app->db, request->arena, &link, &preview, &why)) {
        *out_tags = write_tags (app, request, &preview);
        return 200;
    }
    g_warning ("cannot look up a link for its page: %s, sending it without a preview",
               why->message);
    return 200;
}
