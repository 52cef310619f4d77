/* test_server.c -- the server from outside: requests, and answers that fit in one piece */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http/test_app.h"

/* ---- requests ---- */

static void
test_a_request_is_seen_as_it_came (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) a = NULL, b = NULL, c = NULL, d = NULL;

    a = test_client_get (client, "/A%20b/c?x=%20&y",
                         "Cookie: a=1; immich_access_token=s%2Fx; b=2\r\n");
    test_assert_text (a, 200, "GET|/A%20b/c|x=%20&y|127.0.0.1|0|test|s/x|");
    test_client_send (client, "POST /p?pool HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    b = test_client_read (client, FALSE);
    test_assert_text (b, 200, "POST|/p|pool|127.0.0.1|0|h|-|hello");
    test_client_send (client, "PUT http://other/abs?q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                              "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
    c = test_client_read (client, FALSE);
    test_assert_text (c, 200, "PUT|/abs|q|127.0.0.1|0|h|-|abcde");
    d = test_client_get (client, "/",
                         "X-Forwarded-For: 1.1.1.1, 203.0.113.7\r\nX-Forwarded-Proto: "
                         "https\r\nX-Forwarded-Host: photos.example\r\n");
    test_assert_text (d, 200, "GET|/||203.0.113.7|1|photos.example|-|");
    test_assert_header (d, "Strict-Transport-Security", "max-age=31536000");
    test_assert_header (a, "Strict-Transport-Security", NULL);
}

static void
test_what_the_server_can_do_is_asked_of_no_path (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = NULL, next = NULL, refused = NULL;

    test_client_send (client, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    reply = test_client_read (client, FALSE);
    g_assert_cmpuint (reply->status, ==, 204);
    test_assert_header (reply, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    next = test_client_get (client, "/", NULL);
    g_assert_cmpuint (next->status, ==, 200);
    test_client_send (client, "GET * HTTP/1.1\r\nHost: h\r\n\r\n");
    refused = test_client_read (client, FALSE);
    g_assert_cmpuint (refused->status, ==, 400);
}

static void
test_pipelined_requests_are_answered_in_order (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (int i = 0; i < 50; i++)
        test_client_send (client, "GET /%d?%s HTTP/1.1\r\nHost: h\r\n\r\n", i,
                          i % 3 == 0 ? "pool" : "");
    for (int i = 0; i < 50; i++) {
        g_autoptr (TestReply) reply = test_client_read (client, FALSE);
        g_autofree char *expected =
            g_strdup_printf ("GET|/%d|%s|127.0.0.1|0|h|-|", i, i % 3 == 0 ? "pool" : "");

        test_assert_text (reply, 200, expected);
    }
}

/* Each byte may come alone, and the next request with the last one of this. */
static void
test_requests_may_come_in_any_pieces (Fixture *self, gconstpointer data)
{
    static const char requests[] =
        "\r\n\r\nPOST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
        "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345"
        "POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345"
        "POST /defer?pool HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345"
        "POST /c?pool HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
        "GET /d HTTP/1.1\r\nHost: h\r\n\r\n";
    static const gsize sizes[] = { 1, 2, 3, 7, 64, 100, sizeof requests };

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);
        g_autoptr (TestReply) a = NULL, b = NULL, refused = NULL, deferred = NULL, c = NULL,
                              d = NULL;

        for (gsize at = 0; at < sizeof requests - 1; at += sizes[i])
            test_client_send_bytes (client, requests + at,
                                    MIN (sizes[i], sizeof requests - 1 - at));
        a = test_client_read (client, FALSE);
        test_assert_text (a, 200, "POST|/a||127.0.0.1|0|h|-|abcde");
        b = test_client_read (client, FALSE);
        test_assert_text (b, 200, "POST|/b||127.0.0.1|0|h|-|12345");
        refused = test_client_read (client, FALSE);
        test_assert_text (refused, 403, "no");
        deferred = test_client_read (client, FALSE);
        test_assert_text (deferred, 201, "");
        c = test_client_read (client, FALSE);
        test_assert_text (c, 200, "POST|/c|pool|127.0.0.1|0|h|-|");
        d = test_client_read (client, FALSE);
        test_assert_text (d, 200, "GET|/d||127.0.0.1|0|h|-|");
    }
}

static void
test_a_client_that_has_said_all_is_answered (Fixture *self, gconstpointer data)
{
    static const char *const paths[] = { "/", "/?pool", "/stream", "/api/json?large" };

    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);
        g_autoptr (TestReply) reply = NULL;

        test_client_send (client, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", paths[i]);
        shutdown (client->fd, SHUT_WR);
        reply = test_client_read (client, FALSE);
        g_assert_nonnull (reply);
        g_assert_cmpuint (reply->status, ==, 200);
        g_assert_true (reply->is_complete);
        g_assert_true (test_client_is_closed (client));
    }
}

