/* oauth.h -- login by an OpenID provider: Authelia, Authentik, Keycloak, Zitadel and their like */
#pragma once
#include "features/app.h"

void oauth_start (App *app, Api *api);
