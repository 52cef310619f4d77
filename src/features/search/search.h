/* search.h -- finding assets, people and places
 *
 * The text index and the counts behind it are kept by triggers (migrations 0057 and 0058). */
#pragma once
#include "features/app.h"
#include "features/search_api.h"

void search_start (App *app, Api *api);
