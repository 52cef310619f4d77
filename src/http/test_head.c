/* test_head.c -- the text of heads and chunked bodies, whole and in pieces */
#include <string.h>

#include "base/error.h"
#include "http/head.h"

typedef struct {
    Arena *arena;
    Head head;
} Read;

static gboolean
read_head (Read *self, const char *text, GError **error)
{
    gsize n = strlen (text);
    char *copy = arena_strdup (self->arena, text),
         *next = head_read_line (&self->head, copy, n, error);

    return next != NULL &&
           head_read_headers (&self->head, self->arena, next, n - (gsize) (next - copy), error);
}

static void
test_the_end_of_a_head (void)
{
    static const struct {
        const char *text;
        gsize end;
    } cases[] = {
        { "", 0 },
        { "GET / HTTP/1.1\r\n", 0 },
        { "GET / HTTP/1.1\r\nA: b\r\n\r", 0 },
        { "GET / HTTP/1.1\r\n\r\nrest", 18 },
        { "GET / HTTP/1.1\r\nA: b\r\n\r\nrest\r\n\r\n", 24 },
        { "GET / HTTP/1.1\n\nrest", 16 }, /* malformed, but over */
        { "GET / HTTP/1.1\r\nA: b\n\r\nrest", 23 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        gsize n = strlen (cases[i].text);

        g_test_message ("%s", cases[i].text);
        g_assert_cmpuint (head_end ((const guint8 *) cases[i].text, n), ==, cases[i].end);
    }
}

static void
test_a_head_is_taken_apart (void)
{
    g_autoptr (Arena) arena = arena_new ();
    Read read = { arena, { 0 } };
    g_autoptr (GError) error = NULL;

    g_assert_true (read_head (&read,
                              "GET /a?b HTTP/1.1\r\nHost:h\r\nX-Empty:\r\nx-both: \t a b\t \r\n"
                              "X-Latin: \xe4\r\n\r\n",
                              &error));
    g_assert_no_error (error);
    g_assert_cmpstr (read.head.method, ==, "GET");
    g_assert_cmpstr (read.head.target, ==, "/a?b");
    g_assert_false (read.head.is_1_0);
    g_assert_cmpuint (read.head.n_headers, ==, 4);
    g_assert_cmpstr (read.head.headers[0].name, ==, "Host");
    g_assert_cmpstr (read.head.headers[0].value, ==, "h");
    g_assert_cmpstr (read.head.headers[1].value, ==, "");
    g_assert_cmpstr (read.head.headers[2].name, ==, "x-both");
    g_assert_cmpstr (read.head.headers[2].value, ==, "a b");
    g_assert_cmpstr (read.head.headers[3].value, ==, "\xe4");
    g_assert_true (read_head (&read, "PURGE * HTTP/1.0\r\n\r\n", &error));
    g_assert_cmpstr (read.head.method, ==, "PURGE");
    g_assert_true (read.head.is_1_0);
    g_assert_cmpuint (read.head.n_headers, ==, 0);
}

static void
test_malformed_heads_are_refused (void)
{
    static const char *const heads[] = {
        "\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET /  HTTP/1.1\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.11\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "G@T / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\n\r\n",
        "GET / HTTP/1.1\n\n",
        "\x16\x03\x01\x02\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\n\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\n A: b\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nAb\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\x01\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n",
        "GET / HTTP/1.1\r\n\xc3\xa4: b\r\n\r\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (heads); i++) {
        g_autoptr (Arena) arena = arena_new ();
        g_autoptr (GError) error = NULL;
        Read read = { arena, { 0 } };

        g_test_message ("%s", heads[i]);
        g_assert_false (read_head (&read, heads[i], &error));
        g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    }
}

static void
test_a_NUL_hides_nothing (void)
{
    static const char line[] = "GET /\0 HTTP/1.1\r\n\r\n",
                      header[] = "GET / HTTP/1.1\r\nA: b\0c\r\n\r\n",
                      name[] = "GET / HTTP/1.1\r\nA\0: b\r\n\r\n";
    const struct {
        const char *text;
        gsize n;
    } cases[] = { { line, sizeof line - 1 },
                  { header, sizeof header - 1 },
                  { name, sizeof name - 1 } };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();
        Head head = { 0 };
        char *text = memcpy (arena_alloc (arena, cases[i].n + 1), cases[i].text, cases[i].n);
        char *next = head_read_line (&head, text, cases[i].n, NULL);

        g_assert_true (
            next == NULL ||
            !head_read_headers (&head, arena, next, cases[i].n - (gsize) (next - text), NULL));
    }
}

