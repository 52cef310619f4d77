/* fuzz_target.c -- libFuzzer: what a client may write into a request line and its small headers */
#include <stdlib.h>
#include <string.h>

#include "http/compress.h"
#include "http/private.h"
#include "http/ranges.h"

int LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes);

int
LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes)
{
    g_autofree char *text = g_strndup ((const char *) bytes, n_bytes);
    g_autofree char *redacted = access_log_redact (text);
    g_autoptr (Arena) arena = arena_new ();
    static ProxyList *proxies;
    const HttpPair *pairs = NULL;
    const char *decoded = http_percent_decode (arena, text, -1, TRUE);
    gsize n_pairs = 0;
    guint64 first = 0, last = 0;
    gint64 date_s;

    if (proxies == NULL)
        proxies = proxy_list_new (NULL, NULL);
    if (decoded != NULL) {
        const char *encoded = http_percent_encode (arena, decoded);

        if (strcmp (http_percent_decode (arena, encoded, -1, FALSE), decoded) != 0)
            abort ();
    }
    if (http_parse_pairs (arena, text, &pairs, &n_pairs, NULL))
        for (gsize i = 0; i < n_pairs; i++)
            if (!g_utf8_validate (pairs[i].name, -1, NULL) ||
                !g_utf8_validate (pairs[i].value, -1, NULL))
                abort ();
    if (range_parse (text, 1000, &first, &last) == RANGE_PART && (first > last || last >= 1000))
        abort ();
    headers_etag_matches (text, "\"abc\"");
    headers_http_date_parse (text, &date_s);
    if (g_str_has_prefix (text, "?key=") && !g_str_has_prefix (redacted, "?key=***"))
        abort ();
    compress_choose (text);
    proxy_list_client (proxies, arena, text, "10.0.0.1");
    return 0;
}
