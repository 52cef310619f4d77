/* access_log.c -- one line a request
 *
 * Credentials that travel in the query (shared links, API keys, sessions of media elements) are left
 * out; what is logged is often kept longer and read by more people than the photos. */
#include <string.h>

#include "base/log.h"
#include "http/private.h"

#define SHOWN_TARGET_BYTES 2048

static gboolean
is_secret (const char *name, gsize n_name)
{
    static const char *const names[] = { "key",      "slug", "sessionKey", "apiKey", "token",
                                         "password", "code", "state",      "sid" };

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        if (strlen (names[i]) == n_name && g_ascii_strncasecmp (names[i], name, n_name) == 0)
            return TRUE;
    return FALSE;
}

/* '/share/KEY' and '/s/SLUG' are pages whose address is the credential. */
static gsize
open_prefix (const char *target)
{
    static const char *const prefixes[] = { "/share/", "/s/" };

    for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
        if (g_str_has_prefix (target, prefixes[i]))
            return strlen (prefixes[i]);
    return 0;
}

char *
access_log_redact (const char *target)
{
    GString *out = g_string_new (NULL);
    gsize n_path = strcspn (target, "?"), n_open = open_prefix (target);
    const char *at = target + n_path;

    if (n_open > 0)
        g_string_append_printf (out, "%.*s***", (int) n_open, target);
    else
        g_string_append_len (out, target, (gssize) n_path);
    while (*at != '\0' && out->len < SHOWN_TARGET_BYTES) {
        gsize length, n_name;

        g_string_append_c (out, *at++); /* '?' or '&' */
        length = strcspn (at, "&");
        n_name = MIN (strcspn (at, "="), length);
        if (n_name < length && is_secret (at, n_name))
            g_string_append_printf (out, "%.*s=***", (int) n_name, at);
        else
            g_string_append_len (out, at, (gssize) length);
        at += length;
    }
    if (out->len > SHOWN_TARGET_BYTES) {
        g_string_truncate (out, SHOWN_TARGET_BYTES);
        g_string_append (out, "...");
    }
    return g_string_free (out, FALSE);
}

void
access_log_write (const HttpRequest *request, const ExchangeOutcome *outcome)
{
    g_autofree char *target = NULL;
    g_autofree char *message = NULL;
    const char *method = request->method_text != NULL ? request->method_text : "-";
    const char *ending = outcome->complete ? "" : ", not sent to the end";
    char status[12], duration[24], bytes[24];

    if (log_level_get () > LOG_LOG)
        return;
    target = access_log_redact (request->target);
    g_snprintf (status, sizeof status, "%u", outcome->status);
    g_snprintf (duration, sizeof duration, "%" G_GINT64_FORMAT, outcome->duration_us);
    g_snprintf (bytes, sizeof bytes, "%" G_GUINT64_FORMAT, outcome->n_bytes);
    message = g_strdup_printf ("%s %s %s %s bytes in %s us to %s%s", method, target, status, bytes,
                               duration, request->peer, ending);
    {
        const GLogField fields[] = {
            { "MESSAGE", message, -1 },
            { "GLIB_DOMAIN", "http", -1 },
            { LOG_FIELD_METHOD, method, -1 },
            { LOG_FIELD_PATH, target, -1 },
            { LOG_FIELD_STATUS, status, -1 },
            { LOG_FIELD_DURATION_US, duration, -1 },
            { LOG_FIELD_BYTES, bytes, -1 },
            { LOG_FIELD_PEER, request->peer, -1 },
            { LOG_FIELD_CORRELATION_ID, request->correlation_id, -1 },
        };

        g_log_structured_array (G_LOG_LEVEL_INFO, fields, G_N_ELEMENTS (fields));
    }
}
