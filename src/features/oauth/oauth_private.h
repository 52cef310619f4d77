/* oauth_private.h -- the rules and the SQL that the handlers of features/oauth share */
#pragma once
#include "features/app.h"
#include "features/oauth/oauth_profile.h"
#include "features/oauth/oidc_provider.h"
#include "features/oauth_api.h"

/* ---- at the provider (oauth.c) ---- */

/** What a client holds of a login from its beginning to its end. */
typedef struct {
    const char *state;
    const char *challenge; /* S256 of the verifier */
} OAuthAttempt;

/** 32 random bytes in base64url. */
const char *oauth_new_secret (Arena *arena);
/** BASE64URL (SHA256 (verifier)), RFC 7636. */
const char *oauth_challenge_of (Arena *arena, const char *verifier);
/** What an ID token of this login must carry. It follows from the challenge, so only who has the
 *  verifier can use the code, also where the provider knows no PKCE. */
const char *oauth_nonce_of (Arena *arena, const OAuthAttempt *attempt);

/** Where the browser is sent. */
const char *oauth_authorize_url (Arena *arena, const AdminConfigOAuth *config,
                                 const OidcProvider *provider, const OAuthAttempt *attempt,
                                 const char *redirect_uri);
/** The app's own address in @url replaced by the one of the settings, if they say so. */
const char *oauth_override_mobile (Arena *arena, const AdminConfigOAuth *config, const char *url);

typedef struct {
    const char *url; /* to which the provider sent the browser back */
    const char *state, *verifier;
} OAuthReturn;

typedef struct {
    OAuthProfile profile;
    const char *sid;      /* the session at the provider; NULL: it names none */
    const char *id_token; /* NULL: none, or too long to be kept */
} OAuthIdentity;

/** Who came back. FALSE with the reason, which is for the log, not for the client. */
gboolean oauth_identify (OidcTalk *talk, const OAuthReturn *back, OAuthIdentity *out,
                         GError **error);

/* ---- accounts (oauth_account.c) ---- */

typedef struct {
    const char *user_id;
    gboolean is_first_login; /* a new account, or one found by its e-mail */
} OAuthAccount;

/** The account of @profile: the one linked to it, or with its e-mail, or a new one.
 *  FALSE with APP_ERROR_INVALID and the client's text. */
gboolean oauth_choose_account (App *app, Arena *arena, const OAuthProfile *profile,
                               OAuthAccount *out, GError **error);
/** Link the caller's account, and the session to that of the provider. */
gboolean oauth_link_account (ApiCall *call, const OAuthIdentity *identity, GError **error);

/* ---- SQL (oauth_store.c) ---- */

/** *@out_found FALSE: no account, also no deleted one. */
gboolean oauth_store_find_subject (Db *db, Arena *arena, const char *subject, OAuthUserRow *out,
                                   gboolean *out_found, GError **error);
gboolean oauth_store_find_email (Db *db, Arena *arena, const char *email, OAuthUserRow *out,
                                 gboolean *out_found, GError **error);
gboolean oauth_store_has_label (Db *db, const char *label, gboolean *out, GError **error);

/** @param subject  "": none */
gboolean oauth_store_set_subject (Db *tx, const char *user_id, const char *subject, GError **error);
gboolean oauth_store_clear_subjects (Db *tx, GError **error);
gboolean oauth_store_set_admin (Db *tx, const char *user_id, gboolean is_admin, GError **error);
