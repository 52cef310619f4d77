/* mail_template.h -- what the mails say
 *
 * A template of the config replaces the body of the HTML part; it is HTML as the admin wrote it, and
 * what is put in for {placeholders} is escaped, for it comes from users. */
#pragma once
#include <glib.h>
#include "base/arena.h"

typedef enum { MAIL_TEST, MAIL_WELCOME, MAIL_ALBUM_INVITE, MAIL_ALBUM_UPDATE } MailKind;

/** What a mail may name; a member that is NULL is no placeholder of it. */
typedef struct {
    const char *base_url;                           /* without a slash at the end */
    const char *display_name, *username, *password; /* welcome, test */
    const char *album_id, *album_name, *recipient_name, *sender_name;
} MailFacts;

typedef struct {
    const char *subject, *text, *html;
} MailText;

/** @param custom  a template of the config; "" for the usual text */
MailText mail_template_fill (Arena *arena, MailKind kind, const char *custom,
                             const MailFacts *facts);

/** With made-up facts, as a preview. 'welcome', 'album-invite', 'album-update'; FALSE for another name. */
gboolean mail_template_preview (Arena *arena, const char *name, const char *base_url,
                                const char *custom, MailText *out);
