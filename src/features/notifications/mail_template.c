/* mail_template.c -- see mail_template.h */
#define G_LOG_DOMAIN "mail"
#include "features/notifications/mail_template.h"

#include <string.h>

#define ANDROID_APP "https://play.google.com/store/apps/details?id=app.alextran.immich"
#define APPLE_APP "https://apps.apple.com/app/immich/id1613945652"
#define LICENCE "Tintype is free software under the GNU AGPL."

/* The usual texts, with the same placeholders as templates. */
static const struct {
    const char *subject;
    const char *html;
    const char *text;
    const char *link, *link_text; /* below either body */
} kinds[] = {
    [MAIL_TEST] = { "Test email from Tintype",
                    "<p>Hello <strong>{displayName}</strong>,</p>"
                    "<p>this mail shows that your server can send mails.</p>",
                    "Hello {displayName},\n\nthis mail shows that your server can send mails.\n",
                    "{baseUrl}", "Open Tintype" },
    [MAIL_WELCOME] = { "Welcome to Tintype",
                       "<p>Hello <strong>{displayName}</strong>,</p>"
                       "<p>an account was made for you.</p>"
                       "<p><strong>Username:</strong> {username}<br>"
                       "<strong>Password:</strong> {password}</p>",
                       "Hello {displayName},\n\nan account was made for you.\n\n"
                       "Username: {username}\nPassword: {password}\n",
                       "{baseUrl}/auth/login", "Log in" },
    [MAIL_ALBUM_INVITE] = { "You have been added to a shared album - {albumName}",
                            "<p>Hello <strong>{recipientName}</strong>,</p>"
                            "<p>{senderName} shares the album <strong>{albumName}</strong> with "
                            "you.</p>",
                            "Hello {recipientName},\n\n"
                            "{senderName} shares the album {albumName} with you.\n",
                            "{baseUrl}/albums/{albumId}", "Show the album" },
    [MAIL_ALBUM_UPDATE] = { "New media has been added to an album - {albumName}",
                            "<p>Hello <strong>{recipientName}</strong>,</p>"
                            "<p>there is something new in the album "
                            "<strong>{albumName}</strong>.</p>",
                            "Hello {recipientName},\n\n"
                            "there is something new in the album {albumName}.\n",
                            "{baseUrl}/albums/{albumId}", "Show the album" },
};

typedef struct {
    const char *name;
    const char *value;
} Placeholder;

/* @text with each '{name}' that has a value replaced by it; others stay as they are. */
static const char *
fill (Arena *arena, const char *text, const MailFacts *facts, gboolean is_html)
{
    const Placeholder all[] = {
        { "{baseUrl}", facts->base_url },
        { "{displayName}", facts->display_name },
        { "{username}", facts->username },
        { "{password}", facts->password },
        { "{albumId}", facts->album_id },
        { "{albumName}", facts->album_name },
        { "{recipientName}", facts->recipient_name },
        { "{senderName}", facts->sender_name },
    };
    g_autoptr (GString) out = g_string_new (NULL);

    while (*text != '\0') {
        const Placeholder *found = NULL;

        for (gsize i = 0; *text == '{' && i < G_N_ELEMENTS (all) && found == NULL; i++)
            if (all[i].value != NULL && g_str_has_prefix (text, all[i].name))
                found = &all[i];
        if (found == NULL) {
            g_string_append_c (out, *text++);
            continue;
        }
        if (is_html) {
            g_autofree char *escaped = g_markup_escape_text (found->value, -1);

            g_string_append (out, escaped);
        } else
            g_string_append (out, found->value);
        text += strlen (found->name);
    }
    return arena_strdup (arena, out->str);
}

/* A narrow sheet in the middle, with styles on the elements: mail programs know no other way. */
static const char *
frame (Arena *arena, const char *body, const char *link, const char *link_text)
{
    return arena_printf (
        arena,
        "<!doctype html>\n<html><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"></head>\n"
        "<body style=\"margin:0;padding:24px 12px;background:#f4f1ea;color:#2b2622;"
        "font:16px/1.5 sans-serif\">\n"
        "<div style=\"max-width:560px;margin:0 auto;padding:24px;background:#fff;"
        "border-radius:12px\">\n%s\n"
        "<p><a href=\"%s\" style=\"display:inline-block;padding:10px 20px;border-radius:8px;"
        "background:#2b2622;color:#fff;text-decoration:none\">%s</a></p>\n"
        "<p style=\"font-size:13px\"><a href=\"%s\">%s</a></p>\n</div>\n"
        "<p style=\"max-width:560px;margin:16px auto;text-align:center;font-size:12px;"
        "color:#6b625a\">The Immich app for <a href=\"" ANDROID_APP "\">Android</a> and "
        "<a href=\"" APPLE_APP "\">iPhone</a> works with this server.<br>" LICENCE
        "</p>\n</body></html>\n",
        body, link, link_text, link, link);
}

MailText
mail_template_fill (Arena *arena, MailKind kind, const char *custom, const MailFacts *facts)
{
    const char *body = fill (arena, *custom != '\0' ? custom : kinds[kind].html, facts, TRUE);
    const char *html_link = fill (arena, kinds[kind].link, facts, TRUE);
    const char *link = fill (arena, kinds[kind].link, facts, FALSE);

    return (MailText){
        .subject = fill (arena, kinds[kind].subject, facts, FALSE),
        .html = frame (arena, body, html_link, kinds[kind].link_text),
        .text = arena_printf (
            arena,
            "%s\n%s: %s\n\n-- \n"
            "The Immich app works with this server:\n" ANDROID_APP "\n" APPLE_APP "\n" LICENCE "\n",
            fill (arena, kinds[kind].text, facts, FALSE), kinds[kind].link_text, link),
    };
}

gboolean
mail_template_preview (Arena *arena, const char *name, const char *base_url, const char *custom,
                       MailText *out)
{
    const MailFacts user = { .base_url = base_url,
                             .display_name = "Ada Lovelace",
                             .username = "ada@example.com",
                             .password = "correct horse battery staple" };
    const MailFacts album = { .base_url = base_url,
                              .album_id = "6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10",
                              .album_name = "Holidays by the sea",
                              .recipient_name = "Ada Lovelace",
                              .sender_name = "Charles Babbage" };
    const MailFacts update = { .base_url = base_url,
                               .album_id = album.album_id,
                               .album_name = album.album_name,
                               .recipient_name = album.recipient_name };

    if (strcmp (name, "welcome") == 0)
        *out = mail_template_fill (arena, MAIL_WELCOME, custom, &user);
    else if (strcmp (name, "album-invite") == 0)
        *out = mail_template_fill (arena, MAIL_ALBUM_INVITE, custom, &album);
    else if (strcmp (name, "album-update") == 0)
        *out = mail_template_fill (arena, MAIL_ALBUM_UPDATE, custom, &update);
    else
        return FALSE;
    return TRUE;
}