static void
test_the_connection_stays_as_asked (Fixture *self, gconstpointer data)
{
    static const struct {
        const char *version, *header;
        gboolean closes;
        const char *told; /* of Connection */
    } cases[] = {
        { "1.1", "", FALSE, NULL },
        { "1.1", "Connection: close\r\n", TRUE, "close" },
        { "1.1", "connection: x, CLOSE\r\n", TRUE, "close" },
        { "1.1", "Connection: keep-alive\r\n", FALSE, NULL },
        { "1.0", "", TRUE, "close" },
        { "1.0", "Connection: keep-alive\r\n", FALSE, "keep-alive" },
        { "1.0", "Connection: keep-alive, close\r\n", TRUE, "close" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);
        g_autoptr (TestReply) reply = NULL, next = NULL;

        test_client_send (client, "GET / HTTP/%s\r\nHost: h\r\n%s\r\n", cases[i].version,
                          cases[i].header);
        reply = test_client_read (client, FALSE);
        g_assert_nonnull (reply);
        g_assert_cmpuint (reply->status, ==, 200);
        test_assert_header (reply, "Connection", cases[i].told);
        if (cases[i].closes) {
            g_assert_true (test_client_is_closed (client));
        } else {
            next = test_client_get (client, "/", NULL);
            g_assert_cmpuint (next->status, ==, 200);
        }
    }
}

static void
test_old_clients_get_streams_without_chunks (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = NULL;

    test_client_send (client, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    reply = test_client_read (client, TRUE);
    g_assert_cmpuint (reply->status, ==, 200);
    test_assert_header (reply, "Transfer-Encoding", NULL);
    test_assert_header (reply, "Connection", "close");
    for (gsize n_left = 20 * 1000 * 1000, n; n_left > 0; n_left -= n) {
        char some[100 * 1000];

        n = test_client_read_some (client, some, MIN (sizeof some, n_left));
        g_assert_cmpuint (n, >, 0);
        for (gsize i = 0; i < n; i++)
            g_assert_cmpint (some[i], ==, 'x');
    }
    g_assert_true (test_client_is_closed (client));
}

static void
test_a_broken_chunked_body_is_refused (Fixture *self, gconstpointer data)
{
    static const char *const bodies[] = { "x\r\n", "3\r\nabcd\r\n", "3\r\nabc\r\n0x0\r\n\r\n" };

    for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++) {
        for (int to_sink = 0; to_sink < 2; to_sink++) {
            g_autoptr (TestClient) client = test_client_new (self->port);
            g_autoptr (TestReply) reply = NULL;

            test_client_send (client,
                              "POST %s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "%sGET /second HTTP/1.1\r\nHost: h\r\n\r\n",
                              to_sink ? "/sink" : "/", bodies[i]);
            reply = test_client_read (client, FALSE);
            g_assert_nonnull (reply);
            g_assert_cmpuint (reply->status, ==, 400);
            g_assert_true (reply->closes);
            g_assert_true (test_client_is_closed (client));
        }
    }
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_aborted), ==, G_N_ELEMENTS (bodies));
}

