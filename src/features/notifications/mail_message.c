/* mail_message.c -- see mail_message.h */
#define G_LOG_DOMAIN "mail"
#include "features/notifications/mail_message.h"

#include <string.h>

#include "base/error.h"

#define ADDRESS_MAX_BYTES 320 /* 64 of the local part, @, 255 of the domain */
#define NAME_MAX_BYTES 1000
#define PLAIN_MAX_BYTES 60 /* of a header's text that is not folded */
#define WORD_BYTES 39      /* of text in an encoded word: it and 'Reply-To: ' fit into 76 columns */
#define LINE_BYTES 57      /* of a body in a line: 76 columns of base64 */

/* ---- addresses ---- */

static gboolean
refuse_address (const char *text, GError **error)
{
    g_autofree char *shown = g_utf8_make_valid (text, -1);

    g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                 "'%.200s' is no e-mail address; write name@example.com or 'Name "
                 "<name@example.com>'",
                 shown);
    return FALSE;
}

/* What would end or begin something in a head or in a command of SMTP. */
static gboolean
is_address (const char *text)
{
    const char *at = strrchr (text, '@');

    if (at == NULL || at == text || at[1] == '\0' || strlen (text) > ADDRESS_MAX_BYTES ||
        !g_utf8_validate (text, -1, NULL))
        return FALSE;
    for (const char *c = text; *c != '\0'; c++)
        if ((guchar) *c <= ' ' || *c == 0x7f || strchr ("<>()[],;:\\\"", *c) != NULL ||
            (*c == '@' && c != at))
            return FALSE;
    return TRUE;
}

static const char *
unquote (Arena *arena, const char *name)
{
    gsize n = strlen (name);

    if (n >= 2 && name[0] == '"' && name[n - 1] == '"')
        return arena_printf (arena, "%.*s", (int) (n - 2), name + 1);
    return name;
}

gboolean
mail_address_parse (Arena *arena, const char *text, MailAddress *out, GError **error)
{
    g_autofree char *copy = g_strstrip (g_strdup (text));
    gsize n = strlen (copy);
    char *open = strrchr (copy, '<');

    if (open == NULL) {
        if (!is_address (copy))
            return refuse_address (text, error);
        *out = (MailAddress){ "", arena_strdup (arena, copy) };
        return TRUE;
    }
    if (copy[n - 1] != '>' || n > NAME_MAX_BYTES + ADDRESS_MAX_BYTES)
        return refuse_address (text, error);
    copy[n - 1] = '\0';
    *open = '\0';
    if (!is_address (open + 1) || !g_utf8_validate (copy, -1, NULL))
        return refuse_address (text, error);
    *out = (MailAddress){ unquote (arena, arena_strdup (arena, g_strstrip (copy))),
                          arena_strdup (arena, open + 1) };
    return TRUE;
}

const char *
mail_message_id (Arena *arena, const char *id, const MailAddress *from)
{
    return arena_printf (arena, "<%s@%s>", id, strrchr (from->address, '@') + 1);
}

/* ---- head ---- */

/* Text that needs no encoding: printable, short, and not taken for an encoded word. */
static gboolean
is_plain (const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            return FALSE;
    return strlen (text) <= PLAIN_MAX_BYTES && strstr (text, "=?") == NULL;
}

/* Encoded words (RFC 2047), one a line; no character is cut in two. Control characters become blanks. */
static void
append_words (GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid (text, -1);
    const char *at = valid;

    for (char *c = valid; *c != '\0'; c++)
        if ((guchar) *c < ' ' || *c == 0x7f)
            *c = ' ';
    while (*at != '\0') {
        const char *end = at;
        g_autofree char *encoded = NULL;

        while (*end != '\0' && g_utf8_next_char (end) - at <= WORD_BYTES)
            end = g_utf8_next_char (end);
        encoded = g_base64_encode ((const guchar *) at, (gsize) (end - at));
        g_string_append_printf (out, "%s=?UTF-8?B?%s?=", at == valid ? "" : "\r\n ", encoded);
        at = end;
    }
}

static void
append_text_header (GString *out, const char *name, const char *text)
{
    g_string_append_printf (out, "%s: ", name);
    if (is_plain (text))
        g_string_append (out, text);
    else
        append_words (out, text);
    g_string_append (out, "\r\n");
}

static void
append_address_header (GString *out, const char *name, const MailAddress *mailbox)
{
    g_string_append_printf (out, "%s: ", name);
    if (*mailbox->name == '\0') {
        g_string_append_printf (out, "%s\r\n", mailbox->address);
        return;
    }
    if (is_plain (mailbox->name)) {
        g_string_append_c (out, '"');
        for (const char *c = mailbox->name; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                g_string_append_c (out, '\\');
            g_string_append_c (out, *c);
        }
        g_string_append_c (out, '"');
    } else
        append_words (out, mailbox->name);
    g_string_append_printf (out, "\r\n <%s>\r\n", mailbox->address);
}

/* 'Sat, 21 Nov 2026 20:52:06 +0000', whatever the locale. */
static void
append_date (GString *out, gint64 date_ms)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (date_ms / 1000);

    g_string_append_printf (
        out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
        days[g_date_time_get_day_of_week (date) - 1], g_date_time_get_day_of_month (date),
        months[g_date_time_get_month (date) - 1], g_date_time_get_year (date),
        g_date_time_get_hour (date), g_date_time_get_minute (date), g_date_time_get_second (date));
}

/* ---- body ---- */

/* Base64 says every byte as it is, has short lines and none that begins with a dot or a boundary. */
static void
append_part (GString *out, const char *type, const char *body)
{
    gsize n = strlen (body);

    g_string_append_printf (out,
                            "Content-Type: %s; charset=utf-8\r\n"
                            "Content-Transfer-Encoding: base64\r\n\r\n",
                            type);
    for (gsize at = 0; at < n; at += LINE_BYTES) {
        g_autofree char *line =
            g_base64_encode ((const guchar *) body + at, MIN (LINE_BYTES, n - at));

        g_string_append_printf (out, "%s\r\n", line);
    }
}

GString *
mail_compose (const Mail *mail)
{
    static const char boundary[] = "=_tintype_part"; /* no line of base64 has '_' */
    GString *out = g_string_new (NULL);

    append_date (out, mail->date_ms);
    append_address_header (out, "From", &mail->from);
    append_address_header (out, "To", &mail->to);
    if (mail->reply_to.address != NULL)
        append_address_header (out, "Reply-To", &mail->reply_to);
    append_text_header (out, "Subject", mail->subject);
    g_string_append_printf (out,
                            "Message-ID: %s\r\n"
                            "Auto-Submitted: auto-generated\r\n"
                            "MIME-Version: 1.0\r\n"
                            "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n",
                            mail->message_id, boundary);
    g_string_append_printf (out, "--%s\r\n", boundary);
    append_part (out, "text/plain", mail->text);
    g_string_append_printf (out, "--%s\r\n", boundary);
    append_part (out, "text/html", mail->html);
    g_string_append_printf (out, "--%s--\r\n", boundary);
    return out;
}
