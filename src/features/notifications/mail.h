/* mail.h -- handing mails to the SMTP server that the config names
 *
 * 'secure' is TLS from the first byte; otherwise TLS begins when the server offers it (STARTTLS). With a
 * name or a password it must: they are not sent in the clear, unless ignoreCert says that the way to the
 * server is trusted. Calls block: 5 s at most until the server is reached, 30 s in all. */
#pragma once
#include "features/config_api.h"
#include "features/notifications/mail_message.h"

/** Reach the server and log in, without a mail.
 *  @return FALSE with APP_ERROR_UNAVAILABLE or APP_ERROR_INVALID, and the reason as an admin needs it */
gboolean mail_verify (const AdminConfigSmtp *smtp, GError **error);

/** @return TRUE once the server took the mail over */
gboolean mail_send (const AdminConfigSmtp *smtp, const Mail *mail, GError **error);
