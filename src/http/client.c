/* client.c -- asking another server, see client.h. On libcurl. */
#define G_LOG_DOMAIN "http"
#include "http/client.h"

#include <curl/curl.h>
#include <gio/gio.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"

#define CONNECT_LIMIT_MS 10000

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CURL, curl_easy_cleanup)
typedef struct curl_slist CurlList;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CurlList, curl_slist_free_all)

typedef struct {
    GString *body;
    gsize max_bytes;
    gboolean is_too_large;
    gboolean is_refused; /* for its address */
} Answer;

/* ---- addresses ---- */

/* Networks that are nobody's on the Internet: RFC 6890. */
static const struct {
    guint8 bytes[16];
    guint n_bits;
} private_v4[] = {
    { { 0 }, 8 },             { { 10 }, 8 },          { { 100, 64 }, 10 },    { { 127 }, 8 },
    { { 169, 254 }, 16 },     { { 172, 16 }, 12 },    { { 192, 0, 0 }, 24 },  { { 192, 168 }, 16 },
    { { 198, 18 }, 15 },      { { 224 }, 4 },         { { 240 }, 4 },
}, private_v6[] = {
    { { 0 }, 64 }, /* unspecified, loopback; those that hold an IPv4 address are looked at as such */
    { { 0, 0x64, 0xff, 0x9b }, 32 }, /* translated IPv4 */
    { { 0x20, 0x02 }, 16 },          /* 6to4 */
    { { 0xfc }, 7 },
    { { 0xfe, 0x80 }, 10 },
    { { 0xfe, 0xc0 }, 10 },
    { { 0xff }, 8 },
};

static gboolean
begins_with (const guint8 *bytes, const guint8 *prefix, guint n_bits)
{
    guint n_whole = n_bits / 8, n_rest = n_bits % 8;
    guint8 mask = (guint8) (0xff << (8 - n_rest));

    return memcmp (bytes, prefix, n_whole) == 0 &&
           (n_rest == 0 || ((bytes[n_whole] ^ prefix[n_whole]) & mask) == 0);
}

gboolean
http_is_public_address (const char *text)
{
    static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
    g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
    const guint8 *bytes;
    gboolean is_v4;

    if (address == NULL)
        return FALSE;
    bytes = g_inet_address_to_bytes (address);
    is_v4 = g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4;
    if (!is_v4 && memcmp (bytes, mapped, sizeof mapped) == 0) {
        bytes += sizeof mapped;
        is_v4 = TRUE;
    }
    if (is_v4) {
        for (gsize i = 0; i < G_N_ELEMENTS (private_v4); i++)
            if (begins_with (bytes, private_v4[i].bytes, private_v4[i].n_bits))
                return FALSE;
    } else {
        for (gsize i = 0; i < G_N_ELEMENTS (private_v6); i++)
            if (begins_with (bytes, private_v6[i].bytes, private_v6[i].n_bits))
                return FALSE;
    }
    return TRUE;
}

/* ---- what libcurl calls ---- */

static size_t
take_bytes (char *bytes, size_t size, size_t n, void *data)
{
    Answer *answer = data;

    if (n > answer->max_bytes - answer->body->len) { /* size is 1 */
        answer->is_too_large = TRUE;
        return CURL_WRITEFUNC_ERROR;
    }
    g_string_append_len (answer->body, bytes, (gssize) n);
    return n;
}

/* The name is resolved, and nothing is connected yet: whether a port of the private network is open
 * shall not be told apart either. */