static void
test_a_head_without_body_is_answered_to_HEAD (Fixture *self, gconstpointer data)
{
    static const char *const paths[] = { "/api/json", "/x?pool", "/api/json?large" };
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) last = NULL, stream = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_autoptr (TestReply) reply = NULL;

        test_client_send (client, "HEAD %s HTTP/1.1\r\nHost: h\r\n\r\n", paths[i]);
        reply = test_client_read (client, TRUE);
        g_assert_cmpuint (reply->status, ==, 200);
        g_assert_false (reply->closes);
    }
    test_client_send (client, "HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    stream = test_client_read (client, TRUE);
    g_assert_cmpuint (stream->status, ==, 200);
    last = test_client_get (client, "/last", NULL); /* nothing came after the head */
    test_assert_text (last, 200, "GET|/last||127.0.0.1|0|test|-|");
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_produced), ==, 0);
}

static void
test_unclear_heads_are_refused (Fixture *self, gconstpointer data)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
        "x\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX Y: chunked\r\n\r\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (heads); i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);
        g_autoptr (TestReply) reply = NULL;

        g_test_message ("%s", heads[i]);
        /* were the rest taken for a second request, it would be answered */
        test_client_send (client, "%sGET /second HTTP/1.1\r\nHost: h\r\n\r\n", heads[i]);
        reply = test_client_read (client, FALSE);
        g_assert_nonnull (reply);
        g_assert_cmpuint (reply->status, ==, 400);
        g_assert_true (reply->closes);
        g_assert_true (test_client_is_closed (client));
    }
}

static void
test_large_heads_are_refused_readably (Fixture *self, gconstpointer data)
{
    static const gsize sizes[] = { 17000, 60 * 1000, 1000 * 1000 };

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        for (int in_target = 0; in_target < 2; in_target++) {
            g_autoptr (TestClient) client = test_client_new (self->port);
            g_autofree char *filler = g_strnfill (sizes[i], 'a');
            g_autoptr (TestReply) reply = NULL;

            if (in_target)
                test_client_send (client, "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", filler);
            else
                test_client_send (client, "GET / HTTP/1.1\r\nHost: h\r\nX: %s\r\n\r\n", filler);
            reply = test_client_read (client, FALSE);
            g_assert_nonnull (reply);
            g_assert_cmpuint (reply->status, ==, 431);
            g_assert_true (test_client_is_closed (client));
        }
    }
}

/* ---- answers ---- */

static void
test_documents_have_the_security_headers (Fixture *self, gconstpointer data)
{
    static const char *const paths[] = { "/api/json", "/x", "/file?none", "/half" };
    g_autoptr (TestClient) client = NULL;
    g_autoptr (TestReply) failure = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_autoptr (TestClient) each = test_client_new (self->port);
        g_autoptr (TestReply) reply = test_client_get (each, paths[i], NULL);
        g_autofree char *permissions = test_reply_header (reply, "Permissions-Policy");

        test_assert_header (reply, "X-Content-Type-Options", "nosniff");
        test_assert_header (reply, "X-Frame-Options", "DENY");
        test_assert_header (reply, "Referrer-Policy", "no-referrer");
        g_assert_nonnull (permissions);
        test_assert_header (reply, "Content-Security-Policy", http_default_csp);
    }
    client = test_client_new (self->port);
    test_client_send (client, "GET / HTTP/1.1\r\n\r\n");
    failure = test_client_read (client, FALSE);
    test_assert_header (failure, "Content-Security-Policy", http_default_csp);
    g_assert_null (strstr (http_default_csp, "unsafe"));
}

static void
test_pictures_carry_no_policy_of_documents (Fixture *self, gconstpointer data)
{
    static const struct {
        const char *type;
        gboolean is_document;
    } cases[] = { { "image/webp", FALSE },   { "image/jpeg", FALSE },     { "video/mp4", FALSE },
                  { "image/svg+xml", TRUE }, { "application/pdf", TRUE }, { "text/html", TRUE } };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);
        g_autofree char *path = g_strconcat ("/of-type?", cases[i].type, NULL);
        g_autoptr (TestReply) reply = test_client_get (client, path, NULL);
        g_autofree char *frame = test_reply_header (reply, "X-Frame-Options");
        g_autofree char *policy = test_reply_header (reply, "Content-Security-Policy");

        test_assert_header (reply, "X-Content-Type-Options", "nosniff");
        g_assert_cmpint (frame != NULL, ==, cases[i].is_document);
        g_assert_cmpint (policy != NULL, ==, cases[i].is_document);
    }
}

