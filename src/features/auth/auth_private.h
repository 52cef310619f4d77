/* auth_private.h -- the rules that the handlers of features/auth share */
#pragma once
#include "features/auth/auth_store.h"

void auth_limits_start (void);

/** Check a login. FALSE with APP_ERROR_UNAUTHORIZED or APP_ERROR_TOO_MANY. */
gboolean auth_check_login (ApiCall *call, const LoginCredential *login, LoginRow *out,
                           GError **error);

/** Check the caller's own secrets: the password when one is given, else the PIN. FALSE with
 *  APP_ERROR_INVALID and the client's text, or with APP_ERROR_TOO_MANY as above. */
typedef struct {
    const char *password, *pin_code; /* NULL: not given */
    gboolean needs_pin;              /* the user must have a PIN, whatever is given */
} GivenSecrets;
gboolean auth_check_secrets (ApiCall *call, const GivenSecrets *given, GError **error);

/** End the three cookies of a login. */
void auth_clear_cookies (ApiCall *call);
