/* oidc_provider.h -- talking to the provider of logins: what it says of itself, its keys, its tokens
 *
 * What it says of itself and its keys are kept for a few minutes; see oidc_provider.c. Everything here
 * may block until the talk's time is over: never on an event thread. */
#pragma once
#include "features/config_api.h"
#include "features/oauth/oidc_token.h"
#include "http/client.h"

/** All that is asked for one call; its requests share one time limit. */
typedef struct {
    const AdminConfigOAuth *config;
    Arena *arena;
    gint64 ends_at_us; /* monotonic */
} OidcTalk;

/** @param most_ms  at most so long, whatever the setting 'timeout' says */
OidcTalk oidc_talk (const AdminConfigOAuth *config, Arena *arena, gint64 most_ms);

/** The provider as it describes itself. All in the arena; NULL: it has none. */
typedef struct {
    const char *issuer;
    const char *authorization_endpoint, *token_endpoint; /* never NULL */
    const char *userinfo_endpoint, *keys_url, *end_session_endpoint;
    gboolean supports_s256;
} OidcProvider;

/** FALSE with APP_ERROR_UNAVAILABLE when the provider does not answer, does not answer in time, or
 *  answers something that is none. */
gboolean oidc_discover (OidcTalk *talk, OidcProvider *out, GError **error);

/** Read a signed token by the provider's keys, asking for them anew when one is unknown.
 *  @param algorithm  of the settings
 *  @return (transfer full) its claims; NULL with APP_ERROR_INVALID or APP_ERROR_UNAVAILABLE */
json_t *oidc_read_token (OidcTalk *talk, const OidcProvider *provider, const char *token,
                         const char *algorithm, GError **error);

typedef struct {
    const char *code, *verifier, *redirect_uri;
} OidcGrant;

typedef struct {
    const char *access_token, *id_token; /* NULL: none came */
} OidcTokens;

/** Change a code into tokens. */
gboolean oidc_redeem (OidcTalk *talk, const OidcProvider *provider, const OidcGrant *grant,
                      OidcTokens *out, GError **error);

/** What the provider says of who logged in. @return (transfer full) an object, or NULL */
json_t *oidc_userinfo (OidcTalk *talk, const OidcProvider *provider, const char *access_token,
                       GError **error);

/** Ask for anything else in the talk's time. */
gboolean oidc_ask (OidcTalk *talk, HttpAsk *ask, HttpReply *out, GError **error);

/** Forget what is kept: the settings changed. */
void oidc_forget (void);