static void
test_correlation_ids_are_echoed_under_api_only (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) made = test_client_get (client, "/api/json", NULL);
    g_autoptr (TestReply) echoed =
        test_client_get (client, "/API/json", "x-correlation-id: My 1\r\n");
    g_autoptr (TestReply) outside = test_client_get (client, "/apis", "x-correlation-id: My 1\r\n");
    g_autoptr (TestReply) again = test_client_get (client, "/api/json", NULL);
    g_autofree char *id = test_reply_header (made, "X-Correlation-ID");
    g_autofree char *other = test_reply_header (again, "X-Correlation-ID");
    g_autofree char *long_id = g_strnfill (201, 'x');
    g_autofree char *long_header = g_strdup_printf ("X-Correlation-ID: %s\r\n", long_id);
    g_autoptr (TestReply) bounded = test_client_get (client, "/api/json", long_header);
    g_autofree char *replaced = test_reply_header (bounded, "X-Correlation-ID");

    g_assert_cmpuint (strlen (id), ==, 8);
    g_assert_cmpuint (strspn (id, "abcdefghijklmnopqrstuvwxyz0123456789"), ==, 8);
    g_assert_cmpstr (id, !=, other);
    test_assert_header (echoed, "X-Correlation-ID", "My 1");
    test_assert_header (outside, "X-Correlation-ID", NULL);
    g_assert_cmpuint (strlen (replaced), ==, 8);
}

static void
test_set_replaces_and_add_adds (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = test_client_get (client, "/headers", NULL);

    test_assert_header (reply, "X-Twice", "b");
    g_assert_nonnull (strstr (reply->head, "Set-Cookie: one=1\r\n"));
    g_assert_nonnull (strstr (reply->head, "Set-Cookie: two=2\r\n"));
}

static void
test_json_is_compressed_as_asked (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) plain = test_client_get (client, "/api/json?large", NULL);
    g_autoptr (TestReply) gzip =
        test_client_get (client, "/api/json?large", "Accept-Encoding: gzip;q=0.9, br;q=0.1\r\n");
    g_autoptr (TestReply) br =
        test_client_get (client, "/api/json?large", "Accept-Encoding: gzip, br\r\n");
    g_autoptr (TestReply) small =
        test_client_get (client, "/api/json", "Accept-Encoding: gzip, br\r\n");
    g_autofree char *unzipped = test_reply_unzip (gzip);

    test_assert_header (plain, "Content-Type", "application/json; charset=utf-8");
    test_assert_header (plain, "Content-Encoding", NULL);
    test_assert_header (gzip, "Content-Encoding", "gzip");
    test_assert_header (br, "Content-Encoding", "br");
    test_assert_header (small, "Content-Encoding", NULL);
    test_assert_header (plain, "Vary", "Accept-Encoding");
    test_assert_header (br, "Vary", "Accept-Encoding");
    g_assert_cmpmem (unzipped, strlen (unzipped), plain->body->data, plain->body->len);
    g_assert_cmpuint (br->body->len, <, 200);
    test_assert_text (small, 200, "[\"pong\"]");
}

static void
test_known_json_is_not_sent_again (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) first =
        test_client_get (client, "/api/json?large", "Accept-Encoding: br\r\n");
    g_autofree char *etag = test_reply_header (first, "ETag");
    g_autofree char *known = g_strdup_printf ("If-None-Match: \"x\", %s\r\n", etag);
    g_autoptr (TestReply) second = test_client_get (client, "/api/json?large", known);
    g_autoptr (TestReply) other = test_client_get (client, "/api/json", known);
    g_autoptr (TestReply) posted = NULL;

    g_assert_true (g_str_has_prefix (etag, "\"") && g_str_has_suffix (etag, "-br\""));
    g_assert_cmpuint (second->status, ==, 304);
    test_assert_header (second, "Vary", "Accept-Encoding");
    test_assert_header (second, "Content-Type", NULL);
    g_assert_cmpuint (other->status, ==, 200);
    test_client_send (
        client, "POST /api/json?large HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n%s\r\n", known);
    posted = test_client_read (client, FALSE);
    g_assert_cmpuint (posted->status, ==, 200);
}

