/* web.h -- everything that is not the API: the web app, /.well-known/immich and /custom.css */
#pragma once
#include "features/app.h"

/** The fallback of the Api; its application is the App. Serves the files built into the program, or those
 *  of IMMICH_WEB_DIR; any other GET or HEAD gets the app's index, which routes by itself. */
const HttpApp *web_http_app (void);

/** Whether @path (decoded) is a file of the web app, and not one of its pages. */
gboolean web_has_file (const App *app, const char *path);
/** Answer with a problem in the clients' shape. */
void web_refuse (HttpRequest *request, unsigned status, const char *message);
