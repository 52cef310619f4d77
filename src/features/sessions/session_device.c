/* What a request says of its device: the app and its version, the browser, the operating system.
 *
 * Users recognise their logins by it, and clients show an icon for the names used here; nothing is
 * decided by it. The order of the tables counts: most browsers claim to be several others too. */
#define G_LOG_DOMAIN "sessions"
#include "features/sessions/sessions.h"

#include <string.h>

#define TEXT_MAX_BYTES 255

typedef struct {
    const char *has;  /* the user agent contains this */
    const char *and;  /* and this, unless NULL */
    const char *name; /* then it is this */
} Mark;

static const Mark browsers[] = {
    { "Edg/", NULL, "Edge" },
    { "EdgA/", NULL, "Edge" },
    { "EdgiOS/", NULL, "Edge" },
    { "Edge/", NULL, "Edge" },
    { "OPR/", NULL, "Opera" },
    { "Opera", NULL, "Opera" },
    { "Vivaldi/", NULL, "Vivaldi" },
    { "SamsungBrowser/", NULL, "Samsung Internet" },
    { "MSIE ", NULL, "IE" },
    { "Trident/", NULL, "IE" },
    { "FxiOS/", NULL, "Mobile Firefox" },
    { "Firefox/", "Mobile", "Mobile Firefox" },
    { "Firefox/", "Tablet", "Mobile Firefox" },
    { "Firefox/", "Android", "Mobile Firefox" },
    { "Firefox/", NULL, "Firefox" },
    { "CriOS/", NULL, "Mobile Chrome" },
    { "HeadlessChrome/", NULL, "Chrome Headless" },
    { "Chrome/", "; wv)", "Chrome WebView" },
    { "Chrome/", "Android", "Mobile Chrome" },
    { "Chrome/", NULL, "Chrome" },
    { "Safari/", "Mobile/", "Mobile Safari" },
    { "Safari/", "Version/", "Safari" },
};

static const Mark systems[] = {
    { "Windows", NULL, "Windows" },
    { "iPhone", NULL, "iOS" },
    { "iPad", NULL, "iOS" },
    { "iPod", NULL, "iOS" },
    { "CFNetwork/", "Darwin/", "iOS" },
    { "Mac OS X", NULL, "macOS" },
    { "Macintosh", NULL, "macOS" },
    { "Android", NULL, "Android" },
    { "android", NULL, "android" },
    { "CrOS", NULL, "Chrome OS" },
    { "Ubuntu", NULL, "Ubuntu" },
    { "Fedora", NULL, "Fedora" },
    { "Debian", NULL, "Debian" },
    { "FreeBSD", NULL, "FreeBSD" },
    { "OpenBSD", NULL, "OpenBSD" },
    { "NetBSD", NULL, "NetBSD" },
    { "Linux", NULL, "Linux" },
};

/* Without a browser's name, the class of the device. */
static const Mark classes[] = {
    { "iPad", NULL, "tablet" },
    { "iPhone", NULL, "mobile" },
    { "Dalvik/", "Android", "mobile" },
    { "Android", "Mobile", "mobile" },
};

static const char *
find_mark (const char *user_agent, const Mark *marks, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (strstr (user_agent, marks[i].has) != NULL &&
            (marks[i].and == NULL || strstr (user_agent, marks[i].and) != NULL))
            return marks[i].name;
    return NULL;
}

/* Valid UTF-8 of a length that suits a list. */
static const char *
clean_text (Arena *arena, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid (text, -1);
    gsize length = strlen (valid);

    if (length > TEXT_MAX_BYTES)
        length = (gsize) (g_utf8_find_prev_char (valid, valid + TEXT_MAX_BYTES + 1) - valid);
    return arena_strndup (arena, valid, length);
}

static const char *
parse_app_version (Arena *arena, const char *user_agent)
{
    static const char *const prefixes[] = { "immich-android/", "immich-ios/", "immich-unknown/",
                                            "Immich_Android_", "Immich_iOS_", "Immich_Unknown_" };

    for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
        if (g_str_has_prefix (user_agent, prefixes[i]) && user_agent[strlen (prefixes[i])] != '\0')
            return clean_text (arena, user_agent + strlen (prefixes[i]));
    return NULL;
}

static const char *
first_of (const char *a, const char *b, const char *c)
{
    return a != NULL ? a : b != NULL ? b : c != NULL ? c : "";
}

void
session_device_parse (Arena *arena, const char *user_agent, const char *model, const char *type,
                      SessionDevice *out)
{
    const char *agent = user_agent != NULL ? user_agent : "";
    const char *browser = find_mark (agent, browsers, G_N_ELEMENTS (browsers));
    const char *class = find_mark (agent, classes, G_N_ELEMENTS (classes));
    const char *system = find_mark (agent, systems, G_N_ELEMENTS (systems));

    out->type = clean_text (arena, first_of (browser, class, model));
    out->os = clean_text (arena, first_of (system, type, NULL));
    out->app_version = parse_app_version (arena, agent);
}

const char *
session_app_version_of (HttpRequest *request, Arena *arena)
{
    const char *agent = http_request_header (request, "user-agent");

    return agent != NULL ? parse_app_version (arena, agent) : NULL;
}

void
session_device_of (HttpRequest *request, Arena *arena, SessionDevice *out)
{
    session_device_parse (arena, http_request_header (request, "user-agent"),
                          http_request_header (request, "devicemodel"),
                          http_request_header (request, "devicetype"), out);
}