/* ---- files ---- */

static void
test_files_ranges_and_validators (Fixture *self, gconstpointer data)
{
    g_autofree char *path = g_build_filename (self->app.folder, "f", NULL);
    g_autofree char *empty = g_build_filename (self->app.folder, "e", NULL);
    g_autoptr (TestClient) client = test_client_new (self->port);
    const struct timespec times[2] = { { 1700000000, 123000000 }, { 1700000000, 123000000 } };
    static const char etag[] = "W/\"a-18bcfe5687b\"", date[] = "Tue, 14 Nov 2023 22:13:20 GMT";
    const struct {
        const char *headers;
        unsigned status;
        const char *body, *content_range;
    } cases[] = {
        { "", 200, "0123456789", NULL },
        { "Range: bytes=2-4\r\n", 206, "234", "bytes 2-4/10" },
        { "Range: bytes=-3\r\n", 206, "789", "bytes 7-9/10" },
        { "Range: bytes=8-\r\n", 206, "89", "bytes 8-9/10" },
        { "Range: bytes=0-1,4-5\r\n", 200, "0123456789", NULL },
        { "Range: bytes=10-\r\n", 416,
          "{\"message\":\"Range Not Satisfiable\",\"error\":\"Range Not Satisfiable\","
          "\"statusCode\":416}",
          "bytes */10" },
        { "If-None-Match: W/\"a-18bcfe5687b\"\r\n", 304, "", NULL },
        { "If-None-Match: \"x\"\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n", 200,
          "0123456789", NULL },
        { "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n", 304, "", NULL },
        { "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT\r\n", 200, "0123456789", NULL },
        { "If-Modified-Since: nonsense\r\n", 200, "0123456789", NULL },
        { "Range: bytes=2-4\r\nIf-Range: W/\"a-18bcfe5687b\"\r\n", 206, "234", "bytes 2-4/10" },
        { "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n", 200, "0123456789", NULL },
        { "Range: bytes=2-4\r\nIf-Range: Tue, 14 Nov 2023 22:13:20 GMT\r\n", 206, "234",
          "bytes 2-4/10" },
        { "Range: bytes=2-4\r\nIf-Range: Tue, 14 Nov 2023 22:13:21 GMT\r\n", 200, "0123456789",
          NULL },
    };
    g_autoptr (TestReply) nothing = NULL, head = NULL, folder = NULL;

    g_assert_true (g_file_set_contents (path, "0123456789", 10, NULL));
    g_assert_true (g_file_set_contents (empty, "", 0, NULL));
    g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (TestReply) reply = test_client_get (client, "/file?f", cases[i].headers);

        g_test_message ("%s", cases[i].headers);
        test_assert_text (reply, cases[i].status, cases[i].body);
        test_assert_header (reply, "Content-Range", cases[i].content_range);
        test_assert_header (reply, "ETag", etag);
        test_assert_header (reply, "Last-Modified", date);
        test_assert_header (reply, "Accept-Ranges", "bytes");
        test_assert_header (reply, "Content-Security-Policy",
                            "sandbox; default-src 'none'; style-src 'unsafe-inline'");
    }
    nothing = test_client_get (client, "/file?e", NULL);
    test_assert_text (nothing, 200, "");
    test_client_send (client, "HEAD /file?f HTTP/1.1\r\nHost: h\r\nRange: bytes=2-4\r\n\r\n");
    head = test_client_read (client, TRUE);
    g_assert_cmpuint (head->status, ==, 200);
    test_assert_header (head, "Content-Length", "10");
    g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*regular file*");
    folder = test_client_get (client, "/file?.", NULL);
    test_assert_text (folder, 500,
                      "{\"message\":\"Internal Server Error\",\"error\":\"Internal Server Error\","
                      "\"statusCode\":500}");
    g_test_assert_expected_messages ();
}

