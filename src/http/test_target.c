/* test_target.c -- percent-encoding, query strings, Range, validators, Accept-Encoding, proxies, status */
#include <arpa/inet.h>
#include <string.h>

#include "http/compress.h"
#include "http/private.h"
#include "http/ranges.h"

static void
test_percent_decode_table (void)
{
    static const struct {
        const char *text, *expected; /* NULL: refused */
        gboolean plus;
    } cases[] = {
        { "", "", FALSE },
        { "a%20b", "a b", FALSE },
        { "a+b", "a+b", FALSE },
        { "a+b", "a b", TRUE },
        { "%C3%A4", "\xc3\xa4", FALSE },
        { "%c3%a4%2f", "\xc3\xa4/", FALSE },
        { "%", NULL, FALSE },
        { "%2", NULL, FALSE },
        { "%zz", NULL, FALSE },
        { "%2g", NULL, FALSE },
        { "a%00b", NULL, FALSE },
        { "%ff", NULL, FALSE },
        { "%ed%a0%80", NULL, FALSE }, /* a surrogate */
        { "%c0%af", NULL, FALSE },    /* an overlong '/' */
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();

        g_assert_cmpstr (http_percent_decode (arena, cases[i].text, -1, cases[i].plus), ==,
                         cases[i].expected);
    }
}

static void
test_percent_encode_reads_back (void)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *text = "a b/\xc3\xa4'()*~.jpg%";

    g_assert_cmpstr (http_percent_encode (arena, text), ==, "a%20b%2F%C3%A4'()*~.jpg%25");
    g_assert_cmpstr (http_percent_decode (arena, http_percent_encode (arena, text), -1, FALSE), ==,
                     text);
}

static void
test_pairs_keep_their_order (void)
{
    g_autoptr (Arena) arena = arena_new ();
    const HttpPair *pairs = NULL;
    gsize n = 0;

    g_assert_true (http_parse_pairs (arena, "a=1&&b&a=x%3D+y&=z&c=", &pairs, &n, NULL));
    g_assert_cmpuint (n, ==, 5);
    g_assert_cmpstr (pairs[0].name, ==, "a");
    g_assert_cmpstr (pairs[0].value, ==, "1");
    g_assert_cmpstr (pairs[1].name, ==, "b");
    g_assert_cmpstr (pairs[1].value, ==, "");
    g_assert_cmpstr (pairs[2].value, ==, "x= y");
    g_assert_cmpstr (pairs[3].name, ==, "");
    g_assert_cmpstr (pairs[4].value, ==, "");
    g_assert_true (http_parse_pairs (arena, "", &pairs, &n, NULL));
    g_assert_cmpuint (n, ==, 0);
}

