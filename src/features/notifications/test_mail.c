/* test_mail.c -- what goes over the wire is a mail, whatever names and subjects are made of */
#include <string.h>

#include "base/error.h"
#include "features/notifications/mail_message.h"
#include "features/notifications/mail_template.h"

static const Mail plain = {
    .from = { "Photos", "photos@example.org" },
    .to = { "", "ann@example.com" },
    .subject = "Hello",
    .text = "text",
    .html = "<p>html</p>",
    .message_id = "<1@example.org>",
    .date_ms = G_GINT64_CONSTANT (1795294326887), /* 2026-11-21T20:52:06.887Z */
};

/* The value of a header, unfolded; NULL when there is none. */
static char *
header_of (const GString *message, const char *name)
{
    g_autofree char *begin = g_strdup_printf ("%s: ", name);
    g_auto (GStrv) halves = g_strsplit (message->str, "\r\n\r\n", 2);
    g_auto (GStrv) lines = g_strsplit (halves[0], "\r\n", -1);
    GString *found = NULL;

    for (char **line = lines; *line != NULL; line++) {
        if (found != NULL && **line == ' ')
            g_string_append (found, *line);
        else if (found != NULL)
            break;
        else if (g_str_has_prefix (*line, begin))
            found = g_string_new (*line + strlen (begin));
    }
    return found != NULL ? g_string_free (found, FALSE) : NULL;
}

static void
assert_header (const GString *message, const char *name, const char *wanted)
{
    g_autofree char *value = header_of (message, name);

    g_assert_cmpstr (value, ==, wanted);
}

/* Encoded words read back, those that stand beside each other as one text. */
static char *
decode (const char *value)
{
    g_autoptr (GString) out = g_string_new (NULL);
    g_auto (GStrv) words = g_strsplit (value, " ", -1);

    for (char **word = words; *word != NULL; word++) {
        gsize n = strlen (*word), n_bytes;
        g_autofree char *coded = NULL;
        g_autofree guchar *bytes = NULL;

        g_assert_cmpuint (n, <=, 75);
        g_assert_true (g_str_has_prefix (*word, "=?UTF-8?B?"));
        g_assert_true (g_str_has_suffix (*word, "?="));
        coded = g_strndup (*word + 10, n - 12);
        bytes = g_base64_decode (coded, &n_bytes);
        g_assert_true (g_utf8_validate ((const char *) bytes, (gssize) n_bytes, NULL));
        g_string_append_len (out, (const char *) bytes, (gssize) n_bytes);
    }
    return g_strdup (out->str);
}

/* No line is long, none has a bare CR or LF, nothing is beyond ASCII. */
static void
assert_lines (const GString *message)
{
    g_auto (GStrv) lines = g_strsplit (message->str, "\r\n", -1);

    g_assert_true (g_str_has_suffix (message->str, "\r\n"));
    for (char **line = lines; *line != NULL; line++) {
        g_assert_cmpuint (strlen (*line), <=, 78);
        for (const char *c = *line; *c != '\0'; c++)
            g_assert_true (*c >= ' ' && *c <= '~');
        g_assert_cmpstr (*line, !=, ".");
    }
}

static void
test_a_plain_mail (void)
{
    g_autoptr (GString) message = mail_compose (&plain);

    assert_lines (message);
    assert_header (message, "Date", "Sat, 21 Nov 2026 20:52:06 +0000");
    assert_header (message, "From", "\"Photos\" <photos@example.org>");
    assert_header (message, "To", "ann@example.com");
    assert_header (message, "Reply-To", NULL);
    assert_header (message, "Subject", "Hello");
    assert_header (message, "Message-ID", "<1@example.org>");
    assert_header (message, "MIME-Version", "1.0");
    g_assert_nonnull (strstr (message->str, "\r\n\r\ndGV4dA==\r\n--"));
    g_assert_nonnull (strstr (message->str, "Content-Type: text/html; charset=utf-8"));
}

static void
test_names_and_subjects_are_encoded_and_folded (void)
{
    static const char name[] = "J\xc3\xb6rg \"J\" M\xc3\xbcller";
    g_autoptr (GString) subject = g_string_new (NULL);
    g_autoptr (GString) message = NULL;
    g_autofree char *from = NULL, *value = NULL, *decoded_subject = NULL, *decoded_name = NULL;
    Mail mail = plain;

    for (int i = 0; i < 100; i++) /* two, three and four bytes: words may end in no character */
        g_string_append (subject, "\xc3\xbc\xe2\x82\xac\xf0\x9f\x8c\x8a");
    mail.subject = subject->str;
    mail.from.name = name;
    message = mail_compose (&mail);
    assert_lines (message);
    value = header_of (message, "Subject");
    decoded_subject = decode (value);
    g_assert_cmpstr (decoded_subject, ==, subject->str);
    from = header_of (message, "From");
    g_assert_true (g_str_has_suffix (from, " <photos@example.org>"));
    from[strlen (from) - strlen (" <photos@example.org>")] = '\0';
    decoded_name = decode (from);
    g_assert_cmpstr (decoded_name, ==, name);
}

static void
test_quotes_in_names_are_escaped (void)
{
    Mail mail = plain;
    g_autoptr (GString) message = NULL;

    mail.from.name = "a \"b\\c\", <d@e>";
    message = mail_compose (&mail);
    assert_header (message, "From", "\"a \\\"b\\\\c\\\", <d@e>\" <photos@example.org>");
}

