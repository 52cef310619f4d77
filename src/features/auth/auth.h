/* auth.h -- who asks: passwords, PIN codes, tokens, and the credential of every request */
#pragma once
#include "features/app.h"
#include "features/auth_api.h"

void auth_start (App *app, Api *api);

/** The ApiAuthenticate of the program. One indexed read for a session or a key; a session is written
 *  only when its device was last noted an hour ago, its app is another version, or its elevation runs
 *  out. Blocks on the database: never on an event thread. */
gboolean auth_authenticate (App *app, HttpRequest *request, Arena *arena, PresentedKind kind,
                            const char *text, Auth *out, GError **error);

/** Who resolves share keys and slugs; without one they are all refused. */
void auth_set_link_authenticator (ApiAuthenticate authenticate);

/** The RealtimeIdentify of the program: headers and cookies only, a session or a key that may do all.
 *  @param app  the App */
RealtimeIdentity auth_identify (gpointer app, HttpRequest *request);

/** Whether who asked with @auth would still be let in: an answer that takes long is broken off when its user, session,
 *  key or link is gone. */
gboolean auth_is_still_in (Db *db, const Auth *auth, gboolean *out, GError **error);

/* ---- secrets ---- */

#define AUTH_TOKEN_BYTES 44 /* of its text with the NUL: 36 to 43 letters and digits */
#define AUTH_HASH_BYTES 32

/** A new secret for a session or an API key, and what is stored of it. */
void auth_new_token (char out_token[AUTH_TOKEN_BYTES], guint8 out_hash[AUTH_HASH_BYTES]);
/** SHA-256 of the token's text. */
void auth_hash_token (const char *token, guint8 out_hash[AUTH_HASH_BYTES]);

/** bcrypt, $2b$, cost 10, of the first 72 bytes: blocks for some 60 ms of work. In @arena. A password
 *  has no NUL: the contract's JSON takes none. */
const char *auth_hash_password (Arena *arena, const char *password);
/** As long for a wrong password, an empty or missing hash and an unknown account. */
gboolean auth_password_matches (const char *password, const char *hash);

/** Whether the caller is a session, or a key with the permission "all". */
gboolean auth_may_do_all (const Auth *auth);
/** Whether the caller may set their password without the old one, as the wire has it, or their e-mail: it must
 *  not make an account of a key of few permissions, nor open by way of a forgotten PIN what only the PIN opens.
 *  @is_asked_for  an admin wants it changed. @return FALSE with what to answer */
gboolean auth_may_set_password (ApiCall *call, gboolean is_asked_for, GError **error);

/** Count a guess at the secret of @what (an e-mail, a link) before it is looked at. FALSE with
 *  APP_ERROR_TOO_MANY when the caller's address guessed too often; the answer says when to come back. */
gboolean auth_take_guess (ApiCall *call, const char *what, GError **error);
/** It was right: what was counted for @what is forgotten. */
void auth_forgive_guesses (ApiCall *call, const char *what);

#define AUTH_COOKIE_LIFE_S 34560000 /* 400 days, the longest that browsers grant */
/** A cookie for Path=/ of this host, Lax, and Secure where the request was. */
void auth_set_cookie (ApiCall *call, const char *name, const char *value, gint64 life_s,
                      gboolean is_http_only);
void auth_clear_cookie (ApiCall *call, const char *name);

/* ---- what OAuth shares with a login by password ---- */

typedef struct {
    const char *type;           /* password or oauth */
    const char *password_hash;  /* that was checked; NULL: none */
    const char *sid, *id_token; /* of the provider; NULL: none */
} AuthLogin;

/** Make a session of the asking device, set the three cookies and describe the login. */
gboolean auth_log_in (ApiCall *call, const char *user_id, const AuthLogin *login,
                      LoginResponse *out, GError **error);

/** Who says where a browser that logged in at a provider goes after its logout; NULL: to the login page.
 *  @param id_token  what the session kept, or NULL */
typedef const char *(*AuthLogoutUrl) (ApiCall *call, const char *id_token);
void auth_set_logout_url (AuthLogoutUrl find);
