/* oauth_profile.h -- who logged in, as the provider's claims tell it */
#pragma once
#include "features/config_api.h"
#include "features/oauth/oidc_token.h"

typedef enum { OAUTH_ROLE_UNSAID, OAUTH_ROLE_USER, OAUTH_ROLE_ADMIN } OAuthRole;

typedef struct {
    const char *subject; /* who it is at the provider */
    const char *email;   /* lower case; NULL: none, or the provider says that it is not verified */
    const char *name;
    const char *label;   /* as claimed, not yet cleaned; NULL: none */
    const char *picture; /* a URL; NULL: none */
    gboolean has_quota;  /* FALSE: no limit */
    gint64 quota_size_bytes;
    OAuthRole role;
} OAuthProfile;

/** FALSE with APP_ERROR_INVALID when they do not say who it is. @param out  in @arena */
gboolean oauth_profile_read (Arena *arena, const json_t *claims, const AdminConfigOAuth *config,
                             OAuthProfile *out, GError **error);