static void
test_no_header_can_be_brought_in (void)
{
    static const char *const texts[] = {
        "a\r\nBcc: x@example.com", "a\nBcc: x@example.com",        "a\r\n\r\nbody",
        "=?UTF-8?B?AAA?=",         "\x80\xff not UTF-8\r\nBcc: x", "a\tb\x01\x7f",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        Mail mail = plain;
        g_autoptr (GString) message = NULL;
        g_autofree char *value = NULL, *decoded = NULL;

        mail.subject = mail.to.name = texts[i];
        message = mail_compose (&mail);
        assert_lines (message);
        assert_header (message, "Bcc", NULL);
        assert_header (message, "Message-ID", "<1@example.org>");
        value = header_of (message, "Subject");
        decoded = decode (value);
        g_assert_null (strpbrk (decoded, "\r\n\t\x01\x7f"));
    }
}

static void
test_bodies_come_through_whole (void)
{
    g_autoptr (GString) body = g_string_new (NULL);
    g_autoptr (GString) message = NULL;
    g_auto (GStrv) parts = NULL;
    g_autofree guchar *bytes = NULL;
    Mail mail = plain;
    gsize n_bytes;

    for (int i = 0; i < 1000; i++)
        g_string_append (body, "..\n.\r\n--=_tintype_part--\n\xc3\xb6");
    mail.text = body->str;
    message = mail_compose (&mail);
    assert_lines (message);
    parts = g_strsplit (message->str, "--=_tintype_part", -1);
    g_assert_cmpuint (g_strv_length (parts), ==, 4); /* the head, two parts, the end */
    bytes = g_base64_decode (strstr (parts[1], "\r\n\r\n"), &n_bytes);
    g_assert_cmpmem (bytes, n_bytes, body->str, body->len);
}

static void
test_addresses (void)
{
    static const struct {
        const char *text, *name, *address; /* address NULL: none */
    } cases[] = {
        { "ann@example.com", "", "ann@example.com" },
        { "  ann@example.com ", "", "ann@example.com" },
        { "Ann <ann@example.com>", "Ann", "ann@example.com" },
        { "\"Ann, B\" <ann@example.com>", "Ann, B", "ann@example.com" },
        { "<ann@example.com>", "", "ann@example.com" },
        { "J\xc3\xb6rg <j\xc3\xb6rg@example.com>", "J\xc3\xb6rg", "j\xc3\xb6rg@example.com" },
        { "", NULL, NULL },
        { "ann", NULL, NULL },
        { "@example.com", NULL, NULL },
        { "ann@", NULL, NULL },
        { "ann@a@b", NULL, NULL },
        { "ann b@example.com", NULL, NULL },
        { "a@b, c@d", NULL, NULL },
        { "a@b\r\nBcc: c@d", NULL, NULL },
        { "<a@b\r\n>", NULL, NULL },
        { "Ann <ann@example.com> x", NULL, NULL },
        { "a@b> <c@d>", "a@b>", "c@d" }, /* a name like any other */
        { "\xff@example.com", NULL, NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();
        g_autoptr (GError) error = NULL;
        MailAddress out;

        g_assert_true (mail_address_parse (arena, cases[i].text, &out, &error) ==
                       (cases[i].address != NULL));
        if (cases[i].address == NULL) {
            g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
            continue;
        }
        g_assert_cmpstr (out.name, ==, cases[i].name);
        g_assert_cmpstr (out.address, ==, cases[i].address);
    }
}

static void
test_placeholders (void)
{
    g_autoptr (Arena) arena = arena_new ();
    MailFacts facts = { .base_url = "https://a.example",
                        .album_id = "id",
                        .album_name = "<b>&{recipientName}",
                        .recipient_name = "Ann" };
    MailText text = mail_template_fill (arena, MAIL_ALBUM_UPDATE,
                                        "<i>{albumName}</i>{senderName}{ {recipientName}", &facts);

    g_assert_nonnull (
        strstr (text.html, "<i>&lt;b&gt;&amp;{recipientName}</i>{senderName}{ Ann\n"));
    g_assert_nonnull (strstr (text.html, "href=\"https://a.example/albums/id\""));
    g_assert_cmpstr (text.subject, ==,
                     "New media has been added to an album - <b>&{recipientName}");
    g_assert_nonnull (strstr (text.text, "in the album <b>&{recipientName}.\n"));
    g_assert_nonnull (strstr (text.text, "https://a.example/albums/id\n"));
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/mail/plain", test_a_plain_mail);
    g_test_add_func ("/mail/names-and-subjects-are-encoded-and-folded",
                     test_names_and_subjects_are_encoded_and_folded);
    g_test_add_func ("/mail/quotes-in-names-are-escaped", test_quotes_in_names_are_escaped);
    g_test_add_func ("/mail/no-header-can-be-brought-in", test_no_header_can_be_brought_in);
    g_test_add_func ("/mail/bodies-come-through-whole", test_bodies_come_through_whole);
    g_test_add_func ("/mail/addresses", test_addresses);
    g_test_add_func ("/mail/placeholders", test_placeholders);
    return g_test_run ();
}