static void
test_pairs_refuse_bad_escapes_and_too_many (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (GString) many = g_string_new ("a");
    const HttpPair *pairs = NULL;
    gsize n = 0;

    g_assert_false (http_parse_pairs (arena, "ok=1&bad=%4", &pairs, &n, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, "'bad'"));
    g_clear_error (&error);
    for (int i = 0; i < 999; i++)
        g_string_append (many, "&a");
    g_assert_true (http_parse_pairs (arena, many->str, &pairs, &n, NULL));
    g_assert_cmpuint (n, ==, 1000);
    g_string_append (many, "&a");
    g_assert_false (http_parse_pairs (arena, many->str, &pairs, &n, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_range_table (void)
{
    static const struct {
        const char *header;
        guint64 size;
        RangeKind kind;
        guint64 first, last;
    } cases[] = {
        { NULL, 100, RANGE_WHOLE, 0, 0 },
        { "bytes=0-0", 100, RANGE_PART, 0, 0 },
        { "bytes=0-", 100, RANGE_PART, 0, 99 },
        { "bytes=10-19", 100, RANGE_PART, 10, 19 },
        { "bytes=10-1000", 100, RANGE_PART, 10, 99 },
        { "bytes=99-", 100, RANGE_PART, 99, 99 },
        { "bytes=100-", 100, RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=-1", 100, RANGE_PART, 99, 99 },
        { "bytes=-500", 100, RANGE_PART, 0, 99 },
        { "bytes=-0", 100, RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=5-4", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=0-1,5-6", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=-", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=a-b", 100, RANGE_WHOLE, 0, 0 },
        { "bytes=0--1", 100, RANGE_WHOLE, 0, 0 },
        { "items=0-1", 100, RANGE_WHOLE, 0, 0 },
        { "Bytes = 1-2 ", 100, RANGE_PART, 1, 2 },
        { "bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=-5", 0, RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=99999999999999999999999-", 100, RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=1-99999999999999999999999", 100, RANGE_PART, 1, 99 },
        { "bytes=4294967296-4294967297", G_GUINT64_CONSTANT (8589934592), RANGE_PART,
          G_GUINT64_CONSTANT (4294967296), G_GUINT64_CONSTANT (4294967297) },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        guint64 first = 0, last = 0;

        g_test_message ("%s of %" G_GUINT64_FORMAT, cases[i].header, cases[i].size);
        g_assert_cmpint (range_parse (cases[i].header, cases[i].size, &first, &last), ==,
                         cases[i].kind);
        g_assert_cmpuint (first, ==, cases[i].first);
        g_assert_cmpuint (last, ==, cases[i].last);
    }
}

static void
test_etag_table (void)
{
    static const struct {
        const char *list, *etag;
        gboolean matches;
    } cases[] = {
        { "\"a\"", "\"a\"", TRUE },
        { "\"b\"", "\"a\"", FALSE },
        { "*", "\"a\"", TRUE },
        { "\"b\", \"a\"", "\"a\"", TRUE },
        { "\"b\",\"c\" , W/\"a\"", "\"a\"", TRUE },
        { "\"a\"", "W/\"a\"", TRUE },
        { "\"a-br\"", "\"a\"", TRUE },
        { "\"a-gzip\"", "\"a\"", TRUE },
        { "\"a-x\"", "\"a\"", FALSE },
        { "a", "\"a\"", FALSE },
        { "\"a", "\"a\"", FALSE },
        { "", "\"a\"", FALSE },
        { ",,,", "\"a\"", FALSE },
        { "\"a,b\"", "\"a\"", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_test_message ("%s in %s", cases[i].etag, cases[i].list);
        g_assert_cmpint (headers_etag_matches (cases[i].list, cases[i].etag), ==, cases[i].matches);
    }
}

static void
test_http_dates_read_back (void)
{
    static const char *const bad[] = { "",
                                       "Sun, 06 Nov 1994 08:49:37",
                                       "Sun, 06 Nov 1994 08:49:37 CET",
                                       "Sun, 31 Feb 1994 08:49:37 GMT",
                                       "1994-11-06T08:49:37Z",
                                       "Sun, 06 ovD 1994 08:49:37 GMT",
                                       "Sun, 06 Nov 1994 25:49:37 GMT" };
    gint64 s = 0;
    char text[32];

    for (gint64 at = -62167219200; at < 253402300800;
         at += 86400 * 97 + 3601) { /* years 0 to 9999 */
        time_t t = (time_t) at;
        struct tm tm;
        char expected[32];

        headers_http_date_format (at, text);
        strftime (expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r (&t, &tm));
        if (at < -30610224000) /* strftime () writes the year 999 with three digits */
            g_assert_cmpstr (strrchr (text, ' '), ==, strrchr (expected, ' '));
        else
            g_assert_cmpstr (text, ==, expected);
    }
    headers_http_date_format (253402300800, text);
    g_assert_cmpstr (text, ==, "Thu, 01 Jan 1970 00:00:00 GMT");
    headers_http_date_format (784111777, text);
    g_assert_cmpstr (text, ==, "Sun, 06 Nov 1994 08:49:37 GMT");
    g_assert_true (headers_http_date_parse (text, &s));
    g_assert_cmpint (s, ==, 784111777);
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        g_assert_false (headers_http_date_parse (bad[i], &s));
}

static void
test_accept_encoding_table (void)
{
    static const struct {
        const char *header;
        ContentEncoding expected;
    } cases[] = {
        { NULL, ENCODING_IDENTITY },
        { "", ENCODING_IDENTITY },
        { "gzip", ENCODING_GZIP },
        { "gzip, deflate, br", ENCODING_BR },
        { "br;q=0.5, gzip;q=0.8", ENCODING_GZIP },
        { "br;q=0.800,gzip;q=0.8", ENCODING_BR },
        { "br;q=0, gzip;q=0", ENCODING_IDENTITY },
        { "br;q=0, *", ENCODING_GZIP },
        { "*;q=0", ENCODING_IDENTITY },
        { "*", ENCODING_BR },
        { "identity", ENCODING_IDENTITY },
        { "GZIP ; Q=1.0", ENCODING_GZIP },
        { "x-gzip", ENCODING_GZIP },
        { "brotli", ENCODING_IDENTITY },
        { "gzip;q=0.001", ENCODING_GZIP },
        { "br;q=", ENCODING_BR },
        { ";,;q,", ENCODING_IDENTITY },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_test_message ("%s", cases[i].header);
        g_assert_cmpint (compress_choose (cases[i].header), ==, cases[i].expected);
    }
}

static void
test_compression_gives_up_when_it_grows (void)
{
    guint8 noise[2000];
    static const char text[4000];

    for (gsize i = 0; i < sizeof noise; i++)
        noise[i] = (guint8) g_test_rand_int ();
    for (int encoding = ENCODING_GZIP; encoding <= ENCODING_BR; encoding++) {
        g_autoptr (GBytes) smaller = compress_bytes ((ContentEncoding) encoding, text, sizeof text);

        g_assert_null (compress_bytes ((ContentEncoding) encoding, noise, sizeof noise));
        g_assert_nonnull (smaller);
        g_assert_cmpuint (g_bytes_get_size (smaller), <, 100);
    }
}

static gboolean
is_trusted (const ProxyList *list, const char *address)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    gboolean by_text = proxy_list_has_text (list, address);
    gboolean by_bytes;

    if (inet_pton (AF_INET, address, &v4.sin_addr) == 1)
        by_bytes = proxy_list_has (list, (struct sockaddr *) &v4);
    else if (inet_pton (AF_INET6, address, &v6.sin6_addr) == 1)
        by_bytes = proxy_list_has (list, (struct sockaddr *) &v6);
    else
        g_assert_not_reached ();
    g_assert_cmpint (by_text, ==, by_bytes);
    return by_text;
}

static void
test_trusted_proxies_table (void)
{
    static const struct {
        const char *list, *address;
        gboolean trusted;
    } cases[] = {
        { NULL, "127.0.0.1", TRUE },
        { NULL, "::1", TRUE },
        { NULL, "::ffff:127.0.0.1", TRUE },
        { NULL, "10.1.2.3", TRUE },
        { NULL, "172.16.0.1", TRUE },
        { NULL, "172.31.255.255", TRUE },
        { NULL, "172.32.0.0", FALSE },
        { NULL, "192.168.1.1", TRUE },
        { NULL, "169.254.9.9", TRUE },
        { NULL, "fe80::1", TRUE },
        { NULL, "fd00::1", TRUE },
        { NULL, "8.8.8.8", FALSE },
        { NULL, "2001:db8::1", FALSE },
        { "192.0.2.0/24, 2001:db8::/33", "192.0.2.255", TRUE },
        { "192.0.2.0/24, 2001:db8::/33", "192.0.3.0", FALSE },
        { "192.0.2.0/24, 2001:db8::/33", "::ffff:192.0.2.7", TRUE },
        { "192.0.2.0/24, 2001:db8::/33", "2001:db8:7fff::", TRUE },
        { "192.0.2.0/24, 2001:db8::/33", "2001:db8:8000::", FALSE },
        { "192.0.2.0/24, 2001:db8::/33", "10.0.0.1", FALSE },
        { "192.0.2.0/24, 2001:db8::/33", "127.0.0.1", TRUE },
        { "192.0.2.1", "192.0.2.1", TRUE },
        { "192.0.2.1", "192.0.2.2", FALSE },
        { "", "10.0.0.1", FALSE },
        { "0.0.0.0/0", "8.8.8.8", TRUE },
        { "0.0.0.0/0", "2001:db8::1", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        ProxyList *list = proxy_list_new (cases[i].list, NULL);

        g_test_message ("%s in %s", cases[i].address, cases[i].list);
        g_assert_nonnull (list);
        g_assert_cmpint (is_trusted (list, cases[i].address), ==, cases[i].trusted);
        proxy_list_free (list);
    }
}

static void
test_bad_proxies_are_named (void)
{
    static const char *const bad[] = { "proxy.example", "10.0.0.0/33", "10.0.0.1/8", "1.2.3" };

    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;
        g_autofree char *list = g_strdup_printf ("192.0.2.1,%s", bad[i]);

        g_assert_null (proxy_list_new (list, &error));
        g_assert_error (error, APP_ERROR, APP_ERROR_CONFIG);
        g_assert_nonnull (strstr (error->message, "IMMICH_TRUSTED_PROXIES"));
        g_assert_nonnull (strstr (error->message, bad[i]));
    }
}

static void
test_forwarded_for_table (void)
{
    static const struct {
        const char *header, *client;
    } cases[] = {
        { "", "10.0.0.9" },
        { "8.8.8.8", "8.8.8.8" },
        { "1.1.1.1, 8.8.8.8", "8.8.8.8" },           /* the first was the client's own claim */
        { "1.1.1.1, 8.8.8.8, 10.0.0.1", "8.8.8.8" }, /* two proxies */
        { "10.0.0.5", "10.0.0.5" },
        { "garbage", "10.0.0.9" },
        { "8.8.8.8, garbage", "10.0.0.9" },
        { "8.8.8.8:1234", "8.8.8.8" },
        { "[2001:db8::7]:443", "2001:db8::7" },
        { "2001:db8::7", "2001:db8::7" },
        { "2001:DB8:0::7", "2001:db8::7" },
        { "::ffff:8.8.8.8", "8.8.8.8" }, /* as a proxy says that listens for IPv6 alone */
        { "[::FFFF:8.8.8.8]:1234", "8.8.8.8" },
        { " 8.8.8.8 ,, ", "10.0.0.9" },
    };
    ProxyList *list = proxy_list_new (NULL, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();

        g_test_message ("%s", cases[i].header);
        g_assert_cmpstr (proxy_list_client (list, arena, cases[i].header, "10.0.0.9"), ==,
                         cases[i].client);
    }
    proxy_list_free (list);
}

static void
test_every_error_code_has_a_status (void)
{
    for (int code = 0; code < APP_ERROR_LAST; code++) {
        g_autoptr (GError) error = g_error_new_literal (APP_ERROR, code, "x");
        unsigned status = http_problem_status (error);

        g_assert_cmpuint (status, >=, 400);
        g_assert_cmpuint (status, <, 600);
        g_assert_cmpstr (http_problem_title (status), !=, "OK");
    }
    g_assert_cmpuint (http_problem_status (NULL), ==, 500);
}

static void
test_secrets_do_not_reach_the_log (void)
{
    static const struct {
        const char *target, *shown;
    } cases[] = {
        { "/api/assets?size=preview&key=SECRET&slug=S",
          "/api/assets?size=preview&key=***&slug=***" },
        { "/api/x?apiKey=S&sessionkey=S&TOKEN=S&password=S",
          "/api/x?apiKey=***&sessionkey=***&TOKEN=***&password=***" },
        { "/api/socket.io/?EIO=4&transport=polling&sid=S", /* whoever has it hears the events */
          "/api/socket.io/?EIO=4&transport=polling&sid=***" },
        { "/share/SECRET?x=1", "/share/***?x=1" },
        { "/s/SECRET", "/s/***" },
        { "/api/x?keyword=a&key", "/api/x?keyword=a&key" },
        { "/api/x?", "/api/x?" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *shown = access_log_redact (cases[i].target);

        g_assert_cmpstr (shown, ==, cases[i].shown);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/http/percent-decode-table", test_percent_decode_table);
    g_test_add_func ("/http/percent-encode-reads-back", test_percent_encode_reads_back);
    g_test_add_func ("/http/pairs-keep-their-order", test_pairs_keep_their_order);
    g_test_add_func ("/http/pairs-refuse-bad-escapes-and-too-many",
                     test_pairs_refuse_bad_escapes_and_too_many);
    g_test_add_func ("/http/range-table", test_range_table);
    g_test_add_func ("/http/etag-table", test_etag_table);
    g_test_add_func ("/http/dates-read-back", test_http_dates_read_back);
    g_test_add_func ("/http/accept-encoding-table", test_accept_encoding_table);
    g_test_add_func ("/http/compression-gives-up-when-it-grows",
                     test_compression_gives_up_when_it_grows);
    g_test_add_func ("/http/trusted-proxies-table", test_trusted_proxies_table);
    g_test_add_func ("/http/bad-proxies-are-named", test_bad_proxies_are_named);
    g_test_add_func ("/http/forwarded-for-table", test_forwarded_for_table);
    g_test_add_func ("/http/every-error-code-has-a-status", test_every_error_code_has_a_status);
    g_test_add_func ("/http/secrets-do-not-reach-the-log", test_secrets_do_not_reach_the_log);
    return g_test_run ();
}