static gboolean has_no_sendfile; /* as with a file system that can not */

/* Instead of the C library's, in this program. */
ssize_t
sendfile (int out_fd, int in_fd, off_t *offset, size_t count)
{
    if (!g_atomic_int_get (&has_no_sendfile))
        return (ssize_t) syscall (SYS_sendfile, out_fd, in_fd, offset, count);
    errno = EINVAL;
    return -1;
}

static void
test_files_of_any_size_come_whole (Fixture *self, gconstpointer data)
{
    static const gsize sizes[] = { 1,     32 * 1024 - 1,   32 * 1024, 32 * 1024 + 1,
                                   40000, 3 * 1000 * 1000, 40000,     3 * 1000 * 1000 };
    g_autofree char *path = g_build_filename (self->app.folder, "f", NULL);
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        g_autofree guint8 *bytes = g_malloc (sizes[i]);
        g_autoptr (TestReply) whole = NULL, part = NULL;

        g_atomic_int_set (&has_no_sendfile, i > 5);
        for (gsize j = 0; j < sizes[i]; j++)
            bytes[j] = (guint8) (j * 7 + j / 256);
        g_assert_true (g_file_set_contents (path, (char *) bytes, (gssize) sizes[i], NULL));
        whole = test_client_get (client, "/file?f", NULL);
        g_assert_cmpmem (whole->body->data, whole->body->len, bytes, sizes[i]);
        if (sizes[i] > 100) {
            part = test_client_get (client, "/file?f", "Range: bytes=99-\r\n");
            g_assert_cmpuint (part->status, ==, 206);
            g_assert_cmpmem (part->body->data, part->body->len, bytes + 99, sizes[i] - 99);
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    TEST_APP_ADD ("a-request-is-seen-as-it-came", test_a_request_is_seen_as_it_came);
    TEST_APP_ADD ("options-of-the-server", test_what_the_server_can_do_is_asked_of_no_path);
    TEST_APP_ADD ("pipelined-requests-are-answered-in-order",
                  test_pipelined_requests_are_answered_in_order);
    TEST_APP_ADD ("requests-may-come-in-any-pieces", test_requests_may_come_in_any_pieces);
    TEST_APP_ADD ("a-client-that-has-said-all-is-answered",
                  test_a_client_that_has_said_all_is_answered);
    TEST_APP_ADD ("the-connection-stays-as-asked", test_the_connection_stays_as_asked);
    TEST_APP_ADD ("old-clients-get-streams-without-chunks",
                  test_old_clients_get_streams_without_chunks);
    TEST_APP_ADD ("a-broken-chunked-body-is-refused", test_a_broken_chunked_body_is_refused);
    TEST_APP_ADD ("HEAD-gets-a-head", test_a_head_without_body_is_answered_to_HEAD);
    TEST_APP_ADD ("unclear-heads-are-refused", test_unclear_heads_are_refused);
    TEST_APP_ADD ("large-heads-are-refused-readably", test_large_heads_are_refused_readably);
    TEST_APP_ADD ("security-headers", test_documents_have_the_security_headers);
    TEST_APP_ADD ("security-headers/pictures", test_pictures_carry_no_policy_of_documents);
    TEST_APP_ADD ("correlation-ids", test_correlation_ids_are_echoed_under_api_only);
    TEST_APP_ADD ("set-replaces-and-add-adds", test_set_replaces_and_add_adds);
    TEST_APP_ADD ("json-is-compressed-as-asked", test_json_is_compressed_as_asked);
    TEST_APP_ADD ("known-json-is-not-sent-again", test_known_json_is_not_sent_again);
    TEST_APP_ADD ("files", test_files_ranges_and_validators);
    TEST_APP_ADD ("files-of-any-size-come-whole", test_files_of_any_size_come_whole);
    return g_test_run ();
}
