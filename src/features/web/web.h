/* web.h -- everything that is not the API: the web app, /.well-known/immich and /custom.css */
#pragma once
#include "features/app.h"

/** The fallback of the Api; its application is the App. Serves the files built into the program, or those
 *  of IMMICH_WEB_DIR; any other GET or HEAD gets the app's index, which routes by itself. */
const HttpApp *web_http_app (void);