static curl_socket_t
open_socket (void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    Answer *answer = data;
    char text[NI_MAXHOST];

    if (getnameinfo (&address->addr, address->addrlen, text, sizeof text, NULL, 0,
                     NI_NUMERICHOST) != 0 ||
        !http_is_public_address (text)) {
        answer->is_refused = TRUE;
        return CURL_SOCKET_BAD;
    }
    return socket (address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- asking ---- */

static void
append_header (CurlList **list, const char *name, const char *value)
{
    g_autofree char *line = g_strdup_printf ("%s: %s", name, value);

    *list = curl_slist_append (*list, line);
}

static const char *
reason_of (CURLcode code, const Answer *answer, const char *detail)
{
    if (answer->is_too_large || code == CURLE_FILESIZE_EXCEEDED)
        return "its answer is too large";
    if (answer->is_refused)
        return "it has an address of a private network";
    return *detail != '\0' ? detail : curl_easy_strerror (code);
}

gboolean
http_ask (const HttpAsk *ask, Arena *arena, HttpReply *out, GError **error)
{
    static gsize is_ready;
    const char *schemes = ask->is_insecure || ask->takes_http ? "http,https" : "https";
    const char *body_to_send = ask->json != NULL ? ask->json : ask->form;
    char detail[CURL_ERROR_SIZE] = "", *content_type = NULL;
    g_autoptr (GString) body = g_string_new (NULL);
    Answer answer = { .body = body, .max_bytes = ask->max_bytes };
    g_autoptr (CurlList) headers = NULL;
    g_autoptr (CURL) curl = NULL;
    long status = 0;
    CURLcode code;

    if (g_once_init_enter (&is_ready)) {
        curl_global_init (CURL_GLOBAL_DEFAULT);
        g_once_init_leave (&is_ready, 1);
    }
    curl = curl_easy_init ();
    if (curl == NULL)
        g_error ("libcurl cannot start");
    if (ask->accept != NULL)
        append_header (&headers, "Accept", ask->accept);
    if (ask->authorization != NULL)
        append_header (&headers, "Authorization", ask->authorization);
    if (ask->header_name != NULL)
        append_header (&headers, ask->header_name, ask->header_value);
    if (ask->json != NULL)
        append_header (&headers, "Content-Type", "application/json");
    if (body_to_send != NULL)
        headers = curl_slist_append (headers, "Expect:"); /* no round trip before the body */
    curl_easy_setopt (curl, CURLOPT_URL, ask->url);
    curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, schemes);
    curl_easy_setopt (curl, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
    curl_easy_setopt (curl, CURLOPT_FOLLOWLOCATION, ask->max_redirects > 0 ? 1L : 0L);
    curl_easy_setopt (curl, CURLOPT_MAXREDIRS, (long) ask->max_redirects);
    curl_easy_setopt (curl, CURLOPT_SSL_VERIFYPEER, ask->is_insecure ? 0L : 1L);
    curl_easy_setopt (curl, CURLOPT_SSL_VERIFYHOST, ask->is_insecure ? 0L : 2L);
    curl_easy_setopt (curl, CURLOPT_TIMEOUT_MS, (long) MAX (ask->time_limit_ms, 1));
    curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT_MS, (long) CONNECT_LIMIT_MS);
    curl_easy_setopt (curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) ask->max_bytes);
    curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (curl, CURLOPT_USERAGENT, "Tintype");
    curl_easy_setopt (curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt (curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt (curl, CURLOPT_WRITEDATA, &answer);
    if (body_to_send != NULL)
        curl_easy_setopt (curl, CURLOPT_POSTFIELDS, body_to_send);
    if (ask->method != NULL)
        curl_easy_setopt (curl, CURLOPT_CUSTOMREQUEST, ask->method);
    if (ask->is_strangers) {
        curl_easy_setopt (curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        curl_easy_setopt (curl, CURLOPT_OPENSOCKETDATA, &answer);
    }

    code = curl_easy_perform (curl);
    if (code != CURLE_OK) {
        g_autofree char *server = http_server_of (ask->url);

        g_set_error (error, APP_ERROR,
                     answer.is_refused ? APP_ERROR_FORBIDDEN : APP_ERROR_UNAVAILABLE,
                     "no answer from '%s': %s", server, reason_of (code, &answer, detail));
        return FALSE;
    }
    curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo (curl, CURLINFO_CONTENT_TYPE, &content_type);
    *out = (HttpReply){
        .status = (unsigned) status,
        .content_type = arena_strdup (arena, content_type != NULL ? content_type : ""),
        .body = arena_alloc (arena, body->len + 1),
        .n_bytes = body->len,
    };
    memcpy ((char *) out->body, body->str, body->len);
    return TRUE;
}

char *
http_server_of (const char *url)
{
    const char *host = strstr (url, "://"), *at;
    g_autofree char *server = NULL;
    gsize n_scheme, n_host;

    if (host == NULL)
        return g_strdup ("");
    host += strlen ("://");
    n_scheme = (gsize) (host - url);
    n_host = strcspn (host, "/?#");
    at = g_strrstr_len (host, (gssize) n_host, "@");
    if (at != NULL) {
        n_host -= (gsize) (at + 1 - host);
        host = at + 1;
    }
    server =
        g_strdup_printf ("%.*s%.*s", (int) MIN (n_scheme, 200), url, (int) MIN (n_host, 200), host);
    return g_strescape (server, NULL);
}

void
http_append_form_text (GString *out, const char *text)
{
    g_autofree char *escaped = g_uri_escape_string (text, NULL, FALSE);

    for (const char *at = escaped; *at != '\0'; at++) {
        if (strncmp (at, "%20", 3) == 0) {
            g_string_append_c (out, '+');
            at += 2;
        } else {
            g_string_append_c (out, *at);
        }
    }
}

void
http_append_pair (GString *out, const char *name, const char *value)
{
    const char last = out->len > 0 ? out->str[out->len - 1] : '&';

    if (last != '&' && last != '?')
        g_string_append_c (out, '&');
    http_append_form_text (out, name);
    g_string_append_c (out, '=');
    http_append_form_text (out, value);
}