static void
test_lists_are_searched_by_word (void)
{
    g_assert_true (head_list_has ("close", "close"));
    g_assert_true (head_list_has ("keep-alive, Upgrade", "upgrade"));
    g_assert_true (head_list_has (" ,,\tCLOSE ,", "close"));
    g_assert_false (head_list_has ("closed, not-close", "close"));
    g_assert_false (head_list_has ("", "close"));
}

/* What a chunked body says when it comes @n bytes at a time; "!" at the end: it is broken, "..." it goes on. */
static char *
dechunk (const char *body, gsize n, gsize *out_n_rest)
{
    GString *text = g_string_new (NULL);
    const guint8 *at = (const guint8 *) body, *end = at + strlen (body), *piece = NULL;
    ChunkReader reader = { 0 };
    ChunkResult result = CHUNK_MORE;
    gsize n_piece = 0;

    while (at < end && (result == CHUNK_MORE || result == CHUNK_DATA)) {
        const guint8 *until = MIN (at + n, end);

        do {
            result = chunk_reader_next (&reader, &at, until, &piece, &n_piece);
            if (result == CHUNK_DATA)
                g_string_append_len (text, (const char *) piece, (gssize) n_piece);
        } while (result == CHUNK_DATA);
    }
    *out_n_rest = (gsize) (end - at);
    if (result == CHUNK_BROKEN)
        g_string_append_c (text, '!');
    else if (result != CHUNK_END)
        g_string_append (text, "...");
    return g_string_free (text, FALSE);
}

static void
test_chunks_come_in_any_pieces (void)
{
    static const struct {
        const char *body, *expected;
        gsize n_rest;
    } cases[] = {
        { "0\r\n\r\n", "", 0 },
        { "3\r\nabc\r\n0\r\n\r\nnext", "abc", 4 },
        { "3\r\nabc\r\n00A;name=\"value\"\r\n0123456789\r\n0\r\n\r\n", "abc0123456789", 0 },
        { "3 \r\nabc\r\n0;last\r\nTrailer: x\r\nOther: y\r\n\r\n", "abc", 0 },
        { "3\r\nab", "ab...", 0 },
        { "3\r\nabc\r\n0\r\n\r", "abc...", 0 },
        { "\r\n", "!", 1 },
        { "0x3\r\nabc\r\n0\r\n\r\n", "!", 13 },
        { "+3\r\nabc\r\n0\r\n\r\n", "!", 13 },
        { " 3\r\nabc\r\n0\r\n\r\n", "!", 13 },
        { "-1\r\n\r\n", "!", 5 },
        { "3\nabc\r\n0\r\n\r\n", "!", 10 },
        { "3;x\nabc\r\n0\r\n\r\n", "!", 10 },
        { "3\r\nabcd\r\n0\r\n\r\n", "abc!", 7 },
        { "3\r\nabc\n0\r\n\r\n", "abc!", 5 },
        { "1000000000000000\r\n", "!", 2 }, /* sixteen digits */
        { "0\r\nTrailer\n\r\n", "!", 2 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        for (gsize n = 1; n < 40; n++) {
            gsize n_rest = 0;
            g_autofree char *text = dechunk (cases[i].body, n, &n_rest);

            g_test_message ("%s by %u", cases[i].body, (guint) n);
            g_assert_cmpstr (text, ==, cases[i].expected);
            g_assert_cmpuint (n_rest, ==, cases[i].n_rest);
        }
    }
}

static void
test_extensions_and_trailers_have_a_limit (void)
{
    g_autofree char *filler = g_strnfill (9000, 'x');
    g_autofree char *extension = g_strdup_printf ("3;%s\r\nabc\r\n0\r\n\r\n", filler);
    g_autofree char *trailer = g_strdup_printf ("0\r\nA: %s\r\n\r\n", filler);
    gsize n_rest;
    g_autofree char *a = dechunk (extension, 100, &n_rest), *b = dechunk (trailer, 100, &n_rest);

    g_assert_cmpstr (a, ==, "!");
    g_assert_cmpstr (b, ==, "!");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/head/the-end", test_the_end_of_a_head);
    g_test_add_func ("/head/taken-apart", test_a_head_is_taken_apart);
    g_test_add_func ("/head/malformed", test_malformed_heads_are_refused);
    g_test_add_func ("/head/a-NUL-hides-nothing", test_a_NUL_hides_nothing);
    g_test_add_func ("/head/lists", test_lists_are_searched_by_word);
    g_test_add_func ("/head/chunks", test_chunks_come_in_any_pieces);
    g_test_add_func ("/head/chunks/limits", test_extensions_and_trailers_have_a_limit);
    return g_test_run ();
}
