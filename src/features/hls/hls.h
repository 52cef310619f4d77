/* hls.h -- videos cut into segments that are made while they are watched
 *
 * A session is one player with one video. Its segments lie in the temporary folder of this process, which
 * goes with it, however that ends; the session goes when it is told to, and when nobody asks any more. */
#pragma once
#include "features/app.h"
#include "features/hls_api.h"

void hls_start (App *app, Api *api);
void hls_stop (App *app); /* ends all sessions; nobody asks any more */
