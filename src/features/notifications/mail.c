/* mail.c -- see mail.h */
#define G_LOG_DOMAIN "mail"
#include "features/notifications/mail.h"

#include <curl/curl.h>
#include <string.h>

#include "base/error.h"

#define CONNECT_LIMIT_MS 5000
#define TOTAL_LIMIT_MS 30000
#define REPLY_MAX_BYTES 200

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CURL, curl_easy_cleanup)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CURLU, curl_url_cleanup)
typedef struct curl_slist CurlList;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CurlList, curl_slist_free_all)

typedef struct {
    const GString *message;
    gsize n_sent;
    char refusal[REPLY_MAX_BYTES + 1]; /* the last line of the server that said no */
} Transfer;

static size_t
give_message (char *buffer, size_t size, size_t n_items, void *data)
{
    Transfer *self = data;
    gsize n = MIN (size * n_items, self->message->len - self->n_sent);

    memcpy (buffer, self->message->str + self->n_sent, n);
    self->n_sent += n;
    return n;
}

/* Lines of the server; what it says is shown, so only what can be. A refusal that was got over is
 * forgotten; 221 is the answer to our leaving after one. */
static size_t
take_reply (char *line, size_t size, size_t n_items, void *data)
{
    Transfer *self = data;
    gsize n = size * n_items;

    if (n > 3 && (line[0] == '2' || line[0] == '3') && strncmp (line, "221", 3) != 0)
        *self->refusal = '\0';
    if (n > 3 && (line[0] == '4' || line[0] == '5')) {
        gsize kept = MIN (n, REPLY_MAX_BYTES);

        for (gsize i = 0; i < kept; i++)
            self->refusal[i] = g_ascii_isprint (line[i]) ? line[i] : ' ';
        self->refusal[kept] = '\0';
        g_strchomp (self->refusal);
    }
    return n;
}

static size_t
take_nothing (char *bytes, size_t size, size_t n_items, void *data)
{
    return size * n_items;
}

/* ---- settings ---- */

/* The parts are set one by one, so no host can bring a path or a login of its own. */
static gboolean
set_url (CURL *curl, const AdminConfigSmtpTransport *server, GError **error)
{
    g_autoptr (CURLU) url = curl_url ();
    gboolean is_ipv6 = strchr (server->host, ':') != NULL;
    g_autofree char *host = g_strdup_printf (is_ipv6 ? "[%s]" : "%s", server->host);
    g_autofree char *port = g_strdup_printf ("%" G_GINT64_FORMAT, server->port);

    char *text = NULL;
    gboolean ok =
        curl_url_set (url, CURLUPART_SCHEME, server->secure ? "smtps" : "smtp", 0) == CURLUE_OK &&
        curl_url_set (url, CURLUPART_HOST, host, 0) == CURLUE_OK &&
        curl_url_set (url, CURLUPART_PORT, port, 0) == CURLUE_OK &&
        curl_url_get (url, CURLUPART_URL, &text, 0) == CURLUE_OK &&
        curl_easy_setopt (curl, CURLOPT_URL, text) == CURLE_OK;

    curl_free (text);
    if (ok)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                 "'%s' port %" G_GINT64_FORMAT " is no mail server; set "
                 "notifications.smtp.transport.host and .port",
                 server->host, server->port);
    return FALSE;
}

static void
set_security (CURL *curl, const AdminConfigSmtpTransport *server)
{
    gboolean has_login = *server->username != '\0' || *server->password != '\0';

    curl_easy_setopt (curl, CURLOPT_USE_SSL,
                      has_login && !server->ignore_cert ? (long) CURLUSESSL_ALL
                                                        : (long) CURLUSESSL_TRY);
    if (server->ignore_cert) {
        curl_easy_setopt (curl, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt (curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (has_login) {
        curl_easy_setopt (curl, CURLOPT_USERNAME, server->username);
        curl_easy_setopt (curl, CURLOPT_PASSWORD, server->password);
    }
}

static CURL *
make_handle (const AdminConfigSmtp *smtp, Transfer *transfer, char *reason, GError **error)
{
    static gsize is_ready;
    g_autoptr (CURL) curl = NULL;

    if (g_once_init_enter (&is_ready)) {
        curl_global_init (CURL_GLOBAL_DEFAULT);
        g_once_init_leave (&is_ready, 1);
    }
    curl = curl_easy_init ();
    if (curl == NULL) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INTERNAL, "cannot start libcurl");
        return NULL;
    }
    if (!set_url (curl, smtp->transport, error))
        return NULL;
    curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT_MS, (long) CONNECT_LIMIT_MS);
    curl_easy_setopt (curl, CURLOPT_TIMEOUT_MS, (long) TOTAL_LIMIT_MS);
    curl_easy_setopt (curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt (curl, CURLOPT_HEADERFUNCTION, take_reply);
    curl_easy_setopt (curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, take_nothing);
    set_security (curl, smtp->transport);
    return g_steal_pointer (&curl);
}

/* ---- running ---- */

static gboolean
run (CURL *curl, const AdminConfigSmtp *smtp, const Transfer *transfer, const char *reason,
     GError **error)
{
    CURLcode code = curl_easy_perform (curl);

    if (code == CURLE_OK)
        return TRUE;
    if (code == CURLE_USE_SSL_FAILED && *transfer->refusal == '\0')
        reason = "it offers no TLS, and a password is not sent without; set "
                 "notifications.smtp.transport.ignoreCert if the way to it is trusted";
    else if (*reason == '\0')
        reason = curl_easy_strerror (code);
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "the mail server '%s' port %" G_GINT64_FORMAT ": %s%s%s", smtp->transport->host,
                 smtp->transport->port, reason, *transfer->refusal != '\0' ? "; it said " : "",
                 transfer->refusal);
    return FALSE;
}

gboolean
mail_verify (const AdminConfigSmtp *smtp, GError **error)
{
    Transfer transfer = { 0 };
    char reason[CURL_ERROR_SIZE] = "";
    g_autoptr (CURL) curl = make_handle (smtp, &transfer, reason, error);

    if (curl == NULL)
        return FALSE;
    curl_easy_setopt (curl, CURLOPT_CUSTOMREQUEST, "NOOP");
    return run (curl, smtp, &transfer, reason, error);
}

gboolean
mail_send (const AdminConfigSmtp *smtp, const Mail *mail, GError **error)
{
    GString *message = mail_compose (mail);
    Transfer transfer = { .message = message };
    char reason[CURL_ERROR_SIZE] = "";
    g_autoptr (CURL) curl = make_handle (smtp, &transfer, reason, error);
    g_autoptr (CurlList) to = curl_slist_append (NULL, mail->to.address);
    gboolean ok = FALSE;

    if (curl != NULL) {
        curl_easy_setopt (curl, CURLOPT_MAIL_FROM, mail->from.address);
        curl_easy_setopt (curl, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt (curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt (curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t) message->len);
        curl_easy_setopt (curl, CURLOPT_READFUNCTION, give_message);
        curl_easy_setopt (curl, CURLOPT_READDATA, &transfer);
        ok = run (curl, smtp, &transfer, reason, error);
    }
    g_string_free (message, TRUE);
    return ok;
}
