/* mail_message.h -- the text of a mail, as it goes over the wire (RFC 5322, 2045 to 2047)
 *
 * Pure functions. Whatever stands in a name or a subject, no line of the head can be made of it. */
#pragma once
#include <glib.h>
#include "base/arena.h"

/** One mailbox. */
typedef struct {
    const char *name;    /* "" : none */
    const char *address; /* local@domain */
} MailAddress;

typedef struct {
    MailAddress from;
    MailAddress reply_to; /* address NULL: none */
    MailAddress to;
    const char *subject;
    const char *text, *html;
    const char *message_id; /* with its <> */
    gint64 date_ms;
} Mail;

/** Read 'local@domain' or 'Name <local@domain>'; the name may stand in quotes.
 *  @return FALSE with APP_ERROR_INVALID when it is neither */
gboolean mail_address_parse (Arena *arena, const char *text, MailAddress *out, GError **error);

/** '<ID@DOMAIN>', of the domain that @from is at. */
const char *mail_message_id (Arena *arena, const char *id, const MailAddress *from);

/** The whole message: 7 bits, lines end with CR LF. (transfer full) */
GString *mail_compose (const Mail *mail);
