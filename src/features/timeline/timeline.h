/* timeline.h -- the library by months: how many assets each has, and the assets of one as columns */
#pragma once
#include "features/app.h"
#include "features/timeline_api.h"

void timeline_start (App *app, Api *api);
